/** What the elements ask of an SDK, and the shapes of what they are given. Types alone. */
export type * from './base/interfaces.js';
export type { Words, WordKey } from './base/words.js';
export type { CallState } from './context/call-state.js';
export type { Devices } from './context/devices.js';
export type { DisplayContent, Transcript, TranscriptEntry } from './context/chat-state.js';
export type { DirectoryAddress, DirectoryService } from './sw-directory/sw-directory.js';
export type { DropUpItem } from './sw-ui-dropup/items.js';
