/** Plays a stream in a video element, with its sound; where the browser refuses sound, without it until somebody allows. */

/** What counts as a person's consent to sound. */
const GESTURES = ['pointerup', 'keydown', 'touchend'] as const;

export class Playback {
  #stream: MediaStream | null = null;
  #signature = '';
  #sink = '';
  #refused = false;

  /** `changed` is told when sound is refused or starts after all. */
  constructor(private readonly video: HTMLVideoElement, private readonly changed: () => void) {}

  /** Whether the sound waits for a person. */
  get refused(): boolean {
    return this.#refused;
  }

  show(stream: MediaStream | null): void {
    if (stream === this.#stream && signature(stream) === this.#signature) return;
    if (stream !== this.#stream) {
      for (const event of ['addtrack', 'removetrack']) {
        this.#stream?.removeEventListener(event, this.#look);
        stream?.addEventListener(event, this.#look);
      }
    }
    this.#stream = stream;
    this.#signature = signature(stream);
    this.video.srcObject = stream;
    if (stream) this.#play();
    else this.#allow();
  }

  /** Where the sound comes out; empty: where the system lets it. */
  sink(id: string): void {
    if (id === this.#sink || typeof this.video.setSinkId !== 'function') return;
    this.#sink = id;
    this.video.setSinkId(id).catch((error: unknown) => console.warn('sw-call-media: the loudspeaker was not chosen:', error));
  }

  /** Tries again with sound: after a click, browsers let it. */
  readonly unmute = (): void => {
    if (this.#stream) this.#play();
  };

  readonly #look = (): void => this.show(this.#stream);

  #play(): void {
    const stream = this.#stream;
    const { video } = this;
    // What has no sound needs no consent.
    video.muted = stream?.getAudioTracks().length === 0;
    video.play().then(
      () => {
        if (stream === this.#stream) this.#allow();
      },
      (error: unknown) => {
        // Any other refusal comes from the next stream, which interrupts this one.
        if (stream !== this.#stream || (error as DOMException | undefined)?.name !== 'NotAllowedError') return;
        this.#refuse();
        video.muted = true;
        video.play().catch(() => undefined);
      }
    );
  }

  #refuse(): void {
    if (this.#refused) return;
    this.#refused = true;
    for (const gesture of GESTURES) addEventListener(gesture, this.unmute, { capture: true });
    this.changed();
  }

  #allow(): void {
    if (!this.#refused) return;
    this.#refused = false;
    for (const gesture of GESTURES) removeEventListener(gesture, this.unmute, { capture: true });
    this.changed();
  }
}

/** Tracks come into one and the same stream object: a browser shows new ones when it is attached anew. */
function signature(stream: MediaStream | null): string {
  return (stream?.getTracks() ?? []).map(({ kind, id }) => `${kind}:${id}`).sort().join(' ');
}
