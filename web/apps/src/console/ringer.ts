/** Rings: a sound of two tones, a shake of the phone and the page's title, for as long as anything rings. */
const EVERY_MS = 1500;

export class Ringer {
  #context: AudioContext | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  readonly #title = document.title;
  #volume = 0.6;

  /** 0 to 1. */
  set volume(volume: number) {
    this.#volume = Math.min(Math.max(volume, 0), 1);
  }

  /** `quiet`: in the middle of a conversation, one soft tone at a time. */
  set(ringing: number, quiet: boolean): void {
    this.#quiet = quiet;
    this.#count = ringing;
    if (ringing > 0 === (this.#timer !== undefined)) return;
    if (ringing === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      document.title = this.#title;
      navigator.vibrate?.(0);
      return;
    }
    const ring = () => {
      const told = this.#count === 1 ? 'Incoming call' : `${this.#count} calls waiting`;
      document.title = document.title === this.#title ? told : this.#title;
      this.chime();
    };
    ring();
    this.#timer = setInterval(ring, EVERY_MS);
  }
  #quiet = false;
  #count = 0;

  /** One ring. */
  chime(): void {
    if (this.#volume === 0) return;
    // Signing in was a gesture: sound is allowed. Where it is not, the title and the card still tell.
    const context = (this.#context ??= new AudioContext());
    void context.resume().catch(() => undefined);
    const start = context.currentTime;
    const peak = 0.3 * this.#volume * (this.#quiet ? 0.25 : 1);
    (this.#quiet ? [660] : [660, 880]).forEach((frequency, index) => {
      const tone = context.createOscillator();
      const volume = context.createGain();
      tone.frequency.value = frequency;
      volume.gain.setValueAtTime(0.0001, start + index * 0.22);
      volume.gain.exponentialRampToValueAtTime(Math.max(peak, 0.0002), start + index * 0.22 + 0.03);
      volume.gain.exponentialRampToValueAtTime(0.0001, start + index * 0.22 + 0.4);
      tone.connect(volume).connect(context.destination);
      tone.start(start + index * 0.22);
      tone.stop(start + index * 0.22 + 0.45);
    });
    if (!this.#quiet) navigator.vibrate?.([200, 100, 200]);
  }
}
