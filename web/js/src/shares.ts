/** Legs beside a call's own: the shared screen and additional devices (sdk-api reference, 9.3). Their end never ends the call. */
import { capture, merged } from './capture.js';
import { DependencyError, InvalidParams, MediaAccessError } from './errors.js';
import { Cell } from './observe.js';
import type { Leg } from './peer.js';
import type { PeerCommand } from './engine.js';
import type { MediaOptions, ScreenShareStatus, WebRTCMediaDevices } from './types.js';

export interface SharesHost {
  devices: WebRTCMediaDevices;
  command(name: string, body: Record<string, unknown>): Promise<unknown>;
  leg(id: string): Leg;
  complain(error: Error): void;
}

interface Share {
  leg: Leg;
  stream: MediaStream;
  screen: boolean;
  /** The application's own: not stopped here. */
  given: MediaStreamTrack[];
}

export class Shares {
  readonly screen = new Cell<ScreenShareStatus>('none');
  readonly #shares = new Map<string, Share>();
  #screenId: string | undefined;

  constructor(
    private readonly call: string,
    private readonly host: SharesHost
  ) {}

  /** Whether a leg is one of these; then it is done. */
  peer(leg: string, command: PeerCommand): boolean {
    const share = this.#shares.get(leg);
    void share?.leg.perform(command);
    return share !== undefined;
  }

  /** Shares a screen, a window or a tab, with its sound where the browser gives it. */
  async startScreen(): Promise<void> {
    if (this.screen.value !== 'none') throw new InvalidParams('The screen is shared already');
    this.screen.set('starting');
    const { devices } = this.host;
    try {
      if (!devices.getDisplayMedia) throw new DependencyError('This browser cannot share a screen');
      // Asked for at once: browsers want a click close before it.
      const stream = await devices.getDisplayMedia({ video: true, audio: true });
      const id = (this.#screenId = crypto.randomUUID());
      // The browser's own button.
      for (const track of stream.getVideoTracks()) track.addEventListener('ended', () => void this.remove(id).catch(() => undefined), { once: true });
      await this.#add(id, stream, true, []);
      this.screen.set('started');
    } catch (error) {
      this.screen.set('none');
      this.host.complain(new MediaAccessError('startScreenShare', 'screen', error));
      throw error;
    }
  }

  async stopScreen(): Promise<void> {
    if (this.#screenId) await this.remove(this.#screenId);
  }

  /** Sends another device too; the leg's name. */
  async addDevice(options: MediaOptions): Promise<string> {
    const { inputAudioStream, inputVideoStream, inputAudioDeviceConstraints, inputVideoDeviceConstraints } = options;
    const given = [...(inputAudioStream?.getAudioTracks() ?? []), ...(inputVideoStream?.getVideoTracks() ?? [])];
    const audio = options.audio ?? !!inputAudioDeviceConstraints;
    // Without any word about a kind: a camera.
    const video = options.video ?? (!!inputVideoDeviceConstraints || !(given.length || audio));
    const ask: MediaStreamConstraints = {};
    if (audio && !inputAudioStream) ask.audio = merged(inputAudioDeviceConstraints);
    if (video && !inputVideoStream) ask.video = merged(inputVideoDeviceConstraints);
    if (!given.length && !ask.audio && !ask.video) throw new InvalidParams('The options name no input');
    try {
      const { tracks } = ask.audio || ask.video ? await capture(this.host.devices, ask) : { tracks: [] };
      const id = crypto.randomUUID();
      await this.#add(id, new MediaStream([...given, ...tracks]), false, given);
      return id;
    } catch (error) {
      const media = ask.audio && ask.video ? 'audiovideo' : ask.audio ? 'audio' : 'video';
      this.host.complain(new MediaAccessError('addInputDevice', media, error));
      throw error;
    }
  }

  async #add(id: string, stream: MediaStream, screen: boolean, given: MediaStreamTrack[]): Promise<void> {
    const leg = this.host.leg(id);
    leg.options = { inputAudioStream: stream, inputVideoStream: stream };
    this.#shares.set(id, { leg, stream, screen, given });
    const [audio, video] = [stream.getAudioTracks().length > 0, stream.getVideoTracks().length > 0];
    try {
      await this.host.command('addLeg', { call: this.call, leg: id, screen, audio, video });
    } catch (error) {
      this.ended(id);
      throw error;
    }
  }

  async remove(id: string): Promise<void> {
    const share = this.#shares.get(id);
    if (!share) throw new InvalidParams('There is no such device');
    if (share.screen) this.screen.set('stopping');
    await this.host.command('removeLeg', { leg: id });
    this.ended(id);
  }

  /** A leg is over, whoever ended it. */
  ended(id: string): void {
    const share = this.#shares.get(id);
    if (!share) return;
    this.#shares.delete(id);
    void share.leg.perform({ close: {} });
    for (const track of share.stream.getTracks()) if (!share.given.includes(track)) track.stop();
    if (id === this.#screenId) {
      this.#screenId = undefined;
      this.screen.set('none');
    }
  }

  /** Of the additional devices, not of the screen. */
  get devices(): string[] {
    return [...this.#shares.entries()].filter(([, { screen }]) => !screen).map(([id]) => id);
  }

  /** The page goes: the server is told that these end. */
  leave(): void {
    for (const id of this.#shares.keys()) void this.remove(id).catch(() => undefined);
  }

  close(): void {
    for (const id of [...this.#shares.keys()]) this.ended(id);
  }
}
