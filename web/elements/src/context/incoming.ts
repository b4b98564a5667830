import type { ReactiveController, ReactiveElement } from 'lit';
import type { Call, Observed, Subscription } from '../base/interfaces.js';

/** A call that rings here. */
export interface Announcement {
  call: Call;
  /** Name of the caller, if it was told. */
  name: string | undefined;
  number: string | undefined;
}

/** Announces each inbound call once. */
export class IncomingCallController implements ReactiveController {
  #told = new Set<string>();
  #kept: Subscription | undefined;
  #announce: (announcement: Announcement) => void = () => undefined;

  constructor(host: ReactiveElement) {
    host.addController(this);
  }

  set onIncomingCall(announce: (announcement: Announcement) => void) {
    this.#announce = announce;
  }

  connect(incomingCalls$: Observed<Call[]>): void {
    this.disconnect();
    this.#kept = incomingCalls$.subscribe((calls) => {
      for (const call of calls) {
        if (this.#told.has(call.id)) continue;
        this.#told.add(call.id);
        this.#announce({ call, name: call.fromName, number: call.from });
      }
    });
  }

  disconnect(): void {
    this.#kept?.unsubscribe();
    this.#kept = undefined;
    this.#told.clear();
  }

  hostDisconnected(): void {
    this.disconnect();
  }
}
