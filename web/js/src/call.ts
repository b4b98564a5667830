/** One call (sdk-api reference, section 8). */
import { Observable, Subject } from 'rxjs';
import type { Address } from './address.js';
import type { Call } from './call-interfaces.js';
import type { Driver } from './driver.js';
import type { EngineError, PeerCommand } from './engine.js';
import { DependencyError, InvalidParams, JSONRPCError, MediaAccessError, RPCTimeoutError, fromEngine } from './errors.js';
import type { CallPayloads, LayoutChangedPayload, WebrtcMessagePayload } from './events.js';
import type { DeviceKind } from './devices.js';
import { level$, speaking$ } from './levels.js';
import { Monitor, type Watched } from './monitor.js';
import { Cell, changes, later, select } from './observe.js';
import { levelOf } from './quality.js';
import type { ParticipantHost } from './participant.js';
import type { Kind, Leg } from './peer.js';
import { RoomState } from './room.js';
import type { ClientSession } from './session.js';
import { Shares } from './shares.js';
import type {
  CallDirection, CallError, CallErrorKind, CallOptions, CallStatus, JSONRPCRequest, JSONRPCResponse,
  CallDiagnosticSummary, MediaDirections, MediaOptions, MediaParamsEvent, MemberTarget, NetworkIssue, NetworkMetrics, PendingRPCOptions, QualityLevel,
  RecoveryEvent, RecoveryState, SelectDeviceOptions, TransferOptions, VideoPosition, WebRTCMediaDevices
} from './types.js';

/** What the client gives its calls. */
export interface CallHost {
  driver: Driver;
  session: ClientSession;
  /** Whether the session is authenticated right now, and the device has a network. */
  signals(): boolean;
  devices: WebRTCMediaDevices;
  /** The peer connection of a call, or of a leg beside it. */
  leg(call: string, id: string): Leg;
  select(kind: DeviceKind, device: MediaDeviceInfo, options?: SelectDeviceOptions): void;
  forget(call: WebRTCCall): void;
}
/** How the engine announces a call. */
export interface Created {
  direction: CallDirection;
  to?: string | null;
  toName?: string | null;
  from?: string | null;
  fromName?: string | null;
  nodeId?: string | null;
  command?: number | null;
  /** It is taken up for an earlier page. */
  reattached?: boolean;
}
type Payload = Record<string, unknown>;
type Envelope = { event_type: string; params: Payload };
/** A member as the engine tells it, and by which event. */
type MemberEvent = { member: Payload; change: string };

/** Why a call ended, by the server's words. */
export interface CallEnd {
  cause: string | null;
  causeCode: string | number | null;
  by: 'local' | 'remote';
}

export class WebRTCCall extends RoomState implements Call {
  readonly direction: CallDirection;
  readonly to?: string;
  readonly toName: string | undefined;
  readonly from: string | undefined;
  readonly fromName: string | undefined;
  readonly address?: Address;
  readonly options: CallOptions;
  readonly clientSession: ClientSession;
  answerMediaOptions: MediaOptions | undefined;

  readonly #host: CallHost;
  readonly #leg: Leg;
  readonly #status: Cell<CallStatus>;


  readonly #nodeId: Cell<string | null>;
  readonly #variables = this.cell<Record<string, unknown>>({});
  readonly #ended = this.cell<CallEnd | null>(null);
  readonly #errors = this.events<CallError>(1);
  readonly #answered = this.events<boolean>(Infinity);
  readonly #envelopes = this.own(new Subject<Envelope>());
  readonly #verto = this.own(new Subject<WebrtcMessagePayload>());
  readonly #mediaParams = this.own(new Subject<MediaParamsEvent>());
  readonly #monitor: Monitor;
  readonly #shares: Shares;
  readonly #gain = this.cell(100);
  readonly #subscribed = new Map<string, Observable<Payload>>();
  #held = false;
  #decided = false;
  #pushToTalk = false;

  /** @internal Made by the client. */
  constructor(host: CallHost, readonly id: string, created: Created, options: CallOptions, address?: Address) {
    super();
    this.#host = host;
    this.direction = created.direction;
    this.to = created.to ?? undefined;
    this.toName = created.toName ?? undefined;
    this.from = created.from ?? undefined;
    this.fromName = created.fromName ?? undefined;
    this.address = address;
    this.options = options;
    this.clientSession = host.session;
    this.#status = this.cell<CallStatus>(created.direction === 'inbound' ? 'ringing' : 'new');
    this.#nodeId = this.cell<string | null>(created.nodeId ?? null);
    this.#leg = host.leg(id, id);
    this.#leg.options = options;
    // Answered by the earlier page.
    this.#decided = created.reattached ?? false;
    this.#shares = new Shares(id, {
      devices: host.devices,
      command: (name, body) => host.driver.command(name, body),
      leg: (leg) => host.leg(id, leg),
      complain: (error) => this.complain(error)
    });
    this.own({ complete: () => this.#shares.screen.complete() });
    this.#monitor = this.own(new Monitor(this.#leg, this.#watched()));
  }

  #watched(): Watched {
    const { driver } = this.#host;
    return {
      expected: () => {
        const { audio, video } = this.mediaDirections;
        const room = this.participants.some(({ id, type }) => id !== this.selfId && type !== 'screen');
        return { audio: audio.includes('recv') && !this.#held, video: video.includes('recv') && room && !this.#held && this.#seesVideo() };
      },
      requestKeyframe: () => this.requestKeyframe(),
      restartIce: (relayOnly) => driver.command('restartIce', { call: this.id, relayOnly, broken: true }),
      sendsVideo: () => this.#leg.isSending('video'),
      // While the engine is at it, nothing else is done.
      mayRestart: () => this.#host.signals() && this.status === 'connected',
      giveUp: () => void driver.command('giveUp', { call: this.id }).catch(() => undefined),
      sendVideo: (on) => {
        void this.#leg.setActive('video', on).catch(() => undefined);
        // What the user has muted meanwhile stays muted.
        if (on && !this.#leg.isSending('video')) return;
        // So that the others see that it is meant, not broken.
        void this.#method(on ? 'call.unmute' : 'call.mute', undefined, { channels: ['video'] }).catch(() => undefined);
      },
      hidePicture: async (hidden) => {
        const self = this.self;
        if (self) await (hidden ? self.muteVideo() : self.unmuteVideo());
      }
    };
  }
  /** Somebody shows a picture. */
  #seesVideo(): boolean {
    return this.participants.some(({ id, videoMuted, type }) => type === 'screen' || (id !== this.selfId && !videoMuted));
  }

  /** @internal The session was lost, and is back. */
  signalsBack(): void {
    this.#monitor.signalsBack();
  }
  /** @internal What is known of it, for a report. */
  summary(): CallDiagnosticSummary {
    return { callId: this.id, direction: this.direction, destination: this.to, status: this.status, ...this.#monitor.summary() };
  }

  // What the engine tells.

  /** @internal */
  peer(leg: string, command: PeerCommand): void {
    if (leg !== this.id) return void this.#shares.peer(leg, command);
    const done = this.#leg.perform(command);
    if ('applyMediaParams' in command) {
      void done.then(() => this.#mediaParams.next({ ...command.applyMediaParams.params, timestamp: Date.now() }));
    }
  }
  /** @internal */
  apply(name: string, value: unknown): void {
    if (this.applyRoom(name, value)) {
      if (name === 'member') this.#takeHold(value as MemberEvent);
      return;
    }
    switch (name) {
      case 'status':
        this.#monitor.status(value as CallStatus);
        this.#status.set(value as CallStatus);
        if (value === 'destroyed') this.#over();
        break;
      case 'nodeId':
        this.#nodeId.set(value as string | null);
        break;
      case 'userVariables':
        this.#variables.set(value as Record<string, unknown>);
        break;
      case 'ended':
        this.#ended.set(value as CallEnd);
        break;
      case 'error': {
        const { kind, fatal, error } = value as { kind: CallErrorKind; fatal: boolean; error: EngineError };
        this.#errors.next({ kind, fatal, error: fromEngine(error), callId: this.id });
        break;
      }
      case 'legEnded':
        this.#shares.ended((value as { leg: string }).leg);
        break;
      case 'signaling':
        this.#envelopes.next(value as Envelope);
        break;
      case 'verto':
        this.#verto.next(value as WebrtcMessagePayload);
        break;
    }
  }

  /** @internal The page goes, and may come again: what cannot be taken up by the next one ends. */
  leave(): void {
    this.#shares.leave();
  }

  /** What the server knows of the hold: also of a call that was taken up again, or held by another device. */
  #takeHold({ member, change }: MemberEvent): void {
    const { held, updated } = member;
    if (member.member_id !== this.selfId || typeof held !== 'boolean') return;
    if (change === 'joined' || (change === 'updated' && (updated as string[] | undefined)?.includes('held'))) this.#held = held;
  }

  /** What members need of their call. */
  /** @internal */
  protected get forMembers(): ParticipantHost {
    return {
    method: (name, member, args) => this.#method(name, member, args),
    setMuted: async (video, muted) => {
      try {
        await this.#host.driver.command('setMuted', { call: this.id, video, muted });
      } catch (error) {
        // The device is what counts for the user; that the room shows something else is told.
        if (error instanceof DependencyError) throw error;
        this.complain(error as Error);
      }
      await this.#leg.settled();
    },
    constrain: (kind, change) => this.#leg.constrain(kind, change),
    add: (kind, options) => this.#leg.add(kind, options),
    select: (kind, device, options) => this.#host.select(kind, device, options),
    shares: this.#shares
    };
  }

  /** Something failed that no promise of the application tells. Nothing comes after the end. */
  /** @internal */
  complain(error: Error): void {
    const media = error instanceof MediaAccessError || /^(MediaTrack|OverconstrainedFallback)Error$/.test(error.name);
    const kind = media ? 'media' : error instanceof RPCTimeoutError ? 'timeout' : error instanceof JSONRPCError ? 'signaling' : 'internal';
    this.#errors.next({ kind, fatal: false, error, callId: this.id });
  }

  #method(method: string, member?: string, args: Record<string, unknown> = {}): Promise<unknown> {
    return this.#host.driver.command('callMethod', { call: this.id, method, member, args });
  }

  #over(): void {
    void this.#leg.perform({ close: {} });
    this.#shares.close();
    this.leaveRoom();
    this.#host.forget(this);
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
    return later(this.#ended.present$);
  }
  get ended(): CallEnd | null {
    return this.#ended.value;
  }
  get nodeId$(): Observable<string | null> {
    return this.#nodeId.sync$;
  }
  get nodeId(): string | null {
    return this.#nodeId.value;
  }
  get userVariables$(): Observable<Record<string, unknown>> {
    return this.#variables.later$;
  }
  /** A copy; setting merges. */
  get userVariables(): Record<string, unknown> {
    return { ...this.#variables.value };
  }
  set userVariables(variables: Record<string, unknown>) {
    this.#host.driver.command('setUserVariables', { call: this.id, variables }).catch(() => undefined);
  }
  get mediaDirections$(): Observable<MediaDirections> {
    return this.until(this.#leg.directions.present$);
  }
  get mediaDirections(): MediaDirections {
    return this.#leg.directions.value ?? { audio: 'inactive', video: 'inactive' };
  }
  get localStream$(): Observable<MediaStream> {
    return this.until(this.#leg.local.present$);
  }
  get localStream(): MediaStream | null {
    return this.#leg.local.value;
  }
  get remoteStream$(): Observable<MediaStream> {
    return this.until(this.#leg.remote.present$);
  }
  get remoteStream(): MediaStream | null {
    return this.#leg.remote.value;
  }
  get rtcPeerConnection(): RTCPeerConnection | undefined {
    return this.#leg.pc;
  }
  /** Decisions on an inbound call: true for answered, false for rejected. */
  get answered$(): Observable<boolean> {
    return later(this.#answered);
  }
  get address$(): Observable<Address | undefined> {
    return later(
      new Observable((observer) => {
        observer.next(this.address);
        observer.complete();
      })
    );
  }

  // Quality.

  get networkIssues$(): Observable<NetworkIssue[]> {
    return this.#monitor.issues.later$;
  }
  get networkIssues(): NetworkIssue[] {
    return this.#monitor.issues.value;
  }
  get isNetworkHealthy$(): Observable<boolean> {
    return later(changes(this.#monitor.issues.sync$, (issues) => issues.length === 0));
  }
  get isNetworkHealthy(): boolean {
    return this.networkIssues.length === 0;
  }
  get networkMetrics$(): Observable<NetworkMetrics[]> {
    return this.#monitor.metrics.later$;
  }
  get networkMetrics(): NetworkMetrics[] {
    return this.#monitor.metrics.value;
  }
  /** The estimated mean opinion score, 1 to 5. */
  get qualityScore$(): Observable<number> {
    return this.#monitor.score.later$;
  }
  get qualityLevel$(): Observable<QualityLevel> {
    return later(changes(this.#monitor.score.sync$, levelOf));
  }
  get recoveryState$(): Observable<RecoveryState> {
    return this.#monitor.recovery.state.later$;
  }
  get recoveryEvent$(): Observable<RecoveryEvent> {
    return later(this.#monitor.recovery.events);
  }
  get bandwidthConstrained$(): Observable<boolean> {
    return this.#monitor.recovery.constrained.later$;
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
    await this.#host.driver.command('restartIce', { call: this.id, relayOnly: false });
  }
  notifyModifyFailed(): void {
    this.#monitor.recovery.trigger('renegotiation refused');
  }

  // Events.

  #payload$<K extends keyof CallPayloads>(type: K): Observable<CallPayloads[K]> {
    return select(this.#envelopes, (event) => (event.event_type === type ? (event.params as unknown as CallPayloads[K]) : undefined));
  }
  get callUpdated$(): Observable<CallPayloads['call.updated']> {
    return later(this.#payload$('call.updated'));
  }
  get callStates$(): Observable<CallPayloads['call.state']> {
    return later(this.#payload$('call.state'));
  }
  get memberJoined$(): Observable<CallPayloads['member.joined']> {
    return later(this.#payload$('member.joined'));
  }
  get memberLeft$(): Observable<CallPayloads['member.left']> {
    return later(this.#payload$('member.left'));
  }
  get memberUpdated$(): Observable<CallPayloads['member.updated']> {
    return later(this.#payload$('member.updated'));
  }
  get memberTalking$(): Observable<CallPayloads['member.talking']> {
    return later(this.#payload$('member.talking'));
  }
  get layoutUpdates$(): Observable<LayoutChangedPayload> {
    return later(this.layoutEvent$);
  }
  get layoutEvent$(): Observable<LayoutChangedPayload> {
    return this.#payload$('layout.changed');
  }
  get signalingEvent$(): Observable<Payload> {
    return later(select(this.#envelopes, (event) => structuredClone(event.params)));
  }
  get callEvent$(): Observable<CallPayloads[keyof CallPayloads]> {
    return select(this.#envelopes, (event) => event.params as unknown as CallPayloads[keyof CallPayloads]);
  }
  get webrtcMessages$(): Observable<WebrtcMessagePayload> {
    return this.#verto.asObservable();
  }
  /** Asks the server for an event type of this call; the envelopes of it. */
  subscribe(eventType: string): Observable<Payload> {
    let events = this.#subscribed.get(eventType);
    if (!events) {
      events = select(this.#envelopes as Observable<Payload>, (event) => (event.event_type === eventType ? event : undefined));
      this.#subscribed.set(eventType, events);
      this.#host.driver.command('subscribe', { call: this.id, eventType }).catch(() => this.#subscribed.delete(eventType));
    }
    return events;
  }

  // Actions.

  async hangup(): Promise<void> {
    await this.#host.driver.command('hangup', { call: this.id });
  }
  answer(options: MediaOptions = {}): void {
    if (!this.#decide(true)) return;
    this.answerMediaOptions = this.#leg.options = options;
    const { audio, video, receiveAudio, receiveVideo, fallbackToReceiveOnly } = options;
    const wish = { audio, video, receiveAudio, receiveVideo, fallbackToReceiveOnly };
    this.#host.driver.command('answer', { call: this.id, options: wish }).catch((error: Error) => this.complain(error));
  }
  reject(): void {
    if (this.#decide(false)) this.#host.driver.command('reject', { call: this.id }).catch((error: Error) => this.complain(error));
  }
  /** Only the first decision on an inbound call counts. */
  #decide(answer: boolean): boolean {
    if (this.#decided || this.direction !== 'inbound') return false;
    this.#decided = true;
    this.#answered.next(answer);
    return true;
  }
  async sendDigits(dtmf: string): Promise<void> {
    await this.#host.driver.command('sendDigits', { call: this.id, digits: dtmf });
  }
  /** Puts the call on hold, or takes it back. Toggles of the call come one after the other. */
  toggleHold(): Promise<void> {
    return this.turns.take(async () => {
      await this.#method(this.#held ? 'unhold' : 'hold');
      this.#held = !this.#held;
    });
  }
  toggleLock(): Promise<void> {
    return this.toggleLocked((locked) => this.#method(locked ? 'call.unlock' : 'call.lock'));
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
  /** A method in this call's context; rejects unless its result is a success. */
  async executeMethod<T extends JSONRPCResponse = JSONRPCResponse>(
    target: string | MemberTarget,
    method: string,
    args: Record<string, unknown>
  ): Promise<T> {
    const me = { node_id: this.nodeId ?? '', call_id: this.id, member_id: this.selfId ?? '' };
    // Positions name their targets themselves.
    const aimed =
      method === 'call.member.position.set' ? {} : typeof target === 'string' ? { target: { ...me, member_id: target } } : { targets: [target] };
    const response = await this.execute<T>({ jsonrpc: '2.0', id: crypto.randomUUID(), method, params: { self: me, ...aimed, ...args } });
    const { code, message } = (response.result ?? {}) as { code?: string | number; message?: string };
    if (code !== undefined && String(code) !== '200') throw new JSONRPCError(Number(code), message ?? '', undefined, response.id);
    return response;
  }
  execute<T extends JSONRPCResponse = JSONRPCResponse>(request: JSONRPCRequest, options?: PendingRPCOptions): Promise<T> {
    return this.clientSession.execute<T>(request, options);
  }
  /** Starts a recording on the server; `recording$` tells when it runs. */
  async startRecording(): Promise<void> {
    await this.#method('call.record.start');
  }
  /** Starts a stream on the server; `streaming$` tells when it runs. */
  async startStreaming(): Promise<void> {
    await this.#method('call.stream.start');
  }
  /** Replaces what is known of the call. */
  async setMeta(meta: Record<string, unknown>): Promise<void> {
    await this.#method('call.set_meta', undefined, { meta });
  }
  /** Merges into what is known of the call. */
  async updateMeta(meta: Record<string, unknown>): Promise<void> {
    await this.#method('call.update_meta', undefined, { meta });
  }
  /** Stops hearing the others, or hears them again; they are not told. */
  toggleIncomingAudio(): Promise<void> {
    return this.#leg.toggleReceiving('audio');
  }
  /** Stops seeing the others, or sees them (again, or for the first time). */
  toggleIncomingVideo(): Promise<void> {
    return this.#leg.toggleReceiving('video');
  }

  // Local audio.

  get localMicrophoneGain$(): Observable<number> {
    return this.#gain.later$;
  }
  /** Percent, 0 to 200; 100 leaves the sound as it is. */
  setLocalMicrophoneGain(value: number): void {
    const percent = Math.min(200, Math.max(0, value));
    if (Number.isNaN(percent)) throw new InvalidParams('The gain is a number of percent');
    this.#gain.set(percent);
    this.#leg.setGain(percent / 100);
  }
  /** 0 to 1, about 30 times a second. */
  get localAudioLevel$(): Observable<number> {
    return level$(this.#leg.local.sync$);
  }
  get localSpeaking$(): Observable<boolean> {
    return speaking$(this.localAudioLevel$);
  }
  /** 0 to 1, about 30 times a second. */
  get remoteAudioLevel$(): Observable<number> {
    return level$(this.#leg.remote.sync$);
  }
  enablePushToTalk(): void {
    this.#pushToTalk = true;
    this.#leg.setTransmitting(false);
  }
  setPushToTalkActive(active: boolean): void {
    if (this.#pushToTalk) this.#leg.setTransmitting(active);
  }
  disablePushToTalk(): void {
    this.#pushToTalk = false;
    this.#leg.setTransmitting(true);
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
  recapture(kind: Kind, none: boolean): void {
    void this.#leg.recapture(kind, none);
  }

  /** Ends the call; the other side is told. */
  override destroy(): void {
    if (!this.isDestroyed) this.hangup().catch(() => undefined);
  }
}
