import { ContextConsumer } from '@lit/context';
import { html, nothing, type PropertyDeclarations } from 'lit';
import { define } from '../base/define.js';
import { SwElement } from '../base/element.js';
import type { Call } from '../base/interfaces.js';
import { CallSource } from '../context/call-source.js';
import { devicesContext } from '../context/keys.js';
import '../sw-ui-icon/sw-ui-icon.js';
import { styles } from './styles.js';

/**
 * The picture of the own camera.
 *
 * @element sw-local-camera
 * @attr {boolean} video-muted - shows that the camera is off; wins over what the devices context says
 * @attr {boolean} mirror - flips the picture, as in a looking-glass
 * @attr {Call} call - useless in markup; see the property
 * @prop {MediaStream} stream - the picture; wins over the call
 * @prop {Call} call - shows its local stream; wins over the context
 * @csspart video - the video element
 * @csspart placeholder - what covers it while the camera is off, unplugged or not there
 * @cssprop [--sw-local-camera-aspect=16 / 9] - width to height; the element sets it to that of the picture
 * @cssprop --bg-page - the cover
 * @cssprop --fg-muted - the icon on it
 */
export class SwLocalCamera extends SwElement {
  static override properties: PropertyDeclarations = {
    videoMuted: { type: Boolean, attribute: 'video-muted', reflect: true },
    call: { type: Object },
    mirror: { type: Boolean, reflect: true },
    stream: { attribute: false }
  };
  declare videoMuted: boolean | undefined;
  declare call: Call | undefined;
  declare mirror: boolean;
  declare stream: MediaStream | null | undefined;
  readonly #source = new CallSource(this);
  readonly #devices = new ContextConsumer(this, { context: devicesContext, subscribe: true });
  #track: MediaStreamTrack | undefined;

  constructor() {
    super();
    this.mirror = false;
  }

  static override styles = styles;

  override connectedCallback(): void {
    super.connectedCallback();
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#show(null);
  }

  protected override updated(): void {
    if (!this.isConnected) return;
    this.#show(this.#effective);
    this.#play();
  }

  override render() {
    const off = this.#muted;
    const stream = this.#effective;
    const lost = !off && stream?.getVideoTracks()[0]?.readyState === 'ended';
    const none = !off && !stream?.getVideoTracks().length;
    const placeholder = (label: string) =>
      html`<div part="placeholder" class="placeholder" role="img" aria-label=${label} title=${label}><sw-ui-icon name="camera-off" size="28"></sw-ui-icon></div>`;
    return html`<video part="video" autoplay playsinline muted .muted=${true} aria-label=${this.word('camera.own')}
        aria-hidden=${off || lost || none ? 'true' : nothing} @pause=${this.#play} @resize=${this.#resized}></video>
      ${off ? placeholder(this.word('camera.is-off')) : lost ? placeholder(this.word('camera.lost')) : none ? placeholder(this.word('camera.none')) : nothing}`;
  }

  get #effective(): MediaStream | null {
    return this.stream ?? this.#source.state.localStream ?? null;
  }

  get #muted(): boolean {
    return this.videoMuted ?? this.#devices.value?.videoMuted ?? false;
  }

  get #video(): HTMLVideoElement | null {
    return this.renderRoot?.querySelector('video') ?? null;
  }

  #show(stream: MediaStream | null): void {
    const video = this.#video;
    if (!video) return;
    const track = stream?.getVideoTracks()[0];
    if (track !== this.#track) {
      this.#track?.removeEventListener('ended', this.#ended);
      this.#track = track;
      track?.addEventListener('ended', this.#ended);
      const { width, height } = track?.getSettings() ?? {};
      if (width && height) this.#shape(width, height);
      else if (!track) this.style.removeProperty('--sw-local-camera-aspect');
    }
    if (video.srcObject !== stream) video.srcObject = stream;
  }

  // Unplugged: the last picture would stand still.
  readonly #ended = (): void => this.requestUpdate();

  /** Browsers pause the picture when the camera is changed or the video leaves picture in picture. */
  readonly #play = (): void => {
    const video = this.#video;
    if (!this.isConnected || this.#muted || !video?.srcObject || !video.paused) return;
    // Refused while another stream is being attached; then it plays by itself.
    video.play().catch(() => undefined);
  };

  /** The picture is known better than its settings: a phone is turned, another camera comes into the same stream. */
  readonly #resized = (): void => {
    const video = this.#video;
    // A camera that is gone leaves a black point.
    if (!video?.srcObject || !video.videoWidth || this.#track?.readyState === 'ended') return;
    this.#shape(video.videoWidth, video.videoHeight);
    this.requestUpdate();
  };

  #shape(width: number, height: number): void {
    this.style.setProperty('--sw-local-camera-aspect', `${width} / ${height}`);
  }
}

define('sw-local-camera', SwLocalCamera);
declare global {
  interface HTMLElementTagNameMap {
    'sw-local-camera': SwLocalCamera;
  }
}
