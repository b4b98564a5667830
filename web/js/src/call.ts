/** One call (sdk-api reference, section 8). */
import { Subject, type Observable } from 'rxjs';
import type { Address } from './address.js';
import type { SignalWire } from './client.js';
import type { EngineError, PeerCommand } from './engine.js';
import { InvalidParams, JSONRPCError, UnimplementedError, fromEngine } from './errors.js';
import { level$, speaking$ } from './levels.js';
import { Cell, Destroyable, later, select } from './observe.js';
import { Participant, SelfParticipant, type ParticipantHost } from './participant.js';
import { Leg } from './peer.js';
import type {
  CallDirection, CallError, CallErrorKind, CallOptions, CallStatus, JSONRPCRequest, JSONRPCResponse, LayoutLayer, MediaDirections,
  MediaOptions, MediaParamsEvent, MemberTarget, NetworkIssue, NetworkMetrics, PendingRPCOptions, QualityLevel, RecoveryEvent,
  RecoveryState, TransferOptions, VideoPosition
} from './types.js';

interface Created {
  direction: CallDirection;
  to?: string;
  toName?: string;
  from?: string;
  fromName?: string;
  nodeId?: string;
}
interface RoomFlags {
  recording: boolean;
  streaming: boolean;
  locked: boolean;
  raiseHandPriority: boolean;
  meta: Record<string, unknown>;
}
type Envelope = { event_type: string; params: Record<string, unknown> };
type Payload = Record<string, unknown>;

/** Why a call ended. */
export interface CallEnd {
  cause: string | null;
  causeCode: string | number | null;
  by: 'local' | 'remote';
}

export interface CallState extends Pick<WebRTCCall, 'id' | 'status$' | 'status' | 'participants$' | 'participants'> {}
/** The public interface of a call. */
export type Call = WebRTCCall;
export type CallParticipant = Participant;
export type CallSelfParticipant = SelfParticipant;
export interface CallAddress extends Pick<Address, 'id' | 'displayName' | 'type' | 'sendText'> {}

export class WebRTCCall extends Destroyable {
  readonly direction: CallDirection;
  readonly to?: string;
  readonly toName?: string;
  readonly from?: string;
  readonly fromName?: string;
  address?: Address;
  readonly options: CallOptions;
  answerMediaOptions: MediaOptions | undefined;

  readonly #status: Cell<CallStatus>;
  readonly #self = this.cell<SelfParticipant | null>(null);
  readonly #selfId = this.cell<string | null>(null);
  readonly #nodeId: Cell<string | null>;
  readonly #participants = this.cell<Participant[]>([]);
  readonly #room = this.cell<RoomFlags | null>(null);
  readonly #capabilities = this.cell<string[] | null>(null);
  readonly #layouts = this.cell<string[] | null>(null);
  readonly #layout = this.cell<{ id: string; layers: LayoutLayer[] } | null>(null);
  readonly #variables = this.cell<Record<string, unknown>>({});
  readonly #ended = this.cell<CallEnd | null>(null);
  readonly #errors = this.events<CallError>(1);
  readonly #answered = this.events<boolean>(Infinity);
  readonly #envelopes = this.own(new Subject<Envelope>());
  readonly #verto = this.own(new Subject<Payload>());
  readonly #mediaParams = this.own(new Subject<MediaParamsEvent>());
  readonly #recovery = this.cell<RecoveryState>('idle');
  readonly #recoveryEvents = this.own(new Subject<RecoveryEvent>());
  readonly #subscribed = new Map<string, Observable<Record<string, unknown>>>();
  readonly #leg: Leg;
  #held = false;
  #decided = false;
  #talkMuted: boolean | undefined;

  /** Made by the client. */
  constructor(private readonly client: SignalWire, readonly id: string, created: Created, options: CallOptions) {
    super();
    this.direction = created.direction;
    this.to = created.to;
    this.toName = created.toName;
    this.from = created.from;
    this.fromName = created.fromName;
    this.options = options;
    this.#status = this.cell<CallStatus>(created.direction === 'inbound' ? 'ringing' : 'new');
    this.#nodeId = this.cell<string | null>(created.nodeId ?? null);
    this.#leg = client.makeLeg((report) => this.client.driver.report(id, report));
    this.#leg.options = options;
  }

  // What the engine tells.

  /** @internal */
  peer(command: PeerCommand): void {
    this.#leg.perform(command);
    if ('applyMediaParams' in command) this.#mediaParams.next({ ...command.applyMediaParams.params, timestamp: Date.now() });
  }
  /** @internal */
  apply(name: string, value: unknown): void {
    switch (name) {
      case 'status':
        this.#recovery.set(value === 'recovering' ? 'recovering' : 'idle');
        this.#status.set(value as CallStatus);
        if (value === 'destroyed') this.#over();
        break;
      case 'selfId':
        this.#selfId.set(value as string);
        break;
      case 'nodeId':
        this.#nodeId.set(value as string | null);
        break;
      case 'userVariables':
        this.#variables.set(value as Record<string, unknown>);
        break;
      case 'capabilities':
        this.#capabilities.set(value as string[]);
        this.self?.capabilities.replace(value as string[]);
        break;
      case 'room':
        this.#room.set(value as RoomFlags);
        break;
      case 'member':
        this.#member((value as { member: Payload & { member_id: string } }).member);
        break;
      case 'memberLeft': {
        const { member_id } = value as { member_id: string };
        this.#participants.set(this.participants.filter(({ id }) => id !== member_id));
        break;
      }
      case 'layouts':
        this.#layouts.set(value as string[]);
        break;
      case 'layout':
        this.#layout.set(value as { id: string; layers: LayoutLayer[] });
        break;
      case 'ended':
        this.#ended.set(value as CallEnd);
        break;
      case 'error': {
        const { kind, fatal, error } = value as { kind: CallErrorKind; fatal: boolean; error: EngineError };
        this.#errors.next({ kind, fatal, error: fromEngine(error), callId: this.id });
        break;
      }
      case 'signaling':
        this.#envelopes.next(value as Envelope);
        break;
      case 'verto':
        this.#verto.next(value as Payload);
        break;
    }
  }

  #member(record: Payload & { member_id: string }): void {
    let participant = this.participants.find(({ id }) => id === record.member_id);
    const isSelf = record.member_id === this.selfId;
    if (!participant) {
      participant = isSelf ? new SelfParticipant(record.member_id, this.#host) : new Participant(record.member_id, this.#host);
      participant.record.set(record);
      this.#participants.set([...this.participants, participant]);
    } else {
      participant.record.set(record);
      this.#participants.set([...this.participants]);
    }
    if (participant instanceof SelfParticipant && this.#self.value !== participant) {
      if (this.#capabilities.value) participant.capabilities.replace(this.#capabilities.value);
      this.#self.set(participant);
    }
  }

  readonly #host: ParticipantHost = {
    method: (name, member, args) => this.#method(name, member, args),
    setMuted: async (video, muted) => {
      await this.client.driver.command('setMuted', { call: this.id, video, muted });
    },
    constrain: (kind, change) => this.#leg.constrain(kind, change),
    select: (kind, device, options) => this.client.selectDevice(kind, device, options)
  };

  #method(method: string, member?: string, args: Record<string, unknown> = {}): Promise<unknown> {
    return this.client.driver.command('callMethod', { call: this.id, method, member, args });
  }

  #over(): void {
    for (const participant of this.participants) participant.destroy();
    this.client.forget(this);
    super.destroy();
  }

  // State.

  get status$(): Observable<CallStatus> {
    return this.#status.later$;
  }
  get status(): CallStatus {
    return this.#status.value;
  }
  get errors$(): Observable<CallError> {
    return later(this.#errors);
  }
  /** Why the call ended; nothing before. */
  get ended$(): Observable<CallEnd> {
    return this.#ended.present$;
  }
  get ended(): CallEnd | null {
    return this.#ended.value;
  }
  get participants$(): Observable<Participant[]> {
    return later(select(this.#participants.sync$, (list) => list));
  }
  get participants(): Participant[] {
    return this.#participants.value;
  }
  get self$(): Observable<SelfParticipant> {
    return this.#self.present$;
  }
  get self(): SelfParticipant | null {
    return this.#self.value;
  }
  get selfId$(): Observable<string | null> {
    return this.#selfId.sync$;
  }
  get selfId(): string | null {
    return this.#selfId.value;
  }
  get nodeId$(): Observable<string | null> {
    return this.#nodeId.sync$;
  }
  get nodeId(): string | null {
    return this.#nodeId.value;
  }
  #flag$<K extends keyof RoomFlags>(name: K): Observable<RoomFlags[K]> {
    let last: unknown;
    return later(
      select(this.#room.sync$, (room) => {
        if (!room || room[name] === last) return undefined;
        return (last = room[name]) as RoomFlags[K];
      })
    );
  }
  get recording$(): Observable<boolean> {
    return this.#flag$('recording');
  }
  get recording(): boolean {
    return this.#room.value?.recording ?? false;
  }
  get streaming$(): Observable<boolean> {
    return this.#flag$('streaming');
  }
  get streaming(): boolean {
    return this.#room.value?.streaming ?? false;
  }
  get raiseHandPriority$(): Observable<boolean> {
    return this.#flag$('raiseHandPriority');
  }
  get raiseHandPriority(): boolean {
    return this.#room.value?.raiseHandPriority ?? false;
  }
  get locked$(): Observable<boolean> {
    return this.#flag$('locked');
  }
  get locked(): boolean {
    return this.#room.value?.locked ?? false;
  }
  get meta$(): Observable<Record<string, unknown>> {
    return this.#flag$('meta');
  }
  get meta(): Record<string, unknown> {
    return this.#room.value?.meta ?? {};
  }
  get capabilities$(): Observable<string[]> {
    return this.#capabilities.present$;
  }
  get capabilities(): string[] {
    return this.#capabilities.value ?? [];
  }
  get layouts$(): Observable<string[]> {
    return this.#layouts.present$;
  }
  get layouts(): string[] {
    return this.#layouts.value ?? [];
  }
  get layout$(): Observable<string> {
    return later(select(this.#layout.sync$, (layout) => layout?.id));
  }
  get layout(): string | undefined {
    return this.#layout.value?.id;
  }
  get layoutLayers$(): Observable<LayoutLayer[]> {
    return later(select(this.#layout.sync$, (layout) => layout?.layers));
  }
  get layoutLayers(): LayoutLayer[] {
    return this.#layout.value?.layers ?? [];
  }
  get userVariables$(): Observable<Record<string, unknown>> {
    return this.#variables.later$;
  }
  get userVariables(): Record<string, unknown> {
    return { ...this.#variables.value };
  }
  set userVariables(variables: Record<string, unknown>) {
    void this.client.driver.command('setUserVariables', { call: this.id, variables });
  }
  get mediaDirections$(): Observable<MediaDirections> {
    return this.#leg.directions.present$;
  }
  get mediaDirections(): MediaDirections {
    return this.#leg.directions.value ?? { audio: 'inactive', video: 'inactive' };
  }
  get localStream$(): Observable<MediaStream> {
    return this.#leg.local.present$;
  }
  get localStream(): MediaStream | null {
    return this.#leg.local.value;
  }
  get remoteStream$(): Observable<MediaStream> {
    return this.#leg.remote.present$;
  }
  get remoteStream(): MediaStream | null {
    return this.#leg.remote.value;
  }
  get rtcPeerConnection(): RTCPeerConnection | undefined {
    return this.#leg.pc;
  }
  get answered$(): Observable<boolean> {
    return later(this.#answered);
  }
  get address$(): Observable<Address | undefined> {
    return later(new Cell(this.address).sync$);
  }
  get clientSession(): SignalWire['session'] {
    return this.client.session;
  }

  // Quality: the first slice tells what the connection itself tells.

  readonly #issues = this.cell<NetworkIssue[]>([]);
  readonly #metrics = this.cell<NetworkMetrics[]>([]);
  readonly #score = this.cell(5);
  readonly #constrained = this.cell(false);
  get networkIssues$(): Observable<NetworkIssue[]> {
    return this.#issues.later$;
  }
  get networkIssues(): NetworkIssue[] {
    return this.#issues.value;
  }
  get isNetworkHealthy$(): Observable<boolean> {
    return later(select(this.#issues.sync$, (issues) => issues.length === 0));
  }
  get isNetworkHealthy(): boolean {
    return this.networkIssues.length === 0;
  }
  get networkMetrics$(): Observable<NetworkMetrics[]> {
    return this.#metrics.later$;
  }
  get networkMetrics(): NetworkMetrics[] {
    return this.#metrics.value;
  }
  get qualityScore$(): Observable<number> {
    return this.#score.later$;
  }
  get qualityLevel$(): Observable<QualityLevel> {
    return later(
      select(this.#score.sync$, (score): QualityLevel =>
        score >= 4 ? 'excellent' : score >= 3.5 ? 'good' : score >= 3 ? 'fair' : score >= 2 ? 'poor' : 'critical'
      )
    );
  }
  get recoveryState$(): Observable<RecoveryState> {
    return this.#recovery.later$;
  }
  get recoveryEvent$(): Observable<RecoveryEvent> {
    return later(this.#recoveryEvents);
  }
  get bandwidthConstrained$(): Observable<boolean> {
    return this.#constrained.later$;
  }
  get mediaParamsUpdated$(): Observable<MediaParamsEvent> {
    return later(this.#mediaParams);
  }
  requestKeyframe(): void {
    for (const { receiver } of this.#leg.pc?.getTransceivers() ?? []) {
      (receiver as { requestKeyFrame?: () => void }).requestKeyFrame?.();
    }
  }
  async requestIceRestart(): Promise<void> {
    await this.client.driver.command('restartIce', { call: this.id, relayOnly: false });
  }
  notifyModifyFailed(): void {
    void this.requestIceRestart();
  }

  // Events.

  #typed$(type: string): Observable<Payload> {
    return later(select(this.#envelopes, (event) => (event.event_type === type ? event.params : undefined)));
  }
  get callUpdated$(): Observable<Payload> {
    return this.#typed$('call.updated');
  }
  get callStates$(): Observable<Payload> {
    return this.#typed$('call.state');
  }
  get memberJoined$(): Observable<Payload> {
    return this.#typed$('member.joined');
  }
  get memberLeft$(): Observable<Payload> {
    return this.#typed$('member.left');
  }
  get memberUpdated$(): Observable<Payload> {
    return this.#typed$('member.updated');
  }
  get memberTalking$(): Observable<Payload> {
    return this.#typed$('member.talking');
  }
  get layoutUpdates$(): Observable<Payload> {
    return this.#typed$('layout.changed');
  }
  get layoutEvent$(): Observable<Payload> {
    return select(this.#envelopes, (event) => (event.event_type === 'layout.changed' ? event.params : undefined));
  }
  get signalingEvent$(): Observable<Payload> {
    return later(select(this.#envelopes, (event) => structuredClone(event.params)));
  }
  get callEvent$(): Observable<Payload> {
    return select(this.#envelopes, (event) => event.params);
  }
  get webrtcMessages$(): Observable<Payload> {
    return this.#verto.asObservable();
  }
  /** Asks the server for an event type of this call; the envelopes of it. */
  subscribe(eventType: string): Observable<Record<string, unknown>> {
    let events = this.#subscribed.get(eventType);
    if (!events) {
      events = select(this.#envelopes, (event) => (event.event_type === eventType ? (event as unknown as Payload) : undefined));
      this.#subscribed.set(eventType, events);
      this.client.driver.command('subscribe', { call: this.id, eventType }).catch(() => this.#subscribed.delete(eventType));
    }
    return events;
  }

  // Actions.

  async hangup(): Promise<void> {
    await this.client.driver.command('hangup', { call: this.id });
  }
  answer(options: MediaOptions = {}): void {
    if (this.#decided || this.direction !== 'inbound') return;
    this.#decided = true;
    this.answerMediaOptions = options;
    this.#leg.options = options;
    const { audio, video, receiveAudio, receiveVideo, fallbackToReceiveOnly } = options;
    const wish = { audio, video, receiveAudio, receiveVideo, fallbackToReceiveOnly };
    this.client.driver
      .command('answer', { call: this.id, options: wish })
      // A failure that ends the call is on `errors$` as well.
      .catch((error: Error) => this.client.reportError(error));
    this.#answered.next(true);
  }
  reject(): void {
    if (this.#decided || this.direction !== 'inbound') return;
    this.#decided = true;
    this.#answered.next(false);
    this.client.driver.command('reject', { call: this.id }).catch((error: Error) => this.client.reportError(error));
  }
  async sendDigits(dtmf: string): Promise<void> {
    await this.client.driver.command('sendDigits', { call: this.id, digits: dtmf });
  }
  async toggleHold(): Promise<void> {
    await this.#method(this.#held ? 'unhold' : 'hold');
    this.#held = !this.#held;
  }
  async toggleLock(): Promise<void> {
    await this.#method(this.locked ? 'call.unlock' : 'call.lock');
  }
  async setLayout(layout: string, positions: Record<string, VideoPosition> = {}): Promise<void> {
    if (!this.layouts.includes(layout)) throw new InvalidParams(`There is no layout ${layout} in this room`);
    await this.#method('call.layout.set', undefined, { layout });
    for (const [member, position] of Object.entries(positions)) {
      await this.participants.find(({ id }) => id === member)?.setPosition(position);
    }
  }
  async transfer(options: TransferOptions): Promise<void> {
    await this.#method('transfer', undefined, { destination: options.destination });
  }
  async executeMethod<T extends JSONRPCResponse = JSONRPCResponse>(
    target: string | MemberTarget,
    method: string,
    args: Record<string, unknown>
  ): Promise<T> {
    const me = { node_id: this.nodeId ?? '', call_id: this.id, member_id: this.selfId ?? '' };
    const aimed = typeof target === 'string' ? { target: { ...me, member_id: target } } : { targets: [target] };
    const response = await this.execute<T>({ jsonrpc: '2.0', id: crypto.randomUUID(), method, params: { self: me, ...aimed, ...args } });
    const { code, message } = ((response as { result?: unknown }).result ?? {}) as { code?: string | number; message?: string };
    if (code !== undefined && String(code) !== '200') throw new JSONRPCError(Number(code), message ?? '', undefined, response.id);
    return response;
  }
  execute<T extends JSONRPCResponse = JSONRPCResponse>(request: JSONRPCRequest, options?: PendingRPCOptions): Promise<T> {
    return this.client.execute<T>(request, options);
  }
  startRecording(): Promise<void> {
    return Promise.reject(new UnimplementedError('startRecording'));
  }
  startStreaming(): Promise<void> {
    return Promise.reject(new UnimplementedError('startStreaming'));
  }
  setMeta(_meta: Record<string, unknown>): Promise<void> {
    return Promise.reject(new UnimplementedError('setMeta'));
  }
  updateMeta(_meta: Record<string, unknown>): Promise<void> {
    return Promise.reject(new UnimplementedError('updateMeta'));
  }
  toggleIncomingAudio(): Promise<void> {
    return Promise.reject(new UnimplementedError('toggleIncomingAudio'));
  }
  toggleIncomingVideo(): Promise<void> {
    return Promise.reject(new UnimplementedError('toggleIncomingVideo'));
  }

  // Local audio.

  readonly #gain = this.cell(100);
  get localMicrophoneGain$(): Observable<number> {
    return this.#gain.later$;
  }
  setLocalMicrophoneGain(_value: number): void {
    throw new UnimplementedError('setLocalMicrophoneGain');
  }
  get localAudioLevel$(): Observable<number> {
    return level$(this.#leg.local.sync$);
  }
  get localSpeaking$(): Observable<boolean> {
    return speaking$(this.localAudioLevel$);
  }
  get remoteAudioLevel$(): Observable<number> {
    return level$(this.#leg.remote.sync$);
  }
  #talk(on: boolean): void {
    const track = this.#leg.track('audio');
    if (track) track.enabled = on;
  }
  enablePushToTalk(): void {
    this.#talkMuted = true;
    this.#talk(false);
  }
  setPushToTalkActive(active: boolean): void {
    if (this.#talkMuted === undefined) return;
    this.#talkMuted = !active;
    this.#talk(active);
  }
  disablePushToTalk(): void {
    this.#talkMuted = undefined;
    this.#talk(true);
  }
  setEchoCancellation(enabled: boolean): Promise<void> {
    return this.#leg.constrain('audio', { echoCancellation: enabled });
  }
  setNoiseSuppression(enabled: boolean): Promise<void> {
    return this.#leg.constrain('audio', { noiseSuppression: enabled });
  }
  setAutoGainControl(enabled: boolean): Promise<void> {
    return this.#leg.constrain('audio', { autoGainControl: enabled });
  }
  /** @internal */
  recapture(kind: 'audio' | 'video'): void {
    void this.#leg.recapture(kind);
  }

  /** Ends the call; the other side is told. */
  override destroy(): void {
    if (this.isDestroyed) return;
    this.client.driver.command('hangup', { call: this.id }).catch(() => undefined);
  }
}
