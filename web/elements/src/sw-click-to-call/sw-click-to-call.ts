import { html, LitElement, nothing } from 'lit';
import { define } from '../base/define.js';
import { late } from '../base/late.js';
import type { Words } from '../base/words.js';
import type { SwCallWidget } from '../sw-call-widget/sw-call-widget.js';
import { phone } from './phone.js';
import { styles } from './styles.js';

const loadWidget = late<{ preload(): void }>('./offhook-widget.mjs', import.meta.url);
const home = new URL(import.meta.url).origin;
const NOT_LOADED = 'The page could not load what a call needs. Check the connection, then try again.';

/**
 * The button. It paints and takes clicks at once; the widget, the SDK and its WebAssembly come when the pointer or the
 * focus reaches it, at the latest with the click. Before that nothing is asked of anybody.
 *
 * @element sw-click-to-call
 * @attr {string} token - a public embed token (`c2c_…`) or an access token
 * @attr {string} host - name, name:port or origin of the server; default: where this script came from
 * @attr {string} destination - address to call; not needed with an embed token, which pins it
 * @attr {string} label - text of the button
 * @attr {boolean} audio-only - neither asks for a camera nor shows a picture
 * @prop {object} words - words in place of the English ones, handed to the widget
 * @csspart button - the button
 * @fires {CustomEvent<{destination: string}>} sw-dial - a call begins
 * @fires {CustomEvent<{status: string}>} sw-call-ended - it is over
 * @fires {CustomEvent<null>} sw-call-hangup - the hang-up button was pressed
 * @fires {CustomEvent} sw-display-content - the other side shows something
 * @fires {CustomEvent} signalwire-address:event - another event of the other side
 */
export class SwClickToCall extends LitElement {
  static override properties = {
    token: {},
    host: {},
    destination: {},
    label: {},
    audioOnly: { type: Boolean, attribute: 'audio-only', reflect: true },
    words: { attribute: false },
    busy: { state: true },
    fault: { state: true }
  };
  declare token: string;
  declare host: string;
  declare destination: string;
  declare label: string;
  declare audioOnly: boolean;
  declare words: Words | undefined;
  declare protected busy: boolean;
  declare protected fault: boolean;
  #widget: SwCallWidget | undefined;

  constructor() {
    super();
    this.token = this.host = this.destination = '';
    this.label = 'Call';
    this.audioOnly = this.busy = this.fault = false;
  }

  static override styles = styles;

  override render() {
    return html`<button part="button" type="button" aria-busy=${this.busy} @pointerenter=${this.#prefetch}
      @focus=${this.#prefetch} @click=${this.#click}>${phone}<span>${this.label}</span></button>
      <p role="alert">${this.fault ? (this.words?.['failed.not-loaded'] ?? NOT_LOADED) : nothing}</p>`;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    // A move in the document is no removal.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.#widget?.remove();
      this.#widget = undefined;
    });
  }

  #prefetch = (): void => {
    loadWidget().then((widget) => widget.preload(), () => undefined);
  };

  #click = async (): Promise<void> => {
    if (this.busy) return;
    this.busy = true;
    this.fault = false;
    try {
      (await loadWidget()).preload();
      let widget = this.#widget;
      if (!widget) {
        widget = this.#widget = document.createElement('sw-call-widget') as SwCallWidget;
        widget.modal = widget.transcription = true;
        this.renderRoot.append(widget);
      }
      const { token, destination, audioOnly, label: heading, words } = this;
      Object.assign(widget, { token, host: this.host || home, destination, audioOnly, heading, words });
      await widget.updateComplete;
      void widget.dial();
    } catch (error) {
      console.warn('the call widget could not be loaded:', error);
      this.fault = true;
    } finally {
      this.busy = false;
    }
  };
}
define('sw-click-to-call', SwClickToCall);
declare global {
  interface HTMLElementTagNameMap {
    'sw-click-to-call': SwClickToCall;
  }
}
