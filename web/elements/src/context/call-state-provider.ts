import { ContextProvider } from '@lit/context';
import type { ReactiveController, ReactiveElement } from 'lit';
import type { Call } from '../base/interfaces.js';
import { CallFollower, NO_CALL, type CallState } from './call-state.js';
import { callStateContext } from './keys.js';

/** Provides the state of a call to everything inside its host. */
export class CallStateContextController implements ReactiveController {
  readonly #provider: ContextProvider<typeof callStateContext>;
  readonly #follower = new CallFollower((state) => this.#provider.setValue(state));

  constructor(host: ReactiveElement) {
    this.#provider = new ContextProvider(host, { context: callStateContext, initialValue: NO_CALL });
    host.addController(this);
  }

  /** What is provided now. */
  get value(): CallState {
    return this.#follower.state;
  }

  connect(call: Call): void {
    this.#follower.connect(call);
  }

  disconnect(): void {
    this.#follower.disconnect();
  }

  hostDisconnected(): void {
    this.disconnect();
  }
}
