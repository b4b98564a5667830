/** Addresses and the directory (sdk-api reference, section 11). */
import type { CallState } from './call-interfaces.js';
import { Observable, type Subscription } from 'rxjs';
import { CollectionFetchError, UnimplementedError } from './errors.js';
import { changes, define, Destroyable } from './observe.js';
import type { CallTextMessageCollection } from './call-interfaces.js';
import type { AddressHistory, GetAddressResponse, ResourceType, TextMessage } from './types.js';

export type Fetch = (target: string) => Promise<{ status: number; body: unknown }>;

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
  /** Not built yet: it errors when subscribed to. */
  readonly textMessages$: Observable<EntityCollection<TextMessage<Address>> | undefined> = unbuilt('textMessages$');
  /** Not built yet: it errors when subscribed to. */
  readonly history$: Observable<EntityCollection<AddressHistory<Address>> | undefined> = unbuilt('history$');

  /** @internal */
  constructor(record: GetAddressResponse) {
    super();
    this.record = this.cell(record);
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
  /** Not built yet. */
  sendText(_text: string): Promise<void> {
    return Promise.reject(new UnimplementedError('sendText'));
  }
  get textMessage(): EntityCollection<TextMessage<Address>> | undefined {
    return undefined;
  }
  get history(): EntityCollection<AddressHistory<Address>> | undefined {
    return undefined;
  }
  get activity$(): Observable<CallState[]> {
    throw new UnimplementedError('activity$');
  }
  get activity(): never {
    throw new UnimplementedError('activity');
  }
}
define(
  Address.prototype,
  Object.keys(FIELDS),
  (address, name) => address.record.value[FIELDS[name]!],
  (address, name) => changes(address.record.sync$, (record) => record[FIELDS[name]!])
);

function unbuilt(member: string): Observable<never> {
  return new Observable((observer) => observer.error(new UnimplementedError(member)));
}

interface Page {
  data?: GetAddressResponse[];
  links?: { next?: string };
}

/** The addresses the user can reach, loaded page by page. */
export class Directory extends Destroyable {
  readonly #addresses = this.cell<Address[]>([]);
  readonly #loading = this.cell(false);
  readonly #hasMore = this.cell<boolean | undefined>(undefined);
  #next: string | undefined = '/api/fabric/addresses?sort_by=name&sort_order=asc';

  /** @internal */
  constructor(private readonly fetch: Fetch, private readonly onError: (error: Error) => void) {
    super();
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
      .catch((error: unknown) => this.onError(new CollectionFetchError('loadMore', error)))
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
      this.fetch(`/api/fabric/addresses/${encodeURIComponent(id)}`)
        .then(({ status, body }) => {
          if (status === 200) this.#add([body as GetAddressResponse]);
        })
        .catch((error: unknown) => this.onError(new CollectionFetchError('get$', error)));
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
  async #page(target: string): Promise<Page> {
    const { status, body } = await this.fetch(target);
    if (status >= 300) throw new Error(`HTTP ${status}`);
    return body as Page;
  }
  #add(records: GetAddressResponse[]): void {
    const fresh = records.filter(({ id }) => !this.get(id));
    for (const record of records) this.get(record.id)?.record.set(record);
    if (fresh.length) this.#addresses.set([...this.addresses, ...fresh.map((record) => new Address(record))]);
  }
}
