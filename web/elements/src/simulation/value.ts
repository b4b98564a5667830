import type { Observed, Subscription } from '../base/interfaces.js';

/** A value that tells its followers, at once and at each change: what the elements need of an Observable. */
export class Value<T> implements Observed<T> {
  #followers = new Set<(value: T) => void>();
  constructor(private now: T) {}

  get value(): T {
    return this.now;
  }

  /** How many follow: tests look whether an element lets go. */
  get followers(): number {
    return this.#followers.size;
  }

  next(value: T): void {
    this.now = value;
    for (const follower of [...this.#followers]) follower(value);
  }

  subscribe(next: ((value: T) => void) | { next?: (value: T) => void }): Subscription {
    const follower = typeof next === 'function' ? next : (value: T) => next.next?.(value);
    this.#followers.add(follower);
    follower(this.now);
    return { unsubscribe: () => void this.#followers.delete(follower) };
  }
}
