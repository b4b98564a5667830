/** The client (sdk-api reference, section 3). */
import { Subject, type Observable } from 'rxjs';
import { Address, Directory } from './address.js';
import { WebRTCCall } from './call.js';
import { Devices, type Kind } from './devices.js';
import { Driver } from './driver.js';
import type { EngineError, PeerCommand, PeerReport } from './engine.js';
import { DependencyError, PreflightError, UnimplementedError, fromEngine } from './errors.js';
import { setDebugOptions, setLogger, setLogLevel } from './logger.js';
import { Cell, Destroyable, later, select } from './observe.js';
import { Leg } from './peer.js';
import { ClientPreferences } from './preferences.js';
import { User } from './user.js';
import { version } from './version.js';
import type {
  CredentialProvider, CredentialStatus, DeviceController, DeviceRecoveryEvent, DialOptions, JSONRPCRequest, JSONRPCResponse,
  MediaOptions, PendingRPCOptions, PermissionResult, PlatformCapabilities, PreflightOptions, PreflightResult, SDKCredential,
  SDKWarning, SelectDeviceOptions, SessionDiagnostics, SignalWireOptions, Storage, StorageScope, WebRTCApiProvider, WebSocketAdapter
} from './types.js';

const CACHE = 'sw:cached_credential';

/** The browser's two stores, with only the SDK's keys cleared. */
const browserStorage: Storage = {
  setItem: async (key, value, scope) => (value === null ? area(scope).removeItem(key) : area(scope).setItem(key, value)),
  getItem: async (key, scope) => area(scope).getItem(key),
  removeItem: async (key, scope) => area(scope).removeItem(key),
  clear: async (scope) => {
    for (const key of Object.keys(area(scope))) if (key.startsWith('sw:')) area(scope).removeItem(key);
  }
};
function area(scope: StorageScope): globalThis.Storage {
  return scope === 'local' ? localStorage : sessionStorage;
}

/** The authenticated session behind a client (section 4). */
export class Session {
  readonly #authenticated = new Cell(false);
  readonly #calls = new Cell<WebRTCCall[]>([]);
  readonly #events = new Subject<Record<string, unknown>>();
  iceServers: RTCIceServer[] | undefined;

  constructor(private readonly client: SignalWire) {}
  get authenticated$(): Observable<boolean> {
    return this.#authenticated.sync$;
  }
  get authenticated(): boolean {
    return this.#authenticated.value;
  }
  get calls$(): Observable<WebRTCCall[]> {
    return this.#calls.sync$;
  }
  get calls(): WebRTCCall[] {
    return this.#calls.value;
  }
  get incomingCalls$(): Observable<WebRTCCall[]> {
    return select(this.#calls.sync$, (calls) => calls.filter(({ direction }) => direction === 'inbound'));
  }
  get incomingCalls(): WebRTCCall[] {
    return this.calls.filter(({ direction }) => direction === 'inbound');
  }
  get signalingEvent$(): Observable<Record<string, unknown>> {
    return this.#events.asObservable();
  }
  execute<T extends JSONRPCResponse = JSONRPCResponse>(request: JSONRPCRequest, options?: PendingRPCOptions): Promise<T> {
    return this.client.execute<T>(request, options);
  }
  /** @internal */
  setAuthenticated(on: boolean): void {
    this.#authenticated.set(on);
  }
  /** @internal */
  setCalls(calls: WebRTCCall[]): void {
    this.#calls.set(calls);
  }
  /** @internal */
  tell(event: Record<string, unknown>): void {
    this.#events.next(event);
  }
}

export class SignalWire extends Destroyable implements DeviceController {
  preferences = new ClientPreferences();
  /** @internal */ readonly driver: Driver;
  readonly #user = this.cell<User | undefined>(undefined);
  readonly #directory = this.cell<Directory | undefined>(undefined);
  readonly #connected = this.cell(false);
  readonly #registered = this.cell(false);
  readonly #ready = this.cell(false);
  readonly #credential = this.cell<CredentialStatus | undefined>(undefined);
  readonly #errors = this.events<Error>(1);
  readonly #warnings = this.events<SDKWarning>(10);
  readonly #session = new Session(this);
  readonly #calls = new Map<string, WebRTCCall>();
  /** Options of dials whose call does not exist yet; the engine makes calls in the order of the commands. */
  readonly #dialling: DialOptions[] = [];
  readonly #devices: Devices;
  readonly #api: WebRTCApiProvider;
  readonly #storage: Storage;
  readonly #options: SignalWireOptions;
  readonly #page = new AbortController();
  readonly #events: SessionDiagnostics['events'][number][] = [];

  constructor(credentialProvider: CredentialProvider | undefined, options: SignalWireOptions = {}) {
    super();
    this.#options = options;
    if (options.logger !== undefined) setLogger(options.logger);
    if (options.logLevel) setLogLevel(options.logLevel);
    if (options.debug) setDebugOptions(options.debug);
    if (!options.webRTCApiProvider && typeof RTCPeerConnection === 'undefined') {
      throw new DependencyError('This environment has no WebRTC');
    }
    this.#api = options.webRTCApiProvider ?? { RTCPeerConnection, mediaDevices: navigator.mediaDevices };
    this.#storage = options.storageImplementation ?? browserStorage;
    if (options.savePreferences) this.preferences.enableSavePreferences(this.#storage);
    this.#devices = new Devices(
      this.#api.mediaDevices,
      this.preferences,
      this.#storage,
      (error) => this.reportError(error),
      (kind) => {
        if (kind !== 'audiooutput') for (const call of this.#calls.values()) call.recapture(kind === 'audioinput' ? 'audio' : 'video');
      }
    );
    if (options.skipDeviceMonitoring) void this.#devices.enumerate();
    else this.#devices.monitor();
    this.#user.set(new User());
    this.driver = new Driver({
      provider: credentialProvider,
      config: {
        canRefresh: typeof credentialProvider?.refresh === 'function',
        cachedCredential: credentialProvider ? undefined : this.#cached(),
        skipConnection: options.skipConnection ?? false,
        skipRegister: options.skipRegister ?? false,
        relayHost: this.preferences.relayHost,
        userVariables: this.preferences.userVariables,
        agent: `offhook-js/${version}`,
        stored: this.#stored()
      },
      store: this.#storage,
      socket: (options.webSocketConstructor as WebSocketAdapter | undefined) ?? WebSocket,
      onEvent: (name, value) => this.#event(name, value),
      onPeer: (leg, command) => this.#peer(leg, command),
      onCredential: (credential) => this.#keep(credential)
    });
    this.driver.loaded.catch((error: Error) => this.reportError(error));
    // The engine reports why starting failed; nobody waits here.
    this.driver.command('start').catch(() => undefined);
    this.#leave();
  }

  // What the engine tells.

  #event(name: string, value: unknown): void {
    switch (name) {
      case 'connected':
        if (value) this.#directory.set(new Directory((target, method, body) => this.#fetch(target, method, body), (error) => this.reportError(error)));
        this.#connected.set(value as boolean);
        this.#events.push({ timestamp: Date.now(), category: 'connection', event: value ? 'connected' : 'disconnected' });
        break;
      case 'registered':
        this.#registered.set(value as boolean);
        break;
      case 'ready':
        this.#ready.set(value as boolean);
        break;
      case 'authenticated':
        this.#session.setAuthenticated(value as boolean);
        break;
      case 'user':
        this.user?.fill(value as Record<string, unknown>);
        break;
      case 'iceServers':
        this.#session.iceServers = (value as RTCIceServer[] | null) ?? [];
        break;
      case 'error':
        this.reportError(fromEngine(value as EngineError));
        break;
      case 'warning':
        this.#warnings.next(value as SDKWarning);
        break;
      case 'credential':
        this.#credential.set(value as CredentialStatus);
        break;
      case 'signaling':
        this.#session.tell(value as Record<string, unknown>);
        break;
      case 'call': {
        const { call, event } = value as { call: string; event: Record<string, unknown> };
        for (const kind in event) this.#callEvent(call, kind, event[kind]);
      }
    }
  }

  #callEvent(id: string, name: string, value: unknown): void {
    if (name === 'created') {
      const created = value as { direction: 'inbound' | 'outbound' };
      const options = created.direction === 'outbound' ? (this.#dialling.shift() ?? {}) : {};
      const call = new WebRTCCall(this, id, created, options);
      this.#calls.set(id, call);
      if (created.direction === 'inbound') this.#tellCalls();
    } else {
      this.#calls.get(id)?.apply(name, value);
    }
  }

  #peer(leg: string, command: PeerCommand): void {
    this.#calls.get(leg)?.peer(command);
  }

  #tellCalls(): void {
    // Outbound ones appear when the server has taken them.
    const calls = [...this.#calls.values()].filter((call) => call.direction === 'inbound' || call.status !== 'new');
    this.#session.setCalls(calls.reverse());
  }

  /** @internal */
  forget(call: WebRTCCall): void {
    this.#calls.delete(call.id);
    this.#tellCalls();
  }
  /** @internal */
  reportError(error: Error): void {
    if (!this.isDestroyed) this.#errors.next(error);
  }
  /** @internal */
  makeLeg(report: (report: PeerReport) => void): Leg {
    const { preferences } = this;
    const devices = this.#devices;
    return new Leg({
      api: this.#api,
      report,
      gathering: {
        candidateMs: preferences.iceCandidateTimeout * 1000,
        totalMs: preferences.iceGatheringTimeout * 1000,
        relayOnly: preferences.relayOnly,
        tcpOnly: preferences.disableUdpIceServers
      },
      constraints(kind, options: MediaOptions) {
        const audio = kind === 'audio';
        const device = devices.constraints(audio ? 'audioinput' : 'videoinput');
        if (device === false) return false;
        const base = audio
          ? (options.inputAudioDeviceConstraints ?? preferences.inputAudioConstraints)
          : (options.inputVideoDeviceConstraints ?? preferences.inputVideoConstraints);
        const merged = { ...base, ...(device as MediaTrackConstraints) };
        return Object.keys(merged).length ? merged : true;
      }
    });
  }

  // Credentials that are kept for the next page of this tab.

  #cached(): { token: string; expiryAt?: number } | undefined {
    for (const scope of this.#options.persistSession ? (['local', 'session'] as const) : (['session'] as const)) {
      const text = area(scope).getItem(CACHE);
      if (!text) continue;
      const { token, expiry_at } = JSON.parse(text) as { token: string; expiry_at?: number };
      return { token, expiryAt: expiry_at };
    }
    return undefined;
  }
  #keep(credential: SDKCredential): void {
    if (!credential?.token) return;
    const text = JSON.stringify(credential);
    void this.#storage.setItem(CACHE, text, 'session');
    if (this.#options.persistSession) void this.#storage.setItem(CACHE, text, 'local');
  }
  #stored(): [string, string][] {
    if (this.#options.storageImplementation) return [];
    return Object.entries(sessionStorage).filter(([key]) => /^sw:.*:(as|pt)$/.test(key)) as [string, string][];
  }

  /** A page that goes for good says bye; one that is only put aside, or will take its calls up again, does not. */
  #leave(): void {
    globalThis.window?.addEventListener(
      'pagehide',
      (event) => {
        if (event.persisted || this.#options.reconnectAttachedCalls) return;
        for (const call of this.#calls.values()) call.destroy();
        // Else calls would ring here for as long as the session could be resumed.
        if (this.isRegistered) this.driver.command('execute', { method: 'subscriber.offline' }).catch(() => undefined);
      },
      { signal: this.#page.signal }
    );
  }

  // Life.

  async connect(): Promise<void> {
    await this.driver.command('connect');
  }
  async disconnect(): Promise<void> {
    await this.driver.command('disconnect');
  }
  async register(): Promise<void> {
    await this.driver.command('register');
  }
  async unregister(): Promise<void> {
    await this.driver.command('unregister');
  }
  /** Hangs up every call, closes the session and completes every observable. Never throws. */
  override destroy(): void {
    if (this.isDestroyed) return;
    this.driver.command('destroy').catch(() => undefined);
    this.driver.close();
    this.#page.abort();
    this.#devices.destroy();
    this.directory?.destroy();
    this.user?.destroy();
    super.destroy();
  }

  get user$(): Observable<User | undefined> {
    return this.#user.later$;
  }
  get user(): User | undefined {
    return this.#user.value;
  }
  get directory$(): Observable<Directory | undefined> {
    return this.#directory.later$;
  }
  get directory(): Directory | undefined {
    return this.#directory.value;
  }
  get isConnected$(): Observable<boolean> {
    return this.#connected.later$;
  }
  get isConnected(): boolean {
    return this.#connected.value;
  }
  get isRegistered$(): Observable<boolean> {
    return this.#registered.later$;
  }
  get isRegistered(): boolean {
    return this.#registered.value;
  }
  get ready$(): Observable<boolean> {
    return this.#ready.later$;
  }
  /** How long the credential still lasts and what will renew it. */
  get credential$(): Observable<CredentialStatus> {
    return this.#credential.present$;
  }
  get errors$(): Observable<Error> {
    return later(this.#errors);
  }
  get warnings$(): Observable<SDKWarning> {
    return later(this.#warnings);
  }
  get session(): Session {
    return this.#session;
  }

  async dial(destination: string | Address, options: DialOptions = {}): Promise<WebRTCCall> {
    const to = typeof destination === 'string' ? destination : (destination.defaultChannel ?? destination.name);
    const { audio, video, receiveAudio, receiveVideo, fallbackToReceiveOnly, userVariables = {}, nodeId } = options;
    const { preferences } = this;
    const hinted = /[?&]channel=(video|audio)/.test(to);
    const wish = {
      audio: audio ?? (options.inputAudioDeviceConstraints || options.inputAudioStream ? true : undefined),
      video: video ?? (options.inputVideoDeviceConstraints || options.inputVideoStream || preferences.inputVideoConstraints ? true : undefined),
      receiveAudio: receiveAudio ?? preferences.receiveAudio,
      // A video call is seen as well as shown, unless told otherwise.
      receiveVideo: receiveVideo ?? (hinted ? undefined : preferences.receiveVideo || video),
      fallbackToReceiveOnly
    };
    this.#dialling.push(options);
    try {
      const { callId } = (await this.driver.command('dial', { to, options: wish, userVariables, nodeId })) as { callId: string };
      this.#tellCalls();
      return this.#calls.get(callId)!;
    } finally {
      const unused = this.#dialling.indexOf(options);
      if (unused >= 0) this.#dialling.splice(unused, 1);
    }
  }

  /** @internal */
  async execute<T extends JSONRPCResponse>(request: JSONRPCRequest, options: PendingRPCOptions = {}): Promise<T> {
    const { signal, timeoutMs } = options;
    const answer = this.driver.command('execute', { method: request.method, params: request.params ?? {}, timeoutMs });
    const aborted = new Promise<never>((_, reject) => {
      const abort = () => reject(new DOMException('The request was aborted', 'AbortError'));
      if (signal?.aborted) abort();
      signal?.addEventListener('abort', abort);
    });
    const result = await (signal ? Promise.race([answer, aborted]) : answer);
    return { jsonrpc: '2.0', id: request.id, result } as T;
  }

  async #fetch(target: string, method = 'GET', body?: unknown): Promise<{ status: number; body: unknown }> {
    return (await this.driver.command('fetch', { method, target, body: body ?? null })) as { status: number; body: unknown };
  }

  // Devices.

  get audioInputDevices$(): Observable<MediaDeviceInfo[]> {
    return this.#devices.lists.audioinput.later$;
  }
  get audioInputDevices(): MediaDeviceInfo[] {
    return this.#devices.lists.audioinput.value;
  }
  get audioOutputDevices$(): Observable<MediaDeviceInfo[]> {
    return this.#devices.lists.audiooutput.later$;
  }
  get audioOutputDevices(): MediaDeviceInfo[] {
    return this.#devices.lists.audiooutput.value;
  }
  get videoInputDevices$(): Observable<MediaDeviceInfo[]> {
    return this.#devices.lists.videoinput.later$;
  }
  get videoInputDevices(): MediaDeviceInfo[] {
    return this.#devices.lists.videoinput.value;
  }
  get selectedAudioInputDevice$(): Observable<MediaDeviceInfo | null> {
    return this.#devices.chosen.audioinput.later$;
  }
  get selectedAudioInputDevice(): MediaDeviceInfo | null {
    return this.#devices.chosen.audioinput.value;
  }
  get selectedAudioOutputDevice$(): Observable<MediaDeviceInfo | null> {
    return this.#devices.chosen.audiooutput.later$;
  }
  get selectedAudioOutputDevice(): MediaDeviceInfo | null {
    return this.#devices.chosen.audiooutput.value;
  }
  get selectedVideoInputDevice$(): Observable<MediaDeviceInfo | null> {
    return this.#devices.chosen.videoinput.later$;
  }
  get selectedVideoInputDevice(): MediaDeviceInfo | null {
    return this.#devices.chosen.videoinput.value;
  }
  get selectedAudioInputDeviceConstraints(): MediaTrackConstraints | boolean {
    return this.#devices.constraints('audioinput');
  }
  get selectedVideoInputDeviceConstraints(): MediaTrackConstraints | boolean {
    return this.#devices.constraints('videoinput');
  }
  get audioInputDisabled$(): Observable<boolean> {
    return this.#devices.disabled.audioinput.later$;
  }
  get audioInputDisabled(): boolean {
    return this.#devices.disabled.audioinput.value;
  }
  get videoInputDisabled$(): Observable<boolean> {
    return this.#devices.disabled.videoinput.later$;
  }
  get videoInputDisabled(): boolean {
    return this.#devices.disabled.videoinput.value;
  }
  get deviceRecovered$(): Observable<DeviceRecoveryEvent> {
    return later(this.#devices.recovered$);
  }
  deviceInfoToConstraints(deviceInfo: MediaDeviceInfo | null): MediaTrackConstraints {
    return this.#devices.toConstraints(deviceInfo);
  }
  selectAudioInputDevice(device: MediaDeviceInfo | null): void {
    this.#devices.select('audioinput', device);
  }
  selectVideoInputDevice(device: MediaDeviceInfo | null): void {
    this.#devices.select('videoinput', device);
  }
  selectAudioOutputDevice(device: MediaDeviceInfo | null): void {
    this.#devices.select('audiooutput', device);
  }
  /** @internal */
  selectDevice(kind: Kind, device: MediaDeviceInfo, options: SelectDeviceOptions = {}): void {
    this.#devices.select(kind, device);
    if (!options.savePreference) return;
    if (kind === 'audioinput') this.preferences.preferredAudioInput = device;
    else if (kind === 'videoinput') this.preferences.preferredVideoInput = device;
    else this.preferences.preferredAudioOutput = device;
  }
  async applySelectedAudioOutputDevice(element: HTMLMediaElement): Promise<boolean> {
    try {
      await element.setSinkId(this.selectedAudioOutputDevice!.deviceId);
      return true;
    } catch {
      return false;
    }
  }
  enableDeviceMonitoring(): void {
    this.#devices.monitor();
  }
  disableDeviceMonitoring(): void {
    this.#devices.unmonitor();
  }
  async getDeviceCapabilities(deviceInfo: MediaDeviceInfo): Promise<MediaTrackCapabilities | null> {
    try {
      return await this.#devices.capabilities(deviceInfo);
    } catch (error) {
      this.reportError(error as Error);
      throw error;
    }
  }
  async isValidDevice(deviceInfo: MediaDeviceInfo | null): Promise<boolean> {
    if (!deviceInfo) return false;
    return (await this.#devices.capabilities(deviceInfo).catch(() => null)) !== null;
  }
  setStorageManager(storageManager: unknown): void {
    this.#devices.setStorage(storageManager as Storage);
  }
  clearDeviceState(): Promise<void> {
    return this.#devices.clear();
  }
  enumerateDevices(): Promise<void> {
    return this.#devices.enumerate();
  }
  disableAudioInput(): void {
    this.#devices.setDisabled('audioinput', true);
  }
  enableAudioInput(): void {
    this.#devices.setDisabled('audioinput', false);
  }
  disableVideoInput(): void {
    this.#devices.setDisabled('videoinput', true);
  }
  enableVideoInput(): void {
    this.#devices.setDisabled('videoinput', false);
  }
  requestMediaPermissions(options: { audio?: boolean; video?: boolean } = { audio: true, video: true }): Promise<PermissionResult> {
    return this.#devices.requestPermissions(options);
  }
  async resetToDefaults(): Promise<void> {
    await Promise.all([this.#storage.clear('local'), this.#storage.clear('session')]);
    this.preferences.preferredAudioInput = this.preferences.preferredAudioOutput = this.preferences.preferredVideoInput = null;
    await this.#devices.clear();
  }

  // Diagnostics.

  get platformCapabilities(): PlatformCapabilities {
    const codecs = (kind: string) => [
      ...new Set(globalThis.RTCRtpSender?.getCapabilities?.(kind)?.codecs.map(({ mimeType }) => mimeType.split('/')[1]!))
    ];
    const { mediaDevices } = this.#api;
    const display = typeof mediaDevices?.getDisplayMedia === 'function';
    return Object.freeze({
      webrtc: !!this.#api.RTCPeerConnection,
      getUserMedia: typeof mediaDevices?.getUserMedia === 'function',
      getDisplayMedia: display,
      screenShare: display,
      screenShareAudio: display && 'chrome' in globalThis,
      simulcast: !!globalThis.RTCRtpSender?.prototype.setParameters,
      insertableStreams: 'RTCRtpScriptTransform' in globalThis || 'MediaStreamTrackProcessor' in globalThis,
      audioOutputSelection: 'setSinkId' in (globalThis.HTMLMediaElement?.prototype ?? {}),
      videoCodecs: codecs('video'),
      audioCodecs: codecs('audio')
    });
  }
  exportDiagnostics(): SessionDiagnostics {
    return {
      sdkVersion: version,
      userAgent: navigator.userAgent,
      capabilities: this.platformCapabilities,
      events: [...this.#events],
      calls: [...this.#calls.values()].map((call) => ({
        callId: call.id, direction: call.direction, destination: call.to, duration: 0, status: call.status
      })),
      deviceChanges: [],
      devices: {
        audioInput: this.audioInputDevices,
        audioOutput: this.audioOutputDevices,
        videoInput: this.videoInputDevices
      }
    };
  }
  preflight(_destination: string, _options: PreflightOptions = {}): Promise<PreflightResult> {
    return Promise.reject(new PreflightError('preflight', new UnimplementedError('preflight')));
  }
}
