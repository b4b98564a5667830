import { html, type PropertyValues } from 'lit';
import { define, tell } from '../base/define.js';
import { SwElement } from '../base/element.js';
import { focused, keepTabInside, tabStops } from '../base/focus.js';
import { lockScroll, unlockScroll } from './scroll-lock.js';
import { styles } from './styles.js';

/**
 * A dialog over the page around whatever is put into it. The page behind it can neither be used nor scrolled; the
 * focus returns where it was. Escape and a click beside the content ask to close it.
 *
 * @element sw-ui-modal
 * @attr {boolean} open - shows it
 * @attr {string} label - its name for assistive technology; default: the first heading in it
 * @slot - what the dialog contains
 * @csspart dialog - the dialog
 * @csspart backdrop - the same, by its second name
 * @csspart panel - around the content
 * @cssprop [--sw-modal-duration=0.2s] - of the animations
 * @cssprop [--sw-modal-animation=bounce-in] - keyframes of opening
 * @cssprop [--sw-modal-close-animation=bounce-out] - keyframes of closing
 * @cssprop [--sw-modal-backdrop-animation=backdrop-in] - the same of the backdrop
 * @cssprop [--sw-modal-backdrop-close-animation=backdrop-out] - the same of the backdrop
 * @fires sw-modal-close - a person asks to close it; prevented, it stays open
 */
export class SwUiModal extends SwElement {
  static override properties = { open: { type: Boolean, reflect: true }, label: {} };
  declare open: boolean;
  declare label: string;
  /** Where the focus was before it opened. */
  #origin: HTMLElement | undefined;
  #pressedBeside = false;
  #closing = 0;

  constructor() {
    super();
    this.open = false;
    this.label = '';
  }

  static override styles = styles;

  override connectedCallback(): void {
    super.connectedCallback();
    // Back in the document: what was open before is opened again.
    if (this.hasUpdated && this.open) this.#show();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    if (!this.#dialog?.open) return;
    this.#hide();
  }

  override render() {
    return html`<dialog part="dialog backdrop" @cancel=${this.#cancelled} @close=${this.#closed} @keydown=${this.#pressed}
      @pointerdown=${this.#pointed} @click=${this.#clicked}>
      <div class="panel" part="panel"><slot @slotchange=${this.#name}></slot></div>
    </dialog>`;
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('open') && this.isConnected) {
      if (this.open) this.#show();
      else if (this.#dialog?.open) void this.#leave();
    }
    this.#name();
  }

  get #dialog(): HTMLDialogElement | null {
    return this.renderRoot?.querySelector('dialog') ?? null;
  }

  #show(): void {
    const dialog = this.#dialog;
    this.#closing += 1;
    dialog?.classList.remove('closing');
    lockScroll(this);
    if (!dialog || dialog.open) return;
    this.#origin = focused();
    this.#name();
    dialog.showModal();
    // Firefox looks for what is to have the focus in the dialog's own tree alone, not in what is slotted.
    if (this.querySelector(':focus')) return;
    (this.querySelector<HTMLElement>('[autofocus]') ?? tabStops(dialog)[0])?.focus();
  }

  /** Closes it when the animation has ended; at once where there is none. */
  async #leave(): Promise<void> {
    const dialog = this.#dialog!;
    const turn = (this.#closing += 1);
    dialog.classList.add('closing');
    await Promise.allSettled(dialog.getAnimations().map(({ finished }) => finished));
    if (turn === this.#closing) this.#hide();
  }

  #hide(): void {
    const dialog = this.#dialog!;
    this.#closing += 1;
    dialog.classList.remove('closing');
    dialog.close();
    unlockScroll(this);
    // A dialog that is removed forgets where the focus was.
    if (focused() === undefined) this.#origin?.focus();
    this.#origin = undefined;
  }

  #ask(): void {
    if (tell(this, 'sw-modal-close', null, true)) this.open = false;
  }

  // Escape by hand: a browser lets the second one through to the dialog whatever the page says.
  readonly #pressed = (event: KeyboardEvent): void => {
    keepTabInside(event, this.#dialog!);
    if (event.key !== 'Escape' || event.defaultPrevented || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    if (this.open) this.#ask();
  };

  readonly #cancelled = (event: Event): void => {
    if (event.target !== this.#dialog) return;
    event.preventDefault();
    if (this.open) this.#ask();
  };

  /** The browser closed it by itself. */
  readonly #closed = (event: Event): void => {
    if (event.target !== this.#dialog || this.#dialog?.open || !this.open || !this.isConnected) return;
    this.#ask();
    if (this.open) this.#show();
    else unlockScroll(this);
  };

  readonly #pointed = (event: Event): void => {
    this.#pressedBeside = event.target === this.#dialog;
  };

  // A press that begins in the content and ends beside it, as when text is selected, closes nothing.
  readonly #clicked = (event: MouseEvent): void => {
    if (event.target !== this.#dialog || !this.open || !(this.#pressedBeside || event.detail === 0)) return;
    this.#ask();
  };

  readonly #name = (): void => {
    const slot = this.renderRoot.querySelector('slot');
    const content = slot?.assignedElements({ flatten: true }) ?? [];
    const headings = 'h1, h2, h3, h4, h5, h6, [role="heading"]';
    const heading = content.map((element) => (element.matches(headings) ? element : element.querySelector(headings))).find((found) => found?.textContent?.trim());
    this.#dialog?.setAttribute('aria-label', this.label || heading?.textContent?.trim() || this.word('dialog.name'));
  };
}

define('sw-ui-modal', SwUiModal);
declare global {
  interface HTMLElementTagNameMap {
    'sw-ui-modal': SwUiModal;
  }
}
