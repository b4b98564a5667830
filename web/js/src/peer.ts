/** One leg: a peer connection and what is captured for it. Does, in order, what the engine says. */
import { capture } from './capture.js';
import { failure } from './driver.js';
import { InvalidParams, MediaTrackError, OverconstrainedFallbackError } from './errors.js';
import type { MediaParams, MediaPlan, PeerCommand, PeerReport } from './engine.js';
import { Gain } from './gain.js';
import { getLogger } from './logger.js';
import { Cell } from './observe.js';
import { sentence, silenced } from './sentences.js';
import type { DialOptions, MediaDirections, WebRTCApiProvider } from './types.js';

export type Kind = 'audio' | 'video';
const KINDS = ['audio', 'video'] as const;
/** How long, and how often, is looked whether something comes in. */
const FLOW_MS = 5000;
const FLOW_LOOK_MS = 100;
const PERMISSIONS = { audio: 'microphone', video: 'camera' } as const;

export interface LegHost {
  api: WebRTCApiProvider;
  /** Constraints of a kind: chosen device and preferences; `false` when the user switched the kind off. */
  constraints(kind: Kind, options: DialOptions): MediaTrackConstraints | false;
  /** Names of codecs, the first one best. */
  codecs(kind: Kind, options: DialOptions): string[];
  /** Opus in stereo, at the highest rate. */
  stereo(options: DialOptions): boolean;
  /** Used when the server names none. */
  iceServers: RTCIceServer[] | undefined;
  gathering: { candidateMs: number; totalMs: number; relayOnly: boolean; tcpOnly: boolean };
  report(report: PeerReport): void;
  /** Directions have changed: the server must be offered anew. */
  renegotiate(): void;
  /** Something about a device that the application should tell its user; the call goes on. */
  complain(error: Error): void;
  /** A device has gone while it was used. */
  lost(kind: Kind): void;
}

export class Leg {
  readonly local = new Cell<MediaStream | null>(null);
  readonly remote = new Cell<MediaStream | null>(null);
  readonly directions = new Cell<MediaDirections | null>(null);
  options: DialOptions = {};
  pc: RTCPeerConnection | undefined;
  readonly #tracks: Partial<Record<Kind, MediaStreamTrack>> = {};
  /** Constraints set during the call; they go over all others. */
  readonly #set: Partial<Record<Kind, MediaTrackConstraints>> = {};
  #queue: Promise<void> = Promise.resolve();
  /** The devices being opened; true when the leg can go on. */
  #opening: Promise<boolean> = Promise.resolve(true);
  /** Kinds whose devices are being opened. */
  readonly #asked = new Set<Kind>();
  /** What the user wants sent, whatever happens to devices. */
  readonly #intent: Partial<Record<Kind, boolean>> = {};
  /** Kinds that the next answer must take. */
  readonly #added = new Set<Kind>();
  #transmitting = true;
  #gain: Gain | undefined;
  #closed = false;
  /** The last offer was a restart of the media path. */
  #restarting = false;
  readonly #watching = new AbortController();

  constructor(private readonly host: LegHost) {}

  /** Resolves when the command, and all before it, is done or has been reported as failed. */
  perform(command: PeerCommand): Promise<void> {
    if ('close' in command) {
      // Closing does not wait for a permission prompt.
      this.#close();
      return Promise.resolve();
    }
    return this.#after(() => this.#do(command));
  }

  /** When everything asked so far is done. */
  settled(): Promise<void> {
    return this.#queue;
  }

  #after(step: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(() => (this.#closed ? undefined : step()));
    this.#queue = done.catch(() => undefined);
    return done;
  }

  async #do(command: PeerCommand): Promise<void> {
    const operation = Object.keys(command)[0]!;
    try {
      if ('create' in command) this.#create(command.create.iceServers ?? [], command.create.relayOnly);
      else if ('iceServers' in command) this.#serve(command.iceServers.iceServers ?? []);
      else if ('offer' in command) await this.#offer(command.offer);
      else if ('answer' in command) await this.#answer(command.answer);
      else if ('applyAnswer' in command) {
        await this.pc!.setRemoteDescription({ type: 'answer', sdp: command.applyAnswer.sdp });
        await this.#refused();
        this.host.report({ remoteApplied: {} });
        if (this.#restarting) void this.#confirm();
      } else if ('setSending' in command) await this.#setSending(command.setSending.video ? 'video' : 'audio', command.setSending.on);
      else if ('applyMediaParams' in command) await this.#constrainAll(command.applyMediaParams.params);
    } catch (error) {
      if (!this.#closed) this.host.report({ failed: { failure: failure(error), operation } });
    }
  }

  #create(servers: RTCIceServer[], relayOnly: boolean): void {
    const { gathering } = this.host;
    const relay = relayOnly || gathering.relayOnly || gathering.tcpOnly;
    this.#connect({ iceServers: this.#usable(servers), iceTransportPolicy: relay ? 'relay' : 'all', bundlePolicy: 'max-bundle' });
  }

  /** Those that the server names, else the application's; as far as the network lets them through. */
  #usable(servers: RTCIceServer[]): RTCIceServer[] {
    const tcp = (url: string) => url.includes('transport=tcp');
    const named = servers.length ? servers : (this.host.iceServers ?? []);
    if (!this.host.gathering.tcpOnly) return named;
    return named.map((server) => ({ ...server, urls: [server.urls].flat().filter(tcp) })).filter(({ urls }) => urls.length);
  }

  #serve(servers: RTCIceServer[]): void {
    try {
      this.pc!.setConfiguration({ ...this.pc!.getConfiguration(), iceServers: this.#usable(servers) });
    } catch (error) {
      // The call goes on with what it has.
      getLogger().warn('the relays of a connection could not be changed:', error);
    }
  }

  #connect(configuration: RTCConfiguration): void {
    const pc = new this.host.api.RTCPeerConnection(configuration);
    this.pc = pc;
    pc.addEventListener('track', ({ track }) => {
      const remote = this.remote.value ?? new MediaStream();
      // What an earlier connection of this leg received has ended with it.
      for (const earlier of remote.getTracks()) if (earlier.readyState === 'ended') remote.removeTrack(earlier);
      remote.addTrack(track);
      tell(this.remote, remote);
    });
    pc.addEventListener('connectionstatechange', () => {
      if (this.#closed || pc !== this.pc) return;
      if (pc.connectionState === 'connected') this.#tellDirections();
      this.host.report({ state: { state: pc.connectionState } });
    });
  }

  /** Another connection with the same sections, for a browser that begins DTLS only once in the life of a connection. */
  async #replace(): Promise<void> {
    const former = this.pc!;
    this.#connect(former.getConfiguration());
    for (const { receiver, direction } of former.getTransceivers()) {
      if (direction === 'stopped') continue;
      const kind = receiver.track.kind as Kind;
      this.#prefer(this.pc!.addTransceiver(kind, { direction }), kind);
    }
    former.close();
    await this.#attach();
  }

  async #offer({ media, waitForCandidates, iceRestart, relayOnly, anew }: Offered): Promise<void> {
    this.#restarting = iceRestart;
    if (anew && isGecko(this.pc!)) await this.#replace();
    const pc = this.pc!;
    if (relayOnly) pc.setConfiguration({ ...pc.getConfiguration(), iceTransportPolicy: 'relay' });
    if (!iceRestart) {
      const plan = await this.#open(media);
      if (!plan || this.#closed) return;
      for (const kind of KINDS) {
        const direction = directionOf(plan, kind);
        if (direction !== 'inactive') this.#prefer(pc.addTransceiver(kind, { direction }), kind);
      }
      await this.#attach();
    }
    await this.#describe(await pc.createOffer({ iceRestart }), waitForCandidates);
  }

  async #answer({ offer, media, waitForCandidates }: { offer: string; media: MediaPlan; waitForCandidates: boolean }): Promise<void> {
    const pc = this.pc!;
    const [plan] = await Promise.all([this.#open(media), pc.setRemoteDescription({ type: 'offer', sdp: offer })]);
    if (!plan || this.#closed) return;
    for (const transceiver of pc.getTransceivers()) {
      const kind = transceiver.receiver.track.kind as Kind;
      // Of several sections of a kind, the first is ours.
      transceiver.direction = transceiver === this.#transceiver(kind) ? directionOf(plan, kind) : 'inactive';
      this.#prefer(transceiver, kind);
    }
    await this.#attach();
    await this.#describe(await pc.createAnswer(), waitForCandidates);
  }

  async #describe(description: RTCSessionDescriptionInit, wait: boolean): Promise<void> {
    const pc = this.pc!;
    const sdp = description.sdp ?? '';
    await pc.setLocalDescription({ type: description.type, sdp: this.host.stereo(this.options) ? inStereo(sdp) : sdp });
    if (wait) await this.#gathered(pc);
    if (this.#closed) return;
    this.#tellDirections();
    const sends = (kind: Kind) => !!this.#transceiver(kind)?.direction.includes('send');
    this.host.report({
      localDescription: { sdp: pc.localDescription!.sdp, sendingAudio: sends('audio'), sendingVideo: sends('video') }
    });
  }

  /** Packets received so far. */
  async received(): Promise<number> {
    let sum = 0;
    // One that is closed has nothing to report.
    const report = (await this.pc?.getStats().catch(() => undefined)) as unknown as Map<string, Record<string, any>> | undefined;
    for (const [, stat] of report ?? []) if (stat.type === 'inbound-rtp') sum += stat.packetsReceived ?? 0;
    return sum;
  }

  /** Resolves when something has come in from now on: true; or not within the time. */
  async flows(ms: number): Promise<boolean> {
    const before = await this.received();
    for (const end = performance.now() + ms; performance.now() < end && !this.#closed; ) {
      await new Promise((next) => setTimeout(next, FLOW_LOOK_MS));
      if ((await this.received()) > before) return true;
    }
    return false;
  }

  /** A connection that never noticed that it was broken does not tell when it is mended: what comes in does. */
  async #confirm(): Promise<void> {
    const flows = await this.flows(FLOW_MS);
    if (flows && !this.#closed && this.pc?.connectionState === 'connected') this.host.report({ state: { state: 'connected' } });
  }

  /** What was added during the call and is not taken gives its device back. */
  async #refused(): Promise<void> {
    for (const kind of this.#added) {
      this.#added.delete(kind);
      if (this.#transceiver(kind)?.currentDirection?.includes('send')) continue;
      this.#intent[kind] = false;
      this.#release(kind);
      await this.#attach();
      this.host.complain(new MediaTrackError('addInputDevice', kind, new DOMException(`The call takes no ${kind}`, 'NotSupportedError')));
    }
    this.#tellDirections();
  }

  /** Until a description can be sent to a server that takes candidates from the SDP only (reference 9.4). */
  #gathered(pc: RTCPeerConnection): Promise<void> {
    const { candidateMs, totalMs } = this.host.gathering;
    // One bundle, one transport: what stands in any section speaks for all.
    const has = (types: string) => new RegExp(`^a=candidate.* typ (${types}) `, 'm').test(pc.localDescription!.sdp);
    return new Promise((resolve) => {
      let quiet: ReturnType<typeof setTimeout> | undefined;
      const end = () => {
        clearTimeout(quiet);
        clearTimeout(limit);
        pc.removeEventListener('icecandidate', look);
        resolve();
      };
      const look = () => {
        clearTimeout(quiet);
        if (this.#closed || pc.iceGatheringState === 'complete' || has('relay')) return end();
        if (has('srflx')) quiet = setTimeout(end, candidateMs);
      };
      const limit = setTimeout(end, totalMs);
      pc.addEventListener('icecandidate', look);
      look();
    });
  }

  /** Opens what is to be sent, and says what the description may promise: `undefined` when the leg cannot go on. */
  async #open(wish: MediaPlan): Promise<MediaPlan | undefined> {
    const may = (kind: Kind) => sends(wish, kind) && (muted(wish, kind) || !!(this.#given(kind) ?? this.#constraints(kind)));
    const media = { ...wish, sendAudio: may('audio'), sendVideo: may('video') };
    this.#opening = this.#capture(media);
    // Where no prompt can come up, the description need not wait for the devices to open.
    if (await this.#granted(media)) return media;
    if (!(await this.#opening)) return undefined;
    const has = (kind: Kind) => !!this.#tracks[kind] || (sends(media, kind) && muted(media, kind));
    return { ...media, sendAudio: has('audio'), sendVideo: has('video') };
  }

  async #granted(media: MediaPlan): Promise<boolean> {
    try {
      const asked = KINDS.filter((kind) => sends(media, kind) && !muted(media, kind) && !this.#given(kind));
      const states = await Promise.all(asked.map((kind) => navigator.permissions.query({ name: PERMISSIONS[kind] as PermissionName })));
      return states.every(({ state }) => state === 'granted');
    } catch {
      // Not every browser tells.
      return false;
    }
  }

  /** Refusal means receive-only, unless that is not wanted: then the leg cannot go on. */
  async #capture(media: MediaPlan): Promise<boolean> {
    const ask: MediaStreamConstraints = {};
    for (const kind of KINDS) {
      // What was muted before is opened when it is unmuted.
      if (!sends(media, kind) || muted(media, kind)) continue;
      const given = this.#given(kind);
      if (given) this.#take(kind, given);
      else ask[kind] = this.#constraints(kind);
    }
    if (ask.audio || ask.video) {
      for (const kind of KINDS) if (ask[kind]) this.#asked.add(kind);
      try {
        for (const track of await this.#devices(ask)) this.#take(track.kind as Kind, track);
      } catch (error) {
        const fatal = !(media.fallbackToReceiveOnly && (media.receiveAudio || media.receiveVideo));
        const kinds = KINDS.filter((kind) => ask[kind]).join('');
        this.host.report({ mediaAccess: { failure: failure(error), media: kinds, fatal } });
        if (fatal) return false;
      } finally {
        this.#asked.clear();
      }
    }
    await this.#attach();
    return true;
  }

  /** Tracks of the devices; none any more when the leg was closed meanwhile. */
  async #devices(ask: MediaStreamConstraints): Promise<MediaStreamTrack[]> {
    const { tracks, fallback } = await capture(this.host.api.mediaDevices, ask);
    if (fallback) {
      for (const kind of KINDS) if (ask[kind]) this.host.complain(new OverconstrainedFallbackError(`${kind}input`, fallback));
    }
    if (!this.#closed) return tracks;
    tracks.forEach((track) => track.stop());
    return [];
  }

  /** The track that the application brought. */
  #given(kind: Kind): MediaStreamTrack | undefined {
    const { inputAudioStream, inputVideoStream } = this.options;
    return kind === 'audio' ? inputAudioStream?.getAudioTracks()[0] : inputVideoStream?.getVideoTracks()[0];
  }

  #constraints(kind: Kind): MediaTrackConstraints | boolean {
    const base = this.host.constraints(kind, this.options);
    if (!base) return false;
    const all = { ...base, ...this.#set[kind] };
    return Object.keys(all).length ? all : true;
  }

  #take(kind: Kind, track: MediaStreamTrack): void {
    this.#tracks[kind] = track;
    this.#intent[kind] = true;
    if (kind === 'audio') track.enabled = this.#transmitting;
    const watch = { signal: this.#watching.signal };
    track.addEventListener('ended', () => this.#tracks[kind] === track && this.host.lost(kind), watch);
    // The operating system, a switch on the device, or a phone call: nobody here has muted, but nothing is sent.
    const fallsSilent = () => this.#tracks[kind] === track && this.host.complain(new MediaTrackError('muted by the system', kind, new DOMException(silenced(kind), 'NotReadableError')));
    track.addEventListener('mute', fallsSilent, watch);
  }

  #release(kind: Kind): void {
    const track = this.#tracks[kind];
    // What the application brought is the application's to stop.
    if (track !== this.#given(kind)) track?.stop();
    delete this.#tracks[kind];
  }

  #transceiver(kind: Kind): RTCRtpTransceiver | undefined {
    return this.pc?.getTransceivers().find(({ receiver }) => receiver.track.kind === kind);
  }

  /** Puts what is captured on the senders. */
  async #attach(): Promise<void> {
    for (const kind of KINDS) {
      const sender = this.#transceiver(kind)?.sender;
      const captured = this.#tracks[kind] ?? null;
      const track = captured && kind === 'audio' && this.#gain ? this.#gain.through(captured) : captured;
      if (sender && sender.track !== track) await sender.replaceTrack(track);
    }
    this.#tellLocal();
  }

  #prefer(transceiver: RTCRtpTransceiver, kind: Kind): void {
    const wanted = this.host.codecs(kind, this.options).map((name) => `${kind}/${name}`.toLowerCase());
    const known = wanted.length ? globalThis.RTCRtpReceiver?.getCapabilities?.(kind)?.codecs : undefined;
    if (!known) return;
    const rank = ({ mimeType }: { mimeType: string }) => (wanted.indexOf(mimeType.toLowerCase()) + wanted.length + 1) % (wanted.length + 1);
    transceiver.setCodecPreferences([...known].sort((a, b) => rank(a) - rank(b)));
  }

  /** Mute stops the device, so that its light goes out; unmute opens it again. */
  async #setSending(kind: Kind, on: boolean): Promise<void> {
    await this.#opening;
    const transceiver = this.#transceiver(kind);
    if (this.#closed || !transceiver) return;
    this.#intent[kind] = on;
    if (!!this.#tracks[kind] === on && (!on || this.#tracks[kind]?.readyState === 'live')) return;
    await this.#change(on ? 'unmute' : 'mute', kind, async () => {
      if (on) await this.#acquire(kind);
      else this.#release(kind);
      await this.#attach();
      if (on && !transceiver.direction.includes('send')) {
        // The section was negotiated for receiving only.
        transceiver.direction = transceiver.direction === 'recvonly' ? 'sendrecv' : 'sendonly';
        this.host.renegotiate();
      }
    });
  }

  /** Sends a kind that was not sent so far, from the stream or by the constraints that the options bring. */
  add(kind: Kind, options: DialOptions): Promise<void> {
    return this.#after(async () => {
      if (!this.pc) throw new InvalidParams('The call has not been set up yet');
      this.options = { ...this.options, ...options };
      if (this.#transceiver(kind)) return this.#setSending(kind, true);
      await this.#change('addInputDevice', kind, async () => {
        await this.#acquire(kind);
        this.#added.add(kind);
        const receives = kind === 'audio' ? options.receiveAudio : options.receiveVideo;
        this.#prefer(this.pc!.addTransceiver(kind, { direction: receives === false ? 'sendonly' : 'sendrecv' }), kind);
        await this.#attach();
        this.host.renegotiate();
      });
    });
  }

  /** Stops receiving a kind, or begins (again); says which. */
  toggleReceiving(kind: Kind): Promise<void> {
    return this.#after(async () => {
      if (!this.pc) throw new InvalidParams('The call has not been set up yet');
      const transceiver = this.#transceiver(kind);
      const sends = !!transceiver?.direction.includes('send');
      const receive = !transceiver?.direction.includes('recv');
      if (!transceiver) this.#prefer(this.pc.addTransceiver(kind, { direction: 'recvonly' }), kind);
      else {
        transceiver.direction = receive ? (sends ? 'sendrecv' : 'recvonly') : sends ? 'sendonly' : 'inactive';
        // Silent at once, not after a round trip.
        transceiver.receiver.track.enabled = receive;
      }
      this.host.renegotiate();
    });
  }

  /** Stops or resumes sending a kind without giving the device back and without a renegotiation. */
  async setActive(kind: Kind, active: boolean): Promise<void> {
    const sender = this.#transceiver(kind)?.sender;
    const parameters = sender?.getParameters();
    if (!sender || !parameters?.encodings?.length) return;
    for (const encoding of parameters.encodings) encoding.active = active;
    await sender.setParameters(parameters);
  }

  /** Whether a kind is captured and sent, or about to be. */
  isSending(kind: Kind): boolean {
    return !!this.#tracks[kind] || this.#asked.has(kind);
  }

  /** The volume of the microphone, 1 for as it is. */
  setGain(factor: number): void {
    if (!this.#gain) {
      if (factor === 1) return;
      this.#gain = Gain.make();
      void this.#after(() => this.#attach());
    }
    if (this.#gain) this.#gain.factor = factor;
  }

  async #acquire(kind: Kind): Promise<void> {
    const given = this.#given(kind);
    if (given) return this.#take(kind, given);
    const constraints = this.#constraints(kind);
    if (!constraints) throw new DOMException(`The ${kind} input is disabled`, 'NotAllowedError');
    for (const track of await this.#devices({ [kind]: constraints })) this.#take(kind, track);
  }

  /** A change of a track that must not end the call: what fails is reported. */
  async #change(operation: string, kind: Kind, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (!this.#closed) this.host.report({ mediaTrack: { failure: failure(error), operation, kind } });
      this.#tellLocal();
    }
  }

  /** The application's user is told why there is no device now. */
  readonly #telling = (kind: Kind) => (error: unknown) => {
    throw new DOMException(sentence(kind, error), (error as Error).name);
  };

  /** Another device was chosen, or none, for what is sent from a device. */
  recapture(kind: Kind, none: boolean): Promise<void> {
    return this.#after(async () => {
      await this.#opening;
      if (!this.#intent[kind] || this.#given(kind)) return;
      await this.#change('selectDevice', kind, async () => {
        this.#release(kind);
        if (!none) await this.#acquire(kind).catch(this.#telling(kind));
        await this.#attach();
      });
    });
  }

  /** Merges constraints into those of the live track and of later captures. */
  constrain(kind: Kind, change: MediaTrackConstraints): Promise<void> {
    return this.#after(() => this.#constrain(kind, change));
  }

  async #constrainAll(params: MediaParams): Promise<void> {
    for (const kind of KINDS) {
      const change = params[kind];
      if (change) await this.#constrain(kind, change);
    }
  }

  async #constrain(kind: Kind, change: MediaTrackConstraints): Promise<void> {
    await this.#opening;
    this.#set[kind] = { ...this.#set[kind], ...change };
    const track = this.#tracks[kind];
    if (!track) return;
    try {
      await track.applyConstraints({ ...track.getConstraints(), ...change });
      if (ignored(track, change)) throw new Error('ignored');
    } catch (error) {
      await this.#change('setConstraints', kind, async () => {
        // The application's own track cannot be opened anew.
        if (this.#given(kind)) throw error;
        this.#release(kind);
        await this.#acquire(kind);
        await this.#attach();
      });
    }
  }

  /** Push to talk: silence without giving the device back. */
  setTransmitting(on: boolean): void {
    this.#transmitting = on;
    if (this.#tracks.audio) this.#tracks.audio.enabled = on;
  }

  #tellLocal(): void {
    const tracks = Object.values(this.#tracks);
    const stream = this.local.value ?? new MediaStream();
    const before = stream.getTracks();
    for (const track of before) if (!tracks.includes(track)) stream.removeTrack(track);
    for (const track of tracks) stream.addTrack(track);
    const same = before.length === tracks.length && tracks.every((track) => before.includes(track));
    if (!tracks.length) this.local.set(null);
    else if (!same) tell(this.local, stream);
  }

  #tellDirections(): void {
    const of = (kind: Kind) => {
      const found = this.#transceiver(kind);
      return found?.currentDirection ?? found?.direction ?? 'inactive';
    };
    const now = { audio: of('audio'), video: of('video') };
    const before = this.directions.value;
    if (before?.audio !== now.audio || before.video !== now.video) this.directions.set(now);
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#watching.abort();
    for (const kind of KINDS) this.#release(kind);
    this.#gain?.close();
    this.pc?.close();
    for (const stream of [this.local, this.remote]) {
      stream.set(null);
      stream.complete();
    }
    this.directions.complete();
  }
}

type Offered = Extract<PeerCommand, { offer: unknown }>['offer'];

/** Gecko names itself in its descriptions. It keeps a transport's DTLS when the certificate at the far end has changed, and hears nothing any more. */
function isGecko(pc: RTCPeerConnection): boolean {
  return /^o=mozilla/m.test(pc.localDescription?.sdp ?? '');
}

/** Opus in stereo, with the rate that needs (RFC 7587). */
function inStereo(sdp: string): string {
  const opus = /^a=rtpmap:(\d+) opus\//im.exec(sdp)?.[1];
  return opus ? sdp.replace(new RegExp(`^a=fmtp:${opus} .*`, 'm'), '$&;stereo=1;sprop-stereo=1;maxaveragebitrate=510000') : sdp;
}

function sends(media: MediaPlan, kind: Kind): boolean {
  return kind === 'audio' ? media.sendAudio : media.sendVideo;
}

function muted(media: MediaPlan, kind: Kind): boolean {
  return kind === 'audio' ? media.audioMuted : media.videoMuted;
}

function directionOf(media: MediaPlan, kind: Kind): RTCRtpTransceiverDirection {
  const receives = kind === 'audio' ? media.receiveAudio : media.receiveVideo;
  return sends(media, kind) ? (receives ? 'sendrecv' : 'sendonly') : receives ? 'recvonly' : 'inactive';
}

/** Whether a switch was taken for a mere wish: browsers decide on echo, noise and gain when they open a device. */
function ignored(track: MediaStreamTrack, change: MediaTrackConstraints): boolean {
  const settings = track.getSettings() as Record<string, unknown>;
  return Object.entries(change).some(([name, wanted]) => typeof wanted === 'boolean' && typeof settings[name] === 'boolean' && settings[name] !== wanted);
}

/** Tells a stream, the same one again if its tracks have changed. */
function tell(cell: Cell<MediaStream | null>, stream: MediaStream): void {
  if (cell.value === stream) cell.touch();
  else cell.set(stream);
}
