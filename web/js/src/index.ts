/** Calls in the browser: the API of `@signalwire/js` v4 on Offhook's engine. */
import { version } from './version.js';

export { Address } from './address.js';
export type { Directory } from './address.js';
export { WebRTCCall } from './call.js';
export type { Call, CallAddress, CallEnd, CallParticipant, CallSelfParticipant, CallState } from './call.js';
export { SelfCapabilities } from './capabilities.js';
export { SignalWire } from './client.js';
export type { Session as SessionState } from './client.js';
export { EmbedTokenCredentialProvider, StaticCredentialProvider } from './credentials.js';
export { embeddableCall } from './embeddable.js';
export {
  CallCreateError, CollectionFetchError, DeviceTokenError, DPoPInitError, InvalidCredentialsError, MediaAccessError, MediaTrackError,
  MessageParseError, OverconstrainedFallbackError, PreflightError, RecoveryError, TokenRefreshError, UnexpectedError, VertoPongError
} from './errors.js';
export { getLogger, setDebugOptions, setLogger, setLogLevel } from './logger.js';
export { isSelfParticipant, Participant, SelfParticipant } from './participant.js';
export { ClientPreferences } from './preferences.js';
export { User } from './user.js';
export { version };
export type * from './types.js';

/** Lets a script test whether the library has been evaluated. */
export const ready = true;
if (typeof window !== 'undefined') {
  window.dispatchEvent(new CustomEvent('signalwire:js:ready', { detail: { version } }));
}
