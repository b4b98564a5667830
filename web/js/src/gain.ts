/** The microphone's own volume control, between the device and what is sent. */
import { audio } from './levels.js';

export class Gain {
  readonly #volume: GainNode;
  readonly #out: MediaStreamAudioDestinationNode;
  #source: MediaStreamAudioSourceNode | undefined;
  #track: MediaStreamTrack | undefined;

  constructor(context: AudioContext) {
    this.#volume = context.createGain();
    this.#out = context.createMediaStreamDestination();
    this.#volume.connect(this.#out);
  }

  /** Undefined where there is no Web Audio. */
  static make(): Gain | undefined {
    const context = audio();
    return context && new Gain(context);
  }

  /** 1 leaves the sound as it is. */
  set factor(factor: number) {
    // A step would click.
    this.#volume.gain.setTargetAtTime(factor, this.#volume.context.currentTime, 0.01);
  }

  /** What to send in place of the device's track: always the same one. */
  through(track: MediaStreamTrack): MediaStreamTrack {
    if (track !== this.#track) {
      this.#source?.disconnect();
      this.#source = (this.#volume.context as AudioContext).createMediaStreamSource(new MediaStream([track]));
      this.#source.connect(this.#volume);
      this.#track = track;
    }
    return this.#out.stream.getAudioTracks()[0]!;
  }

  close(): void {
    this.#source?.disconnect();
    this.#volume.disconnect();
  }
}
