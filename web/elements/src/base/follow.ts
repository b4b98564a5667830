/** Subscriptions that live as long as an element is in the document and its source stays the same. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { Observed, Subscription } from './interfaces.js';

/** Receives `follow`, to subscribe with. Of a part that the source lacks, nothing is heard. */
export type Attach<S> = (source: S, follow: <T>(observed: Observed<T> | undefined, next: (value: T) => void) => void) => void;

/**
 * Attaches to whatever `source()` gives: again when it changes and when the element comes back into the document;
 * detaches, and tells so, when the source goes or the element is removed.
 */
export class Follow<S extends object> implements ReactiveController {
  #source: S | undefined;
  #kept: Subscription[] = [];
  #connected = false;

  constructor(
    host: ReactiveControllerHost,
    private readonly source: () => S | null | undefined,
    private readonly attach: Attach<S>,
    private readonly detach: () => void = () => undefined
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    this.#connected = true;
    this.#look();
  }

  hostUpdate(): void {
    if (this.#connected) this.#look();
  }

  hostDisconnected(): void {
    this.#connected = false;
    this.#drop();
  }

  #look(): void {
    const source = this.source() ?? undefined;
    if (source === this.#source) return;
    this.#drop();
    if (!source) return;
    this.#source = source;
    this.attach(source, (observed, next) => {
      // What arrives from a former source, or after its end, is not ours any more.
      const subscription = observed?.subscribe((value) => {
        if (this.#source === source) next(value);
      });
      if (subscription) this.#kept.push(subscription);
    });
  }

  #drop(): void {
    if (!this.#source) return;
    this.#source = undefined;
    for (const subscription of this.#kept.splice(0)) subscription.unsubscribe();
    this.detach();
  }
}
