/**
 * The context keys. They are plain strings and the protocol is events on the DOM, so elements of another package mix
 * with ours on one page.
 */
import { createContext } from '@lit/context';
import type { CallState } from './call-state.js';
import type { Devices } from './devices.js';
import type { Transcript } from './transcript.js';

export const callStateContext = createContext<CallState, string>('sw-call-state');
export const devicesContext = createContext<Devices, string>('sw-devices');
export const transcriptContext = createContext<Transcript, string>('transcript');
