import type { Call, Client } from '../base/interfaces.js';
import { SimulatedCall } from './call.js';
import { Asked } from './participant.js';
import { Value } from './value.js';

/** A device as the browser lists it. */
export function device(kind: MediaDeviceKind, deviceId: string, label: string): MediaDeviceInfo {
  const facts = { kind, deviceId, label, groupId: '' };
  return { ...facts, toJSON: () => facts };
}

/** Devices that are chosen without being opened. */
export class SimulatedDevices extends Asked {
  readonly audioInputDevices$ = new Value<MediaDeviceInfo[]>([
    device('audioinput', 'mic-1', 'Desk microphone'), device('audioinput', 'mic-2', 'Headset microphone')
  ]);
  readonly audioOutputDevices$ = new Value<MediaDeviceInfo[]>([device('audiooutput', 'out-1', 'Loudspeakers'), device('audiooutput', 'out-2', 'Headset')]);
  readonly videoInputDevices$ = new Value<MediaDeviceInfo[]>([device('videoinput', 'cam-1', 'Built-in camera')]);
  readonly selectedAudioInputDevice$ = new Value<MediaDeviceInfo | null>(this.audioInputDevices$.value[0]!);
  readonly selectedAudioOutputDevice$ = new Value<MediaDeviceInfo | null>(this.audioOutputDevices$.value[0]!);
  readonly selectedVideoInputDevice$ = new Value<MediaDeviceInfo | null>(this.videoInputDevices$.value[0]!);

  selectAudioInputDevice(chosen: MediaDeviceInfo | null): void {
    this.selectedAudioInputDevice$.next(chosen);
  }
  selectAudioOutputDevice(chosen: MediaDeviceInfo | null): void {
    this.selectedAudioOutputDevice$.next(chosen);
  }
  selectVideoInputDevice(chosen: MediaDeviceInfo | null): void {
    this.selectedVideoInputDevice$.next(chosen);
  }
  enableDeviceMonitoring(): void {
    void this.ask('enableDeviceMonitoring');
  }
}

/** A client whose calls are simulated. */
export class SimulatedClient extends SimulatedDevices implements Client {
  readonly isConnected$ = new Value(true);
  readonly incomingCalls$ = new Value<Call[]>([]);
  readonly session = { incomingCalls$: this.incomingCalls$ };
  readonly dialled: { destination: string; options: Record<string, unknown>; call: SimulatedCall }[] = [];
  /** What the next calls are made of, or the error that they fail with. A promise that stays open leaves a call in the making. */
  next: () => SimulatedCall | Promise<SimulatedCall> = () => new SimulatedCall({ status: 'trying' });

  async dial(destination: string, options: Record<string, unknown>): Promise<Call> {
    await this.ask('dial');
    const call = await this.next();
    this.dialled.push({ destination, options, call });
    return call;
  }
  destroy(): void {
    void this.ask('destroy');
  }
}
