/**
 * What the elements ask of an SDK: ours, the official one, or any object of this shape. Of an Observable they use
 * `subscribe` alone, and they expect it to give its present value at once.
 */

/** What `subscribe` returns. */
export interface Subscription {
  unsubscribe(): void;
}
/** A value that can be followed. */
export interface Observed<T> {
  subscribe(next: (value: T) => void): Subscription;
}

export type CallStatus =
  | 'new' | 'trying' | 'ringing' | 'connecting' | 'connected' | 'recovering' | 'disconnecting' | 'disconnected' | 'failed' | 'destroyed';
export type ScreenShareStatus = 'none' | 'starting' | 'started' | 'stopping';
export interface MediaDirections {
  audio: RTCRtpTransceiverDirection;
  video: RTCRtpTransceiverDirection;
}

/** One rectangle of the picture that the server sends. Geometry in percent of the whole. */
export interface LayoutLayer {
  member_id?: string | undefined;
  x: number;
  y: number;
  width: number;
  height: number;
  visible?: boolean | undefined;
}

/** A member of a call. */
export interface CallParticipant {
  readonly id: string;
  readonly name?: string | undefined;
  readonly audioMuted?: boolean | undefined;
  readonly videoMuted?: boolean | undefined;
  readonly audioMuted$?: Observed<boolean | undefined>;
  readonly videoMuted$?: Observed<boolean | undefined>;
  readonly isTalking$?: Observed<boolean | undefined>;
  mute(): Promise<void>;
  unmute(): Promise<void>;
  muteVideo(): Promise<void>;
  unmuteVideo(): Promise<void>;
  remove(): Promise<void>;
}

/** The own member of a call. */
export interface CallSelfParticipant extends CallParticipant {
  readonly handraised?: boolean | undefined;
  readonly handraised$?: Observed<boolean | undefined>;
  readonly screenShareStatus?: ScreenShareStatus;
  readonly screenShareStatus$?: Observed<ScreenShareStatus>;
  readonly deaf$?: Observed<boolean | undefined>;
  readonly echoCancellation$?: Observed<boolean | undefined>;
  readonly autoGain$?: Observed<boolean | undefined>;
  readonly noiseSuppression$?: Observed<boolean | undefined>;
  toggleMute(): Promise<void>;
  toggleMuteVideo(): Promise<void>;
  toggleDeaf(): Promise<void>;
  toggleEchoCancellation(): Promise<void>;
  toggleAudioInputAutoGain(): Promise<void>;
  toggleNoiseSuppression(): Promise<void>;
  startScreenShare(): Promise<unknown>;
  stopScreenShare(): Promise<void>;
  toggleHandraise(): Promise<void>;
}

/** Who a call is with, as far as the directory knows. */
export interface CallAddress {
  readonly id: string;
  readonly name?: string;
  readonly displayName?: string | undefined;
  readonly type?: string | undefined;
}

/** Why a call ended; only our SDK tells. */
export interface CallEnd {
  by: string;
  cause: string | null;
}

/** A call. */
export interface Call {
  readonly id: string;
  readonly direction: 'inbound' | 'outbound';
  readonly to?: string | undefined;
  readonly from?: string | undefined;
  readonly fromName?: string | undefined;
  readonly status: CallStatus;
  readonly status$: Observed<CallStatus>;
  readonly recording$: Observed<boolean>;
  readonly streaming$: Observed<boolean>;
  readonly locked$: Observed<boolean>;
  readonly raiseHandPriority$: Observed<boolean>;
  readonly meta$: Observed<Record<string, unknown>>;
  readonly participants$: Observed<CallParticipant[]>;
  readonly self$: Observed<CallSelfParticipant | null>;
  readonly remoteStream$: Observed<MediaStream | null>;
  readonly localStream$: Observed<MediaStream | null>;
  readonly mediaDirections$: Observed<MediaDirections>;
  readonly layout$: Observed<string | undefined>;
  readonly layouts$: Observed<string[]>;
  readonly layoutLayers$: Observed<LayoutLayer[]>;
  readonly address$: Observed<CallAddress | undefined>;
  readonly capabilities$: Observed<string[]>;
  /** Ours alone: why it ended, what went wrong, how good the network is. */
  readonly ended?: CallEnd | null;
  readonly errors$?: Observed<{ fatal: boolean; error: Error }>;
  readonly isNetworkHealthy$?: Observed<boolean>;
  hangup(): Promise<void>;
  answer(options?: Record<string, unknown>): void;
  reject(): void;
  sendDigits(digits: string): Promise<void>;
  toggleLock(): Promise<void>;
  toggleHold(): Promise<void>;
  setLayout(layout: string, positions: Record<string, unknown>): Promise<void>;
  startRecording(): Promise<unknown>;
  startStreaming(): Promise<unknown>;
  /** Events of one type that reach this call. */
  subscribe?(eventType: string): Observed<unknown> | Promise<unknown>;
}

/** Where devices are listed and chosen: the SDK's client. */
export interface DeviceController {
  readonly audioInputDevices$: Observed<MediaDeviceInfo[]>;
  readonly audioOutputDevices$: Observed<MediaDeviceInfo[]>;
  readonly videoInputDevices$: Observed<MediaDeviceInfo[]>;
  readonly selectedAudioInputDevice$?: Observed<MediaDeviceInfo | null>;
  readonly selectedAudioOutputDevice$?: Observed<MediaDeviceInfo | null>;
  readonly selectedVideoInputDevice$?: Observed<MediaDeviceInfo | null>;
  selectAudioInputDevice?(device: MediaDeviceInfo | null): void;
  selectAudioOutputDevice?(device: MediaDeviceInfo | null): void;
  selectVideoInputDevice?(device: MediaDeviceInfo | null): void;
  enableDeviceMonitoring?(): void;
}

/** The SDK's client. */
export interface Client extends DeviceController {
  readonly isConnected$: Observed<boolean>;
  readonly errors$?: Observed<Error>;
  readonly session?: { readonly incomingCalls$: Observed<Call[]> };
  dial(destination: string, options: Record<string, unknown>): Promise<Call>;
  destroy(): void;
}
