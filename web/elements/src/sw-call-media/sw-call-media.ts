import { ContextConsumer } from '@lit/context';
import { html, nothing, type PropertyDeclarations } from 'lit';
import { define } from '../base/define.js';
import { SwElement } from '../base/element.js';
import type { Call } from '../base/interfaces.js';
import { CallSource } from '../context/call-source.js';
import { devicesContext } from '../context/keys.js';
import '../sw-ui-icon/sw-ui-icon.js';
import { Playback } from './playback.js';
import { styles } from './styles.js';

/**
 * Picture and sound of the other side. Where the browser does not let sound start by itself, the picture runs and a
 * button starts the sound; so does the next click or key anywhere on the page.
 *
 * @element sw-call-media
 * @attr {Call} call - useless in markup; see the property
 * @prop {Call} call - plays its remote stream; wins over the context
 * @prop {MediaStream} stream - what to play; wins over the call
 * @slot - on the picture, as large as it is shown; the layer takes no clicks, what shall have them says `pointer-events: auto`
 * @csspart container - the outer box
 * @csspart video - the video element
 * @csspart sound - the button that starts the sound
 * @cssprop [--bg-page=#0e0e18] - behind the picture
 */
export class SwCallMedia extends SwElement {
  static override properties: PropertyDeclarations = { call: { type: Object }, stream: { attribute: false } };
  declare call: Call | undefined;
  declare stream: MediaStream | null | undefined;
  readonly #source = new CallSource(this);
  readonly #devices = new ContextConsumer(this, { context: devicesContext, subscribe: true });
  #playback: Playback | undefined;

  static override styles = styles;

  override connectedCallback(): void {
    super.connectedCallback();
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#playback?.show(null);
  }

  protected override firstUpdated(): void {
    this.#playback = new Playback(this.renderRoot.querySelector('video')!, () => this.requestUpdate());
  }

  protected override updated(): void {
    if (!this.isConnected) return;
    this.#playback?.sink(this.#devices.value?.selectedAudioOutput?.deviceId ?? '');
    this.#playback?.show(this.stream ?? this.#source.state.remoteStream ?? null);
  }

  readonly #shape = ({ target }: Event): void => {
    // Without a picture it is no number, and the layer as large as the element.
    const { videoWidth, videoHeight } = target as HTMLVideoElement;
    this.renderRoot.querySelector<HTMLElement>('.overlay')!.style.setProperty('--_shape', `${videoWidth / videoHeight}`);
  };

  override render() {
    // Muted in the markup, so that the picture may always start; the sound is turned on when it plays.
    return html`<div part="container" class="container">
      <video part="video" autoplay playsinline muted aria-label=${this.word('media.picture')} @resize=${this.#shape} @emptied=${this.#shape}></video>
      <div class="over"><div class="overlay"><slot></slot></div></div>
      <div role="status">${this.#playback?.refused
        ? html`<button part="sound" class="sound" type="button" @click=${this.#playback.unmute}>
            <sw-ui-icon name="speaker-off" size="20"></sw-ui-icon>${this.word('media.sound')}
          </button>`
        : nothing}</div>
    </div>`;
  }
}

define('sw-call-media', SwCallMedia);
declare global {
  interface HTMLElementTagNameMap {
    'sw-call-media': SwCallMedia;
  }
}
