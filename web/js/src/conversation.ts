/** Text messages and the call log with one address: two views of one conversation (sdk-api reference, 11.2 and 11.3). */
import { Observable, ReplaySubject } from 'rxjs';
import type { CallTextMessageCollection } from './call-interfaces.js';
import type { ConversationMessagePayload } from './events.js';
import { Cell, select } from './observe.js';
import type { AddressHistory, TextMessage } from './types.js';

export type Fetch = (target: string, body?: Record<string, unknown>) => Promise<{ status: number; body: unknown }>;
export type Entry = Pick<ConversationMessagePayload, 'id' | 'subtype' | 'kind' | 'group_id' | 'from_fabric_address_id' | 'ts' | 'text'> & {
  details?: Partial<ConversationMessagePayload['details']>;
};

/** What conversations need of their client. */
export interface ConversationHost<A> {
  fetch: Fetch;
  /** Ids of the user's own addresses. */
  own(): string[];
  /** New and changed messages, as they come. */
  readonly messages$: Observable<Entry>;
  address$(id: string): Observable<A> | undefined;
  onError(operation: string, error: unknown): void;
}

/** Messages or log entries with an address. */
export interface EntityCollection<T> extends CallTextMessageCollection {
  readonly values$: Observable<T[]>;
  readonly values: T[];
  readonly hasMore: boolean;
  readonly loading$: Observable<boolean>;
  readonly loading: boolean;
  get$(id: string): Observable<T> | undefined;
  find$(key: keyof T, value: unknown): Promise<Observable<T> | undefined>;
  destroy(): void;
}

/** Not exported from the package: a conversation that cannot be joined, or a message that was not taken. */
export class ConversationError extends Error {
  override name = 'ConversationError';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

const PAGE = 100;

export class Conversation<A> {
  readonly texts: View<A, TextMessage<A>>;
  readonly log: View<A, AddressHistory<A>>;
  #group: Promise<string> | undefined;

  constructor(
    private readonly host: ConversationHost<A>,
    private readonly address: string
  ) {
    const from = (id: string) => host.address$(id);
    this.texts = new View(host, () => this.join(), 'chat', (entry): TextMessage<A> => ({
      id: entry.id,
      text: entry.text ?? '',
      created: entry.ts,
      fromAddress$: from(entry.from_fabric_address_id)
    }));
    this.log = new View(host, () => this.join(), 'log', (entry): AddressHistory<A> => ({
      id: entry.id,
      kind: entry.kind,
      status: entry.details?.status ?? '',
      started: entry.details?.start_time ?? entry.ts,
      ended: entry.details?.end_time,
      fromAddress$: from(entry.from_fabric_address_id)
    }));
  }

  /** The group's id. The same addresses always give the same group; a failure is tried again by the next who asks. */
  join(): Promise<string> {
    return (this.#group ??= this.#join().catch((error: unknown) => {
      this.#group = undefined;
      throw error;
    }));
  }

  async #join(): Promise<string> {
    const from = this.#from();
    const body = await this.#post('/api/fabric/conversations/join', {
      from_fabric_address_id: from,
      fabric_address_ids: [this.address, from]
    });
    const { group_id } = (body ?? {}) as { group_id?: string };
    if (!group_id) throw new ConversationError('The server named no group');
    return group_id;
  }

  async send(text: string): Promise<void> {
    const group_id = await this.join();
    // The name makes a request that is repeated the same message, whatever happened to the first answer.
    await this.#post('/api/fabric/messages', { group_id, from_fabric_address_id: this.#from(), text, id: crypto.randomUUID() });
  }

  #from(): string {
    return this.host.own()[0] ?? '';
  }

  async #post(target: string, body: Record<string, unknown>): Promise<unknown> {
    const answer = await this.host.fetch(target, body);
    if (answer.status >= 300) throw new ConversationError(`The conversation was refused (HTTP ${answer.status})`);
    return answer.body;
  }

  destroy(): void {
    this.texts.destroy();
    this.log.destroy();
  }
}

/** The entries of one kind, the oldest first, however they came. */
export class View<A, T extends { id: string }> implements EntityCollection<T> {
  readonly #values = new Cell<T[] | undefined>(undefined);
  readonly #loading = new Cell(false);
  readonly #more = new Cell<boolean | undefined>(undefined);
  readonly #order = new Map<string, number>();
  readonly #items = new Map<string, T>();
  #next: string | undefined;
  #group: string | undefined;
  #opening: Promise<void> | undefined;
  #live: { unsubscribe(): void } | undefined;

  constructor(
    private readonly host: ConversationHost<A>,
    private readonly join: () => Promise<string>,
    private readonly subtype: string,
    private readonly shape: (entry: Entry) => T
  ) {}

  /** Joins, hears what is new, and loads the first page. */
  open(): Promise<void> {
    return (this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    }));
  }

  async #open(): Promise<void> {
    const group = (this.#group = await this.join());
    // Heard before the page is asked for: nothing is missed between the two.
    this.#live ??= this.host.messages$.subscribe((entry) => {
      if (entry.group_id === group) this.#add([entry]);
    });
    this.#next = `/api/fabric/conversations/${encodeURIComponent(group)}/messages?page_size=${PAGE}`;
    await this.#page();
  }

  get isOpen(): boolean {
    return this.#group !== undefined;
  }
  get values$(): Observable<T[]> {
    return this.#values.present$;
  }
  get values(): T[] {
    return this.#values.value ?? [];
  }
  get loading$(): Observable<boolean> {
    return this.#loading.sync$;
  }
  get loading(): boolean {
    return this.#loading.value;
  }
  get hasMore$(): Observable<boolean> {
    return this.#more.present$;
  }
  get hasMore(): boolean {
    return this.#more.value ?? true;
  }
  loadMore(): void {
    void this.#page();
  }
  get$(id: string): Observable<T> | undefined {
    return select(this.#values.sync$, () => this.#items.get(id));
  }
  async find$(key: keyof T, value: unknown): Promise<Observable<T> | undefined> {
    const found = () => this.values.find((item) => item[key] === value);
    while (!found() && this.hasMore && this.#next) await this.#page();
    const item = found();
    return item && this.get$(item.id);
  }

  async #page(): Promise<void> {
    const target = this.#next;
    if (!target || this.loading) return;
    this.#loading.set(true);
    try {
      const { status, body } = await this.host.fetch(target);
      if (status >= 300) throw new Error(`HTTP ${status}`);
      const { data = [], links } = body as { data?: Entry[]; links?: { next?: string } };
      this.#next = links?.next || undefined;
      this.#add(data);
    } catch (error) {
      this.host.onError('loadMore', error);
    } finally {
      this.#loading.set(false);
      this.#more.set(this.#next !== undefined);
    }
  }

  #add(entries: Entry[]): void {
    const mine = entries.filter(({ subtype }) => subtype === this.subtype);
    for (const entry of mine) {
      this.#items.set(entry.id, this.shape(entry));
      this.#order.set(entry.id, entry.ts);
    }
    if (!mine.length && this.#values.value) return;
    const at = ({ id }: T) => this.#order.get(id) ?? 0;
    this.#values.set([...this.#items.values()].sort((a, b) => at(a) - at(b)));
  }

  destroy(): void {
    this.#live?.unsubscribe();
    for (const cell of [this.#values, this.#loading, this.#more]) cell.complete();
  }
}

/** A collection as an observable: opened by the first who subscribes, kept for the others, and an error if it cannot be joined. */
export function opened<V extends { open(): Promise<void> }>(view: () => V): Observable<V> {
  let result: ReplaySubject<V> | undefined;
  return new Observable((observer) => {
    if (!result) {
      const mine = (result = new ReplaySubject<V>(1));
      const made = view();
      made.open().then(
        () => {
          mine.next(made);
          mine.complete();
        },
        (error: unknown) => {
          result = undefined;
          mine.error(error);
        }
      );
    }
    return result.subscribe(observer);
  });
}
