/** The state of a call as one value, made anew at each change. */
import type {
  Call, CallAddress, CallParticipant, CallSelfParticipant, CallStatus, LayoutLayer, MediaDirections, Observed, Subscription
} from '../base/interfaces.js';
import { ofLack } from '../base/reasons.js';
import type { WordKey } from '../base/words.js';

export interface CallState {
  readonly id: string;
  readonly direction: 'inbound' | 'outbound';
  readonly to: string | undefined;
  readonly status: CallStatus;
  readonly recording: boolean;
  readonly streaming: boolean;
  readonly locked: boolean;
  readonly raiseHandPriority: boolean;
  readonly meta: Record<string, unknown>;
  readonly participants: CallParticipant[];
  readonly self: CallSelfParticipant | null;
  readonly remoteStream: MediaStream | null;
  readonly localStream: MediaStream | null;
  readonly mediaDirections: MediaDirections;
  readonly layout: string | undefined;
  readonly layouts: string[];
  readonly layoutLayers: LayoutLayer[];
  readonly address: CallAddress | undefined;
  readonly capabilities: string[];
  /** What the call lacks of the person's devices, as a word; only our SDK tells. */
  readonly lack?: WordKey | undefined;
  /** Whether the network carries the call well; only our SDK tells. */
  readonly networkHealthy?: boolean;
  hangup(): Promise<void>;
  toggleLock(): Promise<void>;
  toggleHold(): Promise<void>;
  startRecording(): Promise<unknown>;
  startStreaming(): Promise<unknown>;
  setLayout(layout: string, positions?: Record<string, unknown>): Promise<void>;
  sendDigits(digits: string): Promise<void>;
  answer(): void;
  reject(): void;
}

const done = (): Promise<void> => Promise.resolve();

/** What is published while there is no call. */
export const NO_CALL: CallState = Object.freeze({
  id: '',
  direction: 'outbound',
  to: undefined,
  status: 'new',
  recording: false,
  streaming: false,
  locked: false,
  raiseHandPriority: false,
  meta: Object.freeze({}),
  participants: Object.freeze([]) as unknown as CallParticipant[],
  self: null,
  remoteStream: null,
  localStream: null,
  mediaDirections: Object.freeze({ audio: 'inactive', video: 'inactive' }) as MediaDirections,
  layout: undefined,
  layouts: Object.freeze([]) as unknown as string[],
  layoutLayers: Object.freeze([]) as unknown as LayoutLayer[],
  address: undefined,
  capabilities: Object.freeze([]) as unknown as string[],
  hangup: done,
  toggleLock: done,
  toggleHold: done,
  startRecording: done,
  startStreaming: done,
  setLayout: done,
  sendDigits: done,
  answer: () => undefined,
  reject: () => undefined
});

const FOLLOWED = [
  'status', 'recording', 'streaming', 'locked', 'raiseHandPriority', 'meta', 'participants', 'self', 'remoteStream', 'localStream',
  'mediaDirections', 'layout', 'layouts', 'layoutLayers', 'address', 'capabilities'
] as const;

/** Follows one call at a time and publishes its state. */
export class CallFollower {
  #call: Call | undefined;
  #kept: Subscription[] = [];
  #state = NO_CALL;

  constructor(private readonly publish: (state: CallState) => void) {}

  get state(): CallState {
    return this.#state;
  }

  connect(call: Call): void {
    if (call === this.#call) return;
    this.#drop();
    this.#call = call;
    let gathered: Partial<CallState> | undefined = {};
    for (const field of FOLLOWED) {
      // Not every object that is given as a call has all of them.
      const observed = call[`${field}$`] as Observed<unknown> | undefined;
      const subscription = observed?.subscribe((value) => {
        if (this.#call !== call) return;
        if (gathered) gathered = { ...gathered, [field]: value };
        else this.#show({ ...this.#state, [field]: value });
      });
      if (subscription) this.#kept.push(subscription);
    }
    const lacks = (lack: WordKey | undefined): void => {
      if (this.#call !== call) return;
      if (gathered) gathered = { ...gathered, lack };
      else if (lack !== this.#state.lack) this.#show({ ...this.#state, lack });
    };
    const errors = call.errors$?.subscribe(({ error }) => {
      const lack = ofLack(error);
      if (lack) lacks(lack);
    });
    // A microphone that comes later is lacking no more.
    let sent = true;
    const sends = call.mediaDirections$?.subscribe(({ audio }) => {
      const sending = audio.startsWith('send');
      if (sending && !sent) lacks(undefined);
      sent = sending;
    });
    const network = call.isNetworkHealthy$?.subscribe((networkHealthy) => {
      if (this.#call !== call) return;
      if (gathered) gathered = { ...gathered, networkHealthy };
      else if (networkHealthy !== this.#state.networkHealthy) this.#show({ ...this.#state, networkHealthy });
    });
    for (const kept of [errors, sends, network]) if (kept) this.#kept.push(kept);
    const first: CallState = {
      ...NO_CALL,
      ...gathered,
      id: call.id,
      direction: call.direction,
      to: call.to,
      hangup: () => call.hangup(),
      toggleLock: () => call.toggleLock(),
      toggleHold: () => call.toggleHold(),
      startRecording: () => call.startRecording(),
      startStreaming: () => call.startStreaming(),
      setLayout: (layout, positions = {}) => call.setLayout(layout, positions),
      sendDigits: (digits) => call.sendDigits(digits),
      answer: () => call.answer(),
      reject: () => call.reject()
    };
    gathered = undefined;
    this.#show(first);
  }

  disconnect(): void {
    if (!this.#call) return;
    this.#drop();
    this.#show(NO_CALL);
  }

  #drop(): void {
    this.#call = undefined;
    for (const subscription of this.#kept.splice(0)) subscription.unsubscribe();
  }

  #show(state: CallState): void {
    this.#state = state;
    this.publish(state);
  }
}
