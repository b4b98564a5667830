import { html, nothing, type TemplateResult } from 'lit';
import { define, tell } from '../base/define.js';
import { SwElement } from '../base/element.js';
import { chosen, entries, itemsConverter, type DropUpItem } from '../sw-ui-dropup/items.js';
import type { SwUiDropup } from '../sw-ui-dropup/sw-ui-dropup.js';
import '../sw-ui-dropup/sw-ui-dropup.js';
import '../sw-ui-icon/sw-ui-icon.js';
import { styles } from './styles.js';

/**
 * A button, with a menu beside it when it has items. With something in the slot `active` or `inactive` it is a switch,
 * else it is pressed.
 *
 * An icon has no name: give `label`. A switch whose label says what the next press does has two, `label` and
 * `active-label`; one whose label names the thing has one, and is told as pressed or not.
 *
 * @element sw-ui-split-button
 * @attr {string} items - entries of the menu as JSON: a list of `{id, label, selected?, kind?}` or of plain strings
 * @attr {boolean} active - whether the switch is on; written as `true` and `false`
 * @attr {string} label - name of the button
 * @attr {string} active-label - name while it is active
 * @attr {string} menu-label - name of the menu and of the button that opens it
 * @attr {boolean} menu-only - the whole button opens the menu
 * @attr {boolean} disabled - the button does nothing; its menu still opens, unless the whole button is the menu's
 * @slot - what stands on a button that is pressed
 * @slot active - what stands on a switch that is on
 * @slot inactive - what stands on a switch that is off
 * @csspart button - the button, or all of it when there is a menu
 * @csspart chevron - what opens the menu
 * @cssprop [--sw-split-button-size=40px] - height, where the next one is not set
 * @cssprop [--sw-split-button-height=var(--sw-split-button-size, 40px)] - height
 * @cssprop [--sw-split-button-padding=14px] - room at both sides of what stands on it
 * @cssprop [--sw-split-button-bg=var(--bg-surface)] - background
 * @cssprop [--sw-split-button-bg-hover=var(--bg-surface-raised)] - background under the pointer
 * @cssprop [--sw-split-button-color=var(--fg-default)] - text and icons
 * @cssprop [--sw-split-button-radius=var(--radius-full)] - corners
 * @fires {CustomEvent<boolean>} sw-split-button-toggle - the switch was pressed: the new state
 * @fires {CustomEvent<null>} sw-split-button-click - the button was pressed
 * @fires {CustomEvent<DropUpItem>} sw-dropup-select - an entry of the menu was chosen
 * @fires {CustomEvent<null>} sw-dropup-close - the menu closes
 */
export class SwUiSplitButton extends SwElement {
  static override shadowRootOptions = { ...SwElement.shadowRootOptions, delegatesFocus: true };
  static override properties = {
    items: { converter: itemsConverter },
    active: { reflect: true, converter: { fromAttribute: (text: string | null) => text !== null && text !== 'false', toAttribute: String } },
    label: {},
    activeLabel: { attribute: 'active-label' },
    menuLabel: { attribute: 'menu-label' },
    menuOnly: { type: Boolean, attribute: 'menu-only' },
    disabled: { type: Boolean },
    open: { state: true }
  };
  static override styles = styles;
  declare items: (DropUpItem | string)[];
  declare active: boolean;
  declare label: string;
  declare activeLabel: string;
  declare menuLabel: string;
  declare menuOnly: boolean;
  declare disabled: boolean;
  /** Whether the menu shows. */
  declare protected open: boolean;

  constructor() {
    super();
    this.items = [];
    this.active = false;
    this.label = this.activeLabel = this.menuLabel = '';
    this.menuOnly = this.disabled = this.open = false;
  }

  override render() {
    const name = (this.active && this.activeLabel) || this.label;
    if (entries(this.items).length === 0) return this.#main('solo', 'button', name, this.disabled || this.menuOnly);
    const menu = html`<sw-ui-dropup .words=${this.words} .items=${this.items} .anchor=${this.#opener} .open=${this.open} .label=${this.#menuName(name)}
      @sw-dropup-select=${this.#chosen} @sw-dropup-close=${this.#closed}></sw-ui-dropup>`;
    const turn = html`<span class="turn"><sw-ui-icon name="chevron-up" size="14"></sw-ui-icon></span>`;
    const open = this.open ? 'true' : 'false';
    if (this.menuOnly) {
      return html`<button type="button" class="solo" part="button chevron" aria-haspopup="menu" aria-expanded=${open} aria-label=${name || nothing} title=${name || nothing}
        ?disabled=${this.disabled} @click=${this.#turn} @keydown=${this.#key}>${this.#content()}</button>${menu}`;
    }
    return html`<div class="pill" part="button">
      ${this.#main('main', undefined, name, this.disabled)}<span class="divider"></span>
      <button type="button" class="chevron" part="chevron" aria-haspopup="menu" aria-expanded=${open} aria-label=${this.#menuName(name)} title=${this.#menuName(name)}
        @click=${this.#turn} @keydown=${this.#key}>${turn}</button>
    </div>${menu}`;
  }

  #main(look: string, part: string | undefined, name: string, disabled: boolean): TemplateResult {
    const pressed = this.#switches && !this.activeLabel ? String(this.active) : nothing;
    return html`<button type="button" class=${look} part=${part ?? nothing} aria-label=${name || nothing} title=${name || nothing} aria-pressed=${pressed}
      ?disabled=${disabled} @click=${this.#press}>${this.#content()}</button>`;
  }

  #content() {
    const render = (): void => this.requestUpdate();
    return html`<slot name="active" ?hidden=${!this.active} @slotchange=${render}></slot><slot name="inactive" ?hidden=${this.active} @slotchange=${render}></slot>
      ${this.#switches ? nothing : html`<slot></slot>`}`;
  }

  #menuName(name: string): string {
    return this.menuLabel || (name ? this.word('menu.of', { name }) : this.word('menu'));
  }

  get #switches(): boolean {
    return [...this.children].some(({ slot }) => slot === 'active' || slot === 'inactive');
  }

  /** What opens the menu; it is there from the second rendering on, before anybody can press it. */
  get #opener(): HTMLElement | undefined {
    return this.shadowRoot?.querySelector<HTMLElement>('[part~=chevron]') ?? undefined;
  }

  #press(): void {
    if (!this.#switches) return void tell(this, 'sw-split-button-click');
    this.active = !this.active;
    tell(this, 'sw-split-button-toggle', this.active);
  }

  #turn(): void {
    if (this.open) this.open = false;
    else this.#show('selected');
  }

  #show(where: 'selected' | 'first' | 'last'): void {
    this.open = true;
    void this.updateComplete.then(() => this.shadowRoot?.querySelector<SwUiDropup>('sw-ui-dropup')?.focusItem(where));
  }

  #key(event: KeyboardEvent): void {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      this.#show(event.key === 'ArrowUp' ? 'last' : 'first');
    } else if (event.key === 'Escape' && this.open) {
      event.stopPropagation();
      this.open = false;
    }
  }

  #closed(): void {
    this.open = false;
  }

  #chosen({ detail }: CustomEvent<DropUpItem>): void {
    this.items = chosen(entries(this.items), detail);
    // What is done once needs no second look at the menu.
    if (detail.kind === 'command') this.open = false;
  }
}
define('sw-ui-split-button', SwUiSplitButton);
declare global {
  interface HTMLElementTagNameMap {
    'sw-ui-split-button': SwUiSplitButton;
  }
}
