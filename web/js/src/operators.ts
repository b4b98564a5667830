/** RxJS operators for applications. */
import { Observable, type OperatorFunction } from 'rxjs';
import { select } from './observe.js';
import { JSONRPCError } from './errors.js';

/** Drops null and undefined. */
export function filterNull<T>(): OperatorFunction<T, NonNullable<T>> {
  return (source) => select(source, (value) => value ?? undefined);
}
/** Values that satisfy the guard, mapped. */
export function ifIsMap<T, S extends T, R>(guard: (value: T) => value is S, map: (value: S) => R): OperatorFunction<T, R> {
  return (source) => select(source, (value) => (guard(value) ? map(value) : undefined));
}
/** Values that satisfy the guard, and of them what a dotted path leads to; undefined is dropped. */
export function filterAs<T, S extends T, R = unknown>(guard: (value: T) => value is S, path: string): OperatorFunction<T, R> {
  return (source) =>
    select(source, (value) =>
      guard(value)
        ? (path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], value) as R)
        : undefined
    );
}
/** Turns a response that carries an error into a thrown one. */
export function throwOnRPCError<T>(): OperatorFunction<T, T> {
  return (source) =>
    new Observable<T>((observer) =>
      source.subscribe({
        next: (value) => {
          const response = value as { id?: string; error?: { code: number; message: string; data?: unknown } };
          if (response.error) {
            const { code, message, data } = response.error;
            observer.error(new JSONRPCError(code, message, data, response.id ?? ''));
          } else {
            observer.next(value);
          }
        },
        error: (error: unknown) => observer.error(error),
        complete: () => observer.complete()
      })
    );
}
