/** Every element, the contexts, and what pages build with. */
export type * from './base/interfaces.js';
export { setWords, type Words } from './base/words.js';
export { ChatState, type DisplayContent, type Transcript, type TranscriptEntry } from './context/chat-state.js';
export { CallStateContextController } from './context/call-state-provider.js';
export { DevicesContextController } from './context/devices.js';
export { IncomingCallController, type Announcement } from './context/incoming.js';
export { callStateContext, devicesContext, transcriptContext } from './context/keys.js';
export { TranscriptController } from './context/transcript.js';
export { UserEventController } from './context/user-events.js';
export { ensureSignalWireTheme } from './theme/theme.js';
export { ensureSignalWireFonts, useGoogleFont } from './theme/fonts.js';
export { css, html, LitElement } from 'lit';
export { SwAudioLevel } from './sw-audio-level/sw-audio-level.js';
export { SwCallControls } from './sw-call-controls/sw-call-controls.js';
export { SwCallDialpad } from './sw-call-dialpad/sw-call-dialpad.js';
export { SwCallMedia } from './sw-call-media/sw-call-media.js';
export { SwCallProvider } from './sw-call-provider/sw-call-provider.js';
export { SwCallStatus } from './sw-call-status/sw-call-status.js';
export { SwCallWidget } from './sw-call-widget/sw-call-widget.js';
export { SwClickToCall } from './sw-click-to-call/sw-click-to-call.js';
export { SwDeviceSelector } from './sw-device-selector/sw-device-selector.js';
export { SwDirectory, type DirectoryAddress, type DirectoryService } from './sw-directory/sw-directory.js';
export { SwLocalCamera } from './sw-local-camera/sw-local-camera.js';
export { SwParticipantControls } from './sw-participant-controls/sw-participant-controls.js';
export { SwParticipants } from './sw-participants/sw-participants.js';
export { SwSelfMedia } from './sw-self-media/sw-self-media.js';
export { showPrompt, SwUiAlert, type AlertType, type Prompt } from './sw-ui-alert/sw-ui-alert.js';
export { SwUiBackground } from './sw-ui-background/sw-ui-background.js';
export { SwUiCallLayout } from './sw-ui-call-layout/sw-ui-call-layout.js';
export { SwUiContentDrawer } from './sw-ui-content-drawer/sw-ui-content-drawer.js';
export { SwUiControlBar } from './sw-ui-control-bar/sw-ui-control-bar.js';
export { SwUiDialpad } from './sw-ui-dialpad/sw-ui-dialpad.js';
export { type DropUpItem } from './sw-ui-dropup/items.js';
export { SwUiDropup } from './sw-ui-dropup/sw-ui-dropup.js';
export { SwUiIcon } from './sw-ui-icon/sw-ui-icon.js';
export { SwUiModal } from './sw-ui-modal/sw-ui-modal.js';
export { SwUiResponsiveContainer } from './sw-ui-responsive-container/sw-ui-responsive-container.js';
export { SwUiSplitButton } from './sw-ui-split-button/sw-ui-split-button.js';
export { SwUiTranscriptView } from './sw-ui-transcript-view/sw-ui-transcript-view.js';

declare const OFFHOOK_VERSION: string;
/** The version of this package. */
export const version: string = OFFHOOK_VERSION;
/** Everything is registered. */
export const ready = true;
// For scripts that wait for the elements, whatever their order on the page.
if (typeof window !== 'undefined') window.dispatchEvent(new CustomEvent('signalwire:web-components:ready', { detail: { version } }));
