import { ContextConsumer } from '@lit/context';
import { css, html, nothing } from 'lit';
import { allows } from '../base/capability.js';
import { define, tell } from '../base/define.js';
import { SwElement } from '../base/element.js';
import { Follow } from '../base/follow.js';
import type { Call, CallSelfParticipant } from '../base/interfaces.js';
import { CallSource } from '../context/call-source.js';
import { devicesContext } from '../context/keys.js';
import type { DropUpItem } from '../sw-ui-dropup/items.js';
import type { SwUiControlBar } from '../sw-ui-control-bar/sw-ui-control-bar.js';
import '../sw-ui-control-bar/sw-ui-control-bar.js';

type Kind = 'mic' | 'camera' | 'speaker';

const onByDefault = {
  fromAttribute: (text: string | null): boolean => text !== null && text !== 'false',
  toAttribute: (on: unknown): string | null => (on ? '' : null)
};

/** Entries of a device menu. Devices without an id (no permission yet) are one. */
function menu(devices: MediaDeviceInfo[], selected: MediaDeviceInfo | null): DropUpItem[] {
  const known = new Map(devices.map((device) => [device.deviceId, device]));
  return [...known.values()].map(({ deviceId, label }) => ({ id: deviceId, label: label || deviceId.slice(0, 12) || 'Default', selected: deviceId === selected?.deviceId }));
}

/**
 * The control bar of a call: it does what the buttons say, and shows what became of it. What the call's capabilities do not
 * allow is left out.
 *
 * @element sw-call-controls
 * @attr {boolean} show-screen-share - the button for the screen; `false` hides it
 * @attr {boolean} show-hand-raise - the button for the hand; `false` hides it
 * @attr {boolean} show-transcript - the button for the transcript
 * @attr {boolean} transcript-active - the transcript is shown
 * @attr {boolean} show-settings - the settings of the microphone; `false` hides them
 * @attr {boolean} show-fullscreen - the button for the whole screen; `false` hides it
 * @prop {Call} call - the call, in place of the context's
 * @csspart bar - the row
 * @csspart logo - the mark at its beginning
 * @csspart button - every button
 * @csspart chevron - what opens the menu of a button
 * @fires {CustomEvent<null>} sw-call-hangup - hang up
 * @fires {CustomEvent<{muted: boolean}>} sw-mic-toggle - microphone
 * @fires {CustomEvent<{muted: boolean}>} sw-camera-toggle - camera
 * @fires {CustomEvent<{muted: boolean}>} sw-speaker-toggle - loudspeaker
 * @fires {CustomEvent<{kind: string, deviceId: string, label: string}>} sw-device-change - a device was picked
 * @fires {CustomEvent<{fullscreen: boolean}>} sw-fullscreen-toggle - fullscreen
 * @fires {CustomEvent<{active: boolean}>} sw-screen-share-toggle - screen
 * @fires {CustomEvent<{raised: boolean}>} sw-hand-raise-toggle - hand
 * @fires {CustomEvent<null>} sw-transcript-toggle - transcript
 * @fires {CustomEvent<{settingId: string}>} sw-settings-change - an entry of the settings
 */
export class SwCallControls extends SwElement {
  static override properties = {
    call: { attribute: 'call', converter: { fromAttribute: () => undefined } },
    showScreenShare: { converter: onByDefault, reflect: true, attribute: 'show-screen-share' },
    showHandRaise: { converter: onByDefault, reflect: true, attribute: 'show-hand-raise' },
    showTranscript: { type: Boolean, reflect: true, attribute: 'show-transcript' },
    transcriptActive: { type: Boolean, reflect: true, attribute: 'transcript-active' },
    showSettings: { converter: onByDefault, reflect: true, attribute: 'show-settings' },
    showFullscreen: { converter: onByDefault, reflect: true, attribute: 'show-fullscreen' },
    filling: { state: true },
    failed: { state: true }
  };
  declare call: Call | undefined;
  declare showScreenShare: boolean;
  declare showHandRaise: boolean;
  declare showTranscript: boolean;
  declare transcriptActive: boolean;
  declare showSettings: boolean;
  declare showFullscreen: boolean;
  declare protected filling: boolean;
  /** What was refused, for a while. */
  declare protected failed: string;

  readonly #source = new CallSource(this);
  readonly #devices = new ContextConsumer(this, { context: devicesContext, subscribe: true });

  constructor() {
    super();
    this.showScreenShare = this.showHandRaise = this.showSettings = this.showFullscreen = true;
    this.showTranscript = this.transcriptActive = this.filling = false;
    this.failed = '';
    new Follow<CallSelfParticipant>(this, () => this.#source.state.self, (self, follow) => {
      const changed = (): void => this.requestUpdate();
      for (const value of [self.screenShareStatus$, self.handraised$]) follow<unknown>(value, changed);
    });
  }

  static override styles = css`
    :host { display: block; }
    :host([hidden]) { display: none; }
    p { margin: 0; padding: 4px 8px; font: 400 var(--type-size-caption, 13px) / 1.3 var(--type-family-body, system-ui, sans-serif); text-align: center; color: var(--fg-default, inherit); }
    p:empty { display: none; }
  `;

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('fullscreenchange', this.#fullscreen);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('fullscreenchange', this.#fullscreen);
  }

  /** The Escape key leaves fullscreen, too. */
  #fullscreen = (): void => {
    this.filling = document.fullscreenElement !== null;
  };

  override render() {
    const devices = this.#devices.value;
    if (!devices && !this.call) return nothing;
    const { self, capabilities } = this.#source.state;
    // Before the server has said what is allowed nothing is held back.
    const may = (wanted: string): boolean => capabilities.length === 0 || allows(capabilities, wanted);
    const disabled = [
      ...(devices && self && may('self.mute.audio') ? [] : ['mic']),
      ...(devices && self && may('self.mute.video') ? [] : ['camera']),
      ...(devices && self && may('self.deaf') ? [] : ['speaker']),
      ...(self ? [] : ['screen-share', 'hand-raise'])
    ];
    const settings: DropUpItem[] = [
      { id: 'echo-cancellation', label: this.word('settings.echo'), selected: devices?.echoCancellation ?? true },
      { id: 'auto-gain', label: this.word('settings.gain'), selected: devices?.autoGain ?? true },
      { id: 'noise-suppression', label: this.word('settings.noise'), selected: devices?.noiseSuppression ?? true }
    ];
    return html`<sw-ui-control-bar exportparts="bar, logo, button, chevron" .words=${this.words} .disabled=${disabled}
        .micMuted=${devices?.audioMuted ?? false} .cameraMuted=${devices?.videoMuted ?? false} .speakerMuted=${devices?.speakerMuted ?? false}
        .screenSharing=${self?.screenShareStatus === 'started'} .handRaised=${self?.handraised === true} .transcriptActive=${this.transcriptActive} .fullscreen=${this.filling}
        .showScreenShare=${this.showScreenShare && may('screenshare')} .showHandRaise=${this.showHandRaise && may('self.raisehand')}
        .showTranscript=${this.showTranscript} .showFullscreen=${this.showFullscreen}
        .showSettings=${this.showSettings && devices !== undefined} .settingsItems=${settings}
        .micDevices=${menu(devices?.audioInputDevices ?? [], devices?.selectedAudioInput ?? null)}
        .cameraDevices=${menu(devices?.videoInputDevices ?? [], devices?.selectedVideoInput ?? null)}
        .speakerDevices=${menu(devices?.audioOutputDevices ?? [], devices?.selectedAudioOutput ?? null)}
        @sw-mic-toggle=${() => this.#try(devices?.toggleAudioMute)} @sw-camera-toggle=${() => this.#try(devices?.toggleVideoMute)}
        @sw-speaker-toggle=${() => this.#try(devices?.toggleSpeakerMute)}
        @sw-screen-share-toggle=${({ detail: { active } }: CustomEvent<{ active: boolean }>) => this.#try(() => (active ? self?.startScreenShare() : self?.stopScreenShare()))}
        @sw-hand-raise-toggle=${() => this.#try(() => self?.toggleHandraise())}
        @sw-device-change=${({ detail }: CustomEvent<{ kind: Kind; deviceId: string }>) => this.#choose(detail.kind, detail.deviceId)}
        @sw-settings-change=${({ detail }: CustomEvent<{ settingId: string }>) => this.#set(detail.settingId)}
        @sw-call-hangup=${this.#hangup}></sw-ui-control-bar>
      <p role="alert">${this.failed}</p>`;
  }

  get #bar(): SwUiControlBar | null {
    return this.renderRoot.querySelector('sw-ui-control-bar');
  }

  /** Does it, and shows afterwards what is, not what was wished: the bar has shown the wish already. */
  #try(act: (() => Promise<unknown> | undefined) | undefined): void {
    this.failed = '';
    const settle = (): void => {
      const bar = this.#bar;
      const devices = this.#devices.value;
      const { self } = this.#source.state;
      if (!bar) return;
      Object.assign(bar, {
        micMuted: devices?.audioMuted ?? false, cameraMuted: devices?.videoMuted ?? false, speakerMuted: devices?.speakerMuted ?? false,
        screenSharing: self?.screenShareStatus === 'started', handRaised: self?.handraised === true
      });
    };
    void Promise.resolve()
      .then(() => act?.())
      .catch((error: unknown) => {
        // Whoever closes the picker of screens has not failed at anything.
        if ((error as Error | undefined)?.name === 'NotAllowedError') return;
        console.warn('sw-call-controls: that was not done:', error);
        this.failed = this.word('controls.failed');
      })
      .finally(settle);
  }

  #choose(kind: Kind, id: string): void {
    const devices = this.#devices.value;
    if (!devices) return;
    const [list, select] = {
      mic: [devices.audioInputDevices, devices.selectAudioInput] as const,
      camera: [devices.videoInputDevices, devices.selectVideoInput] as const,
      speaker: [devices.audioOutputDevices, devices.selectAudioOutput] as const
    }[kind];
    select(list.find(({ deviceId }) => deviceId === id) ?? null);
  }

  #set(id: string): void {
    const devices = this.#devices.value;
    const toggles: Record<string, (() => Promise<void>) | undefined> = {
      'echo-cancellation': devices?.toggleEchoCancellation, 'auto-gain': devices?.toggleAutoGain, 'noise-suppression': devices?.toggleNoiseSuppression
    };
    this.#try(toggles[id]);
  }

  /** One click is one hang-up: inside a widget the widget does it. */
  #hangup = (event: Event): void => {
    event.stopPropagation();
    if (!tell(this, 'sw-call-hangup', null)) return;
    const within = this.getRootNode();
    if (within instanceof ShadowRoot && within.host.localName === 'sw-call-widget') return;
    const { call } = this;
    this.#try(() => (call ?? this.#source.state).hangup());
  };
}
define('sw-call-controls', SwCallControls);
declare global {
  interface HTMLElementTagNameMap {
    'sw-call-controls': SwCallControls;
  }
}
