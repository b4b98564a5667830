/** What the public API promises of a call and its members, without saying which class keeps it. */
import type { Observable } from 'rxjs';
import type { WebRTCCall } from './call.js';
import type { Participant, SelfParticipant } from './participant.js';
import type { JSONRPCResponse, VideoPosition } from './types.js';

/** What there is more than in the official package: its members, which have none of it, may stand where ours are wanted. */
type More = Partial<Pick<Participant, 'held' | 'held$'>>;

/** A member of a call. */
export interface CallParticipant extends Omit<Participant, 'destroy' | 'destroyed$' | keyof More>, More {}

/** The own member of a call. */
export interface CallSelfParticipant extends Omit<SelfParticipant, 'destroy' | 'destroyed$' | 'capabilities' | keyof More>, More {}

/** Messages with an address, page by page. */
export interface CallTextMessageCollection {
  readonly values$: Observable<unknown[]>;
  readonly hasMore$: Observable<boolean>;
  loadMore(): void;
}

/** Who a call is with, as far as the directory knows. */
export interface CallAddress {
  readonly id: string;
  readonly displayName?: string;
  readonly type?: string;
  sendText(text: string): Promise<void>;
  readonly textMessages$: Observable<CallTextMessageCollection | undefined>;
}

/** The state that every call has. */
export interface CallState
  extends Readonly<
    Pick<
      WebRTCCall,
      | 'id' | 'status$' | 'status' | 'recording$' | 'recording' | 'streaming$' | 'streaming' | 'raiseHandPriority$'
      | 'raiseHandPriority' | 'locked$' | 'locked' | 'meta$' | 'meta' | 'setMeta' | 'updateMeta'
    >
  > {
  readonly participants$: Observable<CallParticipant[]>;
  readonly participants: CallParticipant[];
}

/** A call, as `dial()` and the session give it. */
export interface Call
  extends CallState,
    Readonly<
      Pick<
        WebRTCCall,
        | 'capabilities$' | 'capabilities' | 'mediaDirections$' | 'mediaDirections' | 'to' | 'toName' | 'from' | 'fromName'
        | 'direction' | 'layouts$' | 'layouts' | 'layout$' | 'layoutLayers$' | 'layoutLayers' | 'localStream$' | 'localStream'
        | 'remoteStream$' | 'remoteStream' | 'rtcPeerConnection' | 'errors$' | 'signalingEvent$' | 'userVariables$'
        | 'networkIssues$' | 'networkIssues' | 'isNetworkHealthy$' | 'isNetworkHealthy' | 'networkMetrics$' | 'networkMetrics'
        | 'qualityScore$' | 'qualityLevel$' | 'recoveryState$' | 'recoveryEvent$' | 'bandwidthConstrained$'
        | 'mediaParamsUpdated$' | 'requestKeyframe' | 'requestIceRestart' | 'subscribe' | 'hangup' | 'toggleLock' | 'toggleHold'
        | 'startRecording' | 'startStreaming' | 'transfer' | 'toggleIncomingVideo' | 'toggleIncomingAudio' | 'answer' | 'reject'
        | 'sendDigits' | 'execute'
      >
    > {
  readonly self$: Observable<CallSelfParticipant | null>;
  readonly self: CallSelfParticipant | null;
  readonly layout?: string;
  readonly address?: CallAddress;
  readonly address$: Observable<CallAddress | undefined>;
  userVariables?: Record<string, unknown>;
  setLayout(layout: string, positions: Record<string, VideoPosition>): Promise<void>;
  executeMethod<T extends JSONRPCResponse = JSONRPCResponse>(target: string, method: string, args: Record<string, unknown>): Promise<T>;
}
