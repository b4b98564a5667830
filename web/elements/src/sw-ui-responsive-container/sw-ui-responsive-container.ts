import { html, LitElement } from 'lit';
import { define } from '../base/define.js';
import { styles } from './styles.js';

/**
 * A box for a call in a dialog: wide on a desk, nearly all of a phone, never larger than the window.
 *
 * @element sw-ui-responsive-container
 * @slot - what takes the size of the box
 */
export class SwUiResponsiveContainer extends LitElement {
  static override styles = styles;

  override render() {
    return html`<div class="box"><slot></slot></div>`;
  }
}

define('sw-ui-responsive-container', SwUiResponsiveContainer);
declare global {
  interface HTMLElementTagNameMap {
    'sw-ui-responsive-container': SwUiResponsiveContainer;
  }
}
