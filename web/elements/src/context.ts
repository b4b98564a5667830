/** The contexts, for pages that build elements of their own. */
export { ChatState, type DisplayContent, type Transcript, type TranscriptEntry } from './context/chat-state.js';
export { CallStateContextController } from './context/call-state-provider.js';
export type { CallState } from './context/call-state.js';
export { DevicesContextController, type Devices } from './context/devices.js';
export { IncomingCallController, type Announcement } from './context/incoming.js';
export { callStateContext, devicesContext, transcriptContext } from './context/keys.js';
export { TranscriptController } from './context/transcript.js';
export { UserEventController } from './context/user-events.js';
