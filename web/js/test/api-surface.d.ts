/**
 * The public API that applications written for the official SDK rely on, as declarations: what every export is, and the type of each of its
 * members. Not part of the package; the test beside it holds the package to it.
 */
import type { Observable } from 'rxjs';

// What the official SDK makes its own objects from: not the application's business.
type ConversationsProvider = unknown;
type HTTPRequestController = unknown;
type CallInitialization = unknown;
type ClientSessionManager = unknown;
type NodeURL = URL;

export declare class Address {
  textMessages$: Observable<EntityCollectionTransformed<GetConversationMessageResponse, TextMessage<Address>> | undefined>;
  history$: Observable<EntityCollectionTransformed<GetConversationMessageResponse, AddressHistory<Address>> | undefined>;
  constructor(addressId: string, conversationManager: ConversationsProvider, addressProvider: AddressProvider<Address>);
  get id(): string;
  get name(): string;
  get createdAt(): string;
  get defaultChannel(): string | undefined;
  get displayName$(): Observable<string>;
  get displayName(): string;
  get previewUrl$(): Observable<string | undefined>;
  get previewUrl(): string | undefined;
  get coverUrl$(): Observable<string | undefined>;
  get coverUrl(): string | undefined;
  get resourceId$(): Observable<string>;
  get resourceId(): string;
  get type$(): Observable<ResourceType>;
  get type(): ResourceType;
  get channels$(): Observable<{ audio?: string; messaging?: string; video?: string; }>;
  get channels(): { audio?: string; messaging?: string; video?: string; };
  get locked(): boolean;
  get locked$(): Observable<boolean>;
  sendText(text: string): Promise<void>;
  get textMessage(): EntityCollectionTransformed<GetConversationMessageResponse, TextMessage<Address>> | undefined;
  get history(): EntityCollectionTransformed<GetConversationMessageResponse, AddressHistory<Address>> | undefined;
  get activity$(): Observable<CallState[]>;
  get activity(): CallState[];
  destroy(): void;
  get destroyed$(): Observable<void>;
}
export declare class CallCreateError extends Error {
  message: string;
  error: unknown;
  direction: 'inbound' | 'outbound';
  constructor(message: string, error?: unknown, direction?: 'inbound' | 'outbound', options?: ErrorOptions);
}
export declare class ClientPreferences {
  enableSavePreferences(storage: StorageManager): void;
  get connectionTimeout(): number;
  set connectionTimeout(seconds: number);
  get reconnectCallsTimeout(): number;
  set reconnectCallsTimeout(seconds: number);
  get reconnectDelayMin(): number;
  set reconnectDelayMin(seconds: number);
  get reconnectDelayMax(): number;
  set reconnectDelayMax(seconds: number);
  get relayHost(): string;
  set relayHost(value: string);
  get receiveVideo(): boolean;
  set receiveVideo(value: boolean);
  get receiveAudio(): boolean;
  set receiveAudio(value: boolean);
  get preferredAudioInput(): MediaDeviceInfo | null;
  set preferredAudioInput(value: MediaDeviceInfo | null);
  get preferredAudioOutput(): MediaDeviceInfo | null;
  set preferredAudioOutput(value: MediaDeviceInfo | null);
  get preferredVideoInput(): MediaDeviceInfo | null;
  set preferredVideoInput(value: MediaDeviceInfo | null);
  get inputAudioConstraints(): MediaTrackConstraints | undefined;
  set inputAudioConstraints(value: MediaTrackConstraints | undefined);
  get inputVideoConstraints(): MediaTrackConstraints | undefined;
  set inputVideoConstraints(value: MediaTrackConstraints | undefined);
  get deviceDebounceTime(): number;
  set deviceDebounceTime(seconds: number);
  get devicePollingInterval(): number;
  set devicePollingInterval(seconds: number);
  get disableUdpIceServers(): boolean;
  set disableUdpIceServers(value: boolean);
  get relayOnly(): boolean;
  set relayOnly(value: boolean);
  get iceCandidateTimeout(): number;
  set iceCandidateTimeout(seconds: number);
  get iceGatheringTimeout(): number;
  set iceGatheringTimeout(seconds: number);
  get iceServers(): RTCIceServer[] | undefined;
  set iceServers(value: RTCIceServer[] | undefined);
  get userVariables(): Record<string, unknown>;
  set userVariables(value: Record<string, unknown>);
  get statsPollingInterval(): number;
  set statsPollingInterval(value: number);
  get statsBaselineSamples(): number;
  set statsBaselineSamples(value: number);
  get statsNoPacketThreshold(): number;
  set statsNoPacketThreshold(value: number);
  get statsRttSpikeMultiplier(): number;
  set statsRttSpikeMultiplier(value: number);
  get statsPacketLossThreshold(): number;
  set statsPacketLossThreshold(value: number);
  get statsJitterSpikeMultiplier(): number;
  set statsJitterSpikeMultiplier(value: number);
  get statsHistorySize(): number;
  set statsHistorySize(value: number);
  get keyframeMaxBurst(): number;
  set keyframeMaxBurst(value: number);
  get keyframeBurstWindow(): number;
  set keyframeBurstWindow(value: number);
  get keyframeCooldown(): number;
  set keyframeCooldown(value: number);
  get reinviteDebounceTime(): number;
  set reinviteDebounceTime(value: number);
  get reinviteMaxAttempts(): number;
  set reinviteMaxAttempts(value: number);
  get reinviteTimeout(): number;
  set reinviteTimeout(value: number);
  get recoveryDebounceTime(): number;
  set recoveryDebounceTime(seconds: number);
  get recoveryCooldown(): number;
  set recoveryCooldown(seconds: number);
  get iceDisconnectedGracePeriod(): number;
  set iceDisconnectedGracePeriod(seconds: number);
  get iceRestartTimeout(): number;
  set iceRestartTimeout(seconds: number);
  get maxRecoveryAttempts(): number;
  set maxRecoveryAttempts(value: number);
  get enableRelayFallback(): boolean;
  set enableRelayFallback(value: boolean);
  get enableNetworkChangeDetection(): boolean;
  set enableNetworkChangeDetection(value: boolean);
  get enableServerHangupInterception(): boolean;
  set enableServerHangupInterception(value: boolean);
  get persistDeviceSelection(): boolean;
  set persistDeviceSelection(value: boolean);
  get syncDevicesToActiveCalls(): boolean;
  set syncDevicesToActiveCalls(value: boolean);
  get autoMuteVideoOnHidden(): boolean;
  set autoMuteVideoOnHidden(value: boolean);
  get refreshDevicesOnVisible(): boolean;
  set refreshDevicesOnVisible(value: boolean);
  get checkConnectionOnVisible(): boolean;
  set checkConnectionOnVisible(value: boolean);
  get defaultAudioConstraints(): MediaTrackConstraints | undefined;
  set defaultAudioConstraints(value: MediaTrackConstraints | undefined);
  get defaultVideoConstraints(): MediaTrackConstraints | undefined;
  set defaultVideoConstraints(value: MediaTrackConstraints | undefined);
  get stereoAudio(): boolean;
  set stereoAudio(value: boolean);
  get enableAutoDegradation(): boolean;
  set enableAutoDegradation(value: boolean);
  get degradationBitrateThreshold(): number;
  set degradationBitrateThreshold(value: number);
  get degradationRecoveryThreshold(): number;
  set degradationRecoveryThreshold(value: number);
  get preferredVideoCodecs(): string[];
  set preferredVideoCodecs(value: string[]);
  get preferredAudioCodecs(): string[];
  set preferredAudioCodecs(value: string[]);
}
export declare class CollectionFetchError extends Error {
  operation: string;
  originalError: unknown;
  constructor(operation: string, originalError: unknown);
}
export declare class DeviceTokenError extends Error {
  originalError?: unknown | undefined;
  constructor(message: string, originalError?: unknown | undefined);
}
export declare class DPoPInitError extends Error {
  originalError: unknown;
  constructor(originalError: unknown, message?: string);
}
export declare class EmbedTokenCredentialProvider {
  constructor(host: string, embedToken: string);
  authenticate(): Promise<{ token: string; expiry_at: number; }>;
  refresh(): Promise<{ token: string; expiry_at: number; }>;
}
export declare class InvalidCredentialsError extends Error {
  reason: string;
  constructor(reason?: string, options?: ErrorOptions);
}
export declare class MediaAccessError extends Error {
  operation: string;
  media: string;
  originalError: unknown;
  readonly fatal: boolean;
  constructor(operation: string, media: string, originalError: unknown, fatal?: boolean);
  get denied(): boolean;
}
export declare class MediaTrackError extends Error {
  operation: string;
  kind: string;
  originalError: unknown;
  constructor(operation: string, kind: string, originalError: unknown);
}
export declare class MessageParseError extends Error {
  originalError: unknown;
  constructor(originalError: unknown);
}
export declare class OverconstrainedFallbackError extends Error {
  deviceKind: string;
  originalError?: unknown | undefined;
  constructor(deviceKind: string, originalError?: unknown | undefined);
}
export declare class Participant {
  readonly id: string;
  constructor(id: string, executeMethod: ExecuteMethod, deviceController: DeviceController);
  get name$(): Observable<string | undefined>;
  get type$(): Observable<string | undefined>;
  get handraised$(): Observable<boolean | undefined>;
  get visible$(): Observable<boolean | undefined>;
  get audioMuted$(): Observable<boolean | undefined>;
  get videoMuted$(): Observable<boolean | undefined>;
  get deaf$(): Observable<boolean | undefined>;
  get inputVolume$(): Observable<number | undefined>;
  get outputVolume$(): Observable<number | undefined>;
  get inputSensitivity$(): Observable<number | undefined>;
  get echoCancellation$(): Observable<boolean | undefined>;
  get autoGain$(): Observable<boolean | undefined>;
  get noiseSuppression$(): Observable<boolean | undefined>;
  get lowbitrate$(): Observable<boolean | undefined>;
  get denoise$(): Observable<boolean | undefined>;
  get meta$(): Observable<Record<string, unknown> | undefined>;
  get userId$(): Observable<string | undefined>;
  get addressId$(): Observable<string | undefined>;
  get nodeId$(): Observable<string | undefined>;
  get isTalking$(): Observable<boolean | undefined>;
  get isTalking(): boolean;
  get position$(): Observable<LayoutLayer | undefined>;
  get position(): LayoutLayer | undefined;
  get isAudience(): boolean;
  get name(): string | undefined;
  get type(): string | undefined;
  get handraised(): boolean;
  get visible(): boolean;
  get audioMuted(): boolean;
  get videoMuted(): boolean;
  get deaf(): boolean;
  get inputVolume(): number | undefined;
  get outputVolume(): number | undefined;
  get inputSensitivity(): number | undefined;
  get echoCancellation(): boolean;
  get autoGain(): boolean;
  get noiseSuppression(): boolean;
  get lowbitrate(): boolean;
  get denoise(): boolean;
  get meta(): Record<string, unknown> | undefined;
  get userId(): string | undefined;
  get addressId(): string | undefined;
  get nodeId(): string | undefined;
  get callId(): string | undefined;
  toggleDeaf(): Promise<void>;
  toggleHandraise(): Promise<void>;
  mute(): Promise<void>;
  unmute(): Promise<void>;
  toggleMute(): Promise<void>;
  muteVideo(): Promise<void>;
  unmuteVideo(): Promise<void>;
  toggleMuteVideo(): Promise<void>;
  toggleEchoCancellation(): Promise<void>;
  toggleAudioInputAutoGain(): Promise<void>;
  toggleNoiseSuppression(): Promise<void>;
  toggleLowbitrate(): Promise<void>;
  setAudioInputSensitivity(value: number): Promise<void>;
  setAudioInputVolume(value: number): Promise<void>;
  setAudioOutputVolume(value: number): Promise<void>;
  setPosition(value: VideoPosition): Promise<void>;
  remove(): Promise<void>;
  end(): Promise<void>;
  setMeta(_meta: Record<string, unknown>): Promise<void>;
  updateMeta(_meta: Record<string, unknown>): Promise<void>;
  destroy(): void;
  get destroyed$(): Observable<void>;
}
export declare class PreflightError extends Error {
  phase: string;
  originalError?: unknown | undefined;
  constructor(phase: string, originalError?: unknown | undefined);
}
export declare class RecoveryError extends Error {
  action: string;
  attempt: number;
  originalError?: unknown | undefined;
  constructor(action: string, attempt: number, originalError?: unknown | undefined);
}
export declare class SelfCapabilities {
  get self$(): Observable<MemberCapabilities>;
  get self(): MemberCapabilities;
  get member$(): Observable<MemberCapabilities>;
  get member(): MemberCapabilities;
  get end$(): Observable<boolean>;
  get end(): boolean;
  get setLayout$(): Observable<boolean>;
  get setLayout(): boolean;
  get sendDigit$(): Observable<boolean>;
  get sendDigit(): boolean;
  get vmutedHide$(): Observable<OnOffCapability>;
  get vmutedHide(): OnOffCapability;
  get lock$(): Observable<OnOffCapability>;
  get lock(): OnOffCapability;
  get device$(): Observable<boolean>;
  get device(): boolean;
  get screenshare$(): Observable<boolean>;
  get screenshare(): boolean;
  get state$(): Observable<CallCapabilitiesState>;
  get state(): CallCapabilitiesState;
  destroy(): void;
  get destroyed$(): Observable<void>;
}
export declare class SelfParticipant extends Participant {
  readonly capabilities: SelfCapabilities;
  destroy(): void;
  get studioAudio$(): Observable<boolean>;
  get studioAudio(): boolean;
  enableStudioAudio(): Promise<void>;
  disableStudioAudio(): Promise<void>;
  startScreenShare(): Promise<void>;
  get screenShareStatus$(): Observable<ScreenShareStatus>;
  get screenShareStatus(): ScreenShareStatus;
  stopScreenShare(): Promise<void>;
  addAdditionalDevice(options: MediaOptions): Promise<void>;
  removeAdditionalDevice(id: string): Promise<void>;
  addAudioInputDevice({ constraints, stream }?: { constraints?: MediaTrackConstraints; stream?: MediaStream; }): Promise<void>;
  addVideoInputDevice({ constraints, stream }?: { constraints?: MediaTrackConstraints; stream?: MediaStream; }): Promise<void>;
  addInputDevices(options?: MediaOptions): Promise<void>;
  selectAudioInputDevice(device: MediaDeviceInfo, options?: SelectDeviceOptions): void;
  setAudioInputDeviceConstraints(constraints: MediaTrackConstraints): Promise<void>;
  setInputDevicesConstraints(constraints: { audio: MediaTrackConstraints; video: MediaTrackConstraints; }): Promise<void>;
  selectVideoInputDevice(device: MediaDeviceInfo, options?: SelectDeviceOptions): void;
  setVideoInputDeviceConstraints(constraints: MediaTrackConstraints): Promise<void>;
  selectAudioOutputDevice(device: MediaDeviceInfo, options?: SelectDeviceOptions): void;
  toggleEchoCancellation(): Promise<void>;
  toggleAudioInputAutoGain(): Promise<void>;
  toggleNoiseSuppression(): Promise<void>;
  mute(): Promise<void>;
  unmute(): Promise<void>;
  muteVideo(): Promise<void>;
  unmuteVideo(): Promise<void>;
  readonly id: string;
  get name$(): Observable<string | undefined>;
  get type$(): Observable<string | undefined>;
  get handraised$(): Observable<boolean | undefined>;
  get visible$(): Observable<boolean | undefined>;
  get audioMuted$(): Observable<boolean | undefined>;
  get videoMuted$(): Observable<boolean | undefined>;
  get deaf$(): Observable<boolean | undefined>;
  get inputVolume$(): Observable<number | undefined>;
  get outputVolume$(): Observable<number | undefined>;
  get inputSensitivity$(): Observable<number | undefined>;
  get echoCancellation$(): Observable<boolean | undefined>;
  get autoGain$(): Observable<boolean | undefined>;
  get noiseSuppression$(): Observable<boolean | undefined>;
  get lowbitrate$(): Observable<boolean | undefined>;
  get denoise$(): Observable<boolean | undefined>;
  get meta$(): Observable<Record<string, unknown> | undefined>;
  get userId$(): Observable<string | undefined>;
  get addressId$(): Observable<string | undefined>;
  get nodeId$(): Observable<string | undefined>;
  get isTalking$(): Observable<boolean | undefined>;
  get isTalking(): boolean;
  get position$(): Observable<LayoutLayer | undefined>;
  get position(): LayoutLayer | undefined;
  get isAudience(): boolean;
  get name(): string | undefined;
  get type(): string | undefined;
  get handraised(): boolean;
  get visible(): boolean;
  get audioMuted(): boolean;
  get videoMuted(): boolean;
  get deaf(): boolean;
  get inputVolume(): number | undefined;
  get outputVolume(): number | undefined;
  get inputSensitivity(): number | undefined;
  get echoCancellation(): boolean;
  get autoGain(): boolean;
  get noiseSuppression(): boolean;
  get lowbitrate(): boolean;
  get denoise(): boolean;
  get meta(): Record<string, unknown> | undefined;
  get userId(): string | undefined;
  get addressId(): string | undefined;
  get nodeId(): string | undefined;
  get callId(): string | undefined;
  toggleDeaf(): Promise<void>;
  toggleHandraise(): Promise<void>;
  toggleMute(): Promise<void>;
  toggleMuteVideo(): Promise<void>;
  toggleLowbitrate(): Promise<void>;
  setAudioInputSensitivity(value: number): Promise<void>;
  setAudioInputVolume(value: number): Promise<void>;
  setAudioOutputVolume(value: number): Promise<void>;
  setPosition(value: VideoPosition): Promise<void>;
  remove(): Promise<void>;
  end(): Promise<void>;
  setMeta(_meta: Record<string, unknown>): Promise<void>;
  updateMeta(_meta: Record<string, unknown>): Promise<void>;
  get destroyed$(): Observable<void>;
}
export declare class SignalWire {
  preferences: ClientPreferences;
  constructor(credentialProvider: CredentialProvider | undefined, options?: SignalWireOptions);
  connect(): Promise<void>;
  get user$(): Observable<User | undefined>;
  get user(): User | undefined;
  get directory$(): Observable<Directory | undefined>;
  get directory(): Directory | undefined;
  get isRegistered$(): Observable<boolean>;
  get isRegistered(): boolean;
  get isConnected(): boolean;
  get isConnected$(): Observable<boolean>;
  get ready$(): Observable<boolean>;
  get errors$(): Observable<Error>;
  get warnings$(): Observable<SDKWarning>;
  get platformCapabilities(): PlatformCapabilities;
  get deviceRecovered$(): Observable<DeviceRecoveryEvent>;
  exportDiagnostics(): SessionDiagnostics;
  disconnect(): Promise<void>;
  register(): Promise<void>;
  unregister(): Promise<void>;
  dial(destination: string | Address, options?: DialOptions): Promise<Call>;
  preflight(destination: string, options?: PreflightOptions): Promise<PreflightResult>;
  get session(): ClientSessionWrapper;
  get audioInputDevices$(): Observable<MediaDeviceInfo[]>;
  get audioInputDevices(): MediaDeviceInfo[];
  get audioOutputDevices$(): Observable<MediaDeviceInfo[]>;
  get audioOutputDevices(): MediaDeviceInfo[];
  get videoInputDevices$(): Observable<MediaDeviceInfo[]>;
  get videoInputDevices(): MediaDeviceInfo[];
  get selectedAudioInputDevice$(): Observable<MediaDeviceInfo | null>;
  get selectedAudioOutputDevice$(): Observable<MediaDeviceInfo | null>;
  get selectedVideoInputDevice$(): Observable<MediaDeviceInfo | null>;
  get selectedAudioInputDevice(): MediaDeviceInfo | null;
  get selectedAudioOutputDevice(): MediaDeviceInfo | null;
  get selectedVideoInputDevice(): MediaDeviceInfo | null;
  get selectedAudioInputDeviceConstraints(): MediaTrackConstraints | boolean;
  get selectedVideoInputDeviceConstraints(): MediaTrackConstraints | boolean;
  deviceInfoToConstraints(deviceInfo: MediaDeviceInfo | null): MediaTrackConstraints;
  selectAudioInputDevice(device: MediaDeviceInfo | null): void;
  selectVideoInputDevice(device: MediaDeviceInfo | null): void;
  selectAudioOutputDevice(device: MediaDeviceInfo | null): void;
  applySelectedAudioOutputDevice(element: HTMLMediaElement): Promise<boolean>;
  enableDeviceMonitoring(): void;
  disableDeviceMonitoring(): void;
  getDeviceCapabilities(deviceInfo: MediaDeviceInfo): Promise<MediaTrackCapabilities | null>;
  isValidDevice(deviceInfo: MediaDeviceInfo | null): Promise<boolean>;
  setStorageManager(storageManager: StorageManager): void;
  clearDeviceState(): Promise<void>;
  enumerateDevices(): Promise<void>;
  disableAudioInput(): void;
  enableAudioInput(): void;
  disableVideoInput(): void;
  enableVideoInput(): void;
  get videoInputDisabled$(): Observable<boolean>;
  get audioInputDisabled$(): Observable<boolean>;
  get videoInputDisabled(): boolean;
  get audioInputDisabled(): boolean;
  requestMediaPermissions(options?: { audio?: boolean; video?: boolean; }): Promise<PermissionResult>;
  resetToDefaults(): Promise<void>;
  destroy(): void;
  get destroyed$(): Observable<void>;
}
export declare class StaticCredentialProvider {
  constructor(credentials: SDKCredential);
  authenticate(): Promise<SDKCredential>;
}
export declare class TokenRefreshError extends Error {
  originalError?: unknown | undefined;
  constructor(message: string, originalError?: unknown | undefined);
}
export declare class UnexpectedError extends Error {
  at?: string | undefined;
  constructor(at?: string | undefined, options?: ErrorOptions);
}
export declare class User {
  id: string;
  email: string;
  firstName?: string;
  lastName?: string;
  displayName?: string;
  jobTitle?: string;
  timeZone?: number;
  country?: string;
  region?: string;
  companyName?: string;
  pushNotificationKey: string;
  appSettings?: { displayName: string; scopes: string[]; };
  addresses: GetAddressResponse[];
  satClaims?: SATClaims;
  constructor(http: HTTPRequestController);
  fromPath: string;
  fetched$: Observable<boolean>;
  destroy(): void;
  get destroyed$(): Observable<void>;
}
export declare class VertoPongError extends Error {
  originalError: unknown;
  constructor(originalError: unknown);
}
export declare class WebRTCCall {
  clientSession: ClientSession;
  options: CallOptions;
  address?: Address | undefined;
  readonly id: string;
  to?: string;
  constructor(clientSession: ClientSession, options: CallOptions, initialization: CallInitialization, address?: Address | undefined);
  get errors$(): Observable<CallError>;
  notifyModifyFailed(): void;
  get direction(): CallDirection;
  get address$(): Observable<Address | undefined>;
  get fromName(): string | undefined;
  get from(): string | undefined;
  get toName(): string | undefined;
  toggleIncomingVideo(): Promise<void>;
  toggleIncomingAudio(): Promise<void>;
  get capabilities(): Capability[];
  get participants(): CallParticipant[];
  get self(): CallSelfParticipant | null;
  toggleLock(): Promise<void>;
  toggleHold(): Promise<void>;
  startRecording(): Promise<void>;
  startStreaming(): Promise<void>;
  setMeta(_meta: Record<string, unknown>): Promise<void>;
  updateMeta(_meta: Record<string, unknown>): Promise<void>;
  get layoutLayers$(): Observable<LayoutLayer[]>;
  get layoutLayers(): LayoutLayer[];
  executeMethod<T extends JSONRPCResponse = JSONRPCResponse>(target: string | MemberTarget, method: string, args: Record<string, unknown>): Promise<T>;
  get status$(): Observable<CallStatus>;
  get participants$(): Observable<CallParticipant[]>;
  get self$(): Observable<CallSelfParticipant>;
  get recording$(): Observable<boolean>;
  get streaming$(): Observable<boolean>;
  get raiseHandPriority$(): Observable<boolean>;
  get locked$(): Observable<boolean>;
  get meta$(): Observable<Record<string, unknown>>;
  get capabilities$(): Observable<Capability[]>;
  get layout$(): Observable<string>;
  get status(): CallStatus;
  get recording(): boolean;
  get streaming(): boolean;
  get raiseHandPriority(): boolean;
  get locked(): boolean;
  get meta(): Record<string, unknown>;
  get layout(): string | undefined;
  get layouts$(): Observable<string[]>;
  get layouts(): string[];
  get localStream$(): Observable<MediaStream>;
  get localStream(): MediaStream | null;
  get remoteStream$(): Observable<MediaStream>;
  get remoteStream(): MediaStream | null;
  get userVariables$(): Observable<Record<string, unknown>>;
  get userVariables(): Record<string, unknown>;
  set userVariables(variables: Record<string, unknown>);
  get networkIssues$(): Observable<NetworkIssue[]>;
  get networkIssues(): NetworkIssue[];
  get isNetworkHealthy$(): Observable<boolean>;
  get isNetworkHealthy(): boolean;
  get networkMetrics$(): Observable<NetworkMetrics[]>;
  get networkMetrics(): NetworkMetrics[];
  get qualityScore$(): Observable<number>;
  get qualityLevel$(): Observable<QualityLevel>;
  get recoveryState$(): Observable<RecoveryState>;
  get recoveryEvent$(): Observable<RecoveryEvent>;
  get bandwidthConstrained$(): Observable<boolean>;
  get mediaParamsUpdated$(): Observable<MediaParamsEvent>;
  requestKeyframe(): void;
  requestIceRestart(): Promise<void>;
  get mediaDirections$(): Observable<MediaDirections>;
  get mediaDirections(): MediaDirections;
  execute<T extends JSONRPCResponse = JSONRPCResponse>(request: JSONRPCRequest, options?: PendingRPCOptions): Promise<T>;
  get selfId$(): Observable<string | null>;
  get selfId(): string | null;
  get nodeId$(): Observable<string | null>;
  get nodeId(): string | null;
  get callUpdated$(): Observable<CallUpdatedPayload>;
  get memberJoined$(): Observable<MemberJoinedPayload>;
  get memberLeft$(): Observable<MemberLeftPayload>;
  get memberUpdated$(): Observable<MemberUpdatedPayload>;
  get memberTalking$(): Observable<MemberTalkingPayload>;
  get callStates$(): Observable<CallStatePayload>;
  get layoutUpdates$(): Observable<LayoutChangedPayload>;
  get rtcPeerConnection(): RTCPeerConnection | undefined;
  get signalingEvent$(): Observable<Record<string, unknown>>;
  subscribe(eventType: string): Observable<Record<string, unknown>>;
  get webrtcMessages$(): Observable<WebrtcMessagePayload>;
  get callEvent$(): Observable<WebrtcMessagePayload | CallJoinedPayload | CallLeftPayload | MemberUpdatedPayload | MemberJoinedPayload | MemberLeftPayload | MemberTalkingPayload | LayoutChangedPayload | CallUpdatedPayload | RoomUpdatedPayload | CallStatePayload | CallPlayPayload | CallConnectPayload | ConversationMessagePayload>;
  get layoutEvent$(): Observable<LayoutChangedPayload>;
  hangup(): Promise<void>;
  sendDigits(dtmf: string): Promise<void>;
  answer(options?: MediaOptions): void;
  get answerMediaOptions(): MediaOptions | undefined;
  reject(): void;
  get answered$(): Observable<boolean>;
  setLayout(layout: string, positions?: Record<string, VideoPosition>): Promise<void>;
  transfer(options: TransferOptions): Promise<void>;
  setLocalMicrophoneGain(value: number): void;
  get localMicrophoneGain$(): Observable<number>;
  get localAudioLevel$(): Observable<number>;
  get localSpeaking$(): Observable<boolean>;
  enablePushToTalk(): void;
  disablePushToTalk(): void;
  setPushToTalkActive(active: boolean): void;
  setEchoCancellation(enabled: boolean): Promise<void>;
  setNoiseSuppression(enabled: boolean): Promise<void>;
  setAutoGainControl(enabled: boolean): Promise<void>;
  get remoteAudioLevel$(): Observable<number>;
  destroy(): void;
  get destroyed$(): Observable<void>;
}
export declare function embeddableCall(options: EmbeddableCallOptions): Promise<Call>;
export declare function getLogger(): InternalSDKLogger;
export declare function isSelfParticipant(participant: Participant): participant is SelfParticipant;
export declare function setDebugOptions(options: DebugOptions | null): void;
export declare function setLogger(logger: SDKLogger | null): void;
export declare function setLogLevel(level: LogLevel): void;
export declare const ready: boolean;
export declare const version: string;
export interface AddressHistory<TAddress = never> {
  id: string;
  kind: string;
  status: string;
  started: number;
  ended?: number;
  fromAddress$: Observable<TAddress> | undefined;
}
export interface AudioConstraintsEvent {
  readonly constraints: MediaTrackConstraints;
  readonly method: 'applyConstraints' | 'trackReplacement';
  readonly timestamp: number;
}
export interface AuthenticateContext {
  fingerprint?: string;
}
export interface Call {
  readonly capabilities$: Observable<Capability[]>;
  readonly capabilities: Capability[];
  readonly mediaDirections$: Observable<MediaDirections>;
  readonly mediaDirections: MediaDirections;
  readonly self$: Observable<CallSelfParticipant | null>;
  readonly self: CallSelfParticipant | null;
  readonly to?: string;
  readonly toName?: string;
  readonly from?: string;
  readonly fromName?: string;
  readonly direction: CallDirection;
  readonly layouts$: Observable<string[]>;
  readonly layouts: string[];
  readonly layout$: Observable<string>;
  readonly layout?: string;
  readonly layoutLayers$: Observable<LayoutLayer[]>;
  readonly layoutLayers: LayoutLayer[];
  readonly localStream$: Observable<MediaStream>;
  readonly localStream: MediaStream | null;
  readonly remoteStream$: Observable<MediaStream>;
  readonly remoteStream: MediaStream | null;
  readonly rtcPeerConnection: RTCPeerConnection | undefined;
  readonly errors$: Observable<CallError>;
  readonly signalingEvent$: Observable<Record<string, unknown>>;
  readonly address?: CallAddress;
  readonly address$: Observable<CallAddress | undefined>;
  userVariables?: Record<string, unknown>;
  readonly userVariables$: Observable<Record<string, unknown>>;
  readonly networkIssues$: Observable<NetworkIssue[]>;
  readonly networkIssues: NetworkIssue[];
  readonly isNetworkHealthy$: Observable<boolean>;
  readonly isNetworkHealthy: boolean;
  readonly networkMetrics$: Observable<NetworkMetrics[]>;
  readonly networkMetrics: NetworkMetrics[];
  readonly qualityScore$: Observable<number>;
  readonly qualityLevel$: Observable<QualityLevel>;
  readonly recoveryState$: Observable<RecoveryState>;
  readonly recoveryEvent$: Observable<RecoveryEvent>;
  readonly bandwidthConstrained$: Observable<boolean>;
  readonly mediaParamsUpdated$: Observable<MediaParamsEvent>;
  requestKeyframe(): void;
  requestIceRestart(): Promise<void>;
  subscribe(eventType: string): Observable<Record<string, unknown>>;
  hangup(): Promise<void>;
  toggleLock(): Promise<void>;
  toggleHold(): Promise<void>;
  setLayout(layout: string, positions: Record<string, VideoPosition>): Promise<void>;
  startRecording(): Promise<void>;
  startStreaming(): Promise<void>;
  transfer(options: TransferOptions): Promise<void>;
  toggleIncomingVideo(): Promise<void>;
  toggleIncomingAudio(): Promise<void>;
  answer(options?: MediaOptions): void;
  reject(): void;
  sendDigits(digits: string): Promise<void>;
  executeMethod<T extends JSONRPCResponse = JSONRPCResponse>(target: string, method: string, args: Record<string, unknown>): Promise<T>;
  execute<T extends JSONRPCResponse = JSONRPCResponse>(request: JSONRPCRequest, options?: PendingRPCOptions): Promise<T>;
  readonly id: string;
  readonly status$: Observable<CallStatus>;
  readonly status: CallStatus;
  readonly recording$: Observable<boolean>;
  readonly recording: boolean;
  readonly streaming$: Observable<boolean>;
  readonly streaming: boolean;
  readonly raiseHandPriority$: Observable<boolean>;
  readonly raiseHandPriority: boolean;
  readonly locked$: Observable<boolean>;
  readonly locked: boolean;
  readonly meta$: Observable<Record<string, unknown>>;
  readonly meta: Record<string, unknown>;
  readonly participants$: Observable<CallParticipant[]>;
  readonly participants: CallParticipant[];
  setMeta(meta: Record<string, unknown>): Promise<void>;
  updateMeta(meta: Record<string, unknown>): Promise<void>;
}
export interface CallAddress {
  readonly id: string;
  readonly displayName?: string;
  readonly type?: string;
  sendText(text: string): Promise<void>;
  readonly textMessages$: Observable<CallTextMessageCollection | undefined>;
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
export interface CallDiagnosticSummary {
  readonly callId: string;
  readonly direction: 'inbound' | 'outbound';
  readonly destination?: string;
  readonly duration: number;
  readonly status: string;
  readonly avgQualityScore: number;
  readonly minQualityScore: number;
  readonly recoveryAttempts: number;
  readonly iceCandidateTypes: readonly string[];
  readonly finalMetrics: NetworkMetrics;
}
export interface CallError {
  readonly kind: CallErrorKind;
  readonly fatal: boolean;
  readonly error: Error;
  readonly callId: string;
}
export interface CallNetworkIssue {
  type: 'no_inbound_audio' | 'no_inbound_video' | 'high_rtt' | 'high_packet_loss' | 'high_jitter' | 'ice_disconnected';
  severity: 'warning' | 'critical';
  timestamp: number;
  value?: number;
  threshold?: number;
}
export interface CallNetworkMetrics {
  timestamp: number;
  audio: { packetsReceived: number; packetsLost: number; jitter: number; };
  video: { packetsReceived: number; packetsLost: number; };
  roundTripTime: number;
  availableOutgoingBitrate?: number;
}
export interface CallOptions {
  readonly nodeId?: string;
  readonly callId?: string;
  readonly to?: string;
  readonly initOffer?: string;
  readonly reattach?: boolean;
  readonly fromName?: string;
  readonly from?: string;
  readonly toName?: string;
  readonly displayDirection?: string;
  readonly userVariables?: Record<string, unknown>;
  readonly preferredVideoCodecs?: string[];
  readonly preferredAudioCodecs?: string[];
  readonly stereo?: boolean;
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
export interface CallParticipant {
  readonly id: string;
  readonly name$: Observable<string | undefined>;
  readonly type$: Observable<string | undefined>;
  readonly handraised$: Observable<boolean | undefined>;
  readonly visible$: Observable<boolean | undefined>;
  readonly audioMuted$: Observable<boolean | undefined>;
  readonly videoMuted$: Observable<boolean | undefined>;
  readonly deaf$: Observable<boolean | undefined>;
  readonly inputVolume$: Observable<number | undefined>;
  readonly outputVolume$: Observable<number | undefined>;
  readonly inputSensitivity$: Observable<number | undefined>;
  readonly echoCancellation$: Observable<boolean | undefined>;
  readonly autoGain$: Observable<boolean | undefined>;
  readonly noiseSuppression$: Observable<boolean | undefined>;
  readonly lowbitrate$: Observable<boolean | undefined>;
  readonly denoise$: Observable<boolean | undefined>;
  readonly meta$: Observable<Record<string, unknown> | undefined>;
  readonly userId$: Observable<string | undefined>;
  readonly addressId$: Observable<string | undefined>;
  readonly nodeId$: Observable<string | undefined>;
  readonly isTalking$: Observable<boolean | undefined>;
  readonly position$: Observable<LayoutLayer | undefined>;
  readonly name: string | undefined;
  readonly type: string | undefined;
  readonly handraised: boolean;
  readonly visible: boolean;
  readonly audioMuted: boolean;
  readonly videoMuted: boolean;
  readonly deaf: boolean;
  readonly inputVolume: number | undefined;
  readonly outputVolume: number | undefined;
  readonly inputSensitivity: number | undefined;
  readonly echoCancellation: boolean;
  readonly autoGain: boolean;
  readonly noiseSuppression: boolean;
  readonly lowbitrate: boolean;
  readonly denoise: boolean;
  readonly meta: Record<string, unknown> | undefined;
  readonly userId: string | undefined;
  readonly addressId: string | undefined;
  readonly nodeId: string | undefined;
  readonly callId: string | undefined;
  readonly isTalking: boolean;
  readonly position: LayoutLayer | undefined;
  readonly isAudience: boolean;
  toggleDeaf(): Promise<void>;
  toggleHandraise(): Promise<void>;
  mute(): Promise<void>;
  unmute(): Promise<void>;
  toggleMute(): Promise<void>;
  muteVideo(): Promise<void>;
  unmuteVideo(): Promise<void>;
  toggleMuteVideo(): Promise<void>;
  toggleEchoCancellation(): Promise<void>;
  toggleAudioInputAutoGain(): Promise<void>;
  toggleNoiseSuppression(): Promise<void>;
  toggleLowbitrate(): Promise<void>;
  setAudioInputSensitivity(value: number): Promise<void>;
  setAudioInputVolume(value: number): Promise<void>;
  setAudioOutputVolume(value: number): Promise<void>;
  setPosition(value: VideoPosition): Promise<void>;
  remove(): Promise<void>;
  end(): Promise<void>;
  setMeta(meta: Record<string, unknown>): Promise<void>;
  updateMeta(meta: Record<string, unknown>): Promise<void>;
}
export interface CallSelfParticipant {
  readonly screenShareStatus$: Observable<ScreenShareStatus>;
  readonly screenShareStatus: ScreenShareStatus;
  readonly studioAudio$: Observable<boolean>;
  readonly studioAudio: boolean;
  enableStudioAudio(): Promise<void>;
  disableStudioAudio(): Promise<void>;
  startScreenShare(): Promise<void>;
  stopScreenShare(): Promise<void>;
  selectAudioInputDevice(device: MediaDeviceInfo, options?: SelectDeviceOptions): void;
  selectVideoInputDevice(device: MediaDeviceInfo, options?: SelectDeviceOptions): void;
  selectAudioOutputDevice(device: MediaDeviceInfo, options?: SelectDeviceOptions): void;
  addAdditionalDevice(options: MediaOptions): Promise<void>;
  removeAdditionalDevice(id: string): Promise<void>;
  addAudioInputDevice(options?: { constraints?: MediaTrackConstraints; stream?: MediaStream; }): Promise<void>;
  addVideoInputDevice(options?: { constraints?: MediaTrackConstraints; stream?: MediaStream; }): Promise<void>;
  addInputDevices(options?: MediaOptions): Promise<void>;
  setAudioInputDeviceConstraints(constraints: MediaTrackConstraints): Promise<void>;
  setVideoInputDeviceConstraints(constraints: MediaTrackConstraints): Promise<void>;
  setInputDevicesConstraints(constraints: { audio: MediaTrackConstraints; video: MediaTrackConstraints; }): Promise<void>;
  readonly id: string;
  readonly name$: Observable<string | undefined>;
  readonly type$: Observable<string | undefined>;
  readonly handraised$: Observable<boolean | undefined>;
  readonly visible$: Observable<boolean | undefined>;
  readonly audioMuted$: Observable<boolean | undefined>;
  readonly videoMuted$: Observable<boolean | undefined>;
  readonly deaf$: Observable<boolean | undefined>;
  readonly inputVolume$: Observable<number | undefined>;
  readonly outputVolume$: Observable<number | undefined>;
  readonly inputSensitivity$: Observable<number | undefined>;
  readonly echoCancellation$: Observable<boolean | undefined>;
  readonly autoGain$: Observable<boolean | undefined>;
  readonly noiseSuppression$: Observable<boolean | undefined>;
  readonly lowbitrate$: Observable<boolean | undefined>;
  readonly denoise$: Observable<boolean | undefined>;
  readonly meta$: Observable<Record<string, unknown> | undefined>;
  readonly userId$: Observable<string | undefined>;
  readonly addressId$: Observable<string | undefined>;
  readonly nodeId$: Observable<string | undefined>;
  readonly isTalking$: Observable<boolean | undefined>;
  readonly position$: Observable<LayoutLayer | undefined>;
  readonly name: string | undefined;
  readonly type: string | undefined;
  readonly handraised: boolean;
  readonly visible: boolean;
  readonly audioMuted: boolean;
  readonly videoMuted: boolean;
  readonly deaf: boolean;
  readonly inputVolume: number | undefined;
  readonly outputVolume: number | undefined;
  readonly inputSensitivity: number | undefined;
  readonly echoCancellation: boolean;
  readonly autoGain: boolean;
  readonly noiseSuppression: boolean;
  readonly lowbitrate: boolean;
  readonly denoise: boolean;
  readonly meta: Record<string, unknown> | undefined;
  readonly userId: string | undefined;
  readonly addressId: string | undefined;
  readonly nodeId: string | undefined;
  readonly callId: string | undefined;
  readonly isTalking: boolean;
  readonly position: LayoutLayer | undefined;
  readonly isAudience: boolean;
  toggleDeaf(): Promise<void>;
  toggleHandraise(): Promise<void>;
  mute(): Promise<void>;
  unmute(): Promise<void>;
  toggleMute(): Promise<void>;
  muteVideo(): Promise<void>;
  unmuteVideo(): Promise<void>;
  toggleMuteVideo(): Promise<void>;
  toggleEchoCancellation(): Promise<void>;
  toggleAudioInputAutoGain(): Promise<void>;
  toggleNoiseSuppression(): Promise<void>;
  toggleLowbitrate(): Promise<void>;
  setAudioInputSensitivity(value: number): Promise<void>;
  setAudioInputVolume(value: number): Promise<void>;
  setAudioOutputVolume(value: number): Promise<void>;
  setPosition(value: VideoPosition): Promise<void>;
  remove(): Promise<void>;
  end(): Promise<void>;
  setMeta(meta: Record<string, unknown>): Promise<void>;
  updateMeta(meta: Record<string, unknown>): Promise<void>;
}
export interface CallState {
  readonly id: string;
  readonly status$: Observable<CallStatus>;
  readonly status: CallStatus;
  readonly recording$: Observable<boolean>;
  readonly recording: boolean;
  readonly streaming$: Observable<boolean>;
  readonly streaming: boolean;
  readonly raiseHandPriority$: Observable<boolean>;
  readonly raiseHandPriority: boolean;
  readonly locked$: Observable<boolean>;
  readonly locked: boolean;
  readonly meta$: Observable<Record<string, unknown>>;
  readonly meta: Record<string, unknown>;
  readonly participants$: Observable<CallParticipant[]>;
  readonly participants: CallParticipant[];
  setMeta(meta: Record<string, unknown>): Promise<void>;
  updateMeta(meta: Record<string, unknown>): Promise<void>;
}
export interface ConstraintFallbackEvent {
  readonly kind: 'audioinput' | 'videoinput';
  readonly requestedDevice: MediaDeviceInfo | null;
  readonly actualDevice: MediaDeviceInfo | null;
  readonly fallbackLevel: 'exact' | 'preferred' | 'default';
}
export interface CredentialNoRefreshHandlerWarning {
  code: 'credential_no_refresh_handler';
  source: 'CredentialProvider';
  message: string;
  expiresAt: number;
}
export interface CredentialProvider {
  authenticate(context?: AuthenticateContext): Promise<SDKCredential>;
  refresh?: () => Promise<SDKCredential>;
}
export interface CredentialRefreshFallbackWarning {
  code: 'credential_refresh_fallback';
  source: 'CredentialProvider';
  reason: CredentialRefreshFallbackReason;
  message: string;
}
export interface DebugOptions {
  logWsTraffic?: boolean;
}
export interface DeviceController {
  readonly audioInputDevices$: Observable<MediaDeviceInfo[]>;
  readonly audioOutputDevices$: Observable<MediaDeviceInfo[]>;
  readonly videoInputDevices$: Observable<MediaDeviceInfo[]>;
  readonly selectedAudioInputDevice$: Observable<MediaDeviceInfo | null>;
  readonly selectedAudioOutputDevice$: Observable<MediaDeviceInfo | null>;
  readonly selectedVideoInputDevice$: Observable<MediaDeviceInfo | null>;
  readonly selectedAudioInputDevice: MediaDeviceInfo | null;
  readonly selectedAudioOutputDevice: MediaDeviceInfo | null;
  readonly selectedVideoInputDevice: MediaDeviceInfo | null;
  readonly audioInputDevices: MediaDeviceInfo[];
  readonly audioOutputDevices: MediaDeviceInfo[];
  readonly videoInputDevices: MediaDeviceInfo[];
  readonly selectedAudioInputDeviceConstraints: MediaTrackConstraints | boolean;
  readonly selectedVideoInputDeviceConstraints: MediaTrackConstraints | boolean;
  deviceInfoToConstraints(deviceInfo: MediaDeviceInfo | null): MediaTrackConstraints;
  selectAudioInputDevice(device: MediaDeviceInfo | null): void;
  selectVideoInputDevice(device: MediaDeviceInfo | null): void;
  selectAudioOutputDevice(device: MediaDeviceInfo | null): void;
  enableDeviceMonitoring(): void;
  disableDeviceMonitoring(): void;
  getDeviceCapabilities(deviceInfo: MediaDeviceInfo): Promise<MediaTrackCapabilities | null>;
  isValidDevice(deviceInfo: MediaDeviceInfo | null): Promise<boolean>;
  readonly errors$: Observable<Error>;
  readonly deviceRecovered$: Observable<DeviceRecoveryEvent>;
  disableAudioInput(): void;
  enableAudioInput(): void;
  disableVideoInput(): void;
  enableVideoInput(): void;
  readonly videoInputDisabled$: Observable<boolean>;
  readonly audioInputDisabled$: Observable<boolean>;
  readonly videoInputDisabled: boolean;
  readonly audioInputDisabled: boolean;
  setStorageManager(storageManager: StorageManager): void;
  clearDeviceState(): Promise<void>;
  enumerateDevices(): Promise<void>;
}
export interface DeviceRecoveryEvent {
  readonly kind: 'audioinput' | 'audiooutput' | 'videoinput';
  readonly previousDevice: MediaDeviceInfo | null;
  readonly newDevice: MediaDeviceInfo | null;
  readonly reason: 'device_disconnected' | 'device_reconnected' | 'session_restored' | 'fallback_to_default' | 'default_changed' | 'ambiguous_match';
}
export interface DiagnosticEvent {
  readonly timestamp: number;
  readonly category: 'connection' | 'call' | 'device' | 'recovery' | 'error';
  readonly event: string;
  readonly details?: Readonly<Record<string, unknown>>;
}
export interface DialOptions {
  preferredVideoCodecs?: string[];
  preferredAudioCodecs?: string[];
  stereo?: boolean;
  nodeId?: string;
  userVariables?: Record<string, unknown>;
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
export interface Directory {
  readonly addresses$: Observable<Address[]>;
  readonly addresses: Address[];
  readonly hasMore$: Observable<boolean>;
  readonly loading$: Observable<boolean>;
  readonly loading: boolean;
  loadMore(): void;
  get(addressId: string): Address | undefined;
  findAddressIdByURI(uri: string): Promise<string | undefined>;
  get$(id: string): Observable<Address> | undefined;
}
export interface JSONRPCErrorResponse {
  jsonrpc: '2.0';
  id: string;
  result?: TError;
  error?: TError;
}
export interface JSONRPCRequest<TParams = unknown> {
  jsonrpc: JSONRPCVersion;
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
export interface MediaDirections {
  audio: MediaDirection;
  video: MediaDirection;
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
export interface MediaParamsEvent {
  readonly audio?: MediaTrackConstraints;
  readonly video?: MediaTrackConstraints;
  readonly timestamp: number;
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
export interface NetworkIssue {
  type: 'no_inbound_audio' | 'no_inbound_video' | 'high_rtt' | 'high_packet_loss' | 'high_jitter' | 'ice_disconnected';
  severity: 'warning' | 'critical';
  timestamp: number;
  value?: number;
  threshold?: number;
}
export interface NetworkMetrics {
  timestamp: number;
  audio: { packetsReceived: number; packetsLost: number; jitter: number; };
  video: { packetsReceived: number; packetsLost: number; };
  roundTripTime: number;
  availableOutgoingBitrate?: number;
}
export interface NodeSocketAdapter {
  new (address: string | NodeURL, options?: unknown): NodeSocketClient;
  new (address: string | NodeURL, protocols?: string | string[], options?: unknown): NodeSocketClient;
}
export interface OnOffCapability {
  readonly on: boolean;
  readonly off: boolean;
}
export interface PendingRPCOptions {
  timeoutMs?: number;
  signal?: AbortSignal;
}
export interface PermissionResult {
  readonly audio: boolean;
  readonly video: boolean;
  readonly selectedAudioDevice?: MediaDeviceInfo;
  readonly selectedVideoDevice?: MediaDeviceInfo;
}
export interface PlatformCapabilities {
  readonly screenShare: boolean;
  readonly screenShareAudio: boolean;
  readonly simulcast: boolean;
  readonly insertableStreams: boolean;
  readonly audioOutputSelection: boolean;
  readonly videoCodecs: readonly string[];
  readonly audioCodecs: readonly string[];
  readonly webrtc: boolean;
  readonly getUserMedia: boolean;
  readonly getDisplayMedia: boolean;
}
export interface PreflightOptions {
  readonly duration?: number;
  readonly skipMediaTest?: boolean;
  readonly audioDevice?: MediaDeviceInfo;
  readonly videoDevice?: MediaDeviceInfo;
}
export interface PreflightResult {
  readonly ok: boolean;
  readonly signaling: { readonly reachable: boolean; readonly rttMs: number; };
  readonly connectivity: { readonly type: 'direct' | 'relay' | 'failed'; readonly turnReachable: boolean; readonly stunReachable: boolean; readonly rttMs: number; };
  readonly bandwidth: { readonly uploadKbps: number; readonly downloadKbps: number; } | null;
  readonly devices: { readonly audioInput: { readonly working: boolean; readonly device: MediaDeviceInfo | null; }; readonly videoInput: { readonly working: boolean; readonly device: MediaDeviceInfo | null; }; readonly audioOutput: { readonly available: boolean; readonly device: MediaDeviceInfo | null; }; };
  readonly warnings: readonly string[];
}
export interface RecoveryEvent {
  readonly action: 'keyframe_requested' | 'reinvite_started' | 'reinvite_succeeded' | 'reinvite_failed' | 'reinvite_timeout' | 'max_attempts_reached' | 'call_recovering' | 'call_recovered' | 'call_recovery_failed' | 'signal_reconnect' | 'full_reconnect' | 'video_disabled' | 'video_restored';
  readonly reason: string;
  readonly attempt?: number;
  readonly maxAttempts?: number;
  readonly timestamp: number;
}
export interface SATClaims {
  scope?: string[];
  cnf?: { jkt: string; };
  expires_at?: number;
}
export interface SDKCredential {
  token?: string;
  authorizationState?: string;
  expiry_at?: number;
}
export interface SDKLogger {
  error(...args: unknown[]): void;
  warn(...args: unknown[]): void;
  info(...args: unknown[]): void;
  debug(...args: unknown[]): void;
  trace(...args: unknown[]): void;
}
export interface SelectDeviceOptions {
  savePreference?: boolean;
}
export interface SessionDiagnostics {
  readonly sdkVersion: string;
  readonly userAgent: string;
  readonly capabilities: PlatformCapabilities;
  readonly events: readonly DiagnosticEvent[];
  readonly calls: readonly CallDiagnosticSummary[];
  readonly deviceChanges: readonly DeviceRecoveryEvent[];
  readonly devices: { readonly audioInput: readonly MediaDeviceInfo[]; readonly audioOutput: readonly MediaDeviceInfo[]; readonly videoInput: readonly MediaDeviceInfo[]; };
}
export interface SessionState {
  readonly incomingCalls$: Observable<Call[]>;
  readonly incomingCalls: Call[];
  readonly calls$: Observable<Call[]>;
  readonly calls: Call[];
  readonly authenticated$: Observable<boolean>;
  readonly authenticated: boolean;
  execute<T extends JSONRPCResponse = JSONRPCResponse>(request: JSONRPCRequest, options?: PendingRPCOptions): Promise<T>;
  readonly signalingEvent$: Observable<Record<string, unknown>>;
  readonly iceServers: RTCIceServer[] | undefined;
}
export interface SignalWireOptions {
  skipConnection?: boolean;
  skipRegister?: boolean;
  skipDeviceMonitoring?: boolean;
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
export interface Storage {
  setItem(key: string, value: string | null, scope: StorageScope): Promise<void>;
  getItem(key: string, scope: StorageScope): Promise<string | null>;
  removeItem(key: string, scope: StorageScope): Promise<void>;
  clear(scope: StorageScope): Promise<void>;
}
export interface StoredDevicePreference {
  readonly deviceId: string;
  readonly label: string;
  readonly kind: MediaDeviceKind;
  readonly groupId: string;
}
export interface TextMessage<TAddress = never> {
  id: string;
  fromAddress$: Observable<TAddress> | undefined;
  created: number;
  text: string;
}
export interface TransferOptions {
  destination: string;
}
export interface WebRTCApiProvider {
  RTCPeerConnection: typeof RTCPeerConnection;
  mediaDevices: WebRTCMediaDevices;
}
export interface WebRTCMediaDevices {
  getUserMedia(constraints: MediaStreamConstraints): Promise<MediaStream>;
  getDisplayMedia?(options: DisplayMediaStreamOptions): Promise<MediaStream>;
  enumerateDevices(): Promise<MediaDeviceInfo[]>;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject): void;
  removeEventListener(type: string, listener: EventListenerOrEventListenerObject): void;
}
export type CallDirection = 'inbound' | 'outbound';
export type CallErrorKind = 'media' | 'signaling' | 'timeout' | 'rejected' | 'network' | 'internal';
export type CallStatus = 'new' | 'trying' | 'ringing' | 'connecting' | 'connected' | 'recovering' | 'disconnecting' | 'disconnected' | 'failed' | 'destroyed';
export type Capability = 'self' | 'self.mute' | 'self.mute.audio' | 'self.mute.audio.on' | 'self.mute.audio.off' | 'self.mute.video' | 'self.mute.video.on' | 'self.mute.video.off' | 'self.deaf' | 'self.deaf.on' | 'self.deaf.off' | 'self.microphone' | 'self.microphone.volume.set' | 'self.microphone.sensitivity.set' | 'self.speaker' | 'self.speaker.volume.set' | 'self.position.set' | 'self.meta' | 'self.audioflags.set' | 'member' | 'member.mute' | 'member.mute.audio' | 'member.mute.audio.on' | 'member.mute.audio.off' | 'member.mute.video' | 'member.mute.video.on' | 'member.mute.video.off' | 'member.deaf' | 'member.deaf.on' | 'member.deaf.off' | 'member.microphone' | 'member.microphone.volume.set' | 'member.microphone.sensitivity.set' | 'member.speaker' | 'member.speaker.volume.set' | 'member.position.set' | 'member.meta' | 'member.audioflags.set' | 'layout' | 'layout.set' | 'digit' | 'digit.send' | 'vmuted' | 'vmuted.hide' | 'vmuted.hide.on' | 'vmuted.hide.off' | 'lock' | 'lock.on' | 'lock.off' | 'device' | 'screenshare' | 'end';
export type CredentialRefreshFallbackReason = 'no-scope' | 'no-dpop-support' | 'endpoint-failed' | 'activation-timeout' | (string & {});
export type ExecuteMethod = <T extends JSONRPCResponse = JSONRPCResponse>(target: string | MemberTarget, method: string, args: Record<string, unknown>) => Promise<T>;
export type JSONRPCResponse<TResult = unknown> = JSONRPCSuccessResponse<TResult> | JSONRPCErrorResponse;
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
export type MediaDirection = RTCRtpTransceiverDirection;
export type QualityLevel = 'excellent' | 'good' | 'fair' | 'poor' | 'critical';
export type RecoveryState = 'idle' | 'debouncing' | 'recovering' | 'cooldown';
export type ResilienceCallStatus = 'new' | 'trying' | 'ringing' | 'connecting' | 'connected' | 'recovering' | 'disconnecting' | 'disconnected' | 'failed' | 'destroyed';
export type ScreenShareStatus = 'none' | 'starting' | 'started' | 'stopping';
export type SDKWarning = CredentialRefreshFallbackWarning | CredentialNoRefreshHandlerWarning;
export type UserPresence = 'online' | 'offline' | 'busy';
export type VideoPosition = 'auto' | `reserved-${number}` | `standard-${number}` | 'off-canvas' | 'playback' | 'full-screen';
export type WebSocketAdapter = new (url: string | URL, protocols?: string | string[]) => WebSocketClient;
export interface AddressProvider<TAddress = never> {
  get$(id: string): Observable<TAddress> | undefined;
}
export interface CallConnectPayload {
  connect_state: CallConnectStates;
  call_id: string;
  node_id: string;
  segment_id: string;
  room_session_id: string;
  peer?: { call_id: string; node_id: string; device: CallDevice; };
}
export type CallConnectStates = 'connecting' | 'connected';
export type CallDevice = CallDeviceWebRTCOrSIP | CallDevicePhone;
export interface CallDeviceCommonParams {
  headers?: unknown[];
}
export interface CallDevicePhone {
  type: 'phone';
  params: CallDevicePhoneParams;
}
export interface CallDevicePhoneParams {
  from_number: string;
  to_number: string;
  headers?: unknown[];
}
export interface CallDeviceWebRTCOrSIP {
  type: 'webrtc' | 'sip';
  params: CallDeviceWebRTCOrSIPParams;
}
export interface CallDeviceWebRTCOrSIPParams {
  from: string;
  to: string;
  headers?: unknown[];
}
export interface CallJoinedPayload {
  room_session: RoomSession;
  room_id: string;
  room_session_id: string;
  call_id: string;
  member_id: string;
  capabilities: string[];
  origin_call_id: string;
}
export interface CallLeftPayload {
  room_session: RoomSession;
  room_id: string;
  room_session_id: string;
  call_id: string;
  member_id: string;
  origin_call_id: string;
  reason: string;
}
export interface CallPlayPayload {
  control_id: string;
  call_id: string;
  node_id: string;
  state: CallPlayState;
  room_session_id: string;
}
export type CallPlayState = 'playing' | 'paused' | 'finished';
export interface CallStatePayload {
  call_id: string;
  node_id: string;
  segment_id: string;
  call_state: SignalingCallStates;
  direction: CallDirection;
  device: CallDevice;
  start_time?: number;
  answer_time?: number;
  end_time?: number;
  room_session_id: string;
  peer?: CallStateRelatedCall;
  tag?: string;
}
export interface CallStateRelatedCall {
  call_id?: string;
  node_id?: string;
}
export interface CallTextMessageCollection {
  readonly values$: Observable<unknown[]>;
  readonly hasMore$: Observable<boolean>;
  loadMore(): void;
}
export interface CallUpdatedPayload {
  room_session: RoomSession;
  room_id: string;
  room_session_id: string;
}
export interface ClientSession {
  execute<T extends JSONRPCResponse = JSONRPCResponse>(request: JSONRPCRequest, options?: PendingRPCOptions): Promise<T>;
  readonly signalingEvent$: Observable<Record<string, unknown>>;
  readonly iceServers: RTCIceServer[] | undefined;
  readonly authenticated$: Observable<boolean>;
}
export declare class ClientSessionWrapper {
  constructor(clientSessionManager: ClientSessionManager);
  get authenticated$(): Observable<boolean>;
  get authenticated(): boolean;
  get signalingEvent$(): Observable<{ event_type: "signalwire.authorization.state"; params: SignalwireAuthorizationStatePayload; } | (Omit<{ event_type: "webrtc.message"; event_channel: EventChannel; timestamp: number; project_id?: string; node_id?: string; is_author?: boolean; params: WebrtcMessagePayload; }, "event_channel" | "project_id" | "node_id"> & { event_channel: string; project_id: string; node_id: string; }) | (Omit<{ event_type: "call.joined"; event_channel: EventChannel; timestamp: number; project_id?: string; node_id?: string; is_author?: boolean; params: CallJoinedPayload; }, "event_channel"> & { event_channel: string; }) | (Omit<{ event_type: "call.left"; event_channel: EventChannel; timestamp: number; project_id?: string; node_id?: string; is_author?: boolean; params: CallLeftPayload; }, "event_channel"> & { event_channel: string; }) | (Omit<{ event_type: "call.updated"; event_channel: EventChannel; timestamp: number; project_id?: string; node_id?: string; is_author?: boolean; params: CallUpdatedPayload; }, "event_channel"> & { event_channel: string; }) | (Omit<{ event_type: "call.state"; event_channel: EventChannel; timestamp: number; project_id?: string; node_id?: string; is_author?: boolean; params: CallStatePayload; }, "event_channel"> & { event_channel: string; }) | (Omit<{ event_type: "call.play"; event_channel: EventChannel; timestamp: number; project_id?: string; node_id?: string; is_author?: boolean; params: CallPlayPayload; }, "event_channel"> & { event_channel: string; }) | (Omit<{ event_type: "call.connect"; event_channel: EventChannel; timestamp: number; project_id?: string; node_id?: string; is_author?: boolean; params: CallConnectPayload; }, "event_channel"> & { event_channel: string; }) | (Omit<{ event_type: "room.updated"; event_channel: EventChannel; timestamp: number; project_id?: string; node_id?: string; is_author?: boolean; params: RoomUpdatedPayload; }, "event_channel"> & { event_channel: string; }) | Omit<{ event_type: "member.updated"; event_channel: EventChannel; timestamp: number; project_id?: string; node_id?: string; is_author?: boolean; params: MemberUpdatedPayload; }, never> | Omit<{ event_type: "member.joined"; event_channel: EventChannel; timestamp: number; project_id?: string; node_id?: string; is_author?: boolean; params: MemberJoinedPayload; }, never> | Omit<{ event_type: "member.left"; event_channel: EventChannel; timestamp: number; project_id?: string; node_id?: string; is_author?: boolean; params: MemberLeftPayload; }, never> | Omit<{ event_type: "member.talking"; event_channel: EventChannel; timestamp: number; project_id?: string; node_id?: string; is_author?: boolean; params: MemberTalkingPayload; }, never> | Omit<{ event_type: "layout.changed"; event_channel: EventChannel; timestamp: number; project_id?: string; node_id?: string; is_author?: boolean; params: LayoutChangedPayload; }, never> | (Omit<{ event_type: "conversation.message"; event_channel: EventChannel; timestamp: number; project_id?: string; node_id?: string; is_author?: boolean; params: ConversationMessagePayload; }, "event_channel" | "timestamp" | "is_author"> & { event_channel: string; timestamp: string; is_author: boolean; }) | (Omit<{ event_type: "conversation.message.updated"; event_channel: EventChannel; timestamp: number; project_id?: string; node_id?: string; is_author?: boolean; params: ConversationMessagePayload; }, "event_channel" | "timestamp" | "is_author"> & { event_channel: string; timestamp: string; is_author: boolean; })>;
  get iceServers(): RTCIceServer[] | undefined;
  execute<T extends JSONRPCResponse = JSONRPCResponse>(request: JSONRPCRequest, options?: PendingRPCOptions): Promise<T>;
  get incomingCalls$(): Observable<Call[]>;
  get incomingCalls(): Call[];
  get calls$(): Observable<Call[]>;
  get calls(): Call[];
}
export interface ConversationDetails {
  status: string;
  start_time: number;
  end_time?: number;
}
export interface ConversationMessagePayload {
  id: string;
  type: string;
  subtype: string;
  kind: string;
  hidden: boolean;
  group_id: string;
  from_fabric_address_id: string;
  ts: number;
  metadata: Record<string, unknown>;
  details: ConversationDetails;
  text: string | null;
  conversation_name: string;
  user_name: string;
}
export declare class Destroyable {
  destroy(): void;
  get destroyed$(): Observable<void>;
}
export interface EmbeddableCallOptions {
  to: string;
  embedToken: string;
  host: string;
}
export interface Entity {
  id: string;
}
export declare class EntityCollectionTransformed<O extends Entity = Entity, T extends Entity = Entity> {
  constructor(originalCollection: unknown, filter?: (i: unknown) => i is O, mapper?: (item: O) => T);
  get loading$(): Observable<boolean>;
  get loading(): boolean;
  get hasMore$(): Observable<boolean>;
  get hasMore(): boolean;
  get values(): T[];
  get values$(): Observable<T[]>;
  get$(id: string): Observable<T> | undefined;
  find$(key: keyof T, value: unknown): Promise<Observable<T> | undefined>;
  loadMore(): void;
  destroy(): void;
}
export type EventChannel = string | string[];
export declare class Fetchable<T = unknown> {
  fromPath: string;
  fetched$: Observable<boolean>;
  constructor(fromPath: string, http: HTTPRequestController);
  destroy(): void;
  get destroyed$(): Observable<void>;
}
export interface GetAddressResponse {
  id: string;
  display_name: string;
  name: string;
  preview_url?: string;
  cover_url?: string;
  resource_id: string;
  type: ResourceType;
  channels: { audio?: string; messaging?: string; video?: string; };
  locked: boolean;
  created_at: string;
}
export interface GetConversationMessageResponse {
  id: string;
  from_fabric_address_id: string;
  group_id: string;
  ts: number;
  details: ConversationDetails;
  type: string;
  subtype: string;
  kind?: string;
  text?: string;
}
export interface GetUserInfoResponse {
  id: string;
  email: string;
  first_name?: string;
  last_name?: string;
  display_name?: string;
  job_title?: string;
  time_zone?: number;
  country?: string;
  region?: string;
  company_name?: string;
  push_notification_key: string;
  app_settings?: { display_name: string; scopes: string[]; };
  fabric_addresses: GetAddressResponse[];
  sat_claims?: SATClaims;
}
export interface InternalSDKLogger {
  wsTraffic: (options: WsTrafficOptions | WsTrafficRawOptions) => void;
  error(...args: unknown[]): void;
  warn(...args: unknown[]): void;
  info(...args: unknown[]): void;
  debug(...args: unknown[]): void;
  trace(...args: unknown[]): void;
}
export type JSONRPCMethod = string;
export type JSONRPCVersion = '2.0';
export interface Layout {
  layers: LayoutLayer[];
  id: string;
  name: string;
}
export interface LayoutChangedPayload {
  room_id: string;
  room_session_id: string;
  layout: Layout;
}
export interface Member {
  room_session_id: string;
  room_id: string;
  member_id: string;
  call_id: string;
  name: string;
  type: 'member' | 'screen' | 'device' | (string & {});
  parent_id?: string;
  requested_position?: string;
  handraised: boolean;
  visible: boolean;
  audio_muted: boolean;
  video_muted: boolean;
  deaf: boolean;
  input_volume?: number;
  output_volume?: number;
  input_sensitivity?: number;
  echo_cancellation: boolean;
  auto_gain: boolean;
  noise_suppression: boolean;
  lowbitrate: boolean;
  denoise: boolean;
  talking?: boolean;
  isAudience?: boolean;
  meta?: Record<string, unknown>;
  subscriber_id: string;
  address_id: string;
  updated?: string[];
  node_id: string;
}
export interface MemberJoinedPayload {
  member: Member;
  room_id: string;
  room_session_id: string;
}
export interface MemberLeftPayload {
  member: Member;
  room_id: string;
  room_session_id: string;
  reason: string;
}
export interface MemberTalkingInfo {
  member_id: string;
  talking: boolean;
  node_id: string;
}
export interface MemberTalkingPayload {
  member: MemberTalkingInfo;
  room_id: string;
  room_session_id: string;
}
export interface MemberTarget {
  member_id: string;
  call_id: string;
  node_id: string;
}
export interface MemberUpdatedPayload {
  member: Member;
  room_id: string;
  room_session_id: string;
}
export interface NodeSocketClient {
  addEventListener(method: 'open' | 'close' | 'error' | 'message', cb: (event: unknown) => void, options?: unknown): void;
  removeEventListener(method: 'open' | 'close' | 'error' | 'message', cb: (event: unknown) => void): void;
  send(data: unknown, cb?: (err?: Error) => void): void;
  close: WebSocket['close'];
  readyState: WebSocket['readyState'];
}
export type ResourceType = 'app' | 'call' | 'room' | 'subscriber';
export interface RoomSession {
  room_session_id: string;
  room_id: string;
  event_channel: string;
  name: string;
  layout_name: string;
  display_name: string;
  recording: boolean;
  streaming: boolean;
  prioritize_handraise: boolean;
  hide_video_muted: boolean;
  locked: boolean;
  meta: Record<string, unknown>;
  members: Member[];
  recordings: Record<string, unknown>[];
  streams: Record<string, unknown>[];
  playbacks: Record<string, unknown>[];
}
export interface RoomUpdatedPayload {
  room_session: RoomSession;
  room_id: string;
  room_session_id: string;
}
export type SignalingCallStates = 'created' | 'ringing' | 'answered' | 'ending' | 'ended';
export interface SignalwireAuthorizationStatePayload {
  authorization_state: string;
}
export declare class StorageManager {
  constructor(storageImpl?: Storage);
  setItem(key: string, value: unknown, scope?: StorageScope): Promise<void>;
  getItem<T = unknown>(key: string, scope?: StorageScope): Promise<T | null>;
  removeItem(key: string, scope?: StorageScope): Promise<void>;
  clearAll(): Promise<void>;
}
export type StorageScope = 'local' | 'session';
export interface TError {
  code: string;
  message: string;
  data?: unknown;
}
export interface VertoParams {
  userVariables?: Record<string, unknown>;
}
export interface WebrtcMessagePayload {
  jsonrpc: '2.0';
  id: number;
  method: string;
  params: VertoParams;
}
export interface WebSocketClient {
  addEventListener: WebSocket['addEventListener'];
  removeEventListener: WebSocket['removeEventListener'];
  send: WebSocket['send'];
  close: WebSocket['close'];
  readyState: WebSocket['readyState'];
}
export interface WsTrafficOptions {
  type: 'send' | 'recv' | 'http';
  payload: unknown;
}
export interface WsTrafficRawOptions {
  type: 'send' | 'recv';
  raw: string;
}
