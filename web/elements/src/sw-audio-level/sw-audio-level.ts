import { html, nothing, type PropertyDeclarations, type PropertyValues } from 'lit';
import { inline } from '../base/css.js';
import { define } from '../base/define.js';
import { SwElement } from '../base/element.js';
import type { Call } from '../base/interfaces.js';
import { CallSource } from '../context/call-source.js';
import { Meter } from './meter.js';
import { styles } from './styles.js';

/** A silent bar, CSS pixels: it shall be seen. */
const SHORTEST = 4;
/** Bands that the analysis gives: more bars than these have nothing to show. */
const MOST_BARS = 128;
const AUDIBLE = 0.05;

/**
 * Shows how loud a stream is: the own microphone, unless it is given another one.
 *
 * @element sw-audio-level
 * @attr {number} bars - how many bars
 * @attr {'vertical'|'horizontal'} orientation - whether bars grow upwards or sideways
 * @attr {boolean} auto-request - asks for the microphone itself when there is no stream
 * @attr {number} maxsize - the longest bar, CSS pixels
 * @attr {Call} call - useless in markup; see the property
 * @attr {MediaStream} stream - useless in markup; see the property
 * @prop {MediaStream} stream - what to measure; wins over the call
 * @prop {Call} call - measures its local stream; wins over the context
 * @csspart container - the row of bars
 * @csspart bar - every bar
 * @csspart bar-active - a bar that is not silent
 * @cssprop [--sw-audio-bar-width=4px] - thickness of a bar
 * @cssprop [--sw-audio-bar-gap=2px] - space between bars
 * @cssprop [--sw-audio-bar-radius=2px] - corner of a bar
 * @cssprop [--sw-audio-bar-background=the text's colour, thin] - colour of a silent bar
 * @cssprop --interactive-status-success - a bar that is not silent
 * @cssprop --interactive-status-warning - a loud bar
 * @cssprop --interactive-button-destructive-bg - a bar that is too loud
 */
export class SwAudioLevel extends SwElement {
  static override properties: PropertyDeclarations = {
    stream: { type: Object },
    call: { type: Object },
    bars: { type: Number },
    orientation: { reflect: true },
    autoRequest: { type: Boolean, attribute: 'auto-request', reflect: true },
    maxSize: { type: Number, attribute: 'maxsize' }
  };
  declare stream: MediaStream | undefined;
  declare call: Call | undefined;
  declare bars: number;
  declare orientation: 'vertical' | 'horizontal';
  declare autoRequest: boolean;
  declare maxSize: number;
  readonly #source = new CallSource(this);
  #meter: Meter | undefined;
  #levels: number[] = [];
  /** A stream without sound that was told of. */
  #silent: MediaStream | undefined;
  /** Let go by `releaseResources`, and not to be measured again. */
  #released: MediaStream | undefined;
  /** The microphone that this element opened. */
  #owned: MediaStream | undefined;
  #request: 'none' | 'wanted' | 'asked' = 'none';
  #refused = false;

  constructor() {
    super();
    this.bars = 5;
    this.orientation = 'vertical';
    this.autoRequest = false;
    this.maxSize = 32;
  }

  static override styles = styles;

  /** Lets go of the sound at once and forgets `stream`. Call it before its tracks are stopped. */
  releaseResources(): void {
    this.#released = this.#effective;
    this.#stop();
    this.#drop();
    this.stream = undefined;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.autoRequest) this.#request = 'wanted';
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#request = 'none';
    this.#released = this.#silent = undefined;
    this.#stop();
    if (this.stream && this.stream === this.#owned) this.stream = undefined;
    this.#drop();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('autoRequest') && this.isConnected) this.#request = this.autoRequest ? 'wanted' : 'none';
    if (changed.has('stream') && this.#owned && this.stream !== this.#owned) this.#drop();
  }

  protected override updated(): void {
    if (!this.isConnected) return;
    this.#follow();
    if (this.#request === 'wanted' && !this.#effective) void this.#ask();
  }

  override render() {
    const loudest = Math.max(0, ...this.#levels);
    const longest = Number.isFinite(this.maxSize) ? Math.max(SHORTEST, this.maxSize) : 32;
    const bars = this.#count;
    const lying = this.orientation === 'horizontal';
    const refused = this.#refused && !this.#effective ? this.word('level.refused') : nothing;
    // As much room as the bars ever need: what stands beside them stays where it is.
    const room = lying
      ? { 'min-inline-size': `calc(${bars * longest}px + ${bars - 1} * var(--sw-audio-bar-gap))` }
      : { 'min-block-size': `${longest}px` };
    return html`<div part="container" class=${lying ? 'bars lying' : 'bars'} role="meter" aria-label=${this.word('level.input')}
      aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.round(loudest * 100)}
      aria-valuetext=${refused} title=${refused} ${inline(room)}>
      ${Array.from({ length: bars }, (_, at) => this.#bar(this.#levels[at] ?? 0, longest, lying))}
    </div>`;
  }

  #bar(level: number, longest: number, lying: boolean) {
    const size = `${Math.max(SHORTEST, level * longest).toFixed(1)}px`;
    const loud = level > 0.7 ? 'bar top' : level > 0.4 ? 'bar high' : level > AUDIBLE ? 'bar low' : 'bar';
    return html`<div part=${level > AUDIBLE ? 'bar bar-active' : 'bar'} class=${loud} aria-hidden="true"
      ${inline(lying ? { width: size } : { height: size })}></div>`;
  }

  get #count(): number {
    return Number.isFinite(this.bars) ? Math.min(MOST_BARS, Math.max(1, Math.floor(this.bars))) : 5;
  }

  get #effective(): MediaStream | undefined {
    return this.stream ?? this.#source.state.localStream ?? undefined;
  }

  /** Measures what is to be measured now, if that is another sound than before. */
  #follow(): void {
    const stream = this.#effective;
    const track = stream?.getAudioTracks()[0];
    if (stream === this.#meter?.stream && track === this.#meter?.track) return;
    this.#stop();
    if (stream !== this.#released) this.#released = undefined;
    if (!stream || stream === this.#released) return;
    if (!track) {
      if (stream !== this.#silent) console.warn('sw-audio-level: the stream has no sound to measure');
      this.#silent = stream;
      return;
    }
    try {
      this.#meter = new Meter(stream, () => this.#count, (levels) => this.#told(levels));
    } catch (error) {
      console.warn('sw-audio-level: the sound cannot be measured:', error);
      // Not tried again for this stream.
      this.#released = stream;
    }
  }

  #told(levels: number[]): void {
    const same = levels.length === this.#levels.length && levels.every((level, at) => Math.abs(level - this.#levels[at]!) < 0.004);
    const swapped = this.#meter?.stream.getAudioTracks()[0] !== this.#meter?.track;
    if (same && !swapped) return;
    this.#levels = levels;
    this.requestUpdate();
  }

  #stop(): void {
    this.#meter?.stop();
    this.#meter = undefined;
    if (this.#levels.length === 0) return;
    this.#levels = [];
    this.requestUpdate();
  }

  async #ask(): Promise<void> {
    this.#request = 'asked';
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      // Meanwhile the element may have gone, or have been given something to measure.
      if (this.#request !== 'asked' || this.#effective) return stop(stream);
      this.#refused = false;
      this.#owned = stream;
      this.stream = stream;
    } catch (error) {
      console.warn('sw-audio-level: no access to the microphone:', error);
      this.#refused = true;
      this.requestUpdate();
    } finally {
      if (this.#request === 'asked') this.#request = 'none';
    }
  }

  #drop(): void {
    if (this.#owned) stop(this.#owned);
    this.#owned = undefined;
  }
}

function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

define('sw-audio-level', SwAudioLevel);
declare global {
  interface HTMLElementTagNameMap {
    'sw-audio-level': SwAudioLevel;
  }
}
