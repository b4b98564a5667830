/** Every element, the contexts, and what pages build with. */
export { CallStateContextController } from './context/call-state-provider.js';
export { DevicesContextController } from './context/devices.js';
export { callStateContext, devicesContext, transcriptContext } from './context/keys.js';
export { ensureSignalWireTheme } from './theme/theme.js';
export { ensureSignalWireFonts, useGoogleFont } from './theme/fonts.js';
export { setWords } from './base/words.js';
export { css, html, LitElement } from 'lit';
export { SwAudioLevel } from './sw-audio-level/sw-audio-level.js';
export { SwCallWidget } from './sw-call-widget/sw-call-widget.js';
export { SwClickToCall } from './sw-click-to-call/sw-click-to-call.js';
export { SwLocalCamera } from './sw-local-camera/sw-local-camera.js';
export { showPrompt, SwUiAlert, type AlertType, type Prompt } from './sw-ui-alert/sw-ui-alert.js';
export { SwUiBackground } from './sw-ui-background/sw-ui-background.js';
export { SwUiCallLayout } from './sw-ui-call-layout/sw-ui-call-layout.js';
export { SwUiIcon } from './sw-ui-icon/sw-ui-icon.js';
export { SwUiModal } from './sw-ui-modal/sw-ui-modal.js';
export { SwUiResponsiveContainer } from './sw-ui-responsive-container/sw-ui-responsive-container.js';
