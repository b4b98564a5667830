/** Settings, shared by all clients of the page (sdk-api reference, section 6). */
import type { Storage } from './types.js';

type Unit = 's' | '';
/** Name, default, and `s` for times that are exposed in seconds. */
const SETTINGS: [string, unknown, Unit][] = [
  ['connectionTimeout', 10, 's'], ['reconnectDelayMin', 0.1, 's'], ['reconnectDelayMax', 3, 's'],
  ['reconnectCallsTimeout', 300, 's'], ['relayHost', '', ''], ['receiveVideo', false, ''], ['receiveAudio', true, ''],
  ['inputAudioConstraints', undefined, ''], ['inputVideoConstraints', undefined, ''],
  ['preferredAudioInput', null, ''], ['preferredAudioOutput', null, ''], ['preferredVideoInput', null, ''],
  ['deviceDebounceTime', 1.5, 's'], ['devicePollingInterval', 0, 's'], ['persistDeviceSelection', true, ''],
  ['syncDevicesToActiveCalls', true, ''], ['refreshDevicesOnVisible', true, ''], ['autoMuteVideoOnHidden', false, ''],
  ['checkConnectionOnVisible', true, ''], ['disableUdpIceServers', false, ''], ['relayOnly', false, ''],
  ['iceCandidateTimeout', 0.6, 's'], ['iceGatheringTimeout', 6, 's'], ['iceServers', undefined, ''],
  ['userVariables', {}, ''], ['preferredAudioCodecs', [], ''], ['preferredVideoCodecs', [], ''], ['stereoAudio', false, ''],
  ['defaultAudioConstraints', undefined, ''], ['defaultVideoConstraints', undefined, ''], ['statsPollingInterval', 1000, ''],
  ['statsBaselineSamples', 10, ''], ['statsNoPacketThreshold', 2000, ''], ['statsRttSpikeMultiplier', 3, ''],
  ['statsPacketLossThreshold', 0.05, ''], ['statsJitterSpikeMultiplier', 4, ''], ['statsHistorySize', 30, 's'],
  ['keyframeMaxBurst', 3, ''], ['keyframeBurstWindow', 3000, ''], ['keyframeCooldown', 10000, ''],
  ['recoveryDebounceTime', 2, 's'], ['recoveryCooldown', 10, 's'], ['iceRestartTimeout', 5, 's'],
  ['maxRecoveryAttempts', 3, ''], ['enableRelayFallback', true, ''], ['iceDisconnectedGracePeriod', 3, 's'],
  ['enableNetworkChangeDetection', true, ''], ['enableServerHangupInterception', true, ''], ['enableAutoDegradation', true, ''],
  ['degradationBitrateThreshold', 150, ''], ['degradationRecoveryThreshold', 300, ''], ['reinviteDebounceTime', 10000, ''],
  ['reinviteMaxAttempts', 3, ''], ['reinviteTimeout', 5000, '']
];
/** Not kept across pages. */
const TRANSIENT = new Set([
  'preferredAudioInput', 'preferredAudioOutput', 'preferredVideoInput', 'inputAudioConstraints', 'inputVideoConstraints',
  'defaultAudioConstraints', 'defaultVideoConstraints'
]);
const KEY = 'sw:preferences';
const values: Record<string, unknown> = Object.fromEntries(SETTINGS.map(([name, value]) => [name, value]));
let storage: Pick<Storage, 'getItem' | 'setItem'> | undefined;

function save(): void {
  if (!storage) return;
  const kept = Object.fromEntries(Object.entries(values).filter(([name]) => !TRANSIENT.has(name)));
  storage.setItem(KEY, JSON.stringify(kept), 'local').catch(() => undefined);
}

export interface ClientPreferences {
  connectionTimeout: number; reconnectDelayMin: number; reconnectDelayMax: number; reconnectCallsTimeout: number;
  relayHost: string; receiveVideo: boolean; receiveAudio: boolean;
  inputAudioConstraints: MediaTrackConstraints | undefined; inputVideoConstraints: MediaTrackConstraints | undefined;
  preferredAudioInput: MediaDeviceInfo | null; preferredAudioOutput: MediaDeviceInfo | null; preferredVideoInput: MediaDeviceInfo | null;
  deviceDebounceTime: number; devicePollingInterval: number; persistDeviceSelection: boolean; syncDevicesToActiveCalls: boolean;
  refreshDevicesOnVisible: boolean; autoMuteVideoOnHidden: boolean; checkConnectionOnVisible: boolean;
  disableUdpIceServers: boolean; relayOnly: boolean; iceCandidateTimeout: number; iceGatheringTimeout: number;
  iceServers: RTCIceServer[] | undefined; userVariables: Record<string, unknown>; preferredAudioCodecs: string[];
  preferredVideoCodecs: string[]; stereoAudio: boolean; defaultAudioConstraints: MediaTrackConstraints | undefined;
  defaultVideoConstraints: MediaTrackConstraints | undefined; statsPollingInterval: number; statsBaselineSamples: number;
  statsNoPacketThreshold: number; statsRttSpikeMultiplier: number; statsPacketLossThreshold: number;
  statsJitterSpikeMultiplier: number; statsHistorySize: number; keyframeMaxBurst: number; keyframeBurstWindow: number;
  keyframeCooldown: number; recoveryDebounceTime: number; recoveryCooldown: number; iceRestartTimeout: number;
  maxRecoveryAttempts: number; enableRelayFallback: boolean; iceDisconnectedGracePeriod: number;
  enableNetworkChangeDetection: boolean; enableServerHangupInterception: boolean; enableAutoDegradation: boolean;
  degradationBitrateThreshold: number; degradationRecoveryThreshold: number; reinviteDebounceTime: number;
  reinviteMaxAttempts: number; reinviteTimeout: number;
}
// The settings are the interface above; the accessors are made from the table below.
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export class ClientPreferences {
  /** Loads saved settings, and saves every change from now on. */
  enableSavePreferences(manager: unknown): void {
    storage = manager as Storage;
    storage
      .getItem(KEY, 'local')
      .then((text) => {
        const kept = text ? (JSON.parse(text) as Record<string, unknown>) : {};
        for (const [name] of SETTINGS) if (name in kept && !TRANSIENT.has(name)) values[name] = kept[name];
      })
      .catch(() => undefined);
  }
}
for (const [name, initial, unit] of SETTINGS) {
  Object.defineProperty(ClientPreferences.prototype, name, {
    get: () => (unit ? Math.round((values[name] as number) * 10) / 10 : values[name]),
    set(value: unknown) {
      // An empty relay host restores the default, as documented.
      values[name] = value === undefined && typeof initial === 'string' ? initial : value;
      save();
    },
    enumerable: true,
    configurable: true
  });
}
