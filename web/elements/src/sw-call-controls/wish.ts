/** Between the press of a switch and the word of the server. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** Milliseconds in which a new state is told after it was accepted; then what was told last holds again. */
const PATIENCE = 2000;

/**
 * A switch of the call as it is shown: at once where the person put it, and in the end where it really is. A press while
 * the one before is under way waits until the call told what came of it, so that two quick presses never cross.
 */
export class Wish implements ReactiveController {
  #wanted: boolean | undefined;
  /** What was asked of the call, and whether it has answered. */
  #asked: { on: boolean; answered: boolean } | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly real: () => boolean,
    private readonly put: (on: boolean) => Promise<unknown>,
    private readonly failed: (error: unknown) => void
  ) {
    host.addController(this);
  }

  /** What to show. */
  get shown(): boolean {
    return this.#wanted ?? this.real();
  }

  /** The person wants it there. */
  want(on: boolean): void {
    this.#wanted = on;
    if (!this.#asked) this.#ask(on);
    this.host.requestUpdate();
  }

  /** The call is another one: neither what was wanted nor what is still to be answered counts. */
  forget(): void {
    clearTimeout(this.#timer);
    this.#wanted = this.#asked = undefined;
    this.host.requestUpdate();
  }

  hostUpdate(): void {
    if (this.#asked?.answered && this.real() === this.#asked.on) this.#settle();
  }

  hostDisconnected(): void {
    this.forget();
  }

  #ask(on: boolean): void {
    const asked = { on, answered: false };
    this.#asked = asked;
    this.put(on).then(
      () => {
        if (asked !== this.#asked) return;
        asked.answered = true;
        this.#timer = setTimeout(() => this.#settle(), PATIENCE);
        this.host.requestUpdate();
      },
      (error: unknown) => {
        if (asked !== this.#asked) return;
        this.forget();
        this.failed(error);
      }
    );
  }

  #settle(): void {
    clearTimeout(this.#timer);
    const [wanted, accepted] = [this.#wanted, this.#asked?.on];
    this.#wanted = this.#asked = undefined;
    // It was pressed again in the meantime. What was accepted and never told is not asked twice.
    if (wanted !== undefined && wanted !== accepted && wanted !== this.real()) this.want(wanted);
    this.host.requestUpdate();
  }
}
