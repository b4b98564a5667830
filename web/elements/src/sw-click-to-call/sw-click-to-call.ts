/**
 * The button. It paints and takes clicks at once; the widget, the SDK and its WebAssembly come when the pointer or the
 * focus reaches it, at the latest with the click.
 *
 * @element sw-click-to-call
 * @attr token - a public embed token (`c2c_…`) or an access token
 * @attr host - name, name:port or origin of the server; default: where this script came from
 * @attr destination - address to call; not needed with an embed token, which pins it
 * @attr label - text of the button; default `Call`
 * @attr audio-only - never asks for a camera
 * @csspart button - the button
 * @fires sw-dial - a call begins
 * @fires sw-call-ended - it is over
 */
import { css, html, LitElement, svg } from 'lit';
import { define } from '../base/define.js';
import type { SwCallWidget } from '../sw-call-widget/sw-call-widget.js';

const widgetUrl = new URL('./offhook-widget.mjs', import.meta.url).href;
const home = new URL(import.meta.url).origin;

const PHONE = svg`<svg viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" stroke-width="2"
  stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M22 16.9v3a2 2 0 0 1-2.2 2 19.8 19.8 0 0 1-8.6-3.1
  19.5 19.5 0 0 1-6-6A19.8 19.8 0 0 1 2.1 4.2 2 2 0 0 1 4.1 2h3a2 2 0 0 1 2 1.7c.1 1 .4 1.9.7 2.8a2 2 0 0 1-.5 2.1L8.1 9.9a16 16
  0 0 0 6 6l1.3-1.3a2 2 0 0 1 2.1-.4c.9.3 1.8.6 2.8.7a2 2 0 0 1 1.8 2z"/></svg>`;

export class SwClickToCall extends LitElement {
  static override properties = {
    token: {},
    host: {},
    destination: {},
    label: {},
    audioOnly: { type: Boolean, attribute: 'audio-only', reflect: true },
    busy: { state: true }
  };
  declare token: string;
  declare host: string;
  declare destination: string;
  declare label: string;
  declare audioOnly: boolean;
  declare busy: boolean;
  #widget: SwCallWidget | undefined;
  #loading: Promise<unknown> | undefined;

  constructor() {
    super();
    this.token = this.host = this.destination = '';
    this.label = 'Call';
    this.audioOnly = this.busy = false;
  }

  static override styles = css`
    :host {
      display: inline-block;
      text-align: start; letter-spacing: normal; word-spacing: normal; text-transform: none; text-indent: 0;
      line-height: normal; font-style: normal; white-space: normal; text-shadow: none;
    }
    :host([hidden]) { display: none; }
    button {
      display: inline-flex; align-items: center; justify-content: center; gap: 8px; padding: 12px 20px; min-height: 44px;
      border: 0; border-radius: var(--radius-md, 10px); cursor: pointer;
      background: var(--interactive-status-success, #0b7a43); color: #fff;
      font: 600 var(--type-size-body, 16px) / 1.25 var(--type-family-body, system-ui, sans-serif);
      transition: filter var(--transition-fast, 0.15s ease), transform 0.1s ease;
    }
    button:hover { filter: brightness(0.92); }
    button:active { transform: scale(0.98); }
    button:focus-visible { outline: 3px solid var(--interactive-focus, #6aa5ff); outline-offset: 2px; }
    button[aria-busy='true'] { cursor: progress; opacity: 0.85; }
    @media (prefers-reduced-motion: reduce) { button { transition: none; } }
    @media (forced-colors: active) { button { border: 1px solid; } }
  `;

  override render() {
    return html`<button part="button" type="button" aria-busy=${this.busy} @pointerenter=${this.#prefetch}
      @focus=${this.#prefetch} @click=${this.#click}>${PHONE}<span>${this.label}</span></button>`;
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

  #load(): Promise<unknown> {
    this.#loading ??= (import(/* @vite-ignore */ widgetUrl) as Promise<{ preload(): void }>)
      .then((widget) => widget.preload())
      .catch((error: unknown) => {
        // The next pointer or click tries again.
        this.#loading = undefined;
        throw error;
      });
    return this.#loading;
  }

  #prefetch = (): void => {
    this.#load().catch(() => undefined);
  };

  #click = async (): Promise<void> => {
    if (this.busy) return;
    this.busy = true;
    try {
      await this.#load();
      let widget = this.#widget;
      if (!widget) {
        widget = this.#widget = document.createElement('sw-call-widget') as SwCallWidget;
        widget.modal = true;
        this.renderRoot.append(widget);
      }
      Object.assign(widget, {
        token: this.token, host: this.host || home, destination: this.destination, audioOnly: this.audioOnly, heading: this.label
      });
      await widget.updateComplete;
      void widget.dial();
    } catch {
      alert('The call could not be started: the page could not load what it needs. Please check the connection and try again.');
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
