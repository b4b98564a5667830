/** One leg: a peer connection and what is captured for it. Does, in order, what the engine says. */
import type { MediaPlan, PeerCommand, PeerReport } from './engine.js';
import { failure } from './driver.js';
import { Cell } from './observe.js';
import type { MediaDirections, MediaOptions, WebRTCApiProvider } from './types.js';

type Kind = 'audio' | 'video';

export interface LegHost {
  api: WebRTCApiProvider;
  /** Constraints of a kind: chosen device and preferences; `false` when the user switched the kind off. */
  constraints(kind: Kind, options: MediaOptions): MediaTrackConstraints | boolean;
  gathering: { candidateMs: number; totalMs: number; relayOnly: boolean; tcpOnly: boolean };
  report(report: PeerReport): void;
}

export class Leg {
  readonly local = new Cell<MediaStream | null>(null);
  readonly remote = new Cell<MediaStream | null>(null);
  readonly directions = new Cell<MediaDirections | null>(null);
  options: MediaOptions = {};
  pc: RTCPeerConnection | undefined;
  #tracks: Partial<Record<Kind, MediaStreamTrack>> = {};
  #wanted: Partial<Record<Kind, boolean>> = {};
  #queue: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(private readonly host: LegHost) {}

  perform(command: PeerCommand): void {
    // Closing does not wait for a permission prompt.
    if ('close' in command) return this.#close();
    this.#queue = this.#queue.then(() => this.#closed ? undefined : this.#do(command));
  }

  async #do(command: PeerCommand): Promise<void> {
    const operation = Object.keys(command)[0]!;
    try {
      if ('create' in command) this.#create(command.create.iceServers ?? [], command.create.relayOnly);
      else if ('offer' in command) await this.#offer(command.offer);
      else if ('answer' in command) await this.#answer(command.answer);
      else if ('applyAnswer' in command) {
        await this.pc!.setRemoteDescription({ type: 'answer', sdp: command.applyAnswer.sdp });
        this.host.report({ remoteApplied: {} });
      } else if ('setSending' in command) await this.#setSending(command.setSending.video ? 'video' : 'audio', command.setSending.on);
      else if ('applyMediaParams' in command) await this.#constrain(command.applyMediaParams.params);
    } catch (error) {
      if (!this.#closed) this.host.report({ failed: { failure: failure(error), operation } });
    }
  }

  #create(servers: RTCIceServer[], relayOnly: boolean): void {
    const { gathering } = this.host;
    const tcp = (url: string) => url.includes('transport=tcp');
    const iceServers = gathering.tcpOnly
      ? servers.map((server) => ({ ...server, urls: [server.urls].flat().filter(tcp) })).filter(({ urls }) => urls.length)
      : servers;
    const relay = relayOnly || gathering.relayOnly || gathering.tcpOnly;
    const pc = new this.host.api.RTCPeerConnection({
      iceServers,
      iceTransportPolicy: relay ? 'relay' : 'all',
      bundlePolicy: 'max-bundle'
    });
    this.pc = pc;
    const remote = new MediaStream();
    pc.addEventListener('track', ({ track }) => {
      remote.addTrack(track);
      this.remote.set(remote);
    });
    pc.addEventListener('connectionstatechange', () => {
      if (this.#closed) return;
      if (pc.connectionState === 'connected') this.#tellDirections();
      this.host.report({ state: { state: pc.connectionState } });
    });
  }

  async #offer({ media, waitForCandidates, iceRestart }: { media: MediaPlan; waitForCandidates: boolean; iceRestart: boolean }): Promise<void> {
    const pc = this.pc!;
    if (iceRestart) {
      await this.#describe(await pc.createOffer({ iceRestart: true }), waitForCandidates);
      return;
    }
    const direction = (send: boolean, receive: boolean): RTCRtpTransceiverDirection =>
      send ? (receive ? 'sendrecv' : 'sendonly') : receive ? 'recvonly' : 'inactive';
    const add = () => {
      if (media.sendAudio || media.receiveAudio)
        pc.addTransceiver('audio', { direction: direction(media.sendAudio, media.receiveAudio) });
      if (media.sendVideo || media.receiveVideo)
        pc.addTransceiver('video', { direction: direction(media.sendVideo, media.receiveVideo) });
    };
    if (await this.#granted(media)) {
      // No prompt can come up: the offer need not wait for the devices to open.
      add();
      // Nor need the answer: what goes wrong with the devices is reported from in there.
      this.#capture(media).catch(() => undefined);
      await this.#describe(await pc.createOffer(), waitForCandidates);
    } else {
      await this.#capture(media);
      if (this.#closed) return;
      media = { ...media, sendAudio: !!this.#tracks.audio, sendVideo: !!this.#tracks.video };
      add();
      await this.#send();
      await this.#describe(await pc.createOffer(), waitForCandidates);
    }
  }

  async #answer({ offer, media, waitForCandidates }: { offer: string; media: MediaPlan; waitForCandidates: boolean }): Promise<void> {
    const pc = this.pc!;
    await Promise.all([pc.setRemoteDescription({ type: 'offer', sdp: offer }), this.#capture(media)]);
    if (this.#closed) return;
    for (const transceiver of pc.getTransceivers()) {
      const kind = transceiver.receiver.track.kind as Kind;
      const receive = kind === 'audio' ? media.receiveAudio : media.receiveVideo;
      transceiver.direction = this.#tracks[kind] ? (receive ? 'sendrecv' : 'sendonly') : receive ? 'recvonly' : 'inactive';
    }
    await this.#send();
    await this.#describe(await pc.createAnswer(), waitForCandidates);
  }

  async #describe(description: RTCSessionDescriptionInit, wait: boolean): Promise<void> {
    const pc = this.pc!;
    await pc.setLocalDescription(description);
    if (wait) await this.#gathered();
    if (this.#closed) return;
    this.#tellDirections();
    this.host.report({
      localDescription: {
        sdp: pc.localDescription!.sdp,
        sendingAudio: !!this.#wanted.audio,
        sendingVideo: !!this.#wanted.video
      }
    });
  }

  /** Until a description can be sent to a server that takes candidates from the SDP only (reference 9.4). */
  #gathered(): Promise<void> {
    const pc = this.pc!;
    const { candidateMs, totalMs } = this.host.gathering;
    return new Promise((resolve) => {
      let quiet: ReturnType<typeof setTimeout> | undefined;
      const end = () => {
        clearTimeout(quiet);
        clearTimeout(limit);
        pc.removeEventListener('icecandidate', more);
        resolve();
      };
      const more = (event: RTCPeerConnectionIceEvent) => {
        clearTimeout(quiet);
        if (!event.candidate) return end();
        quiet = setTimeout(() => {
          // Candidates beyond the own addresses are worth waiting for; the bundled section speaks for all.
          if (/ typ (srflx|relay) /.test(pc.localDescription!.sdp)) end();
        }, candidateMs);
      };
      const limit = setTimeout(end, totalMs);
      pc.addEventListener('icecandidate', more);
      if (pc.iceGatheringState === 'complete') end();
    });
  }

  async #granted(media: MediaPlan): Promise<boolean> {
    if (this.options.inputAudioStream || this.options.inputVideoStream) return false;
    try {
      const asked: string[] = [...(media.sendAudio ? ['microphone'] : []), ...(media.sendVideo ? ['camera'] : [])];
      const states = await Promise.all(asked.map((name) => navigator.permissions.query({ name: name as PermissionName })));
      return asked.length > 0 && states.every(({ state }) => state === 'granted');
    } catch {
      return false;
    }
  }

  /** Opens what is to be sent; refusal means receive-only, unless that is not wanted. */
  async #capture(media: MediaPlan): Promise<void> {
    this.#wanted = { audio: media.sendAudio, video: media.sendVideo };
    const given: Partial<Record<Kind, MediaStreamTrack>> = {
      audio: this.options.inputAudioStream?.getAudioTracks()[0],
      video: this.options.inputVideoStream?.getVideoTracks()[0]
    };
    const ask: MediaStreamConstraints = {};
    for (const kind of ['audio', 'video'] as const) {
      if (!this.#wanted[kind]) continue;
      if (given[kind]) this.#tracks[kind] = given[kind];
      else {
        const constraints = this.host.constraints(kind, this.options);
        if (constraints) ask[kind] = constraints;
        else this.#wanted[kind] = false;
      }
    }
    if (ask.audio || ask.video) {
      try {
        const stream = await this.host.api.mediaDevices.getUserMedia(ask);
        if (this.#closed) return stream.getTracks().forEach((track) => track.stop());
        for (const track of stream.getTracks()) this.#tracks[track.kind as Kind] = track;
      } catch (error) {
        this.#wanted = {};
        const receives = media.receiveAudio || media.receiveVideo;
        const fatal = !(media.fallbackToReceiveOnly && receives);
        const kinds = `${ask.audio ? 'audio' : ''}${ask.video ? 'video' : ''}`;
        this.host.report({ mediaAccess: { failure: failure(error), media: kinds, fatal } });
        if (fatal) throw error;
      }
    }
    await this.#send();
  }

  /** Puts the captured tracks on their senders. */
  async #send(): Promise<void> {
    for (const transceiver of this.pc?.getTransceivers() ?? []) {
      const track = this.#tracks[transceiver.receiver.track.kind as Kind];
      if (track && transceiver.sender.track !== track) await transceiver.sender.replaceTrack(track);
    }
    this.#tellLocal();
  }

  /** Mute stops the device, so that its light goes out; unmute opens it again. No renegotiation. */
  async #setSending(kind: Kind, on: boolean): Promise<void> {
    const transceiver = this.pc?.getTransceivers().find(({ receiver }) => receiver.track.kind === kind);
    if (!transceiver) return;
    try {
      if (on && !this.#tracks[kind]) {
        const constraints = this.host.constraints(kind, this.options) || true;
        const stream = await this.host.api.mediaDevices.getUserMedia({ [kind]: constraints });
        const track = stream.getTracks()[0]!;
        if (this.#closed) return track.stop();
        this.#tracks[kind] = track;
        await transceiver.sender.replaceTrack(track);
      } else if (!on) {
        await transceiver.sender.replaceTrack(null);
        this.#tracks[kind]?.stop();
        delete this.#tracks[kind];
      }
      this.#tellLocal();
    } catch (error) {
      this.host.report({ mediaTrack: { failure: failure(error), operation: on ? 'unmute' : 'mute', kind } });
    }
  }

  /** Captures a kind anew, with the constraints of now: another device, or other processing. */
  async recapture(kind: Kind): Promise<void> {
    if (!this.#tracks[kind]) return;
    await this.#setSending(kind, false);
    await this.#setSending(kind, true);
  }

  track(kind: Kind): MediaStreamTrack | undefined {
    return this.#tracks[kind];
  }

  async #constrain(params: { audio?: MediaTrackConstraints; video?: MediaTrackConstraints }): Promise<void> {
    for (const kind of ['audio', 'video'] as const) {
      const change = params[kind];
      if (change) await this.constrain(kind, change);
    }
  }

  async constrain(kind: Kind, change: MediaTrackConstraints): Promise<void> {
    const track = this.#tracks[kind];
    if (!track) return;
    try {
      await track.applyConstraints({ ...track.getConstraints(), ...change });
    } catch (error) {
      this.host.report({ mediaTrack: { failure: failure(error), operation: 'applyConstraints', kind } });
    }
  }

  #tellLocal(): void {
    const tracks = Object.values(this.#tracks);
    this.local.set(tracks.length ? new MediaStream(tracks) : null);
  }

  #tellDirections(): void {
    const of = (kind: Kind) => {
      const found = this.pc?.getTransceivers().find(({ receiver }) => receiver.track.kind === kind);
      return found?.currentDirection ?? found?.direction ?? 'inactive';
    };
    this.directions.set({ audio: of('audio'), video: of('video') });
  }

  #close(): void {
    this.#closed = true;
    const given = [this.options.inputAudioStream, this.options.inputVideoStream];
    for (const track of Object.values(this.#tracks)) {
      // A track that the application brought is the application's to stop.
      if (!given.some((stream) => stream?.getTracks().includes(track))) track.stop();
    }
    this.#tracks = {};
    this.pc?.close();
    this.local.set(null);
    this.remote.set(null);
  }
}
