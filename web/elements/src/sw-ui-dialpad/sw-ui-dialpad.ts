import { html, nothing, type PropertyValues } from 'lit';
import { inline } from '../base/css.js';
import { define, tell } from '../base/define.js';
import { SwElement } from '../base/element.js';
import '../sw-ui-icon/sw-ui-icon.js';
import { styles } from './styles.js';

const KEYS: [digit: string, letters: string][] = [
  ['1', ''], ['2', 'ABC'], ['3', 'DEF'], ['4', 'GHI'], ['5', 'JKL'], ['6', 'MNO'], ['7', 'PQRS'], ['8', 'TUV'], ['9', 'WXYZ'], ['*', ''], ['0', '+'], ['#', '']
];
/** Held this long, a key does its other thing. */
const LONG_PRESS_MS = 500;
/** How long a key looks pressed. */
const PRESSED_MS = 100;
/** Characters of a number or name. */
const LONGEST = 256;

/**
 * A keypad with its display. It dials nobody: it tells what was pressed.
 *
 * @element sw-ui-dialpad
 * @attr {boolean} show-call-button - shows a button that calls what is in the display
 * @attr {boolean} allow-text - takes any text, not digits alone
 * @attr {string} placeholder - shown while the display is empty
 * @attr {string} value - what is in the display
 * @csspart container - the card
 * @csspart display - the row of the number
 * @csspart keypad - the keys
 * @csspart key - a key
 * @csspart key-pressed - a key, for a moment after it was pressed
 * @csspart call-button - calls
 * @cssprop [--sw-dialpad-display-size=32px] - size of the number
 * @cssprop [--sw-dialpad-key-size=24px] - size of the digits on the keys
 * @fires {CustomEvent<{digit: string, digits: string}>} sw-digit-press - a key, a typed digit, or + by holding 0
 * @fires {CustomEvent<{digits: string}>} sw-dialpad-backspace - the last was deleted, or all by holding
 * @fires {CustomEvent<{digits: string}>} sw-dialpad-input - text was typed
 * @fires {CustomEvent<{digits: string}>} sw-dial - the call button or Enter
 */
export class SwUiDialpad extends SwElement {
  static override properties = {
    showCallButton: { type: Boolean, reflect: true, attribute: 'show-call-button' },
    allowText: { type: Boolean, reflect: true, attribute: 'allow-text' },
    placeholder: {},
    value: {},
    pressed: { state: true }
  };
  declare showCallButton: boolean;
  declare allowText: boolean;
  declare placeholder: string;
  declare value: string;
  declare protected pressed: string;
  #holding: ReturnType<typeof setTimeout> | undefined;
  /** The key whose long press has done its work: its own click is not another press. */
  #held: string | undefined;
  #shown: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.showCallButton = this.allowText = false;
    this.placeholder = 'Enter number';
    this.value = this.pressed = '';
  }

  static override styles = styles;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#release();
    clearTimeout(this.#shown);
    this.pressed = '';
  }

  protected override updated(changed: PropertyValues<this>): void {
    // Of a number that is too long for the display, what was dialled last is seen.
    const input = this.renderRoot.querySelector('input')!;
    if (changed.has('value')) input.scrollLeft = input.scrollWidth;
  }

  override render() {
    const { value } = this;
    return html`<div class="card" part="container">
      <div class="display" part="display">
        <input type=${this.allowText ? 'text' : 'tel'} aria-label=${this.word('dialpad.number')} placeholder=${this.placeholder} maxlength=${LONGEST} autocomplete="off" spellcheck="false" ${inline({ '--_length': String(value.length || 1) })}
          .value=${value} @keydown=${this.#typed} @input=${this.#input} @paste=${this.#paste}>
        <button class="delete" type="button" aria-label=${this.word('dialpad.delete')} title=${this.word('dialpad.delete')} ?disabled=${value === ''}
          @pointerdown=${() => this.#hold('delete')} @pointerup=${this.#release} @pointerleave=${this.#abandon} @pointercancel=${this.#abandon} @click=${() => this.#click('delete')}>
          <sw-ui-icon name="backspace" size="24"></sw-ui-icon></button>
      </div>
      <div class="keypad" part="keypad" role="group" aria-label=${this.word('dialpad.keys')}>${KEYS.map((key) => this.#key(key))}</div>
      ${this.showCallButton
        ? html`<button class="call" part="call-button" type="button" aria-label=${this.word('dialpad.call', { number: value })} ?disabled=${value === ''} @click=${this.#dial}>
            <sw-ui-icon name="phone-call" size="20"></sw-ui-icon>${this.word('call.place')}</button>`
        : nothing}
    </div>`;
  }

  #key([digit, letters]: [string, string]) {
    const label = `${digit}${letters ? `, ${letters}` : ''}${digit === '0' ? ` (${this.word('dialpad.plus')})` : ''}`;
    const pressed = this.pressed === digit;
    return html`<button class=${pressed ? 'key pressed' : 'key'} part=${pressed ? 'key key-pressed' : 'key'} type="button" aria-label=${label} data-key=${digit}
      @pointerdown=${() => this.#hold(digit)} @pointerup=${this.#release} @pointerleave=${this.#abandon} @pointercancel=${this.#abandon} @contextmenu=${(event: Event) => event.preventDefault()}
      @click=${() => this.#click(digit)}><span class="digit">${digit}</span>${letters ? html`<span class="letters" data-letters=${letters}></span>` : nothing}</button>`;
  }

  /** Begins to count a long press, of the keys that have one. */
  #hold(key: string): void {
    this.#release();
    this.#held = undefined;
    if (key !== '0' && key !== 'delete') return;
    this.#holding = setTimeout(() => {
      this.#held = key;
      if (key === '0') this.#press('0', '+');
      else if (this.value) {
        this.value = '';
        tell(this, 'sw-dialpad-backspace', { digits: '' });
      }
    }, LONG_PRESS_MS);
  }

  #release = (): void => {
    clearTimeout(this.#holding);
    this.#holding = undefined;
  };

  /** The pointer left the key: no click will follow. */
  #abandon = (): void => {
    this.#release();
    this.#held = undefined;
  };

  #click(key: string): void {
    const done = this.#held === key;
    this.#held = undefined;
    if (done) return;
    if (key === 'delete') this.#delete();
    else this.#press(key, key);
  }

  #press(key: string, digit: string): void {
    this.pressed = key;
    clearTimeout(this.#shown);
    this.#shown = setTimeout(() => (this.pressed = ''), PRESSED_MS);
    if (this.value.length >= LONGEST) return;
    this.value += digit;
    tell(this, 'sw-digit-press', { digit, digits: this.value });
  }

  #delete(): void {
    if (!this.value) return;
    this.value = [...this.value].slice(0, -1).join('');
    tell(this, 'sw-dialpad-backspace', { digits: this.value });
  }

  #dial = (): void => {
    if (this.value) tell(this, 'sw-dial', { digits: this.value });
  };

  #typed = (event: KeyboardEvent): void => {
    const { key } = event;
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || key === 'Tab' || key === 'Escape') return;
    if (key === 'Enter') {
      event.preventDefault();
      if (this.showCallButton) this.#dial();
      return;
    }
    if (this.allowText || /^(Arrow|Home|End|Shift)/.test(key)) return;
    event.preventDefault();
    if (/^[\d*#+]$/.test(key)) this.#press(key, key);
    else if (key === 'Backspace' || key === 'Delete') this.#delete();
  };

  #input = (event: Event): void => {
    const { value } = event.target as HTMLInputElement;
    if (this.allowText) {
      this.value = value;
      tell(this, 'sw-dialpad-input', { digits: value });
      return;
    }
    // A telephone's own keyboard sends no keys: what it has written is taken over, as far as it is a number.
    const number = value.replace(/[^\d*#+]/g, '');
    const before = this.value;
    this.value = number;
    this.requestUpdate();
    if (number.length > before.length) tell(this, 'sw-digit-press', { digit: number.at(-1)!, digits: number });
    else if (number.length < before.length) tell(this, 'sw-dialpad-backspace', { digits: number });
  };

  #paste = (event: ClipboardEvent): void => {
    if (this.allowText) return;
    event.preventDefault();
    const pasted = event.clipboardData?.getData('text').replace(/[^\d*#+]/g, '') ?? '';
    for (const digit of pasted.slice(0, LONGEST)) this.#press(digit, digit);
  };
}
define('sw-ui-dialpad', SwUiDialpad);
declare global {
  interface HTMLElementTagNameMap {
    'sw-ui-dialpad': SwUiDialpad;
  }
}
