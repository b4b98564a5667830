import type { Call, Observed, Subscription } from '../base/interfaces.js';

/**
 * Hears the events of one type on a call. The official client gives an Observable at once, another may give it
 * later or not at all; then nothing is heard.
 */
export function events(call: Call, type: string, next: (event: unknown) => void): Subscription {
  let over = false;
  let kept: Subscription | undefined;
  const given = call.subscribe?.(type);
  const follow = (observed: unknown): void => {
    if (over || typeof (observed as Observed<unknown> | undefined)?.subscribe !== 'function') return;
    kept = (observed as Observed<unknown>).subscribe((event) => {
      if (!over) next(event);
    });
  };
  if (given instanceof Promise) given.then(follow, (error: unknown) => console.warn(`events ${type} of the call are not heard:`, error));
  else follow(given);
  return {
    unsubscribe() {
      over = true;
      kept?.unsubscribe();
    }
  };
}
