import { ContextConsumer } from '@lit/context';
import { html, nothing, type PropertyDeclarations } from 'lit';
import { live } from 'lit/directives/live.js';
import { switchable } from '../base/attributes.js';
import { allows, allowsSwitch } from '../base/capabilities.js';
import { define } from '../base/define.js';
import { SwElement } from '../base/element.js';
import { Follow } from '../base/follow.js';
import type { Call, CallSelfParticipant, CallStatus } from '../base/interfaces.js';
import type { WordKey } from '../base/words.js';
import { CallSource } from '../context/call-source.js';
import type { Devices } from '../context/devices.js';
import { devicesContext } from '../context/keys.js';
import type { Control, DeviceKind } from '../sw-ui-control-bar/sw-ui-control-bar.js';
import '../sw-ui-control-bar/sw-ui-control-bar.js';
import type { DropUpItem } from '../sw-ui-dropup/items.js';
import { styles } from './styles.js';
import { Wish } from './wish.js';

const OVER: CallStatus[] = ['disconnected', 'failed', 'destroyed'];
type Setting = 'echo-cancellation' | 'auto-gain' | 'noise-suppression';
type Switch = DeviceKind | 'screen' | 'hand' | Setting;
/** What the own member tells of itself. */
interface Own {
  audioMuted?: boolean;
  videoMuted?: boolean;
  speakerMuted?: boolean;
  hand?: boolean;
  screen?: boolean;
}
/** What a switch needs to be turned. */
const NEEDED = { mic: 'self.mute.audio', camera: 'self.mute.video', speaker: 'self.deaf', 'hand-raise': 'self.raisehand' } as const;

/**
 * The buttons of a call: a `sw-ui-control-bar` that acts on its own `call` or that of the context, and on the devices of
 * the context. What the member may not do is missing or cannot be pressed. A switch shows at once what was pressed and
 * ends where the call says it is; a failure is told in a line above the buttons.
 *
 * @element sw-call-controls
 * @attr {boolean} show-screen-share - the button may be there; true at first, `="false"` turns it off
 * @attr {boolean} show-hand-raise - the button may be there; true at first
 * @attr {boolean} show-transcript - the button is there
 * @attr {boolean} transcript-active - the transcript shows
 * @attr {boolean} show-settings - the button may be there, where the page gives devices; true at first
 * @attr {boolean} show-fullscreen - the button is there; true at first
 * @prop {Call} call - the call; wins over the context
 * @csspart bar - the row of buttons
 * @csspart logo - the mark at its start
 * @csspart button - each of the buttons
 * @csspart chevron - what opens the menu of a button
 * @fires {CustomEvent<null>} sw-call-hangup - hang-up was pressed, and the call was told
 * @fires {CustomEvent<{muted: boolean}>} sw-mic-toggle - microphone
 * @fires {CustomEvent<{muted: boolean}>} sw-camera-toggle - camera
 * @fires {CustomEvent<{muted: boolean}>} sw-speaker-toggle - speaker
 * @fires {CustomEvent<{kind: 'mic' | 'camera' | 'speaker', deviceId: string, label: string}>} sw-device-change - a device was chosen
 * @fires {CustomEvent<{fullscreen: boolean}>} sw-fullscreen-toggle - fullscreen; the page does it
 * @fires {CustomEvent<{active: boolean}>} sw-screen-share-toggle - screen share
 * @fires {CustomEvent<{raised: boolean}>} sw-hand-raise-toggle - hand
 * @fires {CustomEvent<null>} sw-transcript-toggle - transcript; the page shows it
 * @fires {CustomEvent<{settingId: string}>} sw-settings-change - a setting was turned
 */
export class SwCallControls extends SwElement {
  static override properties: PropertyDeclarations = {
    call: { type: Object },
    showScreenShare: { converter: switchable, reflect: true, attribute: 'show-screen-share' },
    showHandRaise: { converter: switchable, reflect: true, attribute: 'show-hand-raise' },
    showTranscript: { converter: switchable, reflect: true, attribute: 'show-transcript' },
    transcriptActive: { converter: switchable, reflect: true, attribute: 'transcript-active' },
    showSettings: { converter: switchable, reflect: true, attribute: 'show-settings' },
    showFullscreen: { converter: switchable, reflect: true, attribute: 'show-fullscreen' },
    problem: { state: true },
    wide: { state: true }
  };
  static override styles = styles;
  declare call: Call | undefined;
  declare showScreenShare: boolean;
  declare showHandRaise: boolean;
  declare showTranscript: boolean;
  declare transcriptActive: boolean;
  declare showSettings: boolean;
  declare showFullscreen: boolean;
  /** What failed last. */
  declare protected problem: WordKey | undefined;
  /** Whether it is on the whole screen. */
  declare protected wide: boolean;

  #id = '';
  #hanging = false;
  readonly #source = new CallSource(this, ({ id }) => {
    if (id !== this.#id) this.#forget();
    this.#id = id;
  });
  readonly #devices = new ContextConsumer(this, { context: devicesContext, subscribe: true });

  /** Its hand and screen; and its switches, for a page that gives a call and no devices. */
  #own: Own = {};
  protected readonly ownMember = new Follow<CallSelfParticipant>(
    this,
    () => this.#source.state.self,
    (self, follow) => {
      const note = (told: Own): void => {
        this.#own = { ...this.#own, ...told };
        this.requestUpdate();
      };
      follow(self.audioMuted$, (on) => note({ audioMuted: on === true }));
      follow(self.videoMuted$, (on) => note({ videoMuted: on === true }));
      follow(self.deaf$, (on) => note({ speakerMuted: on === true }));
      follow(self.handraised$, (on) => note({ hand: on === true }));
      follow(self.screenShareStatus$, (status) => note({ screen: status === 'started' }));
    },
    () => (this.#own = {})
  );

  readonly #wishes: Record<Switch, Wish> = {
    mic: this.#wish('failed.mic', () => this.#muted('audioMuted'), () => this.#turn((devices) => devices.toggleAudioMute(), (self) => self.toggleMute())),
    camera: this.#wish('failed.camera', () => this.#muted('videoMuted'), () => this.#turn((devices) => devices.toggleVideoMute(), (self) => self.toggleMuteVideo())),
    speaker: this.#wish('failed.speaker', () => this.#muted('speakerMuted'), () => this.#turn((devices) => devices.toggleSpeakerMute(), (self) => self.toggleDeaf())),
    screen: this.#wish('failed.screen', () => this.#own.screen ?? this.#self?.screenShareStatus === 'started', (on) => this.#share(on)),
    hand: this.#wish('failed.hand', () => this.#own.hand ?? this.#self?.handraised === true, async () => this.#self?.toggleHandraise()),
    'echo-cancellation': this.#wish('failed.setting', () => this.#devices.value?.echoCancellation ?? true, async () => this.#devices.value?.toggleEchoCancellation()),
    'auto-gain': this.#wish('failed.setting', () => this.#devices.value?.autoGain ?? true, async () => this.#devices.value?.toggleAutoGain()),
    'noise-suppression': this.#wish('failed.setting', () => this.#devices.value?.noiseSuppression ?? true, async () => this.#devices.value?.toggleNoiseSuppression())
  };

  constructor() {
    super();
    this.showScreenShare = this.showHandRaise = this.showSettings = this.showFullscreen = true;
    this.showTranscript = this.transcriptActive = this.wide = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    for (const name of ['fullscreenchange', 'fullscreenerror']) document.addEventListener(name, this.#screen);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const name of ['fullscreenchange', 'fullscreenerror']) document.removeEventListener(name, this.#screen);
    // Where it comes in again there may be no devices.
    this.#devices.value = undefined as never;
    this.#forget();
  }

  override render() {
    const devices = this.#devices.value;
    if (!devices && !this.call) return nothing;
    const { mic, camera, speaker, screen, hand } = this.#wishes;
    const held = this.#source.state.capabilities;
    const { lack } = this.#source.state;
    const note = this.problem ?? lack;
    return html`<p class="note" role="status">${note ? this.word(note) : nothing}</p>
      <sw-ui-control-bar exportparts="bar, logo, button, chevron" .words=${this.words} .disabledControls=${this.#disabled(held)}
        .micMuted=${live(mic.shown)} .cameraMuted=${live(camera.shown)} .speakerMuted=${live(speaker.shown)}
        .screenSharing=${live(screen.shown)} .handRaised=${live(hand.shown)} .transcriptActive=${live(this.transcriptActive)} .fullscreen=${live(this.wide)}
        .showScreenShare=${this.showScreenShare && (allows(held, 'screenshare') || screen.shown)} .showHandRaise=${this.showHandRaise && allows(held, NEEDED['hand-raise'])}
        .showTranscript=${this.showTranscript} .showSettings=${this.showSettings && devices !== undefined} .showFullscreen=${this.showFullscreen}
        .micDevices=${this.#list(devices?.audioInputDevices, devices?.selectedAudioInput)} .cameraDevices=${this.#list(devices?.videoInputDevices, devices?.selectedVideoInput)}
        .speakerDevices=${this.#list(devices?.audioOutputDevices, devices?.selectedAudioOutput)} .settingsItems=${devices ? this.#settings() : []}
        @sw-mic-toggle=${({ detail }: CustomEvent<{ muted: boolean }>) => this.#want('mic', detail.muted)}
        @sw-camera-toggle=${({ detail }: CustomEvent<{ muted: boolean }>) => this.#want('camera', detail.muted)}
        @sw-speaker-toggle=${({ detail }: CustomEvent<{ muted: boolean }>) => this.#want('speaker', detail.muted)}
        @sw-screen-share-toggle=${({ detail }: CustomEvent<{ active: boolean }>) => this.#want('screen', detail.active)}
        @sw-hand-raise-toggle=${({ detail }: CustomEvent<{ raised: boolean }>) => this.#want('hand', detail.raised)}
        @sw-fullscreen-toggle=${({ detail }: CustomEvent<{ fullscreen: boolean }>) => (this.wide = detail.fullscreen)}
        @sw-transcript-toggle=${() => (this.transcriptActive = !this.transcriptActive)}
        @sw-settings-change=${this.#set} @sw-device-change=${this.#choose} @sw-call-hangup=${this.#hangup}></sw-ui-control-bar>`;
  }

  get #self(): CallSelfParticipant | null {
    return this.#source.state.self;
  }

  #muted(which: 'audioMuted' | 'videoMuted' | 'speakerMuted'): boolean {
    return this.#devices.value?.[which] ?? this.#own[which] ?? false;
  }

  /** What cannot be pressed: what the member may not do, and everything without a call, after it, or where it tells no own member. */
  #disabled(held: string[]): Control[] {
    const { status, id } = this.#source.state;
    const over = OVER.includes(status) || (this.call === undefined && id === '');
    const deaf = !this.#devices.value && !this.#self;
    const { mic, camera, speaker, hand } = this.#wishes;
    const switches: [Control & keyof typeof NEEDED, Wish][] = [['mic', mic], ['camera', camera], ['speaker', speaker], ['hand-raise', hand]];
    const disabled: Control[] = switches.filter(([control, wish]) => over || deaf || !allowsSwitch(held, NEEDED[control], !wish.shown)).map(([control]) => control);
    if (over || !this.#self) disabled.push('screen-share');
    if (!this.#self && !disabled.includes('hand-raise')) disabled.push('hand-raise');
    if (over) disabled.push('hangup');
    return disabled;
  }

  #list(devices: MediaDeviceInfo[] = [], selected: MediaDeviceInfo | null | undefined): DropUpItem[] {
    // Before the browser was allowed to name them, all devices of a kind have the same empty id.
    const known = new Map(devices.map((device) => [device.deviceId, device]));
    return [...known.values()].map(({ deviceId, label }) => ({
      id: deviceId,
      label: label || deviceId.slice(0, 12) || this.word('device.default'),
      selected: deviceId === selected?.deviceId
    }));
  }

  #settings(): DropUpItem[] {
    const item = (id: Setting, key: WordKey): DropUpItem => ({
      id, label: this.word(key), selected: this.#wishes[id].shown, kind: 'checkbox'
    });
    return [item('echo-cancellation', 'setting.echo'), item('auto-gain', 'setting.gain'), item('noise-suppression', 'setting.noise')];
  }

  #wish(problem: WordKey, real: () => boolean, put: (on: boolean) => Promise<unknown>): Wish {
    return new Wish(this, real, put, (error) => this.#failed(problem, error));
  }

  #want(which: Switch, on: boolean): void {
    this.problem = undefined;
    this.#wishes[which].want(on);
  }

  async #turn(context: (devices: Devices) => Promise<void>, own: (self: CallSelfParticipant) => Promise<void>): Promise<void> {
    if (this.#devices.value) await context(this.#devices.value);
    else if (this.#self) await own(this.#self);
  }

  async #share(on: boolean): Promise<void> {
    try {
      await (on ? this.#self?.startScreenShare() : this.#self?.stopScreenShare());
    } catch (error) {
      // Whoever closes the browser's question has not met a fault.
      if (on && error instanceof Error && error.name === 'NotAllowedError') return this.#wishes.screen.forget();
      throw error;
    }
  }

  readonly #set = ({ detail: { settingId } }: CustomEvent<{ settingId: string }>): void => {
    const wishes = this.#wishes;
    if (settingId !== 'echo-cancellation' && settingId !== 'auto-gain' && settingId !== 'noise-suppression') return;
    this.#want(settingId, !wishes[settingId].shown);
  };

  readonly #choose = ({ detail: { kind, deviceId } }: CustomEvent<{ kind: DeviceKind; deviceId: string }>): void => {
    const devices = this.#devices.value;
    if (!devices) return;
    this.problem = undefined;
    const find = (list: MediaDeviceInfo[]): MediaDeviceInfo | null => list.find((device) => device.deviceId === deviceId) ?? null;
    const choose = {
      mic: () => devices.selectAudioInput(find(devices.audioInputDevices)),
      camera: () => devices.selectVideoInput(find(devices.videoInputDevices)),
      speaker: () => devices.selectAudioOutput(find(devices.audioOutputDevices))
    };
    // Some clients answer with a promise.
    void this.#attempt('failed.device', choose[kind]);
  };

  readonly #hangup = (event: Event): void => {
    // A second press while the first is under way is neither a second event nor a second request.
    if (this.#hanging) return event.stopImmediatePropagation();
    this.#hanging = true;
    this.problem = undefined;
    const id = this.#id;
    const { call } = this;
    void this.#attempt('failed.hangup', () => (call ? call.hangup() : this.#source.state.hangup())).finally(() => {
      if (id === this.#id) this.#hanging = false;
    });
  };

  async #attempt(problem: WordKey, act: () => unknown): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.#failed(problem, error);
    }
    // The menus are written anew, with what is really chosen.
    this.requestUpdate();
  }

  #failed(problem: WordKey, error: unknown): void {
    console.warn(this.word(problem), error);
    if (this.isConnected) this.problem = problem;
  }

  #forget(): void {
    this.#hanging = false;
    this.problem = undefined;
    for (const wish of Object.values(this.#wishes ?? {})) wish.forget();
  }

  /** Escape leaves the whole screen without a press on the button. */
  readonly #screen = (): void => {
    this.wide = document.fullscreenElement !== null;
  };
}
define('sw-call-controls', SwCallControls);
declare global {
  interface HTMLElementTagNameMap {
    'sw-call-controls': SwCallControls;
  }
}
