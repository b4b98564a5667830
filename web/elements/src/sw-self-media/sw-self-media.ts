import { css, html, nothing, type PropertyDeclarations } from 'lit';
import { inline } from '../base/css.js';
import { define } from '../base/define.js';
import { SwElement } from '../base/element.js';
import type { Call, LayoutLayer } from '../base/interfaces.js';
import { place } from '../base/layer.js';
import { CallSource } from '../context/call-source.js';

/**
 * The own picture, laid over the place that the server keeps for it in the picture of the call: it is there without the
 * way to the server and back.
 *
 * @element sw-self-media
 * @attr {boolean} mirror - flips the picture, as in a looking-glass
 * @attr {Call} call - useless in markup; see the property
 * @prop {Call} call - the call; wins over the context
 * @csspart container - the rectangle, absolute in the nearest positioned ancestor
 * @csspart video - the video element
 */
export class SwSelfMedia extends SwElement {
  static override properties: PropertyDeclarations = { mirror: { type: Boolean, reflect: true }, call: { type: Object } };
  declare mirror: boolean;
  declare call: Call | undefined;
  readonly #source = new CallSource(this);

  constructor() {
    super();
    this.mirror = false;
  }

  static override styles = css`
    :host { display: contents; }
    :host([hidden]) { display: none !important; }
    div { position: absolute; overflow: hidden; pointer-events: none; }
    video { display: block; inline-size: 100%; block-size: 100%; object-fit: cover; }
    @media (prefers-reduced-motion: no-preference) { div { transition: left 0.3s, top 0.3s, width 0.3s, height 0.3s, opacity 0.3s; } }
  `;

  override connectedCallback(): void {
    super.connectedCallback();
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#show(null);
  }

  protected override updated(): void {
    if (this.isConnected) this.#show(this.#source.state.localStream);
  }

  override render() {
    const layer = this.#layer;
    if (!layer) return nothing;
    return html`<div part="container" ${inline(place(layer))}>
      <video part="video" autoplay playsinline muted disablepictureinpicture .muted=${true} aria-label=${this.word('camera.own')}
        ${inline({ transform: this.mirror ? 'scale(-1, 1)' : null })}></video>
    </div>`;
  }

  /** The own place, if there is a picture to put there. */
  get #layer(): LayoutLayer | undefined {
    const { self, layoutLayers, localStream } = this.#source.state;
    if (!self || !localStream?.getVideoTracks().length) return undefined;
    return layoutLayers?.find(({ member_id }) => member_id === self.id);
  }

  #show(stream: MediaStream | null): void {
    const video = this.renderRoot?.querySelector('video');
    if (!video || video.srcObject === stream) return;
    video.srcObject = stream;
  }
}

define('sw-self-media', SwSelfMedia);
declare global {
  interface HTMLElementTagNameMap {
    'sw-self-media': SwSelfMedia;
  }
}
