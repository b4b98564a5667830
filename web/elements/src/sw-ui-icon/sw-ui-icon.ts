import { css, html, LitElement, nothing, svg } from 'lit';
import { define } from '../base/define.js';
import { ICONS, type IconName } from '../base/icons.js';

/**
 * One of the icons, in the colour of the text. It is an ornament: what it stands for must be said by the button or text
 * beside it.
 *
 * @element sw-ui-icon
 * @attr {IconName} name - which one; an unknown name shows nothing
 * @attr {number} size - width and height, CSS pixels
 */
export class SwUiIcon extends LitElement {
  static override properties = { name: { reflect: true }, size: { type: Number } };
  declare name: IconName;
  declare size: number;

  constructor() {
    super();
    this.name = 'close';
    this.size = 24;
  }

  static override styles = css`
    :host { display: inline-flex; vertical-align: middle; }
    :host([hidden]) { display: none; }
    svg { display: block; }
    :host([name='spinner']) svg { animation: turn 1s linear infinite; }
    @keyframes turn { to { rotate: 360deg; } }
    @media (prefers-reduced-motion: reduce) { :host([name='spinner']) svg { animation-duration: 4s; } }
  `;

  override render() {
    const known = Object.hasOwn(ICONS, this.name) ? ICONS[this.name] : undefined;
    if (!known) return nothing;
    return html`<svg viewBox="0 0 24 24" width=${this.size} height=${this.size} aria-hidden="true" focusable="false">${svg`${known}`}</svg>`;
  }
}
define('sw-ui-icon', SwUiIcon);
declare global {
  interface HTMLElementTagNameMap {
    'sw-ui-icon': SwUiIcon;
  }
}
