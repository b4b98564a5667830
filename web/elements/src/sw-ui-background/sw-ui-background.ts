import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import { inline } from '../base/css.js';
import { define } from '../base/define.js';
import { PICTURE, PREVIEW } from './picture.js';
import { styles } from './styles.js';

/**
 * A picture behind the call: first a blurred preview, then, once it is there, the picture itself. It is an ornament
 * and says nothing to assistive technology. A picture that cannot be loaded leaves the preview.
 *
 * @element sw-ui-background
 * @attr {boolean} default - the bundled picture, whatever else is given
 * @attr {string} thumbnail - address of the preview
 * @attr {string} src - address of the picture
 * @attr {string} blur-amount - how blurred the preview is, a CSS length
 * @csspart thumb - preview
 * @csspart image - picture
 */
export class SwUiBackground extends LitElement {
  static override properties = {
    default: { type: Boolean, reflect: true },
    thumbnail: {},
    src: {},
    blurAmount: { attribute: 'blur-amount' },
    loaded: { state: true }
  };
  declare default: boolean;
  declare thumbnail: string | undefined;
  declare src: string | undefined;
  declare blurAmount: string;
  private declare loaded: boolean;

  constructor() {
    super();
    this.default = this.loaded = false;
    this.blurAmount = '20px';
  }

  static override styles = styles;

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('src') || changed.has('default')) this.loaded = false;
  }

  override render() {
    const preview = this.default ? PREVIEW : this.thumbnail;
    const picture = this.default ? PICTURE : this.src;
    const loaded = this.loaded ? 'loaded' : '';
    // A new element for each address: what the former one still loads is not heard any more.
    return html`
      ${preview ? html`<img part="thumb" class="thumb ${loaded}" alt="" src=${preview} draggable="false" ${inline({ '--_blur': this.blurAmount })}>` : nothing}
      ${picture ? keyed(picture, html`<img part="image" class="image ${loaded}" alt="" src=${picture} decoding="async" draggable="false" @load=${this.#show}>`) : nothing}
    `;
  }

  readonly #show = (event: Event): void => {
    if (event.target === this.renderRoot.querySelector('.image')) this.loaded = true;
  };
}

define('sw-ui-background', SwUiBackground);
declare global {
  interface HTMLElementTagNameMap {
    'sw-ui-background': SwUiBackground;
  }
}
