/** Calls without a server, for the gallery and the tests: each does what it is told, and nothing by itself. */
import type {
  Call, CallAddress, CallEnd, CallParticipant, CallSelfParticipant, CallStatus, LayoutLayer, MediaDirections, Observed
} from '../base/interfaces.js';
import { Asked, SimulatedParticipant, SimulatedSelf } from './participant.js';
import { Value } from './value.js';

export interface Scene {
  id?: string;
  direction?: 'inbound' | 'outbound';
  to?: string;
  from?: string;
  fromName?: string;
  status?: CallStatus;
  self?: SimulatedSelf | null;
  others?: SimulatedParticipant[];
  capabilities?: string[];
  layoutLayers?: LayoutLayer[];
  remoteStream?: MediaStream | null;
  localStream?: MediaStream | null;
}

export class SimulatedCall extends Asked implements Call {
  readonly id: string;
  readonly direction: 'inbound' | 'outbound';
  readonly to: string;
  readonly from: string | undefined;
  readonly fromName: string | undefined;
  ended: CallEnd | null = null;
  readonly status$: Value<CallStatus>;
  readonly recording$ = new Value(false);
  readonly streaming$ = new Value(false);
  readonly locked$ = new Value(false);
  readonly raiseHandPriority$ = new Value(false);
  readonly meta$ = new Value<Record<string, unknown>>({});
  readonly participants$: Value<CallParticipant[]>;
  readonly self$: Value<CallSelfParticipant | null>;
  readonly remoteStream$: Value<MediaStream | null>;
  readonly localStream$: Value<MediaStream | null>;
  readonly mediaDirections$ = new Value<MediaDirections>({ audio: 'sendrecv', video: 'inactive' });
  readonly layout$ = new Value<string | undefined>(undefined);
  readonly layouts$ = new Value<string[]>([]);
  readonly layoutLayers$: Value<LayoutLayer[]>;
  readonly address$ = new Value<CallAddress | undefined>(undefined);
  readonly capabilities$: Value<string[]>;
  readonly isNetworkHealthy$ = new Value(true);
  readonly #troubles = new Value<{ fatal: boolean; error: Error } | undefined>(undefined);
  readonly errors$: Observed<{ fatal: boolean; error: Error }> = {
    subscribe: (next) => this.#troubles.subscribe((trouble) => trouble && next(trouble))
  };
  readonly sent: string[] = [];
  readonly #events = new Map<string, Value<unknown>>();

  constructor(scene: Scene = {}) {
    super();
    this.id = scene.id ?? crypto.randomUUID();
    this.direction = scene.direction ?? 'outbound';
    this.to = scene.to ?? '/public/support';
    this.from = scene.from;
    this.fromName = scene.fromName;
    this.status$ = new Value<CallStatus>(scene.status ?? 'connected');
    const self = scene.self === undefined ? new SimulatedSelf('self', 'You') : scene.self;
    const others = scene.others ?? [new SimulatedParticipant('other', 'Ada')];
    this.self$ = new Value<CallSelfParticipant | null>(self);
    this.participants$ = new Value<CallParticipant[]>(self ? [self, ...others] : others);
    for (const member of [self, ...others]) if (member) member.changed = () => this.participants$.next([...this.participants$.value]);
    this.capabilities$ = new Value(scene.capabilities ?? ['self', 'member', 'room']);
    this.layoutLayers$ = new Value(scene.layoutLayers ?? []);
    this.remoteStream$ = new Value<MediaStream | null>(scene.remoteStream ?? null);
    this.localStream$ = new Value<MediaStream | null>(scene.localStream ?? null);
  }

  get status(): CallStatus {
    return this.status$.value;
  }
  hangup(): Promise<void> {
    return this.ask('hangup', () => this.end('local'));
  }
  answer(): void {
    void this.ask('answer', () => this.status$.next('connected'));
  }
  reject(): void {
    void this.ask('reject', () => this.end('local'));
  }
  sendDigits(digits: string): Promise<void> {
    this.sent.push(digits);
    return this.ask('sendDigits');
  }
  toggleLock(): Promise<void> {
    return this.ask('toggleLock', () => this.locked$.next(!this.locked$.value));
  }
  toggleHold(): Promise<void> {
    return this.ask('toggleHold', () => {
      const held = this.mediaDirections$.value.audio === 'sendonly';
      this.mediaDirections$.next({ ...this.mediaDirections$.value, audio: held ? 'sendrecv' : 'sendonly' });
    });
  }
  setLayout(layout: string): Promise<void> {
    return this.ask('setLayout', () => this.layout$.next(layout));
  }
  startRecording(): Promise<void> {
    return this.ask('startRecording', () => this.recording$.next(true));
  }
  startStreaming(): Promise<void> {
    return this.ask('startStreaming', () => this.streaming$.next(true));
  }
  subscribe(type: string): Observed<unknown> {
    return { subscribe: (next) => this.#channel(type).subscribe((value) => value !== undefined && next(value)) };
  }
  /** An event of this type reaches the call. */
  event(type: string, params: unknown): void {
    this.#channel(type).next({ event_type: type, params });
  }
  /** The microphone or the camera did not come, for this reason of the browser's; the call goes on without it. */
  lacks(reason: Error): void {
    const error = Object.assign(new Error('access to a device failed', { cause: reason }), { name: 'MediaAccessError' });
    this.#troubles.next({ fatal: false, error });
  }
  end(by: 'local' | 'remote', cause: string | null = null): void {
    this.ended = { by, cause };
    this.status$.next('disconnected');
    this.status$.next('destroyed');
  }
  #channel(type: string): Value<unknown> {
    const known = this.#events.get(type) ?? new Value<unknown>(undefined);
    this.#events.set(type, known);
    return known;
  }
}
