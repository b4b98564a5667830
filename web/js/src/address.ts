/** Addresses and the directory (sdk-api reference, section 11). */
import { Observable } from 'rxjs';
import { CollectionFetchError, UnimplementedError } from './errors.js';
import { Destroyable, select } from './observe.js';
import type { AddressRecord, ResourceType } from './types.js';

export type Fetch = (target: string, method?: string, body?: unknown) => Promise<{ status: number; body: unknown }>;

interface Fields {
  displayName: string;
  previewUrl: string | undefined;
  coverUrl: string | undefined;
  resourceId: string | undefined;
  type: ResourceType;
  channels: AddressRecord['channels'];
  locked: boolean;
}
const FIELDS: Record<keyof Fields, keyof AddressRecord> = {
  displayName: 'display_name', previewUrl: 'preview_url', coverUrl: 'cover_url', resourceId: 'resource_id', type: 'type',
  channels: 'channels', locked: 'locked'
};

export interface Address extends Readonly<Fields> {
  readonly displayName$: Observable<string>;
  readonly previewUrl$: Observable<string | undefined>;
  readonly coverUrl$: Observable<string | undefined>;
  readonly resourceId$: Observable<string>;
  readonly type$: Observable<ResourceType>;
  readonly channels$: Observable<AddressRecord['channels']>;
  readonly locked$: Observable<boolean>;
}
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export class Address extends Destroyable {
  /** @internal */ readonly record = this.cell<AddressRecord>({} as AddressRecord);

  constructor(record: AddressRecord) {
    super();
    this.record.set(record);
  }
  get id(): string {
    return this.record.value.id;
  }
  get name(): string {
    return this.record.value.name;
  }
  get createdAt(): string {
    return this.record.value.created_at ?? '';
  }
  get defaultChannel(): string | undefined {
    return this.type === 'room' ? this.channels.video : this.channels.audio;
  }
  sendText(_text: string): Promise<void> {
    return Promise.reject(new UnimplementedError('sendText'));
  }
  get textMessages$(): Observable<never> {
    return new Observable((observer) => observer.error(new UnimplementedError('textMessages$')));
  }
  get textMessage(): undefined {
    return undefined;
  }
  get history$(): Observable<never> {
    return new Observable((observer) => observer.error(new UnimplementedError('history$')));
  }
  get history(): undefined {
    return undefined;
  }
  get activity$(): Observable<never> {
    throw new UnimplementedError('activity$');
  }
  get activity(): never {
    throw new UnimplementedError('activity');
  }
}
for (const name of Object.keys(FIELDS) as (keyof Fields)[]) {
  const field = FIELDS[name];
  Object.defineProperty(Address.prototype, name, {
    get(this: Address) {
      return this.record.value[field];
    },
    configurable: true
  });
  Object.defineProperty(Address.prototype, `${name}$`, {
    get(this: Address) {
      return select(this.record.sync$, (record) => record[field]);
    },
    configurable: true
  });
}

interface Page {
  data?: AddressRecord[];
  links?: { next?: string };
}

/** The addresses the user can reach, loaded page by page. */
export class Directory extends Destroyable {
  readonly #addresses = this.cell<Address[]>([]);
  readonly #loading = this.cell(false);
  readonly #hasMore = this.cell<boolean | undefined>(undefined);
  #next: string | undefined = '/api/fabric/addresses?sort_by=name&sort_order=asc';

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
  /** The first subscription loads the next page. */
  get hasMore$(): Observable<boolean> {
    if (this.#hasMore.value === undefined) this.loadMore();
    return select(this.#hasMore.sync$, (more) => more);
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
  get$(id: string): Observable<Address> | undefined {
    if (!this.get(id)) {
      this.fetch(`/api/fabric/addresses/${encodeURIComponent(id)}`)
        .then(({ status, body }) => {
          if (status === 200) this.#add([body as AddressRecord]);
        })
        .catch((error: unknown) => this.onError(new CollectionFetchError('get$', error)));
    }
    return select(this.addresses$, () => this.get(id));
  }
  async findAddressIdByURI(uri: string): Promise<string | undefined> {
    const known = this.addresses.find(({ name }) => name === uri);
    if (known) return known.id;
    const page = await this.#page(`/api/fabric/addresses?name=${encodeURIComponent(uri)}`);
    this.#add(page.data?.slice(0, 1) ?? []);
    return page.data?.[0]?.id;
  }
  async #page(target: string): Promise<Page> {
    const { status, body } = await this.fetch(target);
    if (status >= 300) throw new Error(`HTTP ${status}`);
    return body as Page;
  }
  #add(records: AddressRecord[]): void {
    const fresh = records.filter(({ id }) => !this.get(id));
    for (const record of records) this.get(record.id)?.record.set(record);
    if (fresh.length) this.#addresses.set([...this.addresses, ...fresh.map((record) => new Address(record))]);
  }
}
