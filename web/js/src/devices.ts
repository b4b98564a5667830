/** Microphones, cameras and speakers: lists, choice, permission (sdk-api reference, section 13). */
import { Subject, type Observable } from 'rxjs';
import { Cell } from './observe.js';
import type { ClientPreferences } from './preferences.js';
import type { DeviceRecoveryEvent, PermissionResult, Storage, StoredDevicePreference, WebRTCMediaDevices } from './types.js';

export type Kind = 'audioinput' | 'audiooutput' | 'videoinput';
const KINDS: Kind[] = ['audioinput', 'audiooutput', 'videoinput'];

export class Devices {
  readonly lists = { audioinput: new Cell<MediaDeviceInfo[]>([]), audiooutput: new Cell<MediaDeviceInfo[]>([]), videoinput: new Cell<MediaDeviceInfo[]>([]) };
  readonly chosen = { audioinput: new Cell<MediaDeviceInfo | null>(null), audiooutput: new Cell<MediaDeviceInfo | null>(null), videoinput: new Cell<MediaDeviceInfo | null>(null) };
  readonly disabled = { audioinput: new Cell(false), videoinput: new Cell(false) };
  readonly #recovered = new Subject<DeviceRecoveryEvent>();
  #remembered: Partial<Record<Kind, MediaDeviceInfo | null>> = {};
  #stored: Partial<Record<Kind, StoredDevicePreference>> = {};
  #listening: AbortController | undefined;
  #settle: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly api: WebRTCMediaDevices | undefined,
    private readonly preferences: ClientPreferences,
    private storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>,
    private readonly onError: (error: Error) => void,
    /** A choice changed while calls may be up. */
    private readonly onChoice: (kind: Kind) => void
  ) {
    void this.#load();
  }

  get recovered$(): Observable<DeviceRecoveryEvent> {
    return this.#recovered;
  }

  async #load(): Promise<void> {
    for (const kind of KINDS) {
      try {
        const text = await this.storage.getItem(`sw:device:${kind}`, 'local');
        if (text) this.#stored[kind] = JSON.parse(text) as StoredDevicePreference;
      } catch {
        // What cannot be read was not kept.
      }
    }
  }

  setStorage(storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>): void {
    this.storage = storage;
    this.#stored = {};
    void this.#load();
  }

  async enumerate(): Promise<void> {
    try {
      const all = (await this.api?.enumerateDevices()) ?? [];
      for (const kind of KINDS) this.lists[kind].set(all.filter((device) => device.kind === kind));
      clearTimeout(this.#settle);
      this.#settle = setTimeout(() => KINDS.forEach((kind) => this.#reconsider(kind)), this.preferences.deviceDebounceTime * 1000);
    } catch (error) {
      this.onError(error as Error);
    }
  }

  monitor(): void {
    this.unmonitor();
    const { signal } = (this.#listening = new AbortController());
    const look = () => void this.enumerate();
    this.api?.addEventListener('devicechange', look);
    signal.addEventListener('abort', () => this.api?.removeEventListener('devicechange', look));
    if (this.preferences.devicePollingInterval > 0) {
      const polling = setInterval(look, this.preferences.devicePollingInterval * 1000);
      signal.addEventListener('abort', () => clearInterval(polling));
    }
    look();
  }

  unmonitor(): void {
    this.#listening?.abort();
    this.#listening = undefined;
  }

  destroy(): void {
    this.unmonitor();
    clearTimeout(this.#settle);
    for (const cells of [this.lists, this.chosen, this.disabled]) for (const cell of Object.values(cells)) (cell as Cell<unknown>).complete();
    this.#recovered.complete();
  }

  select(kind: Kind, device: MediaDeviceInfo | null): void {
    if (kind !== 'audiooutput' && device) this.disabled[kind].set(false);
    if (this.chosen[kind].value?.deviceId === device?.deviceId && this.chosen[kind].value === device) return;
    this.chosen[kind].set(device);
    if (device && this.preferences.persistDeviceSelection) {
      const { deviceId, label, groupId } = device;
      this.#stored[kind] = { deviceId, label, kind, groupId };
      void this.storage.setItem(`sw:device:${kind}`, JSON.stringify(this.#stored[kind]), 'local');
    }
    this.onChoice(kind);
  }

  /** After a change of the lists: keep what is there, replace what has gone (13.2). */
  #reconsider(kind: Kind): void {
    const list = this.lists[kind].value;
    const current = this.chosen[kind].value;
    if (kind !== 'audiooutput' && this.disabled[kind].value) return;
    if (current && list.some(({ deviceId }) => deviceId === current.deviceId)) return;
    const stored = this.#stored[kind];
    const preferred = kind === 'audioinput' ? this.preferences.preferredAudioInput
      : kind === 'videoinput' ? this.preferences.preferredVideoInput : this.preferences.preferredAudioOutput;
    const same = (wish: { deviceId: string; label: string } | null | undefined) =>
      wish && (list.find(({ deviceId }) => deviceId === wish.deviceId) ?? (wish.label ? list.find(({ label }) => label === wish.label) : undefined));
    const next = (current && same(current)) ?? same(stored) ?? same(preferred) ?? list[0] ?? null;
    if (current && !this.preferences.syncDevicesToActiveCalls) return;
    this.chosen[kind].set(next);
    if (current) {
      this.#recovered.next({ kind, previousDevice: current, newDevice: next, reason: 'device_disconnected' });
      this.onChoice(kind);
    }
  }

  setDisabled(kind: 'audioinput' | 'videoinput', off: boolean): void {
    if (this.disabled[kind].value === off) return;
    this.disabled[kind].set(off);
    if (off) {
      this.#remembered[kind] = this.chosen[kind].value;
      this.chosen[kind].set(null);
    } else {
      this.chosen[kind].set(this.#remembered[kind] ?? this.lists[kind].value[0] ?? null);
    }
  }

  constraints(kind: 'audioinput' | 'videoinput'): MediaTrackConstraints | boolean {
    return this.disabled[kind].value ? false : this.toConstraints(this.chosen[kind].value);
  }

  toConstraints(device: MediaDeviceInfo | null): MediaTrackConstraints {
    const list = device && this.lists[device.kind as Kind].value;
    const found = list?.find(({ deviceId }) => deviceId === device!.deviceId) ?? list?.find(({ label }) => label && label === device!.label);
    return found?.deviceId ? { deviceId: { exact: found.deviceId } } : {};
  }

  async requestPermissions({ audio = false, video = false }: { audio?: boolean; video?: boolean }): Promise<PermissionResult> {
    try {
      const stream = await this.api!.getUserMedia({ audio, video });
      const ids = stream.getTracks().map((track) => track.getSettings().deviceId);
      stream.getTracks().forEach((track) => track.stop());
      await this.enumerate();
      const pick = (kind: 'audioinput' | 'videoinput') => this.lists[kind].value.find(({ deviceId }) => ids.includes(deviceId));
      const [selectedAudioDevice, selectedVideoDevice] = [audio ? pick('audioinput') : undefined, video ? pick('videoinput') : undefined];
      if (selectedAudioDevice && !this.chosen.audioinput.value) this.chosen.audioinput.set(selectedAudioDevice);
      if (selectedVideoDevice && !this.chosen.videoinput.value) this.chosen.videoinput.set(selectedVideoDevice);
      return { audio, video, selectedAudioDevice, selectedVideoDevice };
    } catch {
      return { audio: false, video: false };
    }
  }

  async capabilities(device: MediaDeviceInfo): Promise<MediaTrackCapabilities | null> {
    if (device.kind === 'audiooutput') return null;
    const kind = device.kind === 'audioinput' ? 'audio' : 'video';
    const stream = await this.api!.getUserMedia({ [kind]: { deviceId: { exact: device.deviceId } } });
    const found = stream.getTracks()[0]?.getCapabilities() ?? null;
    stream.getTracks().forEach((track) => track.stop());
    return found;
  }

  async clear(): Promise<void> {
    this.#remembered = {};
    this.#stored = {};
    this.disabled.audioinput.set(false);
    this.disabled.videoinput.set(false);
    for (const kind of KINDS) this.chosen[kind].set(null);
    await this.enumerate();
  }
}
