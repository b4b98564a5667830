/** What was written between the agent and one address, and the calls there were, as the server keeps them. */
import type { Address, EntityCollection, TextMessage, AddressHistory } from '@offhook/js';

type Kept = { unsubscribe(): void };

export class Thread {
  texts: TextMessage<Address>[] | undefined;
  calls: AddressHistory<Address>[] | undefined;
  fault = '';
  #more: EntityCollection<TextMessage<Address>> | undefined;
  readonly #senders = new Map<string, string>();
  readonly #kept: Kept[] = [];

  constructor(readonly address: Address, private readonly own: () => string[], private readonly changed: () => void) {
    const failed = (): void => {
      this.fault = 'The messages could not be loaded.';
      changed();
    };
    this.#kept.push(
      address.textMessages$.subscribe({
        next: (texts) => {
          this.#more = texts;
          const values = texts?.values$.subscribe((values) => this.#take(values));
          if (values) this.#kept.push(values);
        },
        error: failed
      }),
      address.history$.subscribe({
        next: (log) => {
          const values = log?.values$.subscribe((calls) => {
            this.calls = [...calls].reverse();
            changed();
          });
          if (values) this.#kept.push(values);
        },
        error: failed
      })
    );
  }

  #take(texts: TextMessage<Address>[]): void {
    this.texts = texts;
    for (const { id, fromAddress$ } of texts) {
      if (this.#senders.has(id) || !fromAddress$) continue;
      this.#senders.set(id, '');
      this.#kept.push(fromAddress$.subscribe((from) => {
        if (this.#senders.get(id) === from.id) return;
        this.#senders.set(id, from.id);
        this.changed();
      }));
    }
    this.changed();
  }

  get hasMore(): boolean {
    return this.#more?.hasMore === true;
  }
  loadMore(): void {
    this.#more?.loadMore();
  }

  /** Whether the agent wrote it. */
  isOwn(id: string): boolean {
    return this.own().includes(this.#senders.get(id) ?? '');
  }

  async send(text: string): Promise<boolean> {
    try {
      await this.address.sendText(text);
      this.fault = '';
      return true;
    } catch (error) {
      console.warn('the message was not sent:', error);
      this.fault = 'The message was not sent. Try again.';
      return false;
    } finally {
      this.changed();
    }
  }

  end(): void {
    for (const subscription of this.#kept.splice(0)) subscription.unsubscribe();
  }
}
