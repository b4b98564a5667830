import { html, nothing, type PropertyValues } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { define, tell } from '../base/define.js';
import { SwElement } from '../base/element.js';
import { Follow } from '../base/follow.js';
import type { Observed } from '../base/interfaces.js';
import '../sw-ui-icon/sw-ui-icon.js';
import { styles } from './styles.js';
import { PEOPLE } from '../base/english/people.js';
import { addEnglish } from '../base/words.js';

addEnglish(PEOPLE);

/** Somebody, or a room, that can be called. */
export interface DirectoryAddress {
  id: string;
  name: string;
  displayName?: string | undefined;
  type?: string | undefined;
  channels?: { audio?: string | undefined; video?: string | undefined; messaging?: string | undefined } | undefined;
}
/** Where the addresses come from, page by page. */
export interface DirectoryService {
  addresses$: Observed<DirectoryAddress[]>;
  loading$?: Observed<boolean>;
  hasMore$: Observed<boolean>;
  loadMore(): Promise<void> | void;
}

/** Nothing is searched for while somebody types. */
const DEBOUNCE_MS = 200;

/**
 * A list of addresses to search and to call. The arrow keys, Home and End move in it, Enter calls; further pages come as
 * the list is scrolled, and while a search finds nothing in those that are here.
 *
 * @element sw-directory
 * @prop {DirectoryService} directory - where the addresses come from
 * @csspart container - the card
 * @csspart search - the row of the search
 * @csspart list - the list
 * @csspart item - an address
 * @csspart item-selected - the chosen address
 * @csspart item-name - its name
 * @csspart item-type - what it is
 * @csspart action - calls it
 * @fires {CustomEvent<{address: DirectoryAddress}>} sw-address-select - an address was chosen
 * @fires {CustomEvent<{address: DirectoryAddress}>} sw-dial - an address is to be called
 */
export class SwDirectory extends SwElement {
  static override properties = {
    directory: { converter: { fromAttribute: () => null } },
    addresses: { state: true },
    loading: { state: true },
    more: { state: true },
    query: { state: true },
    chosen: { state: true },
    active: { state: true }
  };
  declare directory: DirectoryService | null;
  declare protected addresses: DirectoryAddress[];
  declare protected loading: boolean;
  declare protected more: boolean;
  declare protected query: string;
  /** Id of the chosen address. */
  declare protected chosen: string | undefined;
  /** Id of the address that the keyboard is on. */
  declare protected active: string | undefined;
  #typing: ReturnType<typeof setTimeout> | undefined;
  #watch: IntersectionObserver | undefined;
  #asking = false;
  #began = false;

  constructor() {
    super();
    this.directory = null;
    this.addresses = [];
    this.loading = this.more = false;
    this.query = '';
    new Follow<DirectoryService>(
      this,
      () => this.directory,
      (directory, follow) => {
        this.#began = false;
        follow(directory.addresses$, (addresses) => (this.addresses = addresses));
        follow(directory.loading$, (loading) => (this.loading = loading));
        follow(directory.hasMore$, (more) => (this.more = more));
        this.#load();
      },
      () => {
        clearTimeout(this.#typing);
        this.addresses = [];
        this.loading = this.more = false;
        this.#asking = false;
      }
    );
  }

  static override styles = styles;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#watch?.disconnect();
    this.#watch = undefined;
  }

  protected override updated(_changed: PropertyValues): void {
    const end = this.renderRoot.querySelector('.end');
    this.#watch?.disconnect();
    if (end) {
      this.#watch ??= new IntersectionObserver(
        (entries) => {
          if (entries.some(({ isIntersecting }) => isIntersecting)) this.#load();
        },
        { root: this.renderRoot.querySelector('.list'), rootMargin: '100px' }
      );
      this.#watch.observe(end);
    }
    // A search goes on over the pages that are not here yet.
    if (this.query && this.#found.length === 0 && this.more) this.#load();
  }

  /** Asks for the next page, one at a time. */
  #load(): void {
    const { directory } = this;
    if (!directory || this.#asking || (this.#began && (this.loading || !this.more))) return;
    this.#asking = this.#began = true;
    void Promise.resolve()
      .then(() => directory.loadMore())
      .catch((error: unknown) => console.warn('sw-directory: the next page did not come:', error))
      .finally(() => {
        if (this.directory !== directory) return;
        this.#asking = false;
        this.requestUpdate();
      });
  }

  get #found(): DirectoryAddress[] {
    const wanted = this.query.trim().toLocaleLowerCase();
    if (!wanted) return this.addresses;
    return this.addresses.filter(({ name, displayName }) => [name, displayName].some((text) => text?.toLocaleLowerCase().includes(wanted)));
  }

  override render() {
    const found = this.#found;
    const searching = this.query !== '' && found.length === 0 && (this.more || this.loading);
    const first = this.addresses.length === 0 && (this.loading || (this.#asking && !this.query));
    const note = first ? this.word('directory.loading') : searching ? this.word('directory.searching') : found.length === 0 ? this.word('directory.none') : '';
    const stop = found.some(({ id }) => id === this.active) ? this.active : (found.find(({ id }) => id === this.chosen) ?? found[0])?.id;
    return html`<div class="card" part="container">
      <div class="search" part="search"><input type="search" placeholder=${this.word('directory.search.hint')} aria-label=${this.word('directory.search')} @input=${this.#typed}
        @keydown=${this.#searchKey}></div>
      <div class="list" part="list">
        ${found.length > 0
          ? html`<div role="listbox" aria-label=${this.word('directory')} @keydown=${this.#key}>${repeat(found, ({ id }) => id, (address) => this.#item(address, address.id === stop))}</div>`
          : nothing}
        ${this.more && found.length > 0 ? html`<div class="end">${this.loading || this.#asking ? html`<p class="note"><sw-ui-icon name="spinner" size="16"></sw-ui-icon>${this.word('directory.more')}</p>` : nothing}</div>` : nothing}
      </div>
      <p class=${note ? 'note' : 'unseen'} role="status">${first || searching ? html`<sw-ui-icon name="spinner" size="16"></sw-ui-icon>` : nothing}${note}</p>
    </div>`;
  }

  #item(address: DirectoryAddress, stop: boolean) {
    const { id, name, displayName, type, channels } = address;
    const selected = id === this.chosen;
    const shown = displayName || name;
    const channel = (has: unknown, icon: 'phone-call' | 'camera-on' | 'transcript', word: string) =>
      has ? html`<span title=${word}><sw-ui-icon name=${icon} size="16"></sw-ui-icon></span>` : nothing;
    return html`<div class=${selected ? 'item selected' : 'item'} part=${selected ? 'item item-selected' : 'item'} role="option" aria-selected=${selected} aria-label=${`${shown}, ${type ?? this.word('directory.address')}`}
      tabindex=${stop ? 0 : -1} data-id=${id} @click=${() => this.#choose(address)} @dblclick=${() => this.#dial(address)} @focus=${() => (this.active = id)}>
      <span class="disc" aria-hidden="true"><sw-ui-icon name=${type === 'room' ? 'room' : 'person'} size="22"></sw-ui-icon></span>
      <span class="who"><span class="name" part="item-name" dir="auto" title=${shown}>${shown}</span> <span class="type" part="item-type">${type ?? this.word('directory.address')}</span></span>
      <span class="channels" aria-hidden="true">${channel(channels?.audio, 'phone-call', this.word('directory.audio'))}${channel(channels?.video, 'camera-on', this.word('directory.video'))}${channel(channels?.messaging, 'transcript', this.word('directory.messaging'))}</span>
      <span class="call" part="action" title=${this.word('directory.call', { name: shown })} @click=${(event: Event) => {
        event.stopPropagation();
        this.#dial(address);
      }} @dblclick=${(event: Event) => event.stopPropagation()}><sw-ui-icon name="phone-call" size="18"></sw-ui-icon></span>
    </div>`;
  }

  #choose(address: DirectoryAddress): void {
    this.chosen = this.active = address.id;
    tell(this, 'sw-address-select', { address });
  }

  #dial(address: DirectoryAddress): void {
    tell(this, 'sw-dial', { address });
  }

  #typed = (event: Event): void => {
    const { value } = event.target as HTMLInputElement;
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => (this.query = value), DEBOUNCE_MS);
  };

  #searchKey = (event: KeyboardEvent): void => {
    if (event.key !== 'ArrowDown') return;
    event.preventDefault();
    this.renderRoot.querySelector<HTMLElement>('.item[tabindex="0"]')?.focus();
  };

  /** The list is one stop of the keyboard: arrows move, Space chooses, Enter calls. */
  #key = (event: KeyboardEvent): void => {
    const items = [...this.renderRoot.querySelectorAll<HTMLElement>('.item')];
    const at = items.findIndex(({ dataset }) => dataset.id === (event.target as HTMLElement).dataset.id);
    const address = this.#found[at];
    if (!address) return;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined) items[Math.min(Math.max(to, 0), items.length - 1)]?.focus();
    else if (event.key === ' ') this.#choose(address);
    else if (event.key === 'Enter') this.#dial(address);
    else return;
    event.preventDefault();
  };
}
define('sw-directory', SwDirectory);
declare global {
  interface HTMLElementTagNameMap {
    'sw-directory': SwDirectory;
  }
}
