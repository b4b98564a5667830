/** The types of the public API. */
import type { Observable } from 'rxjs';
import type { StorageManager } from './storage.js';

export type CallStatus =
  | 'new' | 'trying' | 'ringing' | 'connecting' | 'connected' | 'recovering'
  | 'disconnecting' | 'disconnected' | 'failed' | 'destroyed';
export type ResilienceCallStatus = CallStatus;
export type CallDirection = 'inbound' | 'outbound';
export type CallErrorKind = 'media' | 'signaling' | 'timeout' | 'rejected' | 'network' | 'internal';
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
export type MediaDirection = RTCRtpTransceiverDirection;
export type QualityLevel = 'excellent' | 'good' | 'fair' | 'poor' | 'critical';
export type RecoveryState = 'idle' | 'debouncing' | 'recovering' | 'cooldown';
export type ScreenShareStatus = 'none' | 'starting' | 'started' | 'stopping';
export type UserPresence = 'online' | 'offline' | 'busy';
export type VideoPosition = 'auto' | `reserved-${number}` | `standard-${number}` | 'off-canvas' | 'playback' | 'full-screen';
type OnOff<T extends string> = T | `${T}.on` | `${T}.off`;
type Who = 'self' | 'member';
export type Capability =
  | Who | `${Who}.mute` | OnOff<`${Who}.mute.audio` | `${Who}.mute.video` | `${Who}.deaf`> | `${Who}.microphone`
  | `${Who}.microphone.volume.set` | `${Who}.microphone.sensitivity.set` | `${Who}.speaker` | `${Who}.speaker.volume.set`
  | `${Who}.position.set` | `${Who}.meta` | `${Who}.audioflags.set` | 'layout' | 'layout.set' | 'digit' | 'digit.send'
  | 'vmuted' | OnOff<'vmuted.hide' | 'lock'> | 'device' | 'screenshare' | 'end';
export type ResourceType = 'app' | 'call' | 'room' | 'subscriber';
export type StorageScope = 'local' | 'session';
export type WebSocketClient = Pick<WebSocket, 'addEventListener' | 'removeEventListener' | 'send' | 'close' | 'readyState'>;
export type WebSocketAdapter = new (url: string | URL, protocols?: string | string[]) => WebSocketClient;

type SocketEvent = 'open' | 'close' | 'error' | 'message';
export interface NodeSocketClient extends WebSocketClient {
  addEventListener(method: SocketEvent, cb: (event: unknown) => void, options?: unknown): void;
  removeEventListener(method: SocketEvent, cb: (event: unknown) => void): void;
  send(data: unknown, cb?: (err?: Error) => void): void;
}
export interface NodeSocketAdapter {
  new (address: string | URL, options?: unknown): NodeSocketClient;
  new (address: string | URL, protocols?: string | string[], options?: unknown): NodeSocketClient;
}
export interface AuthenticateContext {
  fingerprint?: string;
}
export interface SDKCredential {
  token?: string;
  authorizationState?: string;
  /** Epoch milliseconds. */
  expiry_at?: number;
}
export interface CredentialProvider {
  authenticate(context?: AuthenticateContext): Promise<SDKCredential>;
  refresh?: () => Promise<SDKCredential>;
}
export interface SATClaims {
  scope?: string[];
  cnf?: { jkt: string };
  /** Epoch seconds. */
  expires_at?: number;
}
/** How long the session's credential lasts and what renews it. */
export interface CredentialStatus {
  expiresAt: number | null;
  /** What will renew it: this browser's key at the token's server, the provider's `refresh()`, or nothing. */
  renewal: 'client-bound' | 'provider' | 'none';
  nextAttemptAt: number | null;
  /** The token is bound to this browser's key: worthless to whoever steals it. */
  bound: boolean;
}
export type CredentialRefreshFallbackReason = 'no-scope' | 'no-dpop-support' | 'endpoint-failed' | 'activation-timeout' | (string & {});
export interface CredentialRefreshFallbackWarning {
  code: 'credential_refresh_fallback';
  source: 'CredentialProvider';
  reason: CredentialRefreshFallbackReason;
  message: string;
}
export interface CredentialNoRefreshHandlerWarning {
  code: 'credential_no_refresh_handler';
  source: 'CredentialProvider';
  message: string;
  expiresAt: number;
}
export type SDKWarning = CredentialRefreshFallbackWarning | CredentialNoRefreshHandlerWarning;

export interface SDKLogger {
  error(...args: unknown[]): void;
  warn(...args: unknown[]): void;
  info(...args: unknown[]): void;
  debug(...args: unknown[]): void;
  trace(...args: unknown[]): void;
}
export interface DebugOptions {
  logWsTraffic?: boolean;
}
export interface Storage {
  setItem(key: string, value: string | null, scope: StorageScope): Promise<void>;
  getItem(key: string, scope: StorageScope): Promise<string | null>;
  removeItem(key: string, scope: StorageScope): Promise<void>;
  clear(scope: StorageScope): Promise<void>;
}
export interface WebRTCMediaDevices {
  getUserMedia(constraints: MediaStreamConstraints): Promise<MediaStream>;
  getDisplayMedia?(options: DisplayMediaStreamOptions): Promise<MediaStream>;
  enumerateDevices(): Promise<MediaDeviceInfo[]>;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject): void;
  removeEventListener(type: string, listener: EventListenerOrEventListenerObject): void;
}
export interface WebRTCApiProvider {
  RTCPeerConnection: typeof RTCPeerConnection;
  mediaDevices: WebRTCMediaDevices;
}
export interface SignalWireOptions {
  skipConnection?: boolean;
  skipRegister?: boolean;
  skipDeviceMonitoring?: boolean;
  /**
   * A page that is loaded again takes its calls up: the same member, the same media, muted what was muted. Calls that are older than
   * `reconnectCallsTimeout` are left. Without it a page that goes hangs up.
   */
  reconnectAttachedCalls?: boolean;
  savePreferences?: boolean;
  persistSession?: boolean;
  storageImplementation?: Storage;
  webSocketConstructor?: WebSocketAdapter | NodeSocketAdapter;
  webRTCApiProvider?: WebRTCApiProvider;
  logger?: SDKLogger | null;
  logLevel?: LogLevel;
  debug?: DebugOptions;
}
export interface MediaOptions {
  audio?: boolean;
  video?: boolean;
  inputAudioDeviceConstraints?: MediaTrackConstraints;
  inputVideoDeviceConstraints?: MediaTrackConstraints;
  inputAudioStream?: MediaStream;
  inputVideoStream?: MediaStream;
  receiveAudio?: boolean;
  receiveVideo?: boolean;
  fallbackToReceiveOnly?: boolean;
}
export interface DialOptions extends MediaOptions {
  preferredVideoCodecs?: string[];
  preferredAudioCodecs?: string[];
  stereo?: boolean;
  nodeId?: string;
  userVariables?: Record<string, unknown>;
}
export interface CallOptions extends DialOptions {
  callId?: string;
  to?: string;
  toName?: string;
  from?: string;
  fromName?: string;
  initOffer?: string;
  reattach?: boolean;
  displayDirection?: string;
}
export interface MediaDirections {
  audio: MediaDirection;
  video: MediaDirection;
}
export interface MediaParamsEvent {
  readonly audio?: MediaTrackConstraints;
  readonly video?: MediaTrackConstraints;
  readonly timestamp: number;
}
export interface LayoutLayer {
  layer_index: number;
  z_index: number;
  member_id?: string;
  playing_file: boolean;
  position: VideoPosition;
  reservation: string;
  visible: boolean;
  x: number;
  y: number;
  width: number;
  height: number;
}
export interface TransferOptions {
  destination: string;
}
export interface SelectDeviceOptions {
  savePreference?: boolean;
}
export interface OnOffCapability {
  readonly on: boolean;
  readonly off: boolean;
}
export interface MemberCapabilities {
  readonly muteAudio: OnOffCapability;
  readonly muteVideo: OnOffCapability;
  readonly deaf: OnOffCapability;
  readonly raisehand: OnOffCapability;
  readonly microphoneVolume: boolean;
  readonly microphoneSensitivity: boolean;
  readonly speakerVolume: boolean;
  readonly position: boolean;
  readonly meta: boolean;
  readonly remove: boolean;
  readonly audioFlags: boolean;
  readonly denoise: boolean;
  readonly lowbitrate: boolean;
}
export interface CallCapabilitiesState {
  readonly self: MemberCapabilities;
  readonly member: MemberCapabilities;
  readonly end: boolean;
  readonly setLayout: boolean;
  readonly sendDigit: boolean;
  readonly vmutedHide: OnOffCapability;
  readonly lock: OnOffCapability;
  readonly device: boolean;
  readonly screenshare: boolean;
}
export interface CallError {
  readonly kind: CallErrorKind;
  readonly fatal: boolean;
  readonly error: Error;
  readonly callId: string;
}
export interface NetworkIssue {
  type: 'no_inbound_audio' | 'no_inbound_video' | 'high_rtt' | 'high_packet_loss' | 'high_jitter' | 'ice_disconnected';
  severity: 'warning' | 'critical';
  timestamp: number;
  value?: number;
  threshold?: number;
}
export type CallNetworkIssue = NetworkIssue;
export interface NetworkMetrics {
  timestamp: number;
  audio: { packetsReceived: number; packetsLost: number; jitter: number };
  video: { packetsReceived: number; packetsLost: number };
  roundTripTime: number;
  availableOutgoingBitrate?: number;
}
export type CallNetworkMetrics = NetworkMetrics;
export interface RecoveryEvent {
  readonly action:
    | 'keyframe_requested' | 'reinvite_started' | 'reinvite_succeeded' | 'reinvite_failed' | 'reinvite_timeout'
    | 'max_attempts_reached' | 'call_recovering' | 'call_recovered' | 'call_recovery_failed' | 'signal_reconnect'
    | 'full_reconnect' | 'video_disabled' | 'video_restored';
  readonly reason: string;
  readonly attempt?: number;
  readonly maxAttempts?: number;
  readonly timestamp: number;
}
export interface DeviceRecoveryEvent {
  readonly kind: 'audioinput' | 'audiooutput' | 'videoinput';
  readonly previousDevice: MediaDeviceInfo | null;
  readonly newDevice: MediaDeviceInfo | null;
  /** What to tell the user. */
  readonly message?: string;
  readonly reason: 'device_disconnected' | 'device_reconnected' | 'session_restored' | 'fallback_to_default' | 'default_changed' | 'ambiguous_match';
}
export interface StoredDevicePreference {
  readonly deviceId: string;
  readonly label: string;
  readonly kind: MediaDeviceKind;
  readonly groupId: string;
}
export interface PermissionResult {
  readonly audio: boolean;
  readonly video: boolean;
  readonly selectedAudioDevice?: MediaDeviceInfo;
  readonly selectedVideoDevice?: MediaDeviceInfo;
}
export interface PlatformCapabilities {
  readonly webrtc: boolean;
  readonly getUserMedia: boolean;
  readonly getDisplayMedia: boolean;
  readonly screenShare: boolean;
  readonly screenShareAudio: boolean;
  readonly simulcast: boolean;
  readonly insertableStreams: boolean;
  readonly audioOutputSelection: boolean;
  readonly videoCodecs: readonly string[];
  readonly audioCodecs: readonly string[];
}
export interface PreflightOptions {
  readonly duration?: number;
  readonly skipMediaTest?: boolean;
  readonly audioDevice?: MediaDeviceInfo;
  readonly videoDevice?: MediaDeviceInfo;
}
export interface MediaMeasured {
  /** The part of the packets that did not arrive, 0 to 1. */
  readonly loss: number;
  readonly jitterMs: number;
}
export interface PreflightResult {
  readonly ok: boolean;
  readonly signaling: { readonly reachable: boolean; readonly rttMs: number };
  readonly connectivity: {
    readonly type: 'direct' | 'relay' | 'failed';
    readonly turnReachable: boolean;
    readonly stunReachable: boolean;
    readonly rttMs: number;
  };
  readonly bandwidth: { readonly uploadKbps: number; readonly downloadKbps: number } | null;
  /** The sound of the test call, each way; not there when it was skipped or failed. */
  readonly media?: { readonly upload: MediaMeasured; readonly download: MediaMeasured };
  readonly devices: {
    readonly audioInput: { readonly working: boolean; readonly device: MediaDeviceInfo | null };
    readonly videoInput: { readonly working: boolean; readonly device: MediaDeviceInfo | null };
    readonly audioOutput: { readonly available: boolean; readonly device: MediaDeviceInfo | null };
  };
  readonly warnings: readonly string[];
}
export interface DiagnosticEvent {
  readonly timestamp: number;
  readonly category: 'connection' | 'call' | 'device' | 'recovery' | 'error';
  readonly event: string;
  readonly details?: Readonly<Record<string, unknown>>;
}
export interface CallDiagnosticSummary {
  readonly callId: string;
  readonly direction: CallDirection;
  readonly destination?: string;
  /** Seconds. */
  readonly duration: number;
  readonly status: string;
  readonly avgQualityScore: number;
  readonly minQualityScore: number;
  readonly recoveryAttempts: number;
  readonly iceCandidateTypes: readonly string[];
  readonly finalMetrics: NetworkMetrics;
}
export interface SessionDiagnostics {
  readonly sdkVersion: string;
  readonly userAgent: string;
  readonly capabilities: PlatformCapabilities;
  readonly events: readonly DiagnosticEvent[];
  readonly calls: readonly CallDiagnosticSummary[];
  readonly deviceChanges: readonly DeviceRecoveryEvent[];
  readonly devices: {
    readonly audioInput: readonly MediaDeviceInfo[];
    readonly audioOutput: readonly MediaDeviceInfo[];
    readonly videoInput: readonly MediaDeviceInfo[];
  };
}
export interface AudioConstraintsEvent {
  readonly constraints: MediaTrackConstraints;
  readonly method: 'applyConstraints' | 'trackReplacement';
  readonly timestamp: number;
}
export interface ConstraintFallbackEvent {
  readonly kind: 'audioinput' | 'videoinput';
  readonly requestedDevice: MediaDeviceInfo | null;
  readonly actualDevice: MediaDeviceInfo | null;
  readonly fallbackLevel: 'exact' | 'preferred' | 'default';
}
export type JSONRPCMethod = string;
export interface JSONRPCRequest<TParams = unknown> {
  jsonrpc: '2.0';
  id: string;
  method: JSONRPCMethod;
  params?: TParams;
}
export interface JSONRPCSuccessResponse<TResult = unknown> {
  jsonrpc: '2.0';
  id: string;
  result: TResult;
  error?: never;
}
export interface RPCErrorBody {
  code: string;
  message: string;
  data?: unknown;
}
export interface JSONRPCErrorResponse {
  jsonrpc: '2.0';
  id: string;
  result?: RPCErrorBody;
  error?: RPCErrorBody;
}
export type JSONRPCResponse<TResult = unknown> = JSONRPCSuccessResponse<TResult> | JSONRPCErrorResponse;
export interface PendingRPCOptions {
  timeoutMs?: number;
  signal?: AbortSignal;
}
export interface MemberTarget {
  member_id: string;
  call_id: string;
  node_id: string;
}
export type ExecuteMethod = <T extends JSONRPCResponse = JSONRPCResponse>(
  target: string | MemberTarget,
  method: string,
  args: Record<string, unknown>
) => Promise<T>;
export interface EmbeddableCallOptions {
  to: string;
  embedToken: string;
  host: string;
}
/** An address as the server tells it. */
export interface GetAddressResponse {
  id: string;
  name: string;
  display_name: string;
  type: ResourceType;
  resource_id: string;
  preview_url?: string;
  cover_url?: string;
  locked: boolean;
  created_at: string;
  channels: { audio?: string; messaging?: string; video?: string };
}
export interface TextMessage<TAddress = never> {
  id: string;
  fromAddress$: Observable<TAddress> | undefined;
  created: number;
  text: string;
}
export interface AddressHistory<TAddress = never> {
  id: string;
  fromAddress$: Observable<TAddress> | undefined;
  kind: string;
  status: string;
  started: number;
  ended?: number;
}
export interface DeviceController {
  readonly audioInputDevices$: Observable<MediaDeviceInfo[]>;
  readonly audioOutputDevices$: Observable<MediaDeviceInfo[]>;
  readonly videoInputDevices$: Observable<MediaDeviceInfo[]>;
  readonly audioInputDevices: MediaDeviceInfo[];
  readonly audioOutputDevices: MediaDeviceInfo[];
  readonly videoInputDevices: MediaDeviceInfo[];
  readonly selectedAudioInputDevice$: Observable<MediaDeviceInfo | null>;
  readonly selectedAudioOutputDevice$: Observable<MediaDeviceInfo | null>;
  readonly selectedVideoInputDevice$: Observable<MediaDeviceInfo | null>;
  readonly selectedAudioInputDevice: MediaDeviceInfo | null;
  readonly selectedAudioOutputDevice: MediaDeviceInfo | null;
  readonly selectedVideoInputDevice: MediaDeviceInfo | null;
  readonly selectedAudioInputDeviceConstraints: MediaTrackConstraints | boolean;
  readonly selectedVideoInputDeviceConstraints: MediaTrackConstraints | boolean;
  readonly audioInputDisabled$: Observable<boolean>;
  readonly videoInputDisabled$: Observable<boolean>;
  readonly audioInputDisabled: boolean;
  readonly videoInputDisabled: boolean;
  readonly deviceRecovered$: Observable<DeviceRecoveryEvent>;
  readonly errors$: Observable<Error>;
  deviceInfoToConstraints(deviceInfo: MediaDeviceInfo | null): MediaTrackConstraints;
  selectAudioInputDevice(device: MediaDeviceInfo | null): void;
  selectVideoInputDevice(device: MediaDeviceInfo | null): void;
  selectAudioOutputDevice(device: MediaDeviceInfo | null): void;
  enableDeviceMonitoring(): void;
  disableDeviceMonitoring(): void;
  getDeviceCapabilities(deviceInfo: MediaDeviceInfo): Promise<MediaTrackCapabilities | null>;
  isValidDevice(deviceInfo: MediaDeviceInfo | null): Promise<boolean>;
  disableAudioInput(): void;
  enableAudioInput(): void;
  disableVideoInput(): void;
  enableVideoInput(): void;
  setStorageManager(storageManager: StorageManager): void;
  clearDeviceState(): Promise<void>;
  enumerateDevices(): Promise<void>;
}
