/** How loud a stream is, in bands from low tones to high, told once a frame. */

/** Samples in one look at the sound; half as many bands come of it. */
const WINDOW = 256;
/** How much of the former value stays in the next: bars that jump are tiring. */
const SMOOTHING = 0.8;

export class Meter {
  /** What is measured. A stream keeps its object when its microphone is changed; the track tells. */
  readonly track: MediaStreamTrack | undefined;
  readonly #context = new AudioContext();
  readonly #analyser: AnalyserNode;
  readonly #source: MediaStreamAudioSourceNode;
  readonly #bins: Uint8Array<ArrayBuffer>;
  #frame = 0;

  /** `told` gets as many values from 0 to 1 as `bars` says. */
  constructor(
    readonly stream: MediaStream,
    private readonly bars: () => number,
    private readonly told: (levels: number[]) => void
  ) {
    this.track = stream.getAudioTracks()[0];
    this.#analyser = new AnalyserNode(this.#context, { fftSize: WINDOW, smoothingTimeConstant: SMOOTHING });
    this.#bins = new Uint8Array(this.#analyser.frequencyBinCount);
    this.#source = new MediaStreamAudioSourceNode(this.#context, { mediaStream: stream });
    this.#source.connect(this.#analyser);
    if (this.#context.state === 'suspended') {
      // A browser may want a click on the page first.
      for (const event of ['pointerdown', 'keydown']) addEventListener(event, this.#resume, { capture: true });
      this.#resume();
    }
    this.#frame = requestAnimationFrame(this.#look);
  }

  stop(): void {
    cancelAnimationFrame(this.#frame);
    for (const event of ['pointerdown', 'keydown']) removeEventListener(event, this.#resume, { capture: true });
    this.#source.disconnect();
    this.#analyser.disconnect();
    if (this.#context.state !== 'closed') this.#context.close().catch((error: unknown) => console.warn('the audio level was not closed:', error));
  }

  readonly #resume = (): void => {
    if (this.#context.state === 'suspended') this.#context.resume().catch((error: unknown) => console.warn('the audio level is not measured:', error));
  };

  readonly #look = (): void => {
    this.#frame = requestAnimationFrame(this.#look);
    this.#analyser.getByteFrequencyData(this.#bins);
    const bars = this.bars();
    const each = Math.floor(this.#bins.length / bars);
    this.told(Array.from({ length: bars }, (_, bar) => {
      let sum = 0;
      for (let bin = bar * each; bin < (bar + 1) * each; bin++) sum += this.#bins[bin]!;
      return sum / each / 255;
    }));
  };
}
