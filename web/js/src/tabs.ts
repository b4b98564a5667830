/** The text gets to the others before the lock does: both travel on ways of their own. */
const SETTLE_MS = 50;

/**
 * Tabs of one origin do a thing once: a lock, under whose name the one that did it leaves a text to the others.
 * Nothing is written anywhere; tabs that are gone leave nothing.
 */
export class Tabs {
  readonly #channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('offhook:shared');
  readonly #held = new Map<number, { name: string; release: () => void }>();
  #closed = false;

  constructor(told: (name: string, text: string) => void) {
    if (!this.#channel) return;
    this.#channel.onmessage = ({ data }: MessageEvent) => {
      const { name, text } = (data ?? {}) as { name?: unknown; text?: unknown };
      if (typeof name !== 'string' || typeof text !== 'string') return;
      told(name, text);
    };
  }

  /** Waits for the lock; without Web Locks there is nothing to wait for. */
  lock(request: number, name: string, granted: () => void): void {
    const grant = (release: () => void) => {
      this.#held.set(request, { name, release });
      granted();
    };
    const locks = globalThis.navigator?.locks;
    if (!locks) return grant(() => undefined);
    locks
      .request(`offhook:${name}`, () => (this.#closed ? undefined : new Promise<void>((release) => grant(release))))
      // A page without a right to locks (an opaque origin) has no siblings either.
      .catch(() => grant(() => undefined));
  }

  unlock(request: number, share: string | null): void {
    const held = this.#held.get(request);
    if (!held) return;
    this.#held.delete(request);
    if (share === null || !this.#channel) return held.release();
    this.#channel.postMessage({ name: held.name, text: share });
    setTimeout(held.release, SETTLE_MS);
  }

  close(): void {
    this.#closed = true;
    for (const { release } of this.#held.values()) release();
    this.#held.clear();
    this.#channel?.close();
  }
}
