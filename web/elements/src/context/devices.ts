/** Devices and the own switches, as one value made anew at each change. */
import { ContextProvider } from '@lit/context';
import type { ReactiveController, ReactiveElement } from 'lit';
import type { Call, CallSelfParticipant, DeviceController, Observed, Subscription } from '../base/interfaces.js';
import { devicesContext } from './keys.js';

type Choose = (device: MediaDeviceInfo | null) => void;
type Toggle = () => Promise<void>;

export interface Devices {
  readonly audioInputDevices: MediaDeviceInfo[];
  readonly audioOutputDevices: MediaDeviceInfo[];
  readonly videoInputDevices: MediaDeviceInfo[];
  readonly selectedAudioInput: MediaDeviceInfo | null;
  readonly selectedAudioOutput: MediaDeviceInfo | null;
  readonly selectedVideoInput: MediaDeviceInfo | null;
  /** As the server sees the own member. */
  readonly audioMuted: boolean;
  readonly videoMuted: boolean;
  readonly speakerMuted: boolean;
  readonly echoCancellation: boolean;
  readonly autoGain: boolean;
  readonly noiseSuppression: boolean;
  selectAudioInput: Choose;
  selectAudioOutput: Choose;
  selectVideoInput: Choose;
  toggleAudioMute: Toggle;
  toggleVideoMute: Toggle;
  toggleSpeakerMute: Toggle;
  toggleEchoCancellation: Toggle;
  toggleAutoGain: Toggle;
  toggleNoiseSuppression: Toggle;
}

const nothing = (): void => undefined;
const done = (): Promise<void> => Promise.resolve();
const NO_LISTS = {
  audioInputDevices: [], audioOutputDevices: [], videoInputDevices: [],
  selectedAudioInput: null, selectedAudioOutput: null, selectedVideoInput: null,
  selectAudioInput: nothing, selectAudioOutput: nothing, selectVideoInput: nothing
};
const NO_SELF = {
  audioMuted: false, videoMuted: false, speakerMuted: false, echoCancellation: true, autoGain: true, noiseSuppression: true,
  toggleAudioMute: done, toggleVideoMute: done, toggleSpeakerMute: done,
  toggleEchoCancellation: done, toggleAutoGain: done, toggleNoiseSuppression: done
};
/** What is published while nothing is connected. */
export const NO_DEVICES: Devices = Object.freeze({ ...NO_LISTS, ...NO_SELF });

/** Provides devices and switches to everything inside its host. The two parts come and go apart from each other. */
export class DevicesContextController implements ReactiveController {
  readonly #provider: ContextProvider<typeof devicesContext>;
  #value = NO_DEVICES;
  #controller: DeviceController | undefined;
  #lists: Subscription[] = [];
  #call: Subscription | undefined;
  #self: CallSelfParticipant | null = null;
  #switches: Subscription[] = [];
  /** While subscriptions are being made, their first values are gathered. */
  #gathering = false;

  constructor(host: ReactiveElement) {
    this.#provider = new ContextProvider(host, { context: devicesContext, initialValue: NO_DEVICES });
    host.addController(this);
  }

  get value(): Devices {
    return this.#value;
  }

  connectDevices(controller: DeviceController): void {
    if (controller === this.#controller) return;
    end(this.#lists);
    this.#controller = controller;
    this.#gather(() => {
      this.#set({
        ...NO_LISTS,
        selectAudioInput: (device) => controller.selectAudioInputDevice?.(device),
        selectAudioOutput: (device) => controller.selectAudioOutputDevice?.(device),
        selectVideoInput: (device) => controller.selectVideoInputDevice?.(device)
      });
      this.#follow(this.#lists, controller.audioInputDevices$, (audioInputDevices) => ({ audioInputDevices }));
      this.#follow(this.#lists, controller.audioOutputDevices$, (audioOutputDevices) => ({ audioOutputDevices }));
      this.#follow(this.#lists, controller.videoInputDevices$, (videoInputDevices) => ({ videoInputDevices }));
      this.#follow(this.#lists, controller.selectedAudioInputDevice$, (selectedAudioInput) => ({ selectedAudioInput }));
      this.#follow(this.#lists, controller.selectedAudioOutputDevice$, (selectedAudioOutput) => ({ selectedAudioOutput }));
      this.#follow(this.#lists, controller.selectedVideoInputDevice$, (selectedVideoInput) => ({ selectedVideoInput }));
    });
    controller.enableDeviceMonitoring?.();
  }

  /** Looks again: after a permission was given, devices have names. */
  refreshDevices(): void {
    this.#controller?.enableDeviceMonitoring?.();
  }

  disconnectDevices(): void {
    if (!this.#controller) return;
    this.#controller = undefined;
    end(this.#lists);
    this.#set(NO_LISTS);
  }

  connectCall(call: Call): void {
    this.disconnectCall();
    this.#call = call.self$?.subscribe((self) => this.#followSelf(self));
  }

  disconnectCall(): void {
    this.#call?.unsubscribe();
    this.#call = undefined;
    this.#followSelf(null);
  }

  disconnect(): void {
    this.disconnectCall();
    this.disconnectDevices();
  }

  hostDisconnected(): void {
    this.disconnect();
  }

  #followSelf(self: CallSelfParticipant | null): void {
    if (self === this.#self) return;
    end(this.#switches);
    this.#self = self;
    if (!self) return this.#set(NO_SELF);
    this.#gather(() => {
      this.#set({
        ...NO_SELF,
        toggleAudioMute: () => self.toggleMute(),
        toggleVideoMute: () => self.toggleMuteVideo(),
        toggleSpeakerMute: () => self.toggleDeaf(),
        toggleEchoCancellation: () => self.toggleEchoCancellation(),
        toggleAutoGain: () => self.toggleAudioInputAutoGain(),
        toggleNoiseSuppression: () => self.toggleNoiseSuppression()
      });
      this.#follow(this.#switches, self.audioMuted$, (on) => ({ audioMuted: on === true }));
      this.#follow(this.#switches, self.videoMuted$, (on) => ({ videoMuted: on === true }));
      this.#follow(this.#switches, self.deaf$, (on) => ({ speakerMuted: on === true }));
      this.#follow(this.#switches, self.echoCancellation$, (on) => ({ echoCancellation: on !== false }));
      this.#follow(this.#switches, self.autoGain$, (on) => ({ autoGain: on !== false }));
      this.#follow(this.#switches, self.noiseSuppression$, (on) => ({ noiseSuppression: on !== false }));
    });
  }

  #follow<T>(kept: Subscription[], observed: Observed<T> | undefined, change: (value: T) => Partial<Devices>): void {
    let over = false;
    const subscription = observed?.subscribe((value) => {
      if (!over) this.#set(change(value));
    });
    kept.push({
      unsubscribe() {
        over = true;
        subscription?.unsubscribe();
      }
    });
  }

  #gather(subscribe: () => void): void {
    this.#gathering = true;
    subscribe();
    this.#gathering = false;
    this.#provider.setValue(this.#value);
  }

  #set(change: Partial<Devices>): void {
    this.#value = { ...this.#value, ...change };
    if (!this.#gathering) this.#provider.setValue(this.#value);
  }
}

function end(kept: Subscription[]): void {
  for (const subscription of kept.splice(0)) subscription.unsubscribe();
}
