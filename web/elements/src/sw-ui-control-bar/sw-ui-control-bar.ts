import { html, nothing } from 'lit';
import { define, tell } from '../base/define.js';
import { SwElement } from '../base/element.js';
import type { IconName } from '../base/icons.js';
import type { WordKey } from '../base/words.js';
import type { DropUpItem } from '../sw-ui-dropup/items.js';
import '../sw-ui-icon/sw-ui-icon.js';
import '../sw-ui-split-button/sw-ui-split-button.js';
import { styles } from './styles.js';

type Kind = 'mic' | 'camera' | 'speaker';
const OVERFLOW = '__overflow:';

/** `false` as a word turns off what is on by default: HTML has no other way to say it. */
const onByDefault = {
  fromAttribute: (text: string | null): boolean => text !== null && text !== 'false',
  toAttribute: (on: unknown): string | null => (on ? '' : null)
};

/**
 * The row of buttons of a call. It decides nothing: a click shows the wish at once and tells it; whoever listens writes back what
 * became of it. Narrow, the buttons that are not always there move into a menu.
 *
 * @element sw-ui-control-bar
 * @attr {boolean} mic-muted - the microphone is off
 * @attr {boolean} camera-muted - the camera is off
 * @attr {boolean} speaker-muted - the other side is not heard
 * @attr {boolean} fullscreen - the call fills the screen
 * @attr {boolean} screen-sharing - the screen is shared
 * @attr {boolean} hand-raised - the hand is raised
 * @attr {boolean} transcript-active - the transcript is shown
 * @attr {boolean} show-screen-share - shows the button
 * @attr {boolean} show-hand-raise - shows the button
 * @attr {boolean} show-transcript - shows the button
 * @attr {boolean} show-settings - shows the menu of `settingsItems`
 * @attr {boolean} show-fullscreen - shows the button; `false` hides it
 * @prop {string[]} disabled - buttons that take no clicks: `mic`, `camera`, `speaker`, `screen-share`, `hand-raise`
 * @prop {DropUpItem[]} micDevices - menu beside the microphone's button
 * @prop {DropUpItem[]} cameraDevices - menu beside the camera's
 * @prop {DropUpItem[]} speakerDevices - menu beside the loudspeaker's
 * @prop {DropUpItem[]} settingsItems - menu of the settings
 * @csspart bar - the row
 * @csspart logo - the mark at its beginning
 * @csspart button - every button
 * @csspart chevron - what opens the menu of a button
 * @cssprop [--sw-control-bar-bg=transparent] - background
 * @cssprop [--sw-control-bar-padding=8px 16px] - padding
 * @cssprop [--sw-control-bar-gap=8px] - between buttons
 * @cssprop [--sw-control-bar-radius=0] - corner
 * @cssprop --sw-control-bar-hangup-bg - background of the hang-up button
 * @cssprop --sw-control-bar-hangup-bg-hover - the same under the pointer
 * @cssprop [--sw-control-bar-hangup-color=#fff] - its icon
 * @fires {CustomEvent<{muted: boolean}>} sw-mic-toggle - microphone
 * @fires {CustomEvent<{muted: boolean}>} sw-camera-toggle - camera
 * @fires {CustomEvent<{muted: boolean}>} sw-speaker-toggle - loudspeaker
 * @fires {CustomEvent<{kind: string, deviceId: string, label: string}>} sw-device-change - a device was picked
 * @fires {CustomEvent<{fullscreen: boolean}>} sw-fullscreen-toggle - fullscreen
 * @fires {CustomEvent<{active: boolean}>} sw-screen-share-toggle - screen
 * @fires {CustomEvent<{raised: boolean}>} sw-hand-raise-toggle - hand
 * @fires {CustomEvent<null>} sw-transcript-toggle - transcript
 * @fires {CustomEvent<{settingId: string}>} sw-settings-change - an entry of the settings
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
    showFullscreen: { converter: onByDefault, reflect: true, attribute: 'show-fullscreen' },
    disabled: { attribute: false },
    micDevices: { attribute: false },
    cameraDevices: { attribute: false },
    speakerDevices: { attribute: false },
    settingsItems: { attribute: false }
  };
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
  declare disabled: string[];
  declare micDevices: DropUpItem[];
  declare cameraDevices: DropUpItem[];
  declare speakerDevices: DropUpItem[];
  declare settingsItems: DropUpItem[];

  constructor() {
    super();
    this.micMuted = this.cameraMuted = this.speakerMuted = this.fullscreen = this.screenSharing = this.handRaised = this.transcriptActive = false;
    this.showScreenShare = this.showHandRaise = this.showTranscript = this.showSettings = false;
    this.showFullscreen = true;
    this.disabled = [];
    this.micDevices = [];
    this.cameraDevices = [];
    this.speakerDevices = [];
    this.settingsItems = [];
  }

  static override styles = styles;

  override render() {
    const settings = this.showSettings && this.settingsItems.length > 0;
    return html`<div class="bar" part="bar" role="toolbar" aria-label=${this.word('controls')}>
      <span class="logo" part="logo" aria-hidden="true"><sw-ui-icon name="sw-logo" size="20"></sw-ui-icon></span>
      ${this.#switch('mic', this.micMuted, 'mic.mute', 'mic.unmute', 'devices.mic', this.micDevices)}
      ${this.#switch('camera', this.cameraMuted, 'camera.off', 'camera.on', 'devices.camera', this.cameraDevices)}
      ${this.#switch('speaker', this.speakerMuted, 'speaker.mute', 'speaker.unmute', 'devices.speaker', this.speakerDevices)}
      ${this.showScreenShare ? this.#push('screen-share', this.screenSharing, this.screenSharing ? 'screen-share-off' : 'screen-share', this.screenSharing ? 'screen.stop' : 'screen.share', this.#screen) : nothing}
      ${this.showHandRaise ? this.#push('hand-raise', this.handRaised, 'hand-raise', this.handRaised ? 'hand.lower' : 'hand.raise', this.#hand) : nothing}
      ${this.showTranscript ? this.#push('transcript', this.transcriptActive, 'transcript', 'transcript.show', this.#transcript) : nothing}
      ${settings
        ? html`<sw-ui-split-button class="optional" exportparts="button, chevron" .label=${this.word('settings')} .menuLabel=${this.word('settings')} .items=${this.settingsItems} .words=${this.words}
            menu-only @sw-dropup-select=${(event: CustomEvent<DropUpItem>) => this.#setting(event.detail.id)}><sw-ui-icon name="settings" size="20"></sw-ui-icon></sw-ui-split-button>`
        : nothing}
      ${this.showFullscreen ? this.#push('fullscreen', false, this.fullscreen ? 'fullscreen-exit' : 'fullscreen', this.fullscreen ? 'fullscreen.leave' : 'fullscreen.enter', this.#screenful) : nothing}
      ${this.#overflow()}
      <sw-ui-split-button class="end thin" exportparts="button" .label=${this.word('call.hangup')} .words=${this.words} @sw-split-button-click=${() => tell(this, 'sw-call-hangup')}><sw-ui-icon name="phone-end" size="20"></sw-ui-icon></sw-ui-split-button>
      <span class="balance"></span>
    </div>`;
  }

  #switch(kind: Kind, muted: boolean, mute: WordKey, unmute: WordKey, choose: WordKey, devices: DropUpItem[]) {
    // The name stays, the state changes; what a click does stands in the tooltip's place of a sighted person: the icon.
    return html`<sw-ui-split-button class=${muted ? 'off thin' : 'thin'} exportparts="button, chevron" .label=${this.word(mute)} .menuLabel=${this.word(choose)} .active=${muted} .items=${devices}
      .words=${this.words} .disabled=${this.disabled.includes(kind)} data-action=${this.word(muted ? unmute : mute)}
      @sw-split-button-toggle=${(event: CustomEvent<boolean>) => this.#mute(kind, event.detail)}
      @sw-dropup-select=${({ detail: { id, label } }: CustomEvent<DropUpItem>) => tell(this, 'sw-device-change', { kind, deviceId: id, label })}>
      <sw-ui-icon slot="inactive" name=${`${kind}-on` as IconName} size="20"></sw-ui-icon><sw-ui-icon slot="active" name=${`${kind}-off` as IconName} size="20"></sw-ui-icon>
    </sw-ui-split-button>`;
  }

  #push(id: string, on: boolean, icon: IconName, name: WordKey, act: () => void) {
    return html`<sw-ui-split-button class=${on ? 'optional on' : 'optional'} exportparts="button" .label=${this.word(name)} .words=${this.words} .disabled=${this.disabled.includes(id)}
      @sw-split-button-click=${act}><sw-ui-icon name=${icon} size="20"></sw-ui-icon></sw-ui-split-button>`;
  }

  #overflow() {
    const items: DropUpItem[] = [];
    const add = (shown: boolean, id: string, label: WordKey, selected: boolean): void => {
      if (shown && !this.disabled.includes(id)) items.push({ id: `${OVERFLOW}${id}`, label: this.word(label), selected });
    };
    add(this.showScreenShare, 'screen-share', this.screenSharing ? 'screen.stop' : 'screen.share', this.screenSharing);
    add(this.showHandRaise, 'hand-raise', this.handRaised ? 'hand.lower' : 'hand.raise', this.handRaised);
    add(this.showTranscript, 'transcript', 'transcript.show', this.transcriptActive);
    if (this.showSettings) items.push(...this.settingsItems);
    add(this.showFullscreen, 'fullscreen', this.fullscreen ? 'fullscreen.leave' : 'fullscreen.enter', this.fullscreen);
    if (items.length === 0) return nothing;
    return html`<sw-ui-split-button class="overflow thin" exportparts="button, chevron" .label=${this.word('more')} .menuLabel=${this.word('more')} .items=${items} .words=${this.words}
      menu-only @sw-dropup-select=${(event: CustomEvent<DropUpItem>) => this.#chosen(event.detail.id)}><sw-ui-icon name="settings" size="20"></sw-ui-icon></sw-ui-split-button>`;
  }

  #chosen(id: string): void {
    const actions: Record<string, () => void> = { 'screen-share': this.#screen, 'hand-raise': this.#hand, transcript: this.#transcript, fullscreen: this.#screenful };
    if (id.startsWith(OVERFLOW)) actions[id.slice(OVERFLOW.length)]?.();
    else this.#setting(id);
  }

  #setting(settingId: string): void {
    tell(this, 'sw-settings-change', { settingId });
  }

  #mute(kind: Kind, muted: boolean): void {
    const property = ({ mic: 'micMuted', camera: 'cameraMuted', speaker: 'speakerMuted' } as const)[kind];
    this[property] = muted;
    tell(this, `sw-${kind}-toggle`, { muted });
  }

  #screen = (): void => {
    this.screenSharing = !this.screenSharing;
    tell(this, 'sw-screen-share-toggle', { active: this.screenSharing });
  };
  #hand = (): void => {
    this.handRaised = !this.handRaised;
    tell(this, 'sw-hand-raise-toggle', { raised: this.handRaised });
  };
  #transcript = (): void => {
    this.transcriptActive = !this.transcriptActive;
    tell(this, 'sw-transcript-toggle');
  };
  #screenful = (): void => {
    this.fullscreen = !this.fullscreen;
    tell(this, 'sw-fullscreen-toggle', { fullscreen: this.fullscreen });
  };
}
define('sw-ui-control-bar', SwUiControlBar);
declare global {
  interface HTMLElementTagNameMap {
    'sw-ui-control-bar': SwUiControlBar;
  }
}
