/**
 * A call from a token: who, how far, how loud, mute, keys, and the end of it. As much of it as an audio call needs.
 *
 * @element sw-call-widget
 * @attr token, host, destination, audio-only - as of sw-click-to-call
 * @attr modal - shows the call in a dialog over the page instead of in place
 * @attr user-variables - JSON object that travels with the call
 * @attr heading - whom the call is with, for the person
 * @slot - shown while there is no call; a click on anything in it dials
 * @csspart panel, status, mute, hangup, dialpad
 * @fires sw-dial, sw-call-ended, sw-call-hangup, sw-modal-close
 */
import { css, html, LitElement, nothing, svg, type PropertyValues } from 'lit';
import { CallSession, IDLE, type CallView } from './call-session.js';
import { define, tell } from '../base/define.js';
import { loadSdk } from './sdk.js';

/** Begins to load the SDK. */
export function preload(): void {
  loadSdk().catch(() => undefined);
}

const icon = (path: string) => svg`<svg viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" stroke-width="2"
  stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d=${path}/></svg>`;
const MIC = icon('M12 2a3 3 0 0 0-3 3v6a3 3 0 0 0 6 0V5a3 3 0 0 0-3-3z M19 11a7 7 0 0 1-14 0 M12 18v4');
const MIC_OFF = icon('M2 2l20 20 M9 9v2a3 3 0 0 0 5 2.2 M15 9.3V5a3 3 0 0 0-5.9-.7 M17 16a7 7 0 0 1-12-5 M19 11a7 7 0 0 1-.1 1.2 M12 18v4');
const KEYS = icon('M5 5h.01 M12 5h.01 M19 5h.01 M5 12h.01 M12 12h.01 M19 12h.01 M5 19h.01 M12 19h.01 M19 19h.01');
const END = icon('M10.7 13.3a16 16 0 0 0 3.4 2.6l1.3-1.3a2 2 0 0 1 2.1-.4c.9.3 1.8.6 2.8.7a2 2 0 0 1 1.7 2v3a2 2 0 0 1-2.2 2 19.8 19.8 0 0 1-8.6-3.1 M8.1 9.9l1.2-1.3a2 2 0 0 0 .5-2.1c-.3-.9-.6-1.8-.7-2.8a2 2 0 0 0-2-1.7h-3a2 2 0 0 0-2 2.2 19.8 19.8 0 0 0 3.1 8.6 M22 2L2 22');

export class SwCallWidget extends LitElement {
  static override properties = {
    token: {},
    host: {},
    destination: {},
    heading: {},
    modal: { type: Boolean, reflect: true },
    audioOnly: { type: Boolean, attribute: 'audio-only', reflect: true },
    userVariables: { attribute: 'user-variables' },
    view: { state: true },
    keys: { state: true },
    seconds: { state: true }
  };
  declare token: string;
  declare host: string;
  declare destination: string;
  declare heading: string;
  declare modal: boolean;
  declare audioOnly: boolean;
  declare userVariables: string;
  declare view: CallView;
  declare keys: boolean;
  declare seconds: number;
  #session: CallSession | undefined;
  #clock: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.token = this.host = this.destination = this.heading = this.userVariables = '';
    this.modal = this.audioOnly = this.keys = false;
    this.view = IDLE;
    this.seconds = 0;
  }

  static override styles = css`
    :host {
      display: block;
      --_bg: var(--sw-call-bg, #fff); --_fg: var(--sw-call-fg, #14202b); --_dim: var(--sw-call-dim, #546373);
      --_line: var(--sw-call-line, #d8e0e8); --_soft: var(--sw-call-soft, #eef2f6); --_good: var(--interactive-status-success, #0b7a43);
      --_bad: var(--interactive-status-danger, #c5221f);
      text-align: start; letter-spacing: normal; text-transform: none; line-height: normal; font-style: normal; text-shadow: none;
      font-family: var(--type-family-body, system-ui, sans-serif); color: var(--_fg);
    }
    @media (prefers-color-scheme: dark) {
      :host {
        --_bg: var(--sw-call-bg, #16202a); --_fg: var(--sw-call-fg, #eef3f7); --_dim: var(--sw-call-dim, #a4b3c1);
        --_line: var(--sw-call-line, #33424f); --_soft: var(--sw-call-soft, #22303c); --_bad: var(--interactive-status-danger, #d93a34);
      }
    }
    :host([modal]) { display: contents; }
    dialog { border: 0; padding: 0; background: none; color: inherit; max-width: none; margin: auto; overflow: visible; }
    dialog::backdrop { background: rgb(8 14 20 / 55%); }
    .panel {
      box-sizing: border-box; inline-size: min(22.5rem, 100vw - 2rem); padding: 1.5rem; border-radius: 20px; background: var(--_bg);
      box-shadow: 0 24px 60px rgb(0 0 0 / 35%); display: grid; gap: 1.1rem; justify-items: center; text-align: center;
    }
    :host(:not([modal])) .panel { box-shadow: none; border: 1px solid var(--_line); inline-size: 100%; }
    .disc {
      inline-size: 88px; block-size: 88px; margin-block: 14px 6px; border-radius: 50%; display: grid; place-items: center; background: var(--_soft); color: var(--_good);
      box-shadow: 0 0 0 calc(var(--_level, 0) * 15px) color-mix(in srgb, var(--_good) 28%, transparent); transition: box-shadow 80ms linear;
    }
    .waiting .disc { animation: pulse 1.6s ease-in-out infinite; }
    @keyframes pulse { 50% { box-shadow: 0 0 0 14px color-mix(in srgb, var(--_good) 22%, transparent); } }
    @media (prefers-reduced-motion: reduce) { .waiting .disc { animation: none; } .disc { transition: none; } }
    h2 { margin: 0; font-size: 1.2rem; font-weight: 650; }
    p { margin: 0; color: var(--_dim); font-size: 0.98rem; min-height: 1.3em; }
    .failed p, .note { color: var(--_bad); }
    .row { display: flex; gap: 0.9rem; justify-content: center; }
    button {
      font: inherit; color: inherit; cursor: pointer; border: 0; border-radius: 999px; min-block-size: 52px; min-inline-size: 52px;
      display: inline-grid; place-items: center; background: var(--_soft);
    }
    button:hover { filter: brightness(0.95); }
    button:focus-visible { outline: 3px solid #6aa5ff; outline-offset: 2px; }
    button[aria-pressed='true'] { background: var(--_fg); color: var(--_bg); }
    .end { background: var(--_bad); color: #fff; }
    .wide { padding-inline: 1.4rem; font-weight: 600; }
    .again { background: var(--_good); color: #fff; }
    .pad { display: grid; grid-template-columns: repeat(3, 60px); gap: 0.6rem; justify-content: center; }
    .pad button { font-size: 1.25rem; font-weight: 600; }
    .gone { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    @media (forced-colors: active) { button { border: 1px solid; } .panel { border: 1px solid; } }
  `;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.#session?.drop();
      this.#session = undefined;
      clearInterval(this.#clock);
      this.view = IDLE;
    });
  }

  /** Starts the call. Never rejects: what goes wrong is shown. */
  async dial(): Promise<void> {
    if (this.#session) return;
    if (!this.token) return this.#show({ ...IDLE, phase: 'failed', reason: 'This call button has no token.' });
    const embed = /^c2[ct]_/.test(this.token);
    if (!this.destination && !embed) return this.#show({ ...IDLE, phase: 'failed', reason: 'No destination configured.' });
    this.keys = false;
    this.seconds = 0;
    const session = (this.#session = new CallSession(
      (change) => {
        if (this.#session === session || this.#session === undefined) this.#show(change);
      },
      (status) => {
        if (this.#session === session) this.#session = undefined;
        clearInterval(this.#clock);
        tell(this, 'sw-call-ended', { status });
      }
    ));
    tell(this, 'sw-dial', { destination: this.destination });
    await session.dial({
      token: this.token,
      host: this.host || new URL(import.meta.url).origin,
      destination: this.destination,
      audioOnly: this.audioOnly,
      userVariables: this.#variables()
    });
  }

  /** Ends the call; nothing when there is none. */
  async hangup(): Promise<void> {
    await this.#session?.end();
  }

  #variables(): Record<string, unknown> {
    let given: Record<string, unknown> = {};
    try {
      const parsed: unknown = JSON.parse(this.userVariables || '{}');
      if (parsed && typeof parsed === 'object' && !Array.isArray(parsed)) given = parsed as Record<string, unknown>;
    } catch {
      console.warn('sw-call-widget: user-variables is no JSON object; it is left out');
    }
    return given;
  }

  #show(change: Partial<CallView>): void {
    const before = this.view.phase;
    this.view = { ...this.view, ...change };
    if (before !== 'talking' && this.view.phase === 'talking' && this.view.since) {
      clearInterval(this.#clock);
      const tick = () => (this.seconds = Math.floor((Date.now() - this.view.since) / 1000));
      tick();
      this.#clock = setInterval(tick, 500);
    }
  }

  override updated(changed: PropertyValues): void {
    const dialog = this.renderRoot.querySelector('dialog');
    if (dialog && !dialog.open && this.view.phase !== 'idle') dialog.showModal();
    const audio = this.renderRoot.querySelector('audio');
    if (audio && audio.srcObject !== this.view.stream) {
      audio.srcObject = this.view.stream;
      if (this.view.stream) audio.play().catch(() => undefined);
    }
    if (changed.has('view')) {
      const panel = this.renderRoot.querySelector<HTMLElement>('.panel');
      panel?.style.setProperty('--_level', String(Math.min(this.view.level * 6, 1)));
    }
  }

  #close = (): void => {
    if (!tell(this, 'sw-modal-close', null, true)) return;
    void this.#session?.end();
    this.view = IDLE;
  };

  /** Esc: the same as closing. */
  #cancel = (event: Event): void => {
    event.preventDefault();
    this.#close();
  };

  #end = (): void => {
    tell(this, 'sw-call-hangup');
    void this.hangup();
  };

  get #status(): string {
    const { phase, reason } = this.view;
    const time = `${Math.floor(this.seconds / 60)}:${String(this.seconds % 60).padStart(2, '0')}`;
    return { idle: '', connecting: 'Connecting…', ringing: 'Ringing…', talking: time, recovering: 'Reconnecting…', ended: reason, failed: reason }[phase];
  }

  override render() {
    const idle = this.view.phase === 'idle';
    const trigger = html`<slot @click=${() => void this.dial()} ?hidden=${!idle && !this.modal}></slot>`;
    if (idle) return trigger;
    const panel = this.#panel();
    return html`${this.modal ? html`<slot></slot>` : nothing}
      ${this.modal ? html`<dialog aria-label="Call" @cancel=${this.#cancel}>${panel}</dialog>` : panel}
      <audio autoplay></audio>`;
  }

  #panel() {
    const { phase, muted, reason } = this.view;
    const waiting = phase === 'connecting' || phase === 'ringing' || phase === 'recovering';
    const over = phase === 'ended' || phase === 'failed';
    const spoken = phase === 'talking' ? 'Connected' : this.#status;
    return html`<div class="panel ${waiting ? 'waiting' : ''} ${phase}" part="panel" data-phase=${phase}>
      <div class="disc">${over ? END : MIC}</div>
      <div>
        <h2>${this.heading || this.destination || 'Call'}</h2>
        <p part="status" aria-hidden="true">${this.#status}</p>
        <span class="gone" role="status">${spoken}</span>
        ${!over && reason ? html`<p class="note" role="alert">${reason}</p>` : nothing}
      </div>
      ${this.keys && !over ? this.#pad() : nothing}
      ${over
        ? html`<div class="row">
            <button class="wide" @click=${this.#close}>Close</button>
            <button class="wide again" autofocus @click=${() => void this.dial()}>Call again</button>
          </div>`
        : html`<div class="row">
            <button part="mute" aria-label="Mute" aria-pressed=${muted} ?disabled=${phase !== 'talking'}
              @click=${() => void this.#session?.toggleMute(muted)}>${muted ? MIC_OFF : MIC}</button>
            <button aria-label="Keypad" aria-expanded=${this.keys} ?disabled=${phase !== 'talking'} @click=${() => (this.keys = !this.keys)}>${KEYS}</button>
            <button part="hangup" class="end" aria-label="Hang up" autofocus @click=${this.#end}>${END}</button>
          </div>`}
    </div>`;
  }

  #pad() {
    return html`<div class="pad" part="dialpad" role="group" aria-label="Keypad">
      ${[...'123456789*0#'].map((digit) => html`<button @click=${() => this.#session?.sendDigit(digit)}>${digit}</button>`)}
    </div>`;
  }
}
define('sw-call-widget', SwCallWidget);
declare global {
  interface HTMLElementTagNameMap {
    'sw-call-widget': SwCallWidget;
  }
}
