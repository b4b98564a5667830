/** Rings: a sound of two tones, and the page's title, for as long as anything rings. */
export class Ringer {
  #context: AudioContext | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  readonly #title = document.title;

  set(ringing: boolean): void {
    if (ringing === (this.#timer !== undefined)) return;
    if (!ringing) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      document.title = this.#title;
      return;
    }
    const ring = () => {
      document.title = document.title === this.#title ? 'Incoming call' : this.#title;
      this.#chime();
    };
    ring();
    this.#timer = setInterval(ring, 1500);
  }

  #chime(): void {
    // Signing in was a gesture: sound is allowed. Where it is not, the title and the card still tell.
    const context = (this.#context ??= new AudioContext());
    const start = context.currentTime;
    [660, 880].forEach((frequency, index) => {
      const tone = context.createOscillator();
      const volume = context.createGain();
      tone.frequency.value = frequency;
      volume.gain.setValueAtTime(0.0001, start + index * 0.22);
      volume.gain.exponentialRampToValueAtTime(0.18, start + index * 0.22 + 0.03);
      volume.gain.exponentialRampToValueAtTime(0.0001, start + index * 0.22 + 0.4);
      tone.connect(volume).connect(context.destination);
      tone.start(start + index * 0.22);
      tone.stop(start + index * 0.22 + 0.45);
    });
  }
}
