/** Values that can be watched: the one shape behind every `name$` and `name` of the public API. */
import { Observable, ReplaySubject, Subject, Subscription, type Observer } from 'rxjs';

/** A value with its observable. A subscriber gets the current value first, also after the end. */
export class Cell<T> {
  readonly #subject = new ReplaySubject<T>(1);
  #value: T;
  /** Delivers synchronously. */
  readonly sync$ = this.#subject.asObservable();
  /** The same, delivered in a micro-task. */
  readonly later$ = later(this.sync$);

  constructor(value: T) {
    this.#value = value;
    this.touch();
  }

  get value(): T {
    return this.#value;
  }

  set(value: T): void {
    if (value === this.#value) return;
    this.#value = value;
    this.touch();
  }

  /** Tells the value again: it is the same object, but not as it was. */
  touch(): void {
    this.#subject.next(this.#value);
  }

  /** Only real values: neither `undefined` nor `null`. */
  get present$(): Observable<NonNullable<T>> {
    return select(this.sync$, (value) => value ?? undefined);
  }

  complete(): void {
    this.#subject.complete();
  }
}

/** What a method of the server's changed has been told by then, or will not be. */
const EVENT_MS = 1000;

/** Delivers in a micro-task, so that a caller can finish assigning its subscription first. */
export function later<T>(source: Observable<T>): Observable<T> {
  return new Observable<T>((observer: Observer<T>) =>
    source.subscribe({
      next: (value) => queueMicrotask(() => observer.next(value)),
      error: (error: unknown) => queueMicrotask(() => observer.error(error)),
      complete: () => queueMicrotask(() => observer.complete())
    })
  );
}

/** What `pick` makes of each value; `undefined` is left out. */
export function select<T, R>(source: Observable<T>, pick: (value: T) => R | undefined): Observable<R> {
  return new Observable<R>((observer) =>
    source.subscribe({
      next: (value) => {
        const picked = pick(value);
        if (picked !== undefined) observer.next(picked);
      },
      error: (error: unknown) => observer.error(error),
      complete: () => observer.complete()
    })
  );
}

/** What `pick` makes of each value, `undefined` included, without repeats. */
export function changes<T, R>(source: Observable<T>, pick: (value: T) => R): Observable<R> {
  return new Observable<R>((observer) => {
    let last: R | typeof nothing = nothing;
    return source.subscribe({
      next: (value) => {
        const picked = pick(value);
        if (picked !== last) observer.next((last = picked));
      },
      complete: () => observer.complete()
    });
  });
}
const nothing = Symbol();

/** Steps that are taken one after the other, each when what the one before has changed was told. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();
  take(step: () => Promise<unknown>, source?: Observable<unknown>, changed?: () => boolean): Promise<void> {
    const taken = this.#last.then(step) as Promise<void>;
    this.#last = taken.then(() => source && settles(source, changed!)).catch(() => undefined);
    return taken;
  }
}

/** Resolves when `holds` does, looked at on every value; also at the end of the values, and when it takes too long. */
function settles(source: Observable<unknown>, holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const watching = new Subscription(resolve);
    const limit = setTimeout(() => watching.unsubscribe(), EVENT_MS);
    watching.add(() => clearTimeout(limit));
    const look = () => holds() && watching.unsubscribe();
    watching.add(source.subscribe({ next: look, complete: () => watching.unsubscribe() }));
  });
}

/** Gives a class, for each name, a getter `name` and a getter `name$`; the interface beside the class types them. */
export function define<C>(prototype: C, names: readonly string[], read: (of: C, name: string) => unknown, watch: (of: C, name: string) => unknown): void {
  for (const name of names) {
    const getter = (key: string, get: (of: C, name: string) => unknown) =>
      Object.defineProperty(prototype, key, {
        get(this: C) {
          return get(this, name);
        },
        configurable: true
      });
    getter(name, read);
    getter(`${name}$`, watch);
  }
}

/** Whatever can be destroyed: completes what it was given, then tells. */
export class Destroyable {
  readonly #destroyed = new Subject<void>();
  readonly #owned: { complete(): void }[] = [];
  #gone = false;

  /** Once, when this is destroyed. */
  get destroyed$(): Observable<void> {
    return this.#destroyed.asObservable();
  }

  protected get isDestroyed(): boolean {
    return this.#gone;
  }

  /** Completes it at the end. */
  protected own<T extends { complete(): void }>(subject: T): T {
    this.#owned.push(subject);
    return subject;
  }

  protected cell<T>(value: T): Cell<T> {
    return this.own(new Cell(value));
  }

  protected events<T>(replay = 0): Subject<T> {
    return this.own(replay ? new ReplaySubject<T>(replay) : new Subject<T>());
  }

  /** Delivers in a micro-task, and nothing any more from the moment this is destroyed. */
  protected until<T>(source: Observable<T>): Observable<T> {
    return new Observable<T>((observer) => {
      const subscription = later(source).subscribe(observer);
      if (!this.#gone) subscription.add(this.#destroyed.subscribe({ complete: () => observer.complete() }));
      return subscription;
    });
  }

  destroy(): void {
    if (this.#gone) return;
    this.#gone = true;
    for (const subject of this.#owned) subject.complete();
    this.#destroyed.next();
    this.#destroyed.complete();
  }
}
