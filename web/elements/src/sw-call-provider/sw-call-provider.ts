import { css, html, LitElement, type PropertyDeclarations } from 'lit';
import { define } from '../base/define.js';
import type { Call, DeviceController } from '../base/interfaces.js';
import { CallStateContextController } from '../context/call-state-provider.js';
import { DevicesContextController } from '../context/devices.js';
import { TranscriptController } from '../context/transcript.js';

/**
 * Gives a call and the devices to every element inside it.
 *
 * @element sw-call-provider
 * @prop {Call} call - the call; without one, the elements inside show that there is none
 * @prop {DeviceController} deviceController - where devices are listed and chosen: the SDK's client
 * @slot - the elements that show the call
 */
export class SwCallProvider extends LitElement {
  static override properties: PropertyDeclarations = { call: { attribute: false }, deviceController: { attribute: false } };
  declare call: Call | undefined;
  declare deviceController: DeviceController | undefined;
  readonly #state = new CallStateContextController(this);
  readonly #devices = new DevicesContextController(this);
  readonly #transcript = new TranscriptController(this);
  #provided: Call | undefined;

  static override styles = css`
    :host { display: contents; }
    :host([hidden]) { display: none !important; }
  `;

  override connectedCallback(): void {
    super.connectedCallback();
    // Back in another place of the document, with the call it had.
    if (this.hasUpdated) this.#provide();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#provided = undefined;
  }

  protected override willUpdate(): void {
    if (this.isConnected) this.#provide();
  }

  override render() {
    return html`<slot></slot>`;
  }

  #provide(): void {
    const { call, deviceController } = this;
    if (deviceController) this.#devices.connectDevices(deviceController);
    else this.#devices.disconnectDevices();
    if (call === this.#provided) return;
    this.#provided = call;
    this.#transcript.setCall(call);
    if (call) {
      this.#state.connect(call);
      this.#devices.connectCall(call);
    } else {
      this.#state.disconnect();
      this.#devices.disconnectCall();
    }
  }
}

define('sw-call-provider', SwCallProvider);
declare global {
  interface HTMLElementTagNameMap {
    'sw-call-provider': SwCallProvider;
  }
}
