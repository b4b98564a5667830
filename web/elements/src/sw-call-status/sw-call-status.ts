import { html, nothing, type PropertyDeclarations } from 'lit';
import { define } from '../base/define.js';
import { SwElement } from '../base/element.js';
import type { Call, CallStatus } from '../base/interfaces.js';
import type { WordKey } from '../base/words.js';
import { CallSource } from '../context/call-source.js';
import type { CallState } from '../context/call-state.js';
import { styles } from './styles.js';

interface Look {
  word: WordKey;
  class: string;
}
const LOOKS: Record<CallStatus, Look> = {
  new: { word: 'call.ready', class: 'idle' },
  trying: { word: 'call.trying', class: 'wait pulse' },
  connecting: { word: 'call.connecting', class: 'wait pulse' },
  ringing: { word: 'call.ringing', class: 'wait pulse' },
  connected: { word: 'call.connected', class: 'good' },
  recovering: { word: 'call.recovering', class: 'wait pulse' },
  disconnecting: { word: 'call.disconnecting', class: 'bad pulse' },
  disconnected: { word: 'call.disconnected', class: 'bad' },
  failed: { word: 'call.failed', class: 'bad' },
  destroyed: { word: 'call.ended', class: 'idle' }
};
const HELD: Look = { word: 'call.held', class: 'wait' };
const WEAK: Look = { word: 'call.weak', class: 'wait' };

/**
 * What a call is doing, in a word, and for how long it has been connected. A call on hold and, where the SDK tells, a
 * weak network are told too.
 *
 * @element sw-call-status
 * @attr {Call} call - useless in markup; see the property
 * @prop {Call} call - the call; wins over the context
 * @csspart container - the pill
 * @csspart status-text - the word
 * @csspart duration - the time since it was connected, while it is
 * @cssprop --type-family-body - font
 * @cssprop --type-size-small - font size
 * @cssprop --radius-md - corner of the pill
 * @cssprop --bg-surface - the pill
 * @cssprop --fg-default - text
 * @cssprop --bg-surface-raised - before the call and after it
 * @cssprop --interactive-status-success - connected
 * @cssprop --interactive-status-warning - on the way, or in trouble
 * @cssprop --interactive-button-destructive-bg - ended or failed
 */
export class SwCallStatus extends SwElement {
  static override properties: PropertyDeclarations = { call: { type: Object } };
  declare call: Call | undefined;
  #since: number | undefined;
  #tick: ReturnType<typeof setTimeout> | undefined;
  /** Of which call the time is counted. */
  #counted = '';
  readonly #source = new CallSource(this, (state) => this.#count(state));

  static override styles = styles;

  override connectedCallback(): void {
    super.connectedCallback();
    // Moved inside its context, it is told nothing new.
    this.#count(this.#source.state);
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop();
  }

  override render() {
    const { state } = this.#source;
    const look = this.#look(state);
    const text = this.word(look.word);
    const counting = state.status === 'connected' && this.#since !== undefined;
    return html`<div part="container" class="pill ${look.class}">
      <span class="dot" aria-hidden="true"></span>
      <span part="status-text" dir="auto" role="status" aria-live="polite" title=${text}>${text}</span>
      ${counting
        ? html`<span part="duration" role="timer" aria-label=${this.word('call.duration')}>${duration(Date.now() - this.#since!)}</span>`
        : nothing}
    </div>`;
  }

  #look({ status, mediaDirections, networkHealthy }: CallState): Look {
    if (status === 'connected' && mediaDirections?.audio === 'sendonly') return HELD;
    if (status === 'connected' && networkHealthy === false) return WEAK;
    return Object.hasOwn(LOOKS, status) ? LOOKS[status] : LOOKS.new;
  }

  #count({ id, status }: CallState): void {
    // A call that is found again goes on counting.
    if (id !== this.#counted || (status !== 'connected' && status !== 'recovering')) this.#stop();
    if (status !== 'connected' || this.#since !== undefined || !this.isConnected) return;
    this.#counted = id;
    this.#since = Date.now();
    this.#next();
  }

  readonly #next = (): void => {
    this.requestUpdate();
    const over = (Date.now() - this.#since!) % 1000;
    this.#tick = setTimeout(this.#next, 1000 - over);
  };

  #stop(): void {
    clearTimeout(this.#tick);
    this.#tick = this.#since = undefined;
  }
}

/** `1:05`, and `1:01:05` from one hour on. */
function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

define('sw-call-status', SwCallStatus);
declare global {
  interface HTMLElementTagNameMap {
    'sw-call-status': SwCallStatus;
  }
}
