/** Addresses and the directory (sdk-api reference, section 11). */
import type { CallState } from './call-interfaces.js';
import { Observable, type Subscription } from 'rxjs';
import { Conversation, opened, type ConversationHost, type EntityCollection } from './conversation.js';
import { CollectionFetchError } from './errors.js';
import { changes, define, Destroyable, select } from './observe.js';
import type { AddressHistory, GetAddressResponse, ResourceType, TextMessage } from './types.js';

export type { EntityCollection };

/** What the server says when an address is new, has changed, or is gone. Ours: the hosted platform says nothing. */
export type AddressChange = { address: GetAddressResponse } | { address_id: string };

/** What the directory needs of its client. */
export interface DirectoryHost extends Omit<ConversationHost<Address>, 'address$' | 'onError'> {
  onError(error: Error): void;
  readonly changes$: Observable<AddressChange>;
  /** Calls that are up, the newest first. */
  readonly calls$: Observable<readonly CallState[]>;
  calls(): readonly CallState[];
}

type Channels = GetAddressResponse['channels'];
const FIELDS: Record<string, keyof GetAddressResponse> = {
  displayName: 'display_name', previewUrl: 'preview_url', coverUrl: 'cover_url', resourceId: 'resource_id', type: 'type',
  channels: 'channels', locked: 'locked'
};

export interface Address {
  readonly displayName: string;
  readonly displayName$: Observable<string>;
  readonly previewUrl: string | undefined;
  readonly previewUrl$: Observable<string | undefined>;
  readonly coverUrl: string | undefined;
  readonly coverUrl$: Observable<string | undefined>;
  readonly resourceId: string;
  readonly resourceId$: Observable<string>;
  readonly type: ResourceType;
  readonly type$: Observable<ResourceType>;
  readonly channels: Channels;
  readonly channels$: Observable<Channels>;
  readonly locked: boolean;
  readonly locked$: Observable<boolean>;
}
// The members of the interface above are made from the table.
export class Address extends Destroyable {
  /** @internal */ readonly record;
  readonly #conversation: Conversation<Address>;
  readonly #directory: Pick<DirectoryHost, 'calls$' | 'calls'>;
  /** Opens the conversation when first subscribed to. */
  readonly textMessages$: Observable<EntityCollection<TextMessage<Address>> | undefined>;
  /** Opens the conversation when first subscribed to. */
  readonly history$: Observable<EntityCollection<AddressHistory<Address>> | undefined>;

  /** @internal Made by the directory. */
  constructor(record: GetAddressResponse, host: ConversationHost<Address>, directory: Pick<DirectoryHost, 'calls$' | 'calls'>) {
    super();
    this.record = this.cell(record);
    this.#directory = directory;
    this.#conversation = new Conversation(host, record.id);
    this.own({ complete: () => this.#conversation.destroy() });
    this.textMessages$ = opened(() => this.#conversation.texts);
    this.history$ = opened(() => this.#conversation.log);
  }
  get id(): string {
    return this.record.value.id;
  }
  get name(): string {
    return this.record.value.name;
  }
  get createdAt(): string {
    return this.record.value.created_at;
  }
  /** Where a call to this address goes. */
  get defaultChannel(): string | undefined {
    return this.type === 'room' ? this.channels.video : this.channels.audio;
  }
  /** Resolves when the server has taken the message; it then comes back to every device of both sides. */
  sendText(text: string): Promise<void> {
    return this.#conversation.send(text);
  }
  get textMessage(): EntityCollection<TextMessage<Address>> | undefined {
    return this.#conversation.texts.isOpen ? this.#conversation.texts : undefined;
  }
  get history(): EntityCollection<AddressHistory<Address>> | undefined {
    return this.#conversation.log.isOpen ? this.#conversation.log : undefined;
  }
  /** The calls with this address that are up now. */
  get activity$(): Observable<CallState[]> {
    return select(this.#directory.calls$, (calls) => this.#mine(calls));
  }
  get activity(): CallState[] {
    return this.#mine(this.#directory.calls());
  }
  #mine(calls: readonly CallState[]): CallState[] {
    return calls.filter((call) => (call as { address?: Address }).address?.id === this.id);
  }
}
define(
  Address.prototype,
  Object.keys(FIELDS),
  (address, name) => address.record.value[FIELDS[name]!],
  (address, name) => changes(address.record.sync$, (record) => record[FIELDS[name]!])
);

interface Page {
  data?: GetAddressResponse[];
  links?: { next?: string };
}

/** The addresses the user can reach, loaded page by page. */
export class Directory extends Destroyable {
  readonly #addresses = this.cell<Address[]>([]);
  readonly #loading = this.cell(false);
  readonly #hasMore = this.cell<boolean | undefined>(undefined);
  readonly #forAddresses: ConversationHost<Address>;
  #next: string | undefined = '/api/fabric/addresses?sort_by=name&sort_order=asc';

  /** @internal */
  constructor(private readonly host: DirectoryHost) {
    super();
    this.#forAddresses = {
      fetch: host.fetch,
      own: host.own,
      messages$: host.messages$,
      address$: (id) => this.get$(id),
      onError: (operation, error) => host.onError(new CollectionFetchError(operation, error))
    };
    this.own({ complete: () => this.addresses.forEach((address) => address.destroy()) });
    const changes = host.changes$.subscribe((change) => this.#change(change));
    this.own({ complete: () => changes.unsubscribe() });
  }
  get addresses$(): Observable<Address[]> {
    return this.#addresses.sync$;
  }
  get addresses(): Address[] {
    return this.#addresses.value;
  }
  get loading$(): Observable<boolean> {
    return this.#loading.sync$;
  }
  get loading(): boolean {
    return this.#loading.value;
  }
  /** Whether there are more pages. The first subscription loads the first page. */
  get hasMore$(): Observable<boolean> {
    return new Observable((observer) => {
      if (this.#hasMore.value === undefined) this.loadMore();
      return this.#hasMore.present$.subscribe(observer);
    });
  }
  loadMore(): void {
    const target = this.#next;
    if (!target || this.loading) return;
    this.#loading.set(true);
    this.#page(target)
      .then((page) => {
        this.#add(page.data ?? []);
        this.#next = page.links?.next || undefined;
      })
      .catch((error: unknown) => this.host.onError(new CollectionFetchError('loadMore', error)))
      .finally(() => {
        this.#loading.set(false);
        this.#hasMore.set(this.#next !== undefined);
      });
  }
  get(addressId: string): Address | undefined {
    return this.addresses.find(({ id }) => id === addressId);
  }
  /** The address as it changes; fetched if it is not known yet. */
  get$(id: string): Observable<Address> | undefined {
    if (!this.get(id)) {
      this.host.fetch(`/api/fabric/addresses/${encodeURIComponent(id)}`)
        .then(({ status, body }) => {
          if (status === 200) this.#add([body as GetAddressResponse]);
        })
        .catch((error: unknown) => this.host.onError(new CollectionFetchError('get$', error)));
    }
    return new Observable((observer) => {
      let watched: Subscription | undefined;
      const waiting = this.addresses$.subscribe({
        next: () => {
          const address = this.get(id);
          if (address) watched ??= address.record.sync$.subscribe(() => observer.next(address));
        },
        complete: () => observer.complete()
      });
      return () => {
        waiting.unsubscribe();
        watched?.unsubscribe();
      };
    });
  }
  async findAddressIdByURI(uri: string): Promise<string | undefined> {
    const known = this.addresses.find(({ name }) => name === uri);
    if (known) return known.id;
    const { data = [] } = await this.#page(`/api/fabric/addresses?name=${encodeURIComponent(uri)}`);
    this.#add(data);
    return data[0]?.id;
  }
  /** @internal The loaded address that a destination leads to. */
  byDestination(destination: string): Address | undefined {
    const [path] = destination.split('?');
    return this.addresses.find(({ channels }) => Object.values(channels).some((channel) => channel?.split('?')[0] === path));
  }
  #change(change: AddressChange): void {
    if ('address' in change) {
      // What belongs to a page that is not loaded comes with it.
      if (this.#hasMore.value !== false && !this.get(change.address.id)) return;
      this.#add([change.address]);
      if (this.#hasMore.value === false) this.#addresses.set([...this.addresses].sort((a, b) => (a.name < b.name ? -1 : 1)));
      return;
    }
    const gone = this.get(change.address_id);
    if (!gone) return;
    this.#addresses.set(this.addresses.filter((address) => address !== gone));
    gone.destroy();
  }
  async #page(target: string): Promise<Page> {
    const { status, body } = await this.host.fetch(target);
    if (status >= 300) throw new Error(`HTTP ${status}`);
    return body as Page;
  }
  #add(records: GetAddressResponse[]): void {
    const fresh = records.filter(({ id }) => !this.get(id));
    for (const record of records) this.get(record.id)?.record.set(record);
    if (fresh.length) this.#addresses.set([...this.addresses, ...fresh.map((record) => new Address(record, this.#forAddresses, this.host))]);
  }
}
