import { html, nothing, type PropertyValues } from 'lit';
import { define, tell } from '../base/define.js';
import { SwElement } from '../base/element.js';
import { loadContent } from '../content/load.js';
import { pieces, type Piece } from '../content/pieces.js';
import type { DisplayContent } from '../context/chat-state.js';
import { styles } from './styles.js';
import '../sw-ui-icon/sw-ui-icon.js';

/** Narrower parents, in CSS pixels, get it from below. */
const NARROW = 480;
/** Longer content is shown as it is. */
const LONGEST = 200_000;
const TICK_MS = 2_000;

/** Content made ready: sanitised nodes in a box, or code in pieces. */
type Prepared = { box: HTMLElement } | { code: Piece[] };

/**
 * A panel that slides over the call and shows what was sent: text, Markdown, HTML or code. Nothing of it can run:
 * markup is sanitised, code is text. Closed, it can be reached by nobody.
 *
 * @element sw-ui-content-drawer
 * @attr {boolean} open - shows it
 * @attr {boolean} narrow - from below instead of from the side; follows the size of the parent
 * @attr {string} title - title of the content
 * @attr {string} content - what is shown, in its format
 * @attr {'text'|'markdown'|'code'|'html'} format - how to show it
 * @attr {string} language - of code
 * @csspart panel - whole drawer
 * @csspart header - top row
 * @csspart title - title
 * @csspart body - what scrolls
 * @cssprop --bg-page - panel
 * @cssprop --border-default - lines
 * @cssprop --fg-default - text
 * @cssprop --fg-muted - badge, quotes
 * @cssprop --bg-surface - badge, heads of tables
 * @cssprop --bg-surface-raised - buttons under the pointer, scrollbar
 * @cssprop --interactive-button-primary-bg - links
 * @cssprop --interactive-status-success - tick after copying
 * @cssprop --transition-fast - of the buttons
 * @cssprop --sw-call-layout-radius - upper corners when narrow
 * @fires sw-content-drawer-close - a person asks to close it; it does not close by itself
 */
export class SwUiContentDrawer extends SwElement {
  static override properties = {
    open: { type: Boolean, reflect: true },
    narrow: { type: Boolean, reflect: true },
    title: {},
    content: {},
    format: {},
    language: {},
    prepared: { state: true },
    copied: { state: true },
    refused: { state: true },
    said: { state: true }
  };
  declare open: boolean;
  declare narrow: boolean;
  declare title: string;
  declare content: string;
  declare format: DisplayContent['format'];
  declare language: string;
  private declare prepared: Prepared | undefined;
  private declare copied: boolean;
  /** Copying failed. */
  private declare refused: boolean;
  /** What assistive technology is told. */
  private declare said: string;
  #turn = 0;
  #tick: ReturnType<typeof setTimeout> | undefined;
  #sizes: ResizeObserver | undefined;
  /** Where the focus was before it came in here. */
  #origin: HTMLElement | undefined;

  constructor() {
    super();
    this.open = this.narrow = this.copied = this.refused = false;
    this.title = this.content = this.language = this.said = '';
    this.format = 'text';
  }

  static override styles = styles;

  override connectedCallback(): void {
    super.connectedCallback();
    const root = this.parentNode;
    const parent = root instanceof ShadowRoot ? root.host : this.parentElement;
    this.#sizes = new ResizeObserver(([size]) => {
      this.narrow = size!.contentRect.width <= NARROW;
    });
    if (parent) this.#sizes.observe(parent);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#sizes?.disconnect();
    clearTimeout(this.#tick);
    this.copied = this.refused = false;
    this.#origin = undefined;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('content') || changed.has('format') || changed.has('language')) void this.#prepare();
    if (!changed.has('open')) return;
    if (this.open) this.said = this.word('drawer.opened', { title: this.title || this.word('drawer.name') });
    else {
      this.said = '';
      // Before what has the focus becomes unreachable.
      if (this.renderRoot && this.shadowRoot?.activeElement && this.#origin?.isConnected) this.#origin.focus();
    }
  }

  override render() {
    const [copy, close] = [this.word('drawer.copy'), this.word('drawer.close')];
    const name = this.title || this.word('drawer.name');
    // The empty title keeps the host's from showing up as a tooltip.
    return html`<section class="panel" part="panel" title="" aria-label=${name} ?inert=${!this.open} @keydown=${this.#pressed} @focusin=${this.#entered} @click=${this.#clicked}>
        <div class="header" part="header">
          <span class="title" part="title" title=${this.title}>${this.title}</span>
          ${this.format === 'code' && this.language ? html`<span class="badge">${this.language}</span>` : nothing}
          <button type="button" class="copy ${this.copied ? 'copied' : ''}" title=${copy} aria-label=${copy} @click=${this.#copy}>
            <sw-ui-icon name=${this.copied ? 'check-circle' : 'copy'} size="16"></sw-ui-icon>
          </button>
          <button type="button" class="close" title=${close} aria-label=${close} @click=${this.#close}><sw-ui-icon name="close" size="16"></sw-ui-icon></button>
        </div>
        ${this.refused ? html`<p class="note">${this.word('drawer.copy-failed')}</p>` : nothing}
        <div class="body" part="body" tabindex="0" role="group" aria-label=${name}>${this.#body()}</div>
      </section>
      <span class="unseen" role="status">${this.said}</span>`;
  }

  #body() {
    const { prepared } = this;
    if (prepared && 'box' in prepared) return prepared.box;
    if (prepared) return html`<pre class="code"><code>${pieces(prepared.code)}</code></pre>`;
    return html`<pre class="plain ${this.format === 'text' ? '' : 'raw'}" dir=${this.format === 'text' ? 'auto' : nothing}>${this.content}</pre>`;
  }

  /** Until it is ready, and if that fails, the content is shown as it is. A newer one makes an older one void. */
  async #prepare(): Promise<void> {
    const turn = (this.#turn += 1);
    this.prepared = undefined;
    const { content, format, language } = this;
    if (!content || content.length > LONGEST || (format !== 'markdown' && format !== 'html' && format !== 'code')) return;
    try {
      const { fromHtml, fromMarkdown, highlight } = await loadContent();
      if (turn !== this.#turn) return;
      if (format === 'code') this.prepared = { code: highlight(content, language) };
      else {
        const box = Object.assign(document.createElement('div'), { className: 'markup', dir: 'auto' });
        box.append(format === 'html' ? fromHtml(content) : fromMarkdown(content));
        this.prepared = { box };
      }
    } catch (error) {
      console.warn('content is shown as plain text:', error);
    }
  }

  readonly #copy = async (): Promise<void> => {
    clearTimeout(this.#tick);
    try {
      await navigator.clipboard.writeText(this.content);
      this.copied = true;
      this.refused = false;
      this.said = this.word('drawer.copied');
    } catch (error) {
      console.warn('content was not copied:', error);
      this.refused = true;
      this.said = this.word('drawer.copy-failed');
    }
    if (!this.isConnected) return;
    this.#tick = setTimeout(() => {
      this.copied = this.refused = false;
      this.said = '';
    }, TICK_MS);
  };

  readonly #close = (): void => {
    tell(this, 'sw-content-drawer-close');
  };

  readonly #pressed = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.defaultPrevented || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    this.#close();
  };

  readonly #entered = (event: FocusEvent): void => {
    const from = event.relatedTarget;
    if (from instanceof HTMLElement && !this.shadowRoot!.contains(from)) this.#origin = from;
  };

  // A link that would open over the page would end the call: it opens beside it.
  readonly #clicked = (event: MouseEvent): void => {
    const link = (event.target as Element).closest?.('.markup a[href]:not([target])');
    if (!(link instanceof HTMLAnchorElement) || !link.protocol.startsWith('http') || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    window.open(link.href, '_blank', 'noopener,noreferrer');
  };
}

define('sw-ui-content-drawer', SwUiContentDrawer);
declare global {
  interface HTMLElementTagNameMap {
    'sw-ui-content-drawer': SwUiContentDrawer;
  }
}
