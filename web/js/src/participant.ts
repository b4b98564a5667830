/** Members of a call (sdk-api reference, section 9). */
import type { Observable } from 'rxjs';
import type { CallParticipant } from './call-interfaces.js';
import { SelfCapabilities } from './capabilities.js';
import { InvalidParams } from './errors.js';
import { changes, define, Destroyable, Turns } from './observe.js';
import type { Shares } from './shares.js';
import type { LayoutLayer, MediaOptions, ScreenShareStatus, SelectDeviceOptions, VideoPosition } from './types.js';

/** What a participant needs of its call. */
export interface ParticipantHost {
  method(name: string, member: string | undefined, args?: Record<string, unknown>): Promise<unknown>;
  /** Resolves when the device is as it should be, whatever the server says. */
  setMuted(video: boolean, muted: boolean): Promise<void>;
  constrain(kind: 'audio' | 'video', change: MediaTrackConstraints): Promise<void>;
  /** Sends a kind that was not sent so far. */
  add(kind: 'audio' | 'video', options: MediaOptions): Promise<void>;
  shares: Shares;
  select(kind: 'audioinput' | 'videoinput' | 'audiooutput', device: MediaDeviceInfo, options?: SelectDeviceOptions): void;
}
type Flag = 'audioMuted' | 'videoMuted' | 'deaf' | 'handraised' | 'echoCancellation' | 'autoGain' | 'noiseSuppression' | 'lowbitrate';
type Member = Record<string, unknown> & { member_id: string };

/** Fields of the wire by name. */
const FIELDS: Record<string, string> = {
  name: 'name', type: 'type', handraised: 'handraised', visible: 'visible', audioMuted: 'audio_muted', videoMuted: 'video_muted',
  deaf: 'deaf', inputVolume: 'input_volume', outputVolume: 'output_volume', inputSensitivity: 'input_sensitivity',
  echoCancellation: 'echo_cancellation', autoGain: 'auto_gain', noiseSuppression: 'noise_suppression', lowbitrate: 'lowbitrate',
  denoise: 'denoise', meta: 'meta', userId: 'subscriber_id', addressId: 'address_id', nodeId: 'node_id', isTalking: 'talking',
  position: 'position', held: 'held'
};
/** What the snapshot says while nothing is known; undefined for the others. */
const INITIAL: Record<string, false> = {
  handraised: false, visible: false, audioMuted: false, videoMuted: false, deaf: false, echoCancellation: false, autoGain: false,
  noiseSuppression: false, lowbitrate: false, denoise: false, isTalking: false, held: false
};

export interface Participant {
  readonly name$: Observable<string | undefined>; readonly name: string | undefined;
  readonly type$: Observable<string | undefined>; readonly type: string | undefined;
  readonly handraised$: Observable<boolean | undefined>; readonly handraised: boolean;
  readonly visible$: Observable<boolean | undefined>; readonly visible: boolean;
  readonly audioMuted$: Observable<boolean | undefined>; readonly audioMuted: boolean;
  readonly videoMuted$: Observable<boolean | undefined>; readonly videoMuted: boolean;
  readonly deaf$: Observable<boolean | undefined>; readonly deaf: boolean;
  readonly inputVolume$: Observable<number | undefined>; readonly inputVolume: number | undefined;
  readonly outputVolume$: Observable<number | undefined>; readonly outputVolume: number | undefined;
  readonly inputSensitivity$: Observable<number | undefined>; readonly inputSensitivity: number | undefined;
  readonly echoCancellation$: Observable<boolean | undefined>; readonly echoCancellation: boolean;
  readonly autoGain$: Observable<boolean | undefined>; readonly autoGain: boolean;
  readonly noiseSuppression$: Observable<boolean | undefined>; readonly noiseSuppression: boolean;
  readonly lowbitrate$: Observable<boolean | undefined>; readonly lowbitrate: boolean;
  readonly denoise$: Observable<boolean | undefined>; readonly denoise: boolean;
  readonly meta$: Observable<Record<string, unknown> | undefined>; readonly meta: Record<string, unknown> | undefined;
  readonly userId$: Observable<string | undefined>; readonly userId: string | undefined;
  readonly addressId$: Observable<string | undefined>; readonly addressId: string | undefined;
  readonly nodeId$: Observable<string | undefined>; readonly nodeId: string | undefined;
  readonly isTalking$: Observable<boolean | undefined>; readonly isTalking: boolean;
  readonly position$: Observable<LayoutLayer | undefined>; readonly position: LayoutLayer | undefined;
  /** Has put the call on hold. */
  readonly held$: Observable<boolean | undefined>; readonly held: boolean;
}
// The members of the interface above are made from the table.
export class Participant extends Destroyable {
  /** @internal */ readonly record = this.cell<Member | undefined>(undefined);
  /** @internal */ protected readonly host: ParticipantHost;

  /** @internal Made by the call. */
  constructor(readonly id: string, host: ParticipantHost) {
    super();
    this.host = host;
  }
  get callId(): string | undefined {
    return this.record.value?.call_id as string | undefined;
  }
  get isAudience(): boolean {
    return this.record.value?.isAudience === true;
  }
  protected async call(name: string, args?: Record<string, unknown>): Promise<void> {
    await this.host.method(name, this.id, args);
  }
  mute(): Promise<void> {
    return this.call('call.mute', { channels: ['audio'] });
  }
  unmute(): Promise<void> {
    return this.call('call.unmute', { channels: ['audio'] });
  }
  muteVideo(): Promise<void> {
    return this.call('call.mute', { channels: ['video'] });
  }
  unmuteVideo(): Promise<void> {
    return this.call('call.unmute', { channels: ['video'] });
  }
  toggleMute(): Promise<void> {
    return this.#toggle('audioMuted', () => this.mute(), () => this.unmute());
  }
  toggleMuteVideo(): Promise<void> {
    return this.#toggle('videoMuted', () => this.muteVideo(), () => this.unmuteVideo());
  }
  toggleDeaf(): Promise<void> {
    return this.#toggle('deaf', () => this.call('call.deaf'), () => this.call('call.undeaf'));
  }
  toggleHandraise(): Promise<void> {
    return this.#toggle('handraised', () => this.call('call.raisehand'), () => this.call('call.lowerhand'));
  }
  readonly #turns = new Turns();
  /** Each looks at what the one before has brought. */
  #toggle(flag: Flag, on: () => Promise<void>, off: () => Promise<void>): Promise<void> {
    let before = false;
    return this.#turns.take(() => ((before = this[flag]) ? off() : on()), this.record.sync$, () => this[flag] !== before);
  }
  #switch(flag: Flag, set: (on: boolean) => Promise<void>): Promise<void> {
    return this.#toggle(flag, () => set(true), () => set(false));
  }
  protected flags(change: Record<string, boolean>): Promise<void> {
    return this.call('call.audioflags.set', {
      echo_cancellation: this.echoCancellation,
      auto_gain: this.autoGain,
      noise_suppression: this.noiseSuppression,
      ...change
    });
  }
  toggleEchoCancellation(): Promise<void> {
    return this.#switch('echoCancellation', (on) => this.flags({ echo_cancellation: on }));
  }
  toggleAudioInputAutoGain(): Promise<void> {
    return this.#switch('autoGain', (on) => this.flags({ auto_gain: on }));
  }
  toggleNoiseSuppression(): Promise<void> {
    return this.#switch('noiseSuppression', (on) => this.flags({ noise_suppression: on }));
  }
  toggleLowbitrate(): Promise<void> {
    return this.#switch('lowbitrate', (on) => this.call('call.lowbitrate.set', { lowbitrate: on }));
  }
  setAudioInputSensitivity(value: number): Promise<void> {
    return this.call('call.microphone.sensitivity.set', { sensitivity: value });
  }
  setAudioInputVolume(value: number): Promise<void> {
    return this.call('call.microphone.volume.set', { volume: value });
  }
  setAudioOutputVolume(value: number): Promise<void> {
    return this.call('call.speaker.volume.set', { volume: value });
  }
  setPosition(value: VideoPosition): Promise<void> {
    return this.call('call.member.position.set', { position: value });
  }
  remove(): Promise<void> {
    return this.call('call.member.remove');
  }
  end(): Promise<void> {
    return this.call('call.end');
  }
  /** Replaces what is known of this member. */
  setMeta(meta: Record<string, unknown>): Promise<void> {
    return this.call('call.member.set_meta', { meta });
  }
  /** Merges into what is known of this member. */
  updateMeta(meta: Record<string, unknown>): Promise<void> {
    return this.call('call.member.update_meta', { meta });
  }
}
define(
  Participant.prototype,
  Object.keys(FIELDS),
  (participant, name) => participant.record.value?.[FIELDS[name]!] ?? INITIAL[name],
  (participant, name) => changes(participant.record.sync$, (member) => member?.[FIELDS[name]!])
);

/** The own member. */
export class SelfParticipant extends Participant {
  readonly capabilities = new SelfCapabilities();
  readonly #studio = this.cell(false);

  override destroy(): void {
    this.capabilities.destroy();
    super.destroy();
  }
  override mute(): Promise<void> {
    return this.host.setMuted(false, true);
  }
  override unmute(): Promise<void> {
    return this.host.setMuted(false, false);
  }
  override muteVideo(): Promise<void> {
    return this.host.setMuted(true, true);
  }
  override unmuteVideo(): Promise<void> {
    return this.host.setMuted(true, false);
  }
  get studioAudio$(): Observable<boolean> {
    return this.#studio.sync$;
  }
  get studioAudio(): boolean {
    return this.#studio.value;
  }
  async #setStudio(on: boolean): Promise<void> {
    if (this.studioAudio === on) return;
    // The device first: a room that does not take the flags does not keep the sound from being as wanted.
    await this.host.constrain('audio', { echoCancellation: !on, autoGainControl: !on, noiseSuppression: !on });
    this.#studio.set(on);
    await this.flags({ echo_cancellation: !on, auto_gain: !on, noise_suppression: !on });
  }
  enableStudioAudio(): Promise<void> {
    return this.#setStudio(true);
  }
  disableStudioAudio(): Promise<void> {
    return this.#setStudio(false);
  }
  override toggleEchoCancellation(): Promise<void> {
    this.#studio.set(false);
    return super.toggleEchoCancellation();
  }
  override toggleAudioInputAutoGain(): Promise<void> {
    this.#studio.set(false);
    return super.toggleAudioInputAutoGain();
  }
  override toggleNoiseSuppression(): Promise<void> {
    this.#studio.set(false);
    return super.toggleNoiseSuppression();
  }
  get screenShareStatus$(): Observable<ScreenShareStatus> {
    return this.host.shares.screen.sync$;
  }
  get screenShareStatus(): ScreenShareStatus {
    return this.host.shares.screen.value;
  }
  startScreenShare(): Promise<void> {
    return this.host.shares.startScreen();
  }
  stopScreenShare(): Promise<void> {
    return this.host.shares.stopScreen();
  }
  /** Its name is then in `additionalDevices`, and is the `callId` of the member that stands for it. */
  async addAdditionalDevice(options: MediaOptions): Promise<void> {
    await this.host.shares.addDevice(options);
  }
  /** The names that `removeAdditionalDevice()` wants. */
  get additionalDevices(): string[] {
    return this.host.shares.devices;
  }
  removeAdditionalDevice(id: string): Promise<void> {
    return this.host.shares.remove(id);
  }
  /** Sends sound from now on, if the call has a section for it. */
  addAudioInputDevice({ constraints, stream }: { constraints?: MediaTrackConstraints; stream?: MediaStream } = {}): Promise<void> {
    return this.addInputDevices({ audio: true, inputAudioDeviceConstraints: constraints, inputAudioStream: stream });
  }
  /** Sends a picture from now on, if the call has a section for it. */
  addVideoInputDevice({ constraints, stream }: { constraints?: MediaTrackConstraints; stream?: MediaStream } = {}): Promise<void> {
    return this.addInputDevices({ video: true, inputVideoDeviceConstraints: constraints, inputVideoStream: stream });
  }
  async addInputDevices(options: MediaOptions = {}): Promise<void> {
    const audio = options.audio || options.inputAudioDeviceConstraints || options.inputAudioStream;
    const video = options.video || options.inputVideoDeviceConstraints || options.inputVideoStream;
    if (!audio && !video) throw new InvalidParams('The options name no input');
    if (audio) await this.host.add('audio', options);
    if (video) await this.host.add('video', options);
  }
  selectAudioInputDevice(device: MediaDeviceInfo, options?: SelectDeviceOptions): void {
    this.host.select('audioinput', device, options);
  }
  selectVideoInputDevice(device: MediaDeviceInfo, options?: SelectDeviceOptions): void {
    this.host.select('videoinput', device, options);
  }
  selectAudioOutputDevice(device: MediaDeviceInfo, options?: SelectDeviceOptions): void {
    this.host.select('audiooutput', device, options);
  }
  setAudioInputDeviceConstraints(constraints: MediaTrackConstraints): Promise<void> {
    return this.host.constrain('audio', constraints);
  }
  setVideoInputDeviceConstraints(constraints: MediaTrackConstraints): Promise<void> {
    return this.host.constrain('video', constraints);
  }
  async setInputDevicesConstraints(constraints: { audio: MediaTrackConstraints; video: MediaTrackConstraints }): Promise<void> {
    await this.host.constrain('audio', constraints.audio);
    await this.host.constrain('video', constraints.video);
  }
}

export function isSelfParticipant(participant: Participant): participant is SelfParticipant {
  return participant instanceof SelfParticipant;
}
