/** The transcript of a call, provided to everything inside the host. */
import { ContextProvider } from '@lit/context';
import type { ReactiveController, ReactiveElement } from 'lit';
import type { Call, Subscription } from '../base/interfaces.js';
import { ChatState, type Transcript, type TranscriptEntry } from './chat-state.js';
import { events } from './events.js';
import { transcriptContext } from './keys.js';

export type { Transcript, TranscriptEntry };

const SPEECH = ['ai.partial_result', 'ai.speech_detect', 'ai.response_utterance', 'ai.completion'];

export class TranscriptController implements ReactiveController {
  readonly #provider: ContextProvider<typeof transcriptContext>;
  readonly #chat: ChatState;
  #call: Call | undefined;
  #kept: Subscription[] = [];

  constructor(private readonly host: ReactiveElement) {
    this.#provider = new ContextProvider(host, { context: transcriptContext, initialValue: { entries: [] } });
    this.#chat = new ChatState(() => {
      this.#provider.setValue({ entries: this.#chat.entries });
      this.host.requestUpdate();
    });
    host.addController(this);
  }

  get state(): Transcript {
    return this.#provider.value;
  }

  /** A new call, or none, begins anew. */
  setCall(call?: Call): void {
    if (call === this.#call) return;
    this.#call = call;
    for (const subscription of this.#kept.splice(0)) subscription.unsubscribe();
    this.#chat.reset();
    if (call) for (const type of SPEECH) this.#kept.push(events(call, type, (event) => this.#chat.take(type, event)));
  }

  injectEntry(entry: TranscriptEntry): void {
    this.#chat.inject(entry);
  }

  hostDisconnected(): void {
    this.setCall(undefined);
  }
}
