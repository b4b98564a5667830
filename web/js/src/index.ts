/** Calls in the browser: the API of `@signalwire/js` v4 on Offhook's engine. */
import { version } from './version.js';

export { Address } from './address.js';
export type { Directory, EntityCollection } from './address.js';
export type * from './call-interfaces.js';
export { WebRTCCall } from './call.js';
export type { CallEnd } from './call.js';
export { SelfCapabilities } from './capabilities.js';
export { SignalWire } from './client.js';
export { EmbedTokenCredentialProvider, StaticCredentialProvider } from './credentials.js';
export { embeddableCall } from './embeddable.js';
export {
  CallCreateError, CollectionFetchError, DeviceTokenError, DPoPInitError, InvalidCredentialsError, MediaAccessError, MediaTrackError,
  MessageParseError, OverconstrainedFallbackError, PreflightError, RecoveryError, TokenRefreshError, UnexpectedError, VertoPongError
} from './errors.js';
export type * from './events.js';
export { getLogger, setDebugOptions, setLogger, setLogLevel } from './logger.js';
export { isSelfParticipant, Participant, SelfParticipant } from './participant.js';
export { ClientPreferences } from './preferences.js';
export type { ClientSession, SessionState, SignalingEvent } from './session.js';
export type { StorageManager } from './storage.js';
export type * from './types.js';
export { User } from './user.js';
export { version };

/** Lets a script test whether the library has been evaluated. */
export const ready: boolean = true;
globalThis.window?.dispatchEvent(new CustomEvent('signalwire:js:ready', { detail: { version } }));
