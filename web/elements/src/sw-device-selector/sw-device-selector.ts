import { html, nothing, type PropertyValues } from 'lit';
import { define, tell } from '../base/define.js';
import { SwElement } from '../base/element.js';
import { Float } from '../base/float.js';
import { Follow } from '../base/follow.js';
import type { IconName } from '../base/icons.js';
import { blocked } from '../base/reasons.js';
import type { DeviceController } from '../base/interfaces.js';
import type { WordKey } from '../base/words.js';
import '../sw-audio-level/sw-audio-level.js';
import '../sw-local-camera/sw-local-camera.js';
import '../sw-ui-icon/sw-ui-icon.js';
import { styles } from './styles.js';
import { TestTone } from './test-tone.js';
import { DEVICES } from '../base/english/devices.js';
import { addEnglish } from '../base/words.js';

addEnglish(DEVICES);

type Type = 'microphone' | 'camera' | 'speaker';
interface Section {
  devices: MediaDeviceInfo[];
  selected: MediaDeviceInfo | null;
}
const TYPES: { type: Type; icon: IconName; heading: WordKey }[] = [
  { type: 'microphone', icon: 'mic-on', heading: 'devices.microphone' },
  { type: 'camera', icon: 'camera-on', heading: 'devices.camera.section' },
  { type: 'speaker', icon: 'speaker-on', heading: 'devices.speaker.section' }
];
const NONE: Record<Type, Section> = {
  microphone: { devices: [], selected: null }, camera: { devices: [], selected: null }, speaker: { devices: [], selected: null }
};

/**
 * A button that opens the choice of microphone, camera and loudspeaker, with a preview of each where that is wanted.
 *
 * @element sw-device-selector
 * @attr {boolean} show-preview - shows the camera, the loudness of the microphone and a test of the loudspeaker
 * @prop {DeviceController} deviceController - where the devices are listed and chosen: the SDK's client
 * @csspart button - the button
 * @csspart preview-camera - the camera's picture
 * @csspart preview-mic - the microphone's loudness
 * @csspart preview-speaker - the loudspeaker's row
 * @csspart test-speaker-button - plays a tone
 * @cssprop [--sw-device-selector-size=44px] - of the button
 * @cssprop [--sw-device-selector-radius=50%] - of the button
 * @cssprop --sw-device-selector-bg - background of the button
 * @cssprop --sw-device-selector-bg-hover - the same under the pointer
 * @cssprop --sw-device-selector-fg - its icon
 * @cssprop --sw-device-selector-focus-ring - ring of the keyboard's focus
 * @cssprop --sw-device-selector-label-color - the caption
 * @cssprop [--sw-device-selector-label-size=10px] - the caption
 * @cssprop --sw-device-selector-menu-bg - background of the panel
 * @cssprop --sw-device-selector-menu-border - lines of the panel
 * @cssprop --sw-device-selector-menu-item-hover - an entry under the pointer
 * @cssprop --sw-device-selector-menu-item-active - a chosen entry
 * @cssprop [--sw-device-selector-menu-radius=10px] - corner of the panel
 * @cssprop --sw-device-selector-menu-shadow - shadow of the panel
 * @fires {CustomEvent<{type: string, device: MediaDeviceInfo}>} sw-device-change - a device was picked
 */
export class SwDeviceSelector extends SwElement {
  static override properties = {
    deviceController: { attribute: 'devicecontroller', converter: { fromAttribute: () => undefined } },
    showPreview: { type: Boolean, reflect: true, attribute: 'show-preview' },
    sections: { state: true },
    opened: { state: true },
    camera: { state: true },
    microphone: { state: true },
    faults: { state: true },
    testing: { state: true }
  };
  declare deviceController: DeviceController | undefined;
  declare showPreview: boolean;
  declare protected sections: Record<Type, Section>;
  declare protected opened: boolean;
  declare protected camera: MediaStream | undefined;
  declare protected microphone: MediaStream | undefined;
  /** Why a preview does not come. */
  declare protected faults: Partial<Record<'camera' | 'microphone', WordKey>>;
  declare protected testing: boolean;
  /** Devices whose previews run, or are being opened. */
  #previewed: Partial<Record<'camera' | 'microphone', string>> = {};
  readonly #tone = new TestTone();
  readonly #float = new Float(() => this.#close(false));

  constructor() {
    super();
    this.showPreview = this.opened = this.testing = false;
    this.sections = NONE;
    this.faults = {};
    new Follow<DeviceController>(
      this,
      () => this.deviceController,
      (controller, follow) => {
        const put = (type: Type, change: Partial<Section>): void => {
          this.sections = { ...this.sections, [type]: { ...this.sections[type], ...change } };
        };
        follow(controller.audioInputDevices$, (devices) => put('microphone', { devices }));
        follow(controller.videoInputDevices$, (devices) => put('camera', { devices }));
        follow(controller.audioOutputDevices$, (devices) => put('speaker', { devices }));
        follow(controller.selectedAudioInputDevice$, (selected) => put('microphone', { selected }));
        follow(controller.selectedVideoInputDevice$, (selected) => put('camera', { selected }));
        follow(controller.selectedAudioOutputDevice$, (selected) => put('speaker', { selected }));
      },
      () => (this.sections = NONE)
    );
  }

  static override styles = styles;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#close(false);
  }

  protected override updated(_changed: PropertyValues): void {
    const panel = this.renderRoot.querySelector<HTMLElement>('.panel');
    const trigger = this.renderRoot.querySelector('.trigger');
    if (panel && trigger && this.isConnected) this.#float.show(panel, trigger, { gap: 8, align: 'center' });
    else this.#float.hide();
    this.#preview('camera', 'video');
    this.#preview('microphone', 'audio');
    if (this.testing && !(this.opened && this.showPreview)) this.#silence();
  }

  override render() {
    const any = TYPES.some(({ type }) => this.sections[type].devices.length > 0);
    return html`<div class="selector">
      <button class="trigger" part="button" type="button" aria-label=${this.word('devices.settings')} aria-haspopup="listbox" aria-expanded=${this.opened} ?disabled=${!any}
        @click=${this.#flip} @keydown=${this.#triggerKey}><sw-ui-icon name="settings" size="22"></sw-ui-icon></button>
      <span class="caption" aria-hidden="true">${this.word('devices')}</span>
    </div>
    ${this.opened ? html`<div class="panel" popover="manual" @keydown=${this.#key}>${TYPES.map((type) => this.#section(type))}</div>` : nothing}`;
  }

  #section({ type, icon, heading }: (typeof TYPES)[number]) {
    const { devices, selected } = this.sections[type];
    const name = this.word(heading);
    return html`<div class="section">
      <h3><sw-ui-icon name=${icon} size="13"></sw-ui-icon>${name}</h3>
      ${devices.length === 0
        ? html`<p class="empty">${this.word('devices.none')}</p>`
        : html`<div role="listbox" aria-label=${name}>${devices.map((device, at) => {
            const chosen = device.deviceId === selected?.deviceId;
            const first = chosen || (at === 0 && !devices.some(({ deviceId }) => deviceId === selected?.deviceId));
            return html`<button class=${chosen ? 'option selected' : 'option'} type="button" role="option" aria-selected=${chosen} tabindex=${first ? 0 : -1}
              @click=${() => this.#pick(type, device)}><span class="mark" aria-hidden="true">✓</span><span class="name">${device.label || this.word('devices.numbered', { number: at + 1 })}</span></button>`;
          })}</div>`}
      ${this.showPreview ? this.#previewOf(type) : nothing}
    </div>`;
  }

  #previewOf(type: Type) {
    if (type === 'speaker') {
      return html`<div class="preview" part="preview-speaker"><button class="test" part="test-speaker-button" type="button" ?disabled=${!this.sections.speaker.selected} @click=${this.#test}>
        ${this.word(this.testing ? 'devices.test.stop' : 'devices.test')}</button></div>`;
    }
    if (!this.sections[type].selected) return nothing;
    const fault = this.faults[type];
    if (type === 'camera') {
      return html`<div class="preview" part="preview-camera" role="status">${this.camera
        ? html`<sw-local-camera mirror .stream=${this.camera}></sw-local-camera>`
        : this.word(fault ?? 'devices.camera.starting')}</div>`;
    }
    return html`<div class="preview" part="preview-mic" role="status">${this.microphone
      ? html`<sw-audio-level bars="9" orientation="horizontal" maxsize="22" .stream=${this.microphone}></sw-audio-level>`
      : this.word(fault ?? 'devices.microphone.starting')}</div>`;
  }

  #flip = (): void => {
    if (this.opened) this.#close(true);
    else this.#open();
  };

  #open(): void {
    this.opened = true;
    document.addEventListener('pointerdown', this.#elsewhere, true);
  }

  #close(refocus: boolean): void {
    document.removeEventListener('pointerdown', this.#elsewhere, true);
    if (!this.opened) return;
    this.opened = false;
    this.#stop('camera');
    this.#stop('microphone');
    this.#silence();
    if (refocus) this.renderRoot.querySelector<HTMLElement>('.trigger')?.focus();
  }

  #elsewhere = (event: Event): void => {
    if (!event.composedPath().includes(this)) this.#close(false);
  };

  #triggerKey = (event: KeyboardEvent): void => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    event.preventDefault();
    if (!this.opened) this.#open();
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>('.option[tabindex="0"]')?.focus());
  };

  #key = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      this.#close(true);
      return;
    }
    const list = (event.target as Element).closest('[role=listbox]');
    const options = [...(list?.querySelectorAll<HTMLElement>('.option') ?? [])];
    const at = options.indexOf(event.target as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: options.length - 1 }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    options[(to + options.length) % options.length]?.focus();
  };

  #pick(type: Type, device: MediaDeviceInfo): void {
    const current = this.sections[type].devices.find(({ deviceId }) => deviceId === device.deviceId) ?? null;
    this.sections = { ...this.sections, [type]: { ...this.sections[type], selected: current } };
    const controller = this.deviceController;
    if (type === 'microphone') controller?.selectAudioInputDevice?.(current);
    else if (type === 'camera') controller?.selectVideoInputDevice?.(current);
    else controller?.selectAudioOutputDevice?.(current);
    if (current) tell(this, 'sw-device-change', { type, device: current });
    if (type === 'speaker' && this.testing && current) void this.#tone.start(current.deviceId);
  }

  /** Runs the preview of the selected device, and of no other. */
  #preview(type: 'camera' | 'microphone', kind: 'video' | 'audio'): void {
    const wanted = this.opened && this.showPreview ? this.sections[type].selected?.deviceId : undefined;
    if (wanted === this.#previewed[type]) return;
    this.#stop(type);
    if (wanted === undefined) return;
    this.#previewed[type] = wanted;
    navigator.mediaDevices.getUserMedia({ [kind]: { deviceId: { exact: wanted } } }).then(
      (stream) => {
        if (this.#previewed[type] === wanted && this.isConnected) this[type] = stream;
        else for (const track of stream.getTracks()) track.stop();
      },
      (error: Error) => {
        console.warn(`the preview of the ${type} does not start:`, error);
        if (this.#previewed[type] === wanted) this.faults = { ...this.faults, [type]: error.name === 'NotAllowedError' ? blocked('devices.blocked') : 'devices.unavailable' };
      }
    );
  }

  #stop(type: 'camera' | 'microphone'): void {
    this.#previewed[type] = undefined;
    const { [type]: _, ...others } = this.faults;
    if (type in this.faults) this.faults = others;
    for (const track of this[type]?.getTracks() ?? []) track.stop();
    if (this[type]) this[type] = undefined;
  }

  #test = (): void => {
    const { selected } = this.sections.speaker;
    if (this.testing || !selected) return this.#silence();
    this.testing = true;
    void this.#tone.start(selected.deviceId);
  };

  #silence(): void {
    this.#tone.stop();
    this.testing = false;
  }
}
define('sw-device-selector', SwDeviceSelector);
declare global {
  interface HTMLElementTagNameMap {
    'sw-device-selector': SwDeviceSelector;
  }
}
