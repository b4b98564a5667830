/** Settings, shared by all clients of the page (sdk-api reference, section 6). */
import { Subject } from 'rxjs';
import type { StorageManager } from './storage.js';

/** Settings in seconds; they are kept in milliseconds. */
const SECONDS: Record<string, number> = {
  connectionTimeout: 10_000, reconnectDelayMin: 100, reconnectDelayMax: 3000, reconnectCallsTimeout: 300_000,
  deviceDebounceTime: 1500, devicePollingInterval: 0, iceCandidateTimeout: 600, iceGatheringTimeout: 6000,
  statsHistorySize: 30_000, recoveryDebounceTime: 2000, recoveryCooldown: 10_000, iceRestartTimeout: 5000,
  iceDisconnectedGracePeriod: 3000
};
const PLAIN: Record<string, unknown> = {
  relayHost: '', receiveVideo: false, receiveAudio: true, persistDeviceSelection: true, syncDevicesToActiveCalls: true,
  refreshDevicesOnVisible: true, autoMuteVideoOnHidden: false, checkConnectionOnVisible: true, disableUdpIceServers: false,
  relayOnly: false, iceServers: undefined, userVariables: {}, preferredAudioCodecs: [], preferredVideoCodecs: [],
  stereoAudio: false, statsPollingInterval: 1000, statsBaselineSamples: 10, statsNoPacketThreshold: 2000,
  statsRttSpikeMultiplier: 3, statsPacketLossThreshold: 0.05, statsJitterSpikeMultiplier: 4, keyframeMaxBurst: 3,
  keyframeBurstWindow: 3000, keyframeCooldown: 10_000, maxRecoveryAttempts: 3, enableRelayFallback: true,
  enableNetworkChangeDetection: true, enableServerHangupInterception: true, enableAutoDegradation: true,
  degradationBitrateThreshold: 150, degradationRecoveryThreshold: 300, reinviteDebounceTime: 10_000, reinviteMaxAttempts: 3,
  reinviteTimeout: 5000
};
/** Not kept across pages. */
const TRANSIENT: Record<string, unknown> = {
  preferredAudioInput: null, preferredAudioOutput: null, preferredVideoInput: null, inputAudioConstraints: undefined,
  inputVideoConstraints: undefined, defaultAudioConstraints: undefined, defaultVideoConstraints: undefined
};
const KEY = 'sw:preferences';
const values: Record<string, unknown> = { ...PLAIN, ...TRANSIENT, ...SECONDS };
let storage: StorageManager | undefined;

/** The name of each setting that is changed, anywhere on the page. */
export const changed = new Subject<string>();

type Seconds =
  | 'connectionTimeout' | 'reconnectDelayMin' | 'reconnectDelayMax' | 'deviceDebounceTime' | 'devicePollingInterval' | 'iceCandidateTimeout'
  | 'iceGatheringTimeout' | 'statsHistorySize' | 'recoveryDebounceTime' | 'recoveryCooldown' | 'iceRestartTimeout' | 'iceDisconnectedGracePeriod';
/** What the engine is told of the settings: as they are kept, times in milliseconds. */
const ENGINE = [
  'connectionTimeout', 'reconnectDelayMin', 'reconnectDelayMax', 'reconnectCallsTimeout', 'iceDisconnectedGracePeriod', 'iceRestartTimeout', 'maxRecoveryAttempts',
  'enableRelayFallback', 'reinviteTimeout', 'reinviteMaxAttempts', 'checkConnectionOnVisible', 'enableNetworkChangeDetection', 'enableServerHangupInterception',
  'relayHost', 'userVariables'
];

export function forEngine(): Record<string, unknown> {
  const whole = (value: unknown) => (typeof value === 'number' ? Math.max(0, Math.round(value)) : value);
  return Object.fromEntries(ENGINE.map((name) => [name, whole(values[name])]));
}

export function isForEngine(name: string): boolean {
  return ENGINE.includes(name);
}

/** A time setting as it is used: exact, in milliseconds. */
export function milliseconds(name: Seconds): number {
  return values[name] as number;
}

export interface ClientPreferences {
  /** Seconds. */ connectionTimeout: number;
  /** Seconds. */ reconnectDelayMin: number;
  /** Seconds. */ reconnectDelayMax: number;
  /** Seconds. */ reconnectCallsTimeout: number;
  /** URL of a relay in place of the one that the token names; empty: the token's. */
  relayHost: string;
  receiveVideo: boolean;
  receiveAudio: boolean;
  inputAudioConstraints: MediaTrackConstraints | undefined;
  inputVideoConstraints: MediaTrackConstraints | undefined;
  preferredAudioInput: MediaDeviceInfo | null;
  preferredAudioOutput: MediaDeviceInfo | null;
  preferredVideoInput: MediaDeviceInfo | null;
  /** Seconds. */ deviceDebounceTime: number;
  /** Seconds; 0 for never. */ devicePollingInterval: number;
  persistDeviceSelection: boolean;
  syncDevicesToActiveCalls: boolean;
  refreshDevicesOnVisible: boolean;
  autoMuteVideoOnHidden: boolean;
  checkConnectionOnVisible: boolean;
  disableUdpIceServers: boolean;
  relayOnly: boolean;
  /** Seconds. */ iceCandidateTimeout: number;
  /** Seconds. */ iceGatheringTimeout: number;
  iceServers: RTCIceServer[] | undefined;
  /** Variables of every call. */
  userVariables: Record<string, unknown>;
  preferredAudioCodecs: string[];
  preferredVideoCodecs: string[];
  stereoAudio: boolean;
  defaultAudioConstraints: MediaTrackConstraints | undefined;
  defaultVideoConstraints: MediaTrackConstraints | undefined;
  /** Milliseconds. */ statsPollingInterval: number;
  statsBaselineSamples: number;
  /** Milliseconds. */ statsNoPacketThreshold: number;
  statsRttSpikeMultiplier: number;
  /** 0 to 1. */ statsPacketLossThreshold: number;
  statsJitterSpikeMultiplier: number;
  /** Seconds. */ statsHistorySize: number;
  keyframeMaxBurst: number;
  /** Milliseconds. */ keyframeBurstWindow: number;
  /** Milliseconds. */ keyframeCooldown: number;
  /** Seconds. */ recoveryDebounceTime: number;
  /** Seconds. */ recoveryCooldown: number;
  /** Seconds. */ iceRestartTimeout: number;
  maxRecoveryAttempts: number;
  enableRelayFallback: boolean;
  /** Seconds. */ iceDisconnectedGracePeriod: number;
  enableNetworkChangeDetection: boolean;
  enableServerHangupInterception: boolean;
  enableAutoDegradation: boolean;
  /** kbit/s. */ degradationBitrateThreshold: number;
  /** kbit/s. */ degradationRecoveryThreshold: number;
  /** Milliseconds. */ reinviteDebounceTime: number;
  reinviteMaxAttempts: number;
  /** Milliseconds. */ reinviteTimeout: number;
}
// The settings are the interface above; the accessors are made from the tables.
export class ClientPreferences {
  /** Loads saved settings, and saves every change from now on. */
  enableSavePreferences(manager: StorageManager): void {
    storage = manager;
    void manager.getItem<Record<string, unknown>>(KEY, 'local').then((kept) => {
      for (const name in { ...PLAIN, ...SECONDS }) if (kept && name in kept) put(name, kept[name]);
    });
  }
}
for (const name in values) {
  Object.defineProperty(ClientPreferences.prototype, name, {
    get: () => (name in SECONDS ? Math.round((values[name] as number) / 100) / 10 : values[name]),
    set(value: unknown) {
      put(name, name in SECONDS ? (value as number) * 1000 : value);
      const kept = Object.entries(values).filter(([name]) => !(name in TRANSIENT));
      storage?.setItem(KEY, Object.fromEntries(kept), 'local').catch(() => undefined);
    },
    enumerable: true,
    configurable: true
  });
}

function put(name: string, value: unknown): void {
  values[name] = value;
  changed.next(name);
}
