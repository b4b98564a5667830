/** Values that can be watched: the one shape behind every `name$` and `name` of the public API. */
import { BehaviorSubject, Observable, ReplaySubject, Subject, type Observer } from 'rxjs';

/** A value with its observable. `undefined` and `null` count as "nothing yet" for `present`. */
export class Cell<T> {
  readonly #subject: BehaviorSubject<T>;
  /** Current value first, delivered synchronously; repeats suppressed. */
  readonly sync$: Observable<T>;
  /** The same, delivered in a micro-task. */
  readonly later$: Observable<T>;

  constructor(value: T) {
    this.#subject = new BehaviorSubject(value);
    this.sync$ = distinct(this.#subject);
    this.later$ = later(this.sync$);
  }

  get value(): T {
    return this.#subject.value;
  }

  set(value: T): void {
    this.#subject.next(value);
  }

  /** Only real values, delivered in a micro-task. */
  get present$(): Observable<NonNullable<T>> {
    return later(present(this.sync$));
  }

  complete(): void {
    this.#subject.complete();
  }
}

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

function distinct<T>(source: Observable<T>): Observable<T> {
  return new Observable<T>((observer) => {
    let last: T | typeof unset = unset;
    return source.subscribe({
      next: (value) => {
        if (value !== last) observer.next((last = value));
      },
      error: (error: unknown) => observer.error(error),
      complete: () => observer.complete()
    });
  });
}
const unset = Symbol();

function present<T>(source: Observable<T>): Observable<NonNullable<T>> {
  return select(source, (value) => value ?? undefined);
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

/** Whatever can be destroyed: completes what it was given, then tells. */
export class Destroyable {
  readonly #destroyed = new Subject<void>();
  readonly #owned: { complete(): void }[] = [];
  #gone = false;

  get destroyed$(): Observable<void> {
    return this.#destroyed.asObservable();
  }

  protected get isDestroyed(): boolean {
    return this.#gone;
  }

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

  destroy(): void {
    if (this.#gone) return;
    this.#gone = true;
    for (const subject of this.#owned) subject.complete();
    this.#destroyed.next();
    this.#destroyed.complete();
  }
}
