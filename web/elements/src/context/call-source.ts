import { ContextConsumer } from '@lit/context';
import type { ReactiveController, ReactiveElement } from 'lit';
import type { Call } from '../base/interfaces.js';
import { CallFollower, NO_CALL, type CallState } from './call-state.js';
import { callStateContext } from './keys.js';

/** An element that may be given a call of its own. */
export type CallHost = ReactiveElement & { call?: Call | undefined };

/**
 * The call that an element shows: its own `call` where it has one, else that of the context. Follows it while the
 * element is in the document and asks for a render at each change.
 */
export class CallSource implements ReactiveController {
  readonly #consumer: ContextConsumer<typeof callStateContext, CallHost>;
  readonly #follower: CallFollower;
  #known: CallState | undefined;

  constructor(private readonly host: CallHost, private readonly changed: (state: CallState) => void = () => undefined) {
    this.#follower = new CallFollower(() => this.#tell());
    this.#consumer = new ContextConsumer(host, { context: callStateContext, subscribe: true, callback: () => this.#tell() });
    host.addController(this);
  }

  get state(): CallState {
    return this.host.call ? this.#follower.state : (this.#consumer?.value ?? NO_CALL);
  }

  /** Whether a call was given or a context answered. */
  get exists(): boolean {
    return this.host.call !== undefined || this.#consumer.value !== undefined;
  }

  hostConnected(): void {
    if (this.host.call) this.#follower.connect(this.host.call);
  }

  hostUpdate(): void {
    if (!this.host.isConnected) return;
    if (this.host.call) this.#follower.connect(this.host.call);
    else this.#follower.disconnect();
    this.#tell();
  }

  hostDisconnected(): void {
    this.#follower.disconnect();
  }

  #tell(): void {
    const { state } = this;
    if (state === this.#known) return;
    this.#known = state;
    this.changed(state);
    this.host.requestUpdate();
  }
}
