import { html, nothing, type PropertyValues } from 'lit';
import { define, tell } from '../base/define.js';
import { SwElement } from '../base/element.js';
import { Float } from '../base/float.js';
import { chosen, entries, itemsConverter, type DropUpItem } from './items.js';
import { styles } from './styles.js';

/** Letters that follow each other within this many milliseconds look for one word. */
const TYPING = 600;
const ROLES = { radio: 'menuitemradio', checkbox: 'menuitemcheckbox', command: 'menuitem' } as const;

/**
 * A menu that opens upward from its anchor, or from where it stands. Its owner opens and closes it: it asks to be closed
 * after a press outside, Escape, Tab or Enter. Arrow keys, Home, End and letters move between the entries; when it
 * closes, focus goes back to the anchor.
 *
 * @element sw-ui-dropup
 * @attr {string} items - entries as JSON: a list of `{id, label, selected?, kind?}` or of plain strings
 * @attr {boolean} open - whether it shows
 * @attr {string} label - what it is called for assistive technology
 * @prop {Element | undefined} anchor - what it is placed against; a press on it does not count as outside
 * @csspart menu - the panel
 * @csspart item - an entry
 * @cssprop [--sw-dropup-offset=4px] - distance from the anchor
 * @cssprop [--sw-dropup-max-width=200px] - width of an entry at most
 * @cssprop --sw-dropup-bg - background
 * @cssprop --sw-dropup-border - colour of the border
 * @cssprop --sw-dropup-radius - corners
 * @cssprop --sw-dropup-shadow - shadow
 * @cssprop --sw-dropup-color - text
 * @cssprop --sw-dropup-item-hover - background of an entry under the pointer or in focus
 * @cssprop --sw-dropup-item-active - background of a selected entry
 * @fires {CustomEvent<DropUpItem>} sw-dropup-select - an entry was chosen; the menu stays open
 * @fires {CustomEvent<null>} sw-dropup-close - it should be closed
 */
export class SwUiDropup extends SwElement {
  static override properties = {
    items: { converter: itemsConverter, reflect: true },
    open: { type: Boolean, reflect: true },
    label: {},
    anchor: { attribute: false }
  };
  static override styles = styles;
  declare items: (DropUpItem | string)[];
  declare open: boolean;
  declare label: string;
  declare anchor: Element | undefined;

  readonly #float = new Float(() => this.open && this.#close());
  #typed = '';
  #typedAt = 0;
  /** Whether focus was inside before an update that closes. */
  #held = false;

  constructor() {
    super();
    this.items = [];
    this.open = false;
    this.label = '';
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('mousedown', this.#outside, { capture: true });
    // A panel that left the document is no longer in the top layer.
    if (this.hasUpdated) this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('mousedown', this.#outside, { capture: true });
    this.#float.hide();
  }

  /** Moves focus into the open menu: to the selected entry (or the first), the first or the last. */
  async focusItem(which: 'selected' | 'first' | 'last' = 'selected'): Promise<void> {
    await this.updateComplete;
    const items = this.#shown();
    const selected = items.find((item) => item.matches('[role=menuitemradio].selected'));
    (which === 'last' ? items.at(-1) : which === 'selected' ? (selected ?? items[0]) : items[0])?.focus();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    this.#held = changed.has('open') && !this.open && this.shadowRoot?.activeElement != null;
  }

  override render() {
    const items = this.open ? entries(this.items) : [];
    if (items.length === 0) return nothing;
    const start = Math.max(items.findIndex(({ selected, kind = 'radio' }) => selected && kind === 'radio'), 0);
    const marks = items.some(({ kind }) => kind !== 'command');
    return html`<div class="menu" part="menu" role="menu" popover="manual" tabindex="-1" aria-label=${this.label || nothing} @keydown=${this.#key}>
      ${items.map((item, at) => this.#entry(item, at === start, marks))}
    </div>`;
  }

  #entry(item: DropUpItem, reachable: boolean, marks: boolean) {
    const { kind = 'radio', label, selected = false } = item;
    return html`<div class="item ${selected ? 'selected' : ''} ${marks ? '' : 'plain'}" part="item" role=${ROLES[kind] ?? 'menuitem'}
      aria-checked=${kind === 'command' ? nothing : String(selected)} tabindex=${reachable ? 0 : -1} title=${label}
      @click=${() => this.#select(item)}>
      ${marks ? html`<svg class="mark" viewBox="0 0 24 24" aria-hidden="true"><path d="M5 12.5l4.5 4.5L19 7.5"></path></svg>` : nothing}
      <span class="label" dir="auto">${label}</span>
    </div>`;
  }

  protected override updated(): void {
    const menu = this.shadowRoot?.querySelector<HTMLElement>('.menu');
    if (menu) {
      const gap = parseFloat(getComputedStyle(this).getPropertyValue('--sw-dropup-offset'));
      this.#float.show(menu, this.anchor ?? this, { gap: Number.isFinite(gap) ? gap : 4, align: this.anchor ? 'center' : 'start' });
      return;
    }
    this.#float.hide();
    if (this.#held) (this.anchor as HTMLElement | undefined)?.focus?.();
  }

  #shown(): HTMLElement[] {
    return [...(this.shadowRoot?.querySelectorAll<HTMLElement>('.item') ?? [])];
  }

  #select(item: DropUpItem): void {
    this.items = chosen(entries(this.items), item);
    tell(this, 'sw-dropup-select', { ...item, selected: true });
  }

  #close(): void {
    tell(this, 'sw-dropup-close');
  }

  readonly #outside = (event: Event): void => {
    if (!this.open) return;
    const path = event.composedPath();
    if (!path.includes(this) && !(this.anchor && path.includes(this.anchor))) this.#close();
  };

  #key(event: KeyboardEvent): void {
    const items = this.#shown();
    const at = items.findIndex((item) => item === this.shadowRoot?.activeElement);
    const { key } = event;
    // Where the entry in question is, for keys that move.
    const to = { ArrowDown: at + 1, ArrowUp: at < 0 ? -1 : at - 1, Home: 0, End: -1 }[key];
    if (to !== undefined) {
      this.#typed = '';
      items.at(to % items.length)?.focus();
    } else if (key === 'Enter' || (key === ' ' && !this.#typing)) {
      items[at]?.click();
      if (key === 'Enter') this.#close();
    } else if (key === 'Escape') this.#close();
    else if (key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) this.#seek(key, items, at);
    else {
      if (key === 'Tab') this.#close();
      return;
    }
    event.preventDefault();
    // What is around, a dialog for instance, must not act on it as well.
    event.stopPropagation();
  }

  get #typing(): boolean {
    return this.#typed !== '' && performance.now() - this.#typedAt < TYPING;
  }

  #seek(letter: string, items: HTMLElement[], at: number): void {
    this.#typed = (this.#typing ? this.#typed : '') + letter.toLocaleLowerCase();
    this.#typedAt = performance.now();
    const begins = (item: HTMLElement): boolean => item.title.toLocaleLowerCase().startsWith(this.#typed);
    // One letter goes on to the next entry; more of them stay while they fit.
    const from = this.#typed.length === 1 ? at + 1 : Math.max(at, 0);
    [...items.slice(from), ...items.slice(0, from)].find(begins)?.focus();
  }
}
define('sw-ui-dropup', SwUiDropup);
declare global {
  interface HTMLElementTagNameMap {
    'sw-ui-dropup': SwUiDropup;
  }
}
