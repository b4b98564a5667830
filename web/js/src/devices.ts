/** Microphones, cameras and speakers: lists, choice, permission (sdk-api reference, section 13). */
import { Subject } from 'rxjs';
import { Cell } from './observe.js';
import { sentenceOf } from './sentences.js';
import { milliseconds, type ClientPreferences } from './preferences.js';
import type { StorageManager } from './storage.js';
import type { DeviceRecoveryEvent, PermissionResult, StoredDevicePreference, WebRTCMediaDevices } from './types.js';

export type DeviceKind = 'audioinput' | 'audiooutput' | 'videoinput';
export type InputKind = 'audioinput' | 'videoinput';
type Wish = Pick<MediaDeviceInfo, 'deviceId' | 'label' | 'groupId'>;
const KINDS: DeviceKind[] = ['audioinput', 'audiooutput', 'videoinput'];
/** Earlier choices of a kind that are remembered for when the present one goes away. */
const HISTORY = 5;

export class Devices {
  readonly lists = each(() => new Cell<MediaDeviceInfo[]>([]));
  readonly chosen = each(() => new Cell<MediaDeviceInfo | null>(null));
  readonly disabled = { audioinput: new Cell(false), videoinput: new Cell(false) };
  readonly recovered$ = new Subject<DeviceRecoveryEvent>();
  #history = each((): MediaDeviceInfo[] => []);
  /** The last device of a kind that had to be given up for none. */
  readonly #emptied: Partial<Record<DeviceKind, MediaDeviceInfo>> = {};
  #remembered: Partial<Record<DeviceKind, MediaDeviceInfo | null>> = {};
  #stored: Partial<Record<DeviceKind, StoredDevicePreference | null>> = {};
  #monitoring: AbortController | undefined;
  #settle: ReturnType<typeof setTimeout> | undefined;
  readonly #ended = new AbortController();

  constructor(
    private readonly api: WebRTCMediaDevices | undefined,
    private readonly preferences: ClientPreferences,
    private storage: StorageManager,
    private readonly onError: (error: Error) => void,
    /** A choice changed while calls may be up; `none`: nothing is to be captured any more. */
    private readonly onChoice: (kind: DeviceKind, none: boolean) => void
  ) {
    void this.#load();
    globalThis.document?.addEventListener(
      'visibilitychange',
      () => {
        if (document.visibilityState === 'visible' && preferences.refreshDevicesOnVisible) this.monitor();
      },
      { signal: this.#ended.signal }
    );
  }

  async #load(): Promise<void> {
    for (const kind of KINDS) this.#stored[kind] = await this.storage.getItem<StoredDevicePreference>(key(kind), 'local');
  }

  setStorage(storage: StorageManager): void {
    this.storage = storage;
    this.#stored = {};
    void this.#load();
  }

  // Lists.

  async enumerate(): Promise<void> {
    try {
      const all = (await this.api?.enumerateDevices()) ?? [];
      if (this.#ended.signal.aborted) return;
      for (const kind of KINDS) this.lists[kind].set(all.filter((device) => device.kind === kind));
      clearTimeout(this.#settle);
      this.#settle = setTimeout(() => KINDS.forEach((kind) => this.#reconsider(kind)), milliseconds('deviceDebounceTime'));
    } catch (error) {
      this.onError(error as Error);
    }
  }

  monitor(): void {
    this.unmonitor();
    if (this.#ended.signal.aborted) return;
    const { signal } = (this.#monitoring = new AbortController());
    const look = () => void this.enumerate();
    this.api?.addEventListener('devicechange', look);
    void this.#watchPermissions(look, signal);
    const period = milliseconds('devicePollingInterval');
    const polling = period > 0 ? setInterval(look, period) : undefined;
    signal.addEventListener('abort', () => {
      this.api?.removeEventListener('devicechange', look);
      clearInterval(polling);
    });
    look();
  }

  /** Names of devices come and go with the permission, and no browser says so by `devicechange`. */
  async #watchPermissions(look: () => void, signal: AbortSignal): Promise<void> {
    for (const name of ['microphone', 'camera']) {
      try {
        const state = await navigator.permissions.query({ name: name as PermissionName });
        if (!signal.aborted) state.addEventListener('change', look, { signal });
      } catch {
        // Not every browser tells.
      }
    }
  }

  unmonitor(): void {
    this.#monitoring?.abort();
    this.#monitoring = undefined;
  }

  destroy(): void {
    this.#ended.abort();
    this.unmonitor();
    clearTimeout(this.#settle);
    const cells: Cell<never>[] = [this.lists, this.chosen, this.disabled].flatMap((cells) => Object.values(cells));
    for (const cell of cells) cell.complete();
    this.recovered$.complete();
  }

  // Choice.

  select(kind: DeviceKind, device: MediaDeviceInfo | null): void {
    if (kind !== 'audiooutput' && device) this.disabled[kind].set(false);
    this.#choose(kind, device);
    if (device && this.preferences.persistDeviceSelection) {
      const { deviceId, label, groupId } = device;
      const stored = (this.#stored[kind] = { deviceId, label, kind, groupId });
      this.storage.setItem(key(kind), stored, 'local').catch(this.onError);
    }
  }

  #choose(kind: DeviceKind, device: MediaDeviceInfo | null): void {
    const before = this.chosen[kind].value;
    this.chosen[kind].set(device);
    if (device) this.#history[kind] = [device, ...this.#history[kind].filter(({ deviceId }) => deviceId !== device.deviceId)].slice(0, HISTORY);
    if (before?.deviceId !== device?.deviceId) this.onChoice(kind, !device);
  }

  /** After a change of the lists: keep what is there, replace what has gone (13.2). */
  #reconsider(kind: DeviceKind): void {
    const list = this.lists[kind].value;
    const current = this.chosen[kind].value;
    const byId = (wish: Wish) => list.find(({ deviceId }) => deviceId === wish.deviceId);
    const byLabel = (wish: Wish) => list.filter(({ label }) => label && label === wish.label);
    const inGroup = (wish: Wish) => byLabel(wish).find(({ groupId }) => groupId === wish.groupId);
    const preferred = { audioinput: this.preferences.preferredAudioInput, audiooutput: this.preferences.preferredAudioOutput, videoinput: this.preferences.preferredVideoInput }[kind];
    const fallback = () => (preferred && (byId(preferred) ?? byLabel(preferred)[0])) ?? list[0] ?? null;

    if (!current) {
      // Nothing was chosen yet, or the user wants none.
      if (kind !== 'audiooutput' && this.disabled[kind].value) return;
      const stored = this.preferences.persistDeviceSelection ? this.#stored[kind] : undefined;
      const alike = stored ? byLabel(stored) : [];
      const again = stored && (byId(stored) ?? inGroup(stored) ?? (alike.length === 1 ? alike[0] : undefined));
      const next = again ?? fallback();
      if (!this.#emptied[kind]) return this.chosen[kind].set(next);
      // There was none left: calls that still want one get it.
      if (!next) return;
      const previous = this.#emptied[kind];
      delete this.#emptied[kind];
      this.#choose(kind, next);
      return this.#recovered(kind, previous, next, 'device_reconnected');
    }
    if (byId(current) || !this.preferences.syncDevicesToActiveCalls) return;
    const alike = byLabel(current);
    const same = alike.length === 1 ? alike[0] : inGroup(current);
    if (same) return this.#choose(kind, same);
    const earlier = this.#history[kind].map((device) => byId(device) ?? inGroup(device)).find((device) => device);
    const [next, reason] = alike.length
      ? ([null, 'ambiguous_match'] as const)
      : earlier
        ? ([earlier, 'device_disconnected'] as const)
        : ([fallback(), 'fallback_to_default'] as const);
    if (!next) this.#emptied[kind] = current;
    this.#choose(kind, next);
    this.#recovered(kind, current, next, reason);
  }

  #recovered(kind: DeviceKind, previousDevice: MediaDeviceInfo, newDevice: MediaDeviceInfo | null, reason: DeviceRecoveryEvent['reason']): void {
    this.recovered$.next({ kind, previousDevice, newDevice, reason, message: sentenceOf(kind, previousDevice, newDevice) });
  }

  /** A device in use has stopped: what is there now is looked at without waiting for the list to settle. */
  async lost(kind: InputKind): Promise<void> {
    await this.enumerate();
    if (this.#ended.signal.aborted) return;
    clearTimeout(this.#settle);
    const before = this.chosen[kind].value;
    for (const each of KINDS) this.#reconsider(each);
    // The same device by name: the system's default may be another one now.
    if (this.chosen[kind].value === before) this.onChoice(kind, !this.lists[kind].value.length);
  }

  setDisabled(kind: InputKind, off: boolean): void {
    if (this.disabled[kind].value === off) return;
    this.disabled[kind].set(off);
    if (off) this.#remembered[kind] = this.chosen[kind].value;
    this.#choose(kind, off ? null : (this.#remembered[kind] ?? this.lists[kind].value[0] ?? null));
  }

  constraints(kind: InputKind): MediaTrackConstraints | false {
    return this.disabled[kind].value ? false : this.toConstraints(this.chosen[kind].value);
  }

  toConstraints(device: MediaDeviceInfo | null): MediaTrackConstraints {
    const list = device ? this.lists[device.kind].value : [];
    const found = list.find(({ deviceId }) => deviceId === device!.deviceId) ?? list.find(({ label }) => label && label === device!.label);
    return found?.deviceId ? { deviceId: { exact: found.deviceId } } : {};
  }

  async clear(): Promise<void> {
    this.#remembered = {};
    this.#stored = {};
    this.#history = each(() => []);
    for (const cell of Object.values(this.disabled)) cell.set(false);
    for (const kind of KINDS) this.chosen[kind].set(null);
    await this.enumerate();
  }

  // Permission.

  async requestPermissions({ audio = false, video = false }: { audio?: boolean; video?: boolean }): Promise<PermissionResult> {
    try {
      const tracks = await this.#openAny(audio, video);
      const granted = (kind: string) => tracks.some((track) => track.kind === kind);
      const ids = tracks.map((track) => track.getSettings().deviceId);
      tracks.forEach((track) => track.stop());
      await this.enumerate();
      const take = (kind: InputKind, asked: boolean) => {
        const device = asked ? this.lists[kind].value.find(({ deviceId }) => ids.includes(deviceId)) : undefined;
        if (device && !this.chosen[kind].value && !this.disabled[kind].value) this.chosen[kind].set(device);
        return device;
      };
      return { audio: granted('audio'), video: granted('video'), selectedAudioDevice: take('audioinput', audio), selectedVideoDevice: take('videoinput', video) };
    } catch {
      return { audio: false, video: false };
    }
  }

  /** Both with one prompt; where that fails, each for itself: a missing camera does not forbid the microphone. */
  async #openAny(audio: boolean, video: boolean): Promise<MediaStreamTrack[]> {
    const open = async (ask: MediaStreamConstraints) => (await this.api!.getUserMedia(ask)).getTracks();
    try {
      return await open({ audio, video });
    } catch (error) {
      if (!(audio && video)) throw error;
      const each = [await open({ audio }).catch(() => []), await open({ video }).catch(() => [])];
      return each.flat();
    }
  }

  async capabilities(device: MediaDeviceInfo): Promise<MediaTrackCapabilities | null> {
    if (device.kind === 'audiooutput') return null;
    const kind = device.kind === 'audioinput' ? 'audio' : 'video';
    const tracks = (await this.api!.getUserMedia({ [kind]: { deviceId: { exact: device.deviceId } } })).getTracks();
    const found = tracks[0]?.getCapabilities() ?? null;
    tracks.forEach((track) => track.stop());
    return found;
  }
}

function each<T>(make: () => T): Record<DeviceKind, T> {
  return { audioinput: make(), audiooutput: make(), videoinput: make() };
}

function key(kind: DeviceKind): string {
  return `sw:device:${kind}`;
}
