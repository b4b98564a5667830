import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { switchable } from '../base/attributes.js';
import { define, tell } from '../base/define.js';
import { SwElement } from '../base/element.js';
import type { IconName } from '../base/icons.js';
import type { WordKey } from '../base/words.js';
import type { DropUpItem } from '../sw-ui-dropup/items.js';
import '../sw-ui-icon/sw-ui-icon.js';
import '../sw-ui-split-button/sw-ui-split-button.js';
import { styles } from './styles.js';

/** What can be on the bar. */
export type Control = 'mic' | 'camera' | 'speaker' | 'screen-share' | 'hand-raise' | 'transcript' | 'settings' | 'fullscreen' | 'hangup';
export type DeviceKind = 'mic' | 'camera' | 'speaker';

interface Device {
  kind: DeviceKind;
  state: 'micMuted' | 'cameraMuted' | 'speakerMuted';
  items: 'micDevices' | 'cameraDevices' | 'speakerDevices';
  icons: [on: IconName, off: IconName];
  words: [mute: WordKey, unmute: WordKey, menu: WordKey];
}
const DEVICES: Device[] = [
  { kind: 'mic', state: 'micMuted', items: 'micDevices', icons: ['mic-on', 'mic-off'], words: ['mic.mute', 'mic.unmute', 'devices.mic'] },
  { kind: 'camera', state: 'cameraMuted', items: 'cameraDevices', icons: ['camera-on', 'camera-off'], words: ['camera.off', 'camera.on', 'devices.camera'] },
  { kind: 'speaker', state: 'speakerMuted', items: 'speakerDevices', icons: ['speaker-on', 'speaker-off'], words: ['speaker.mute', 'speaker.unmute', 'devices.speaker'] }
];

interface Optional {
  control: 'screen-share' | 'hand-raise' | 'transcript' | 'fullscreen';
  shown: 'showScreenShare' | 'showHandRaise' | 'showTranscript' | 'showFullscreen';
  state: 'screenSharing' | 'handRaised' | 'transcriptActive' | 'fullscreen';
  icons: [off: IconName, on: IconName];
  words: [off: WordKey, on: WordKey];
}
/** Left and right of the settings, on the bar and in the menu that takes their place. */
const BEFORE: Optional[] = [
  { control: 'screen-share', shown: 'showScreenShare', state: 'screenSharing', icons: ['screen-share', 'screen-share-off'], words: ['screen.share', 'screen.stop'] },
  { control: 'hand-raise', shown: 'showHandRaise', state: 'handRaised', icons: ['hand-raise', 'hand-raise'], words: ['hand.raise', 'hand.lower'] },
  { control: 'transcript', shown: 'showTranscript', state: 'transcriptActive', icons: ['transcript', 'transcript'], words: ['transcript.show', 'transcript.show'] }
];
const AFTER: Optional[] = [
  { control: 'fullscreen', shown: 'showFullscreen', state: 'fullscreen', icons: ['fullscreen', 'fullscreen-exit'], words: ['fullscreen.enter', 'fullscreen.leave'] }
];
const OVERFLOW = '__overflow:';

/**
 * The buttons of a call, without a call: microphone, camera and speaker with their devices, the optional ones, and
 * hanging up. A press changes the state that is shown and tells; the owner writes the real state when it comes out
 * otherwise. Where it is narrow, the optional buttons are in one menu.
 *
 * @element sw-ui-control-bar
 * @attr {boolean} mic-muted - the microphone is off
 * @attr {boolean} camera-muted - the camera is off
 * @attr {boolean} speaker-muted - the sound is off
 * @attr {boolean} fullscreen - it is shown on the whole screen
 * @attr {boolean} screen-sharing - the screen is shared
 * @attr {boolean} hand-raised - the hand is raised
 * @attr {boolean} transcript-active - the transcript shows
 * @attr {boolean} show-screen-share - the button is there
 * @attr {boolean} show-hand-raise - the button is there
 * @attr {boolean} show-transcript - the button is there
 * @attr {boolean} show-settings - the button is there
 * @attr {boolean} show-fullscreen - the button is there; true at first, `="false"` turns it off
 * @prop {DropUpItem[]} micDevices - microphones to choose from
 * @prop {DropUpItem[]} cameraDevices - cameras to choose from
 * @prop {DropUpItem[]} speakerDevices - speakers to choose from
 * @prop {DropUpItem[]} settingsItems - settings to choose from
 * @prop {Control[]} disabledControls - buttons that can not be pressed now; devices can still be chosen
 * @csspart bar - the row
 * @csspart logo - the mark at its start
 * @csspart button - each of the buttons
 * @csspart chevron - what opens the menu of a button
 * @cssprop [--sw-control-bar-bg=transparent] - background
 * @cssprop [--sw-control-bar-padding=8px 16px] - room around the buttons
 * @cssprop [--sw-control-bar-gap=8px] - room between the buttons
 * @cssprop [--sw-control-bar-radius=0] - corners
 * @cssprop [--sw-control-bar-hangup-bg=var(--interactive-button-destructive-bg)] - hanging up
 * @cssprop [--sw-control-bar-hangup-bg-hover=var(--interactive-button-destructive-hover)] - hanging up, under the pointer
 * @cssprop [--sw-control-bar-hangup-color=#fff] - its icon
 * @cssprop [--sw-split-button-size=40px] - height of the buttons
 * @cssprop --sw-split-button-bg - background of the buttons
 * @cssprop --sw-split-button-bg-hover - the same under the pointer
 * @cssprop --sw-split-button-color - icons
 * @cssprop --sw-split-button-radius - corners of the buttons
 * @fires {CustomEvent<{muted: boolean}>} sw-mic-toggle - microphone
 * @fires {CustomEvent<{muted: boolean}>} sw-camera-toggle - camera
 * @fires {CustomEvent<{muted: boolean}>} sw-speaker-toggle - speaker
 * @fires {CustomEvent<{kind: 'mic' | 'camera' | 'speaker', deviceId: string, label: string}>} sw-device-change - a device was chosen
 * @fires {CustomEvent<{fullscreen: boolean}>} sw-fullscreen-toggle - fullscreen
 * @fires {CustomEvent<{active: boolean}>} sw-screen-share-toggle - screen share
 * @fires {CustomEvent<{raised: boolean}>} sw-hand-raise-toggle - hand
 * @fires {CustomEvent<null>} sw-transcript-toggle - transcript
 * @fires {CustomEvent<{settingId: string}>} sw-settings-change - a setting was chosen
 * @fires {CustomEvent<null>} sw-call-hangup - hang up
 */
export class SwUiControlBar extends SwElement {
  static override properties = {
    micMuted: { type: Boolean, reflect: true, attribute: 'mic-muted' },
    cameraMuted: { type: Boolean, reflect: true, attribute: 'camera-muted' },
    speakerMuted: { type: Boolean, reflect: true, attribute: 'speaker-muted' },
    fullscreen: { type: Boolean, reflect: true },
    screenSharing: { type: Boolean, reflect: true, attribute: 'screen-sharing' },
    handRaised: { type: Boolean, reflect: true, attribute: 'hand-raised' },
    transcriptActive: { type: Boolean, reflect: true, attribute: 'transcript-active' },
    showScreenShare: { type: Boolean, reflect: true, attribute: 'show-screen-share' },
    showHandRaise: { type: Boolean, reflect: true, attribute: 'show-hand-raise' },
    showTranscript: { type: Boolean, reflect: true, attribute: 'show-transcript' },
    showSettings: { type: Boolean, reflect: true, attribute: 'show-settings' },
    showFullscreen: { converter: switchable, reflect: true, attribute: 'show-fullscreen' },
    micDevices: { attribute: false },
    cameraDevices: { attribute: false },
    speakerDevices: { attribute: false },
    settingsItems: { attribute: false },
    disabledControls: { attribute: false }
  };
  static override styles = styles;
  declare micMuted: boolean;
  declare cameraMuted: boolean;
  declare speakerMuted: boolean;
  declare fullscreen: boolean;
  declare screenSharing: boolean;
  declare handRaised: boolean;
  declare transcriptActive: boolean;
  declare showScreenShare: boolean;
  declare showHandRaise: boolean;
  declare showTranscript: boolean;
  declare showSettings: boolean;
  declare showFullscreen: boolean;
  declare micDevices: DropUpItem[];
  declare cameraDevices: DropUpItem[];
  declare speakerDevices: DropUpItem[];
  declare settingsItems: DropUpItem[];
  declare disabledControls: readonly Control[];

  constructor() {
    super();
    this.micMuted = this.cameraMuted = this.speakerMuted = this.fullscreen = this.screenSharing = this.handRaised = this.transcriptActive = false;
    this.showScreenShare = this.showHandRaise = this.showTranscript = this.showSettings = false;
    this.showFullscreen = true;
    this.micDevices = [];
    this.cameraDevices = [];
    this.speakerDevices = [];
    this.settingsItems = [];
    this.disabledControls = [];
  }

  override render() {
    const overflow = this.#overflow();
    return html`<div class="bar" part="bar">
      <span class="logo" part="logo"><sw-ui-icon name="sw-logo" size="20"></sw-ui-icon></span>
      ${DEVICES.map((device) => this.#device(device))}
      ${BEFORE.map((optional) => this.#optional(optional))}
      ${this.showSettings
        ? this.#menu('settings', 'optional', 'settings', this.#settings, this.#set)
        : nothing}
      ${AFTER.map((optional) => this.#optional(optional))}
      ${overflow.length > 0 ? this.#menu('more', 'more', 'settings', overflow, this.#overflowed) : nothing}
      <sw-ui-split-button exportparts="button, chevron" class="hangup" .words=${this.words} label=${this.word('call.hangup')} .disabled=${this.#disabled('hangup')}
        @sw-split-button-click=${() => tell(this, 'sw-call-hangup')}><sw-ui-icon name="phone-end" size="20"></sw-ui-icon></sw-ui-split-button>
      <span class="balance"></span>
    </div>`;
  }

  #device({ kind, state, items, icons: [on, off], words: [mute, unmute, menu] }: Device): TemplateResult {
    const muted = this[state];
    return html`<sw-ui-split-button exportparts="button, chevron" class=${muted ? 'off' : ''} data-control=${kind} .words=${this.words} .active=${live(!muted)} label=${this.word(unmute)}
      active-label=${this.word(mute)} menu-label=${this.word(menu)} .items=${this[items]} .disabled=${this.#disabled(kind)}
      @sw-split-button-toggle=${({ detail }: CustomEvent<boolean>) => {
        this[state] = !detail;
        tell(this, `sw-${kind}-toggle`, { muted: !detail });
      }}
      @sw-dropup-select=${({ detail: { id, label } }: CustomEvent<DropUpItem>) => tell(this, 'sw-device-change', { kind, deviceId: id, label })}
    ><sw-ui-icon slot="active" name=${on} size="20"></sw-ui-icon><sw-ui-icon slot="inactive" name=${off} size="20"></sw-ui-icon></sw-ui-split-button>`;
  }

  #optional({ control, shown, state, icons: [off, on], words: [start, stop] }: Optional) {
    if (!this[shown]) return nothing;
    const lit = control !== 'fullscreen' && this[state];
    return html`<sw-ui-split-button exportparts="button, chevron" class="optional ${lit ? 'on' : ''}" data-control=${control} .words=${this.words} .active=${live(this[state])} label=${this.word(start)}
      active-label=${start === stop ? '' : this.word(stop)} .disabled=${this.#disabled(control)} @sw-split-button-toggle=${() => this.#flip(control, state)}
    ><sw-ui-icon slot="active" name=${on} size="20"></sw-ui-icon><sw-ui-icon slot="inactive" name=${off} size="20"></sw-ui-icon></sw-ui-split-button>`;
  }

  #menu(name: 'settings' | 'more', look: string, icon: IconName, items: DropUpItem[], select: (event: CustomEvent<DropUpItem>) => void): TemplateResult {
    return html`<sw-ui-split-button exportparts="button, chevron" class=${look} data-control=${name} menu-only .words=${this.words} label=${this.word(name)} .items=${items}
      .disabled=${name === 'settings' && this.#disabled('settings')} @sw-dropup-select=${select}><sw-ui-icon name=${icon} size="20"></sw-ui-icon></sw-ui-split-button>`;
  }

  get #settings(): DropUpItem[] {
    return this.settingsItems.map((item) => ({ kind: 'checkbox', ...item }));
  }

  /** The entries of the menu that stands for the optional buttons. */
  #overflow(): DropUpItem[] {
    const entry = ({ control, shown, state, words: [start, stop] }: Optional): DropUpItem[] =>
      this[shown] && !this.#disabled(control)
        ? [{ id: OVERFLOW + control, label: this.word(this[state] ? stop : start), selected: this[state], kind: start === stop ? 'checkbox' : 'command' }]
        : [];
    const settings = this.showSettings && !this.#disabled('settings') ? this.#settings : [];
    return [...BEFORE.flatMap(entry), ...settings, ...AFTER.flatMap(entry)];
  }

  readonly #overflowed = (event: CustomEvent<DropUpItem>): void => {
    const { id } = event.detail;
    const optional = [...BEFORE, ...AFTER].find(({ control }) => id === OVERFLOW + control);
    if (optional) this.#flip(optional.control, optional.state);
    else this.#set(event);
  };

  readonly #set = ({ detail }: CustomEvent<DropUpItem>): void => {
    tell(this, 'sw-settings-change', { settingId: detail.id });
  };

  #flip(control: Optional['control'], state: Optional['state']): void {
    const on = (this[state] = !this[state]);
    const details = { 'screen-share': { active: on }, 'hand-raise': { raised: on }, transcript: null, fullscreen: { fullscreen: on } };
    tell(this, `sw-${control}-toggle`, details[control]);
  }

  #disabled(control: Control): boolean {
    return this.disabledControls.includes(control);
  }
}
define('sw-ui-control-bar', SwUiControlBar);
declare global {
  interface HTMLElementTagNameMap {
    'sw-ui-control-bar': SwUiControlBar;
  }
}
