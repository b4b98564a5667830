import { html, nothing } from 'lit';
import { define } from '../base/define.js';
import { SwElement } from '../base/element.js';
import { keepTabInside } from '../base/focus.js';
import { styles } from './styles.js';

export type AlertType = 'confirm' | 'alert';

/**
 * Asks a person for a yes or no, or tells something, in a dialog of the page.
 *
 * @element sw-ui-alert
 * @attr {string} title - the question, or what there is to tell
 * @attr {string} description - more about it
 * @attr {'confirm'|'alert'} type - two answers or one
 * @slot - in place of the description
 * @cssprop --type-family-body - font
 * @cssprop --radius-md - corners
 * @cssprop --shadow-md - shadow
 * @cssprop --interactive-button-primary-bg - button that accepts
 * @cssprop --interactive-button-primary-hover - the same under the pointer
 */
export class SwUiAlert extends SwElement {
  static override properties = { title: {}, description: {}, type: { reflect: true } };
  declare title: string;
  declare description: string;
  declare type: AlertType;
  #asked: Promise<boolean> | undefined;
  #settle: (answer: boolean) => void = () => undefined;

  constructor() {
    super();
    this.description = '';
    this.type = 'confirm';
  }

  static override styles = styles;

  /**
   * Opens it over the page. True: accepted; false: rejected. Escape rejects what can be rejected, and so does removing
   * the element. While it is open, every call gives the same answer.
   */
  show(): Promise<boolean> {
    this.#asked ??= this.#ask().finally(() => {
      this.#asked = undefined;
    });
    return this.#asked;
  }

  async #ask(): Promise<boolean> {
    if (!this.isConnected) return this.#dismissed;
    await this.updateComplete;
    const dialog = this.#dialog;
    if (!this.isConnected || !dialog) return this.#dismissed;
    const answered = new Promise<boolean>((settle) => {
      this.#settle = settle;
    });
    dialog.showModal();
    const answer = await answered;
    this.#settle = () => undefined;
    if (dialog.open) dialog.close();
    return answer;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#settle(this.#dismissed);
  }

  override render() {
    // The empty title keeps the host's from showing up as a tooltip.
    return html`<dialog role="alertdialog" aria-modal="true" title="" aria-labelledby=${this.title ? 'title' : 'text'} aria-describedby="text"
      @cancel=${this.#cancelled} @close=${this.#cancelled} @keydown=${this.#pressed}>
      ${this.title ? html`<h2 id="title">${this.title}</h2>` : nothing}
      <div id="text" class="text"><slot>${this.description}</slot></div>
      <div class="answers">
        ${this.type === 'alert' ? nothing : html`<button type="button" class="no" @click=${() => this.#settle(false)}>${this.word('dialog.reject')}</button>`}
        <button type="button" class="yes" @click=${() => this.#settle(true)}>
          ${this.type === 'alert' ? this.word('dialog.ok') : this.word('dialog.accept')}
        </button>
      </div>
    </dialog>`;
  }

  /** What leaving without an answer means. */
  get #dismissed(): boolean {
    return this.type === 'alert';
  }

  get #dialog(): HTMLDialogElement | null {
    return this.renderRoot?.querySelector('dialog') ?? null;
  }

  readonly #cancelled = (event: Event): void => {
    if (event.target === this.#dialog) this.#settle(this.#dismissed);
  };

  // What lies under it shall not hear this Escape too.
  readonly #pressed = (event: KeyboardEvent): void => {
    keepTabInside(event, this.#dialog!);
    if (event.key !== 'Escape' || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    this.#settle(this.#dismissed);
  };
}

export interface Prompt {
  title: string;
  description?: string | undefined;
  type?: AlertType | undefined;
}

/** Asks in a dialog over the page, and leaves nothing behind. True: accepted. */
export async function showPrompt({ title, description = '', type = 'confirm' }: Prompt): Promise<boolean> {
  const alert = Object.assign(document.createElement('sw-ui-alert'), { title, description, type });
  document.body.append(alert);
  try {
    return await alert.show();
  } finally {
    alert.remove();
  }
}

define('sw-ui-alert', SwUiAlert);
declare global {
  interface HTMLElementTagNameMap {
    'sw-ui-alert': SwUiAlert;
  }
}
