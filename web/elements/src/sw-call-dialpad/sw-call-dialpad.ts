import { css, html } from 'lit';
import { define } from '../base/define.js';
import { SwElement } from '../base/element.js';
import type { Call } from '../base/interfaces.js';
import { CallSource } from '../context/call-source.js';
import '../sw-ui-dialpad/sw-ui-dialpad.js';

/**
 * A keypad whose keys are sent into the call as tones while it is connected.
 *
 * @element sw-call-dialpad
 * @attr {boolean} show-call-button - shows a button that calls what is in the display
 * @attr {boolean} allow-text - takes any text, not digits alone
 * @attr {string} placeholder - shown while the display is empty
 * @prop {Call} call - the call, in place of the context's
 * @csspart container - the card
 * @csspart display - the row of the number
 * @csspart keypad - the keys
 * @csspart key - a key
 * @csspart key-pressed - a key, for a moment after it was pressed
 * @csspart call-button - calls
 * @fires {CustomEvent<{digit: string, digits: string}>} sw-digit-press - a key; also sent into the call
 * @fires {CustomEvent<{digits: string}>} sw-dialpad-backspace - the last was deleted, or all by holding
 * @fires {CustomEvent<{digits: string}>} sw-dialpad-input - text was typed
 * @fires {CustomEvent<{digits: string}>} sw-dial - the call button or Enter
 */
export class SwCallDialpad extends SwElement {
  static override properties = {
    call: { attribute: 'call', converter: { fromAttribute: () => undefined } },
    showCallButton: { type: Boolean, reflect: true, attribute: 'show-call-button' },
    allowText: { type: Boolean, reflect: true, attribute: 'allow-text' },
    placeholder: {},
    failed: { state: true }
  };
  declare call: Call | undefined;
  declare showCallButton: boolean;
  declare allowText: boolean;
  declare placeholder: string;
  declare protected failed: boolean;
  readonly #source = new CallSource(this);

  constructor() {
    super();
    this.showCallButton = this.allowText = this.failed = false;
    this.placeholder = 'Enter number';
  }

  static override styles = css`
    :host { display: inline; }
    :host([hidden]) { display: none; }
    p { margin: 0.5em 0 0; text-align: center; font: 400 var(--type-size-small, 14px) / 1.35 var(--type-family-body, system-ui, sans-serif); }
    p:empty { display: none; }
  `;

  override render() {
    return html`<sw-ui-dialpad exportparts="container, display, keypad, key, key-pressed, call-button" .words=${this.words} ?show-call-button=${this.showCallButton}
        ?allow-text=${this.allowText} .placeholder=${this.placeholder} @sw-digit-press=${this.#send}></sw-ui-dialpad>
      <p role="alert">${this.failed ? this.word('dialpad.failed') : ''}</p>`;
  }

  #send = async ({ detail }: CustomEvent<{ digit: string }>): Promise<void> => {
    const { state } = this.#source;
    if (state.status !== 'connected') return;
    this.failed = false;
    try {
      await state.sendDigits(detail.digit);
    } catch (error) {
      console.warn('sw-call-dialpad: the digit was not sent:', error);
      this.failed = true;
    }
  };
}
define('sw-call-dialpad', SwCallDialpad);
declare global {
  interface HTMLElementTagNameMap {
    'sw-call-dialpad': SwCallDialpad;
  }
}
