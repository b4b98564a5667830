import { html, nothing, type PropertyValues } from 'lit';
import { define } from '../base/define.js';
import { SwElement } from '../base/element.js';
import { styles } from './styles.js';

/**
 * Where the parts of a call stand: picture, own picture in its corner, controls below, transcript beside or below.
 * It fills its parent, which needs a height, and arranges by its own size, not the window's.
 *
 * @element sw-ui-call-layout
 * @attr {boolean} transcript - shows the transcript
 * @attr {boolean} loading - veils the picture while something is being waited for
 * @attr {boolean} shadow - casts a shadow
 * @slot video - main picture
 * @slot background - behind the picture
 * @slot floating-video - picture in picture
 * @slot controls - bar under the picture
 * @slot transcript - pane at the side or below
 * @cssprop [--sw-call-layout-radius=var(--radius-md)] - corners
 * @cssprop [--sw-call-layout-shadow=var(--shadow-md)] - shadow, with the attribute
 * @cssprop [--sw-call-layout-loading-bg=rgba(0, 0, 0, 0.6)] - veil
 * @cssprop [--sw-call-layout-pip-width=clamp(80px, 20%, 200px)] - width of the picture in picture
 * @cssprop [--sw-call-layout-pip-radius=var(--radius-md)] - its corners
 * @cssprop [--sw-call-layout-pip-shadow=var(--shadow-md)] - its shadow
 * @cssprop [--sw-call-layout-pip-bottom=12px] - its distance from the bottom
 * @cssprop [--sw-call-layout-pip-right=12px] - its distance from the end of the line: the right, or the left where lines run from right to left
 * @cssprop [--loading-spinner-size=48px] - the turning ring
 * @cssprop [--sw-call-layout-transcript-transition=350ms ease-in-out] - how the transcript appears
 */
export class SwUiCallLayout extends SwElement {
  static override properties = {
    transcript: { type: Boolean, reflect: true },
    loading: { type: Boolean, reflect: true },
    shadow: { type: Boolean, reflect: true },
    filled: { state: true }
  };
  declare transcript: boolean;
  declare loading: boolean;
  declare shadow: boolean;
  /** Slots that have something in them. */
  private declare filled: ReadonlySet<string>;

  constructor() {
    super();
    this.transcript = this.loading = this.shadow = false;
    this.filled = new Set();
  }

  static override styles = styles;

  /** Whether this element fills the screen. */
  get fullscreen(): boolean {
    return this.matches(':fullscreen');
  }

  toggleTranscript(): void {
    this.transcript = !this.transcript;
  }

  /** Leaves fullscreen whoever is in it, else enters it, where the browser lets it. */
  toggleFullscreen(): void {
    const done = document.fullscreenElement ? document.exitFullscreen() : this.requestFullscreen?.();
    done?.catch(() => undefined);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('fullscreenchange', this.#screened);
    this.#screened();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('fullscreenchange', this.#screened);
    this.removeAttribute('fullscreen');
  }

  override render() {
    const bare = !this.filled.has('controls');
    return html`<div class="grid">
      <div class="video ${bare ? 'last' : ''}">
        <div class="background"><slot name="background"></slot></div>
        <div class="main"><slot name="video"></slot></div>
        <div class="pip ${this.filled.has('floating-video') ? '' : 'empty'}"><slot name="floating-video" @slotchange=${this.#fill}></slot></div>
        <div class="veil ${this.loading ? 'on' : ''}">${this.loading ? html`<div class="turning"></div>` : nothing}</div>
        <span class="unseen" role="status">${this.loading ? this.word('layout.loading') : nothing}</span>
      </div>
      <div class="controls"><slot name="controls" @slotchange=${this.#fill}></slot></div>
      <div class="transcript ${bare ? 'last' : ''}"><slot name="transcript"></slot></div>
    </div>`;
  }

  protected override firstUpdated(_changed: PropertyValues<this>): void {
    this.#fill();
  }

  readonly #fill = (): void => {
    const slots = [...this.renderRoot.querySelectorAll('slot')].filter((slot) => slot.assignedElements({ flatten: true }).length > 0);
    const names = slots.map(({ name }) => name);
    if (names.length !== this.filled.size || names.some((name) => !this.filled.has(name))) this.filled = new Set(names);
  };

  // Asked of the element: inside another shadow root the document names that root's host.
  readonly #screened = (): void => {
    this.toggleAttribute('fullscreen', this.fullscreen);
  };
}

define('sw-ui-call-layout', SwUiCallLayout);
declare global {
  interface HTMLElementTagNameMap {
    'sw-ui-call-layout': SwUiCallLayout;
  }
}
