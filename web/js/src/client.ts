/** The client (sdk-api reference, section 3). */
import type { Observable } from 'rxjs';
import { Directory, type Address, type AddressChange } from './address.js';
import { WebRTCCall, type CallHost, type Created } from './call.js';
import { Devices, type DeviceKind } from './devices.js';
import { Driver, type KeptCredential } from './driver.js';
import type { EngineError, Json } from './engine.js';
import type { Entry } from './conversation.js';
import { DependencyError, JSONRPCError, PreflightError, fromEngine } from './errors.js';
import { setDebugOptions, setLogger, setLogLevel } from './logger.js';
import { Destroyable, later, select } from './observe.js';
import { Leg } from './peer.js';
import { detect } from './platform.js';
import { changed, ClientPreferences, forEngine, isForEngine, milliseconds } from './preferences.js';
import { preflight } from './preflight.js';
import { Session, type SignalingEvent } from './session.js';
import { browserStorage, Resumable, StorageManager } from './storage.js';
import { User } from './user.js';
import { version } from './version.js';
import type {
  CallDiagnosticSummary, CredentialProvider, CredentialStatus, DeviceController, DeviceRecoveryEvent, DiagnosticEvent, DialOptions, JSONRPCRequest,
  JSONRPCResponse, PendingRPCOptions, PermissionResult, PlatformCapabilities, PreflightOptions, PreflightResult, SDKCredential,
  SDKWarning, SelectDeviceOptions, SessionDiagnostics, SignalWireOptions, WebRTCApiProvider, WebSocketAdapter
} from './types.js';

const CACHE = 'sw:cached_credential';
/** Of each list of the diagnostics, the last ones. */
const DIAGNOSTICS = 1000;
const ROUND_TRIP_MS = 5000;

/** A dial whose call the engine has not made yet, or has. */
interface Dialling {
  options: DialOptions;
  address?: Address;
  call?: WebRTCCall;
}

export class SignalWire extends Destroyable implements DeviceController {
  preferences = new ClientPreferences();
  readonly #driver: Driver;
  readonly #user = this.cell<User | undefined>(undefined);
  readonly #directory = this.cell<Directory | undefined>(undefined);
  readonly #connected = this.cell(false);
  readonly #registered = this.cell(false);
  readonly #ready = this.cell(false);
  readonly #credential = this.cell<CredentialStatus | undefined>(undefined);
  readonly #errors = this.events<Error>(1);
  readonly #warnings = this.events<SDKWarning>(10);
  readonly #session = this.own(new Session((request, options) => this.#execute(request, options)));
  readonly #calls = new Map<string, WebRTCCall>();
  /** By the number of their command. */
  readonly #dialling = new Map<number, Dialling>();
  readonly #devices: Devices;
  readonly #api: WebRTCApiProvider;
  readonly #storage: StorageManager;
  readonly #resumable: Resumable;
  readonly #options: SignalWireOptions;
  readonly #page = new AbortController();
  readonly #happened: DiagnosticEvent[] = [];
  readonly #recovered: DeviceRecoveryEvent[] = [];
  readonly #finished: CallDiagnosticSummary[] = [];
  readonly #forCalls: CallHost;
  #platform: PlatformCapabilities | undefined;

  /** Starts to work at once, in the background: failures are on `errors$`. */
  constructor(credentialProvider: CredentialProvider | undefined, options: SignalWireOptions = {}) {
    super();
    this.#options = options;
    if (options.logger !== undefined) setLogger(options.logger);
    if (options.logLevel) setLogLevel(options.logLevel);
    if (options.debug) setDebugOptions(options.debug);
    if (!options.webRTCApiProvider && typeof RTCPeerConnection === 'undefined') {
      throw new DependencyError('This environment has no WebRTC: make the client in a browser, or give it a webRTCApiProvider');
    }
    this.#api = options.webRTCApiProvider ?? { RTCPeerConnection, mediaDevices: navigator.mediaDevices };
    const storage = options.storageImplementation ?? browserStorage();
    this.#storage = new StorageManager(storage);
    this.#resumable = new Resumable(storage, options.persistSession ?? false, options.storageImplementation !== undefined);
    if (options.savePreferences) this.preferences.enableSavePreferences(this.#storage);
    this.#devices = new Devices(
      this.#api.mediaDevices,
      this.preferences,
      this.#storage,
      (error) => this.#tell(error),
      (kind, none) => {
        if (kind === 'audiooutput') return;
        for (const call of this.#calls.values()) call.recapture(kind === 'audioinput' ? 'audio' : 'video', none);
      }
    );
    this.#devices.recovered$.subscribe((event) => {
      keep(this.#recovered, event);
      this.#happens('device', event.reason, { kind: event.kind });
    });
    if (options.skipDeviceMonitoring) void this.#devices.enumerate();
    else this.#devices.monitor();
    this.#driver = new Driver({
      provider: credentialProvider,
      config: async () => ({
        hasProvider: credentialProvider !== undefined,
        canRefresh: typeof credentialProvider?.refresh === 'function',
        cachedCredential: await this.#cached(credentialProvider !== undefined),
        skipConnection: options.skipConnection ?? false,
        skipRegister: options.skipRegister ?? false,
        reattach: options.reconnectAttachedCalls ?? false,
        agent: `offhook-js/${version}`,
        stored: await this.#resumable.stored(),
        ...this.#settings()
      }),
      store: this.#resumable,
      socket: (options.webSocketConstructor as WebSocketAdapter | undefined) ?? globalThis.WebSocket,
      onEvent: (name, value) => this.#event(name, value),
      onPeer: (leg, command) => {
        // A leg beside a call's own is known to its call alone.
        const call = this.#calls.get(leg);
        for (const one of call ? [call] : this.#calls.values()) one.peer(leg, command);
      },
      onCredential: (credential) => this.#keep(credential),
      onError: (error) => this.#tell(error),
      onEnd: () => this.#end()
    });
    this.#forCalls = {
      driver: this.#driver,
      session: this.#session,
      signals: () => this.#session.authenticated && !(this.preferences.enableNetworkChangeDetection && globalThis.navigator?.onLine === false),
      devices: this.#api.mediaDevices,
      leg: (call, id) => this.#leg(call, id),
      select: (kind, device, options) => this.#select(kind, device, options),
      forget: (call) => {
        this.#calls.delete(call.id);
        keep(this.#finished, call.summary());
        this.#happens('call', 'ended', { callId: call.id, ...call.ended });
        this.#tellCalls();
      }
    };
    const settings = changed.subscribe((name) => {
      if (isForEngine(name)) this.#driver.command('configure', this.#settings()).catch(() => undefined);
    });
    this.own({ complete: () => settings.unsubscribe() });
    // The engine reports why starting failed; nobody waits here.
    this.#driver.command('start').catch(() => undefined);
    this.#leave();
  }

  // What the engine tells.

  #event(name: string, value: unknown): void {
    switch (name) {
      case 'connected':
        this.directory?.destroy();
        this.#directory.set(value ? this.#newDirectory() : undefined);
        this.#connected.set(value as boolean);
        this.#happens('connection', value ? 'connected' : 'disconnected');
        break;
      case 'registered':
        this.#registered.set(value as boolean);
        break;
      case 'ready':
        if (value !== this.#ready.value) this.#happens('connection', value ? 'ready' : 'lost');
        this.#ready.set(value as boolean);
        break;
      case 'authenticated':
        this.#session.setAuthenticated(value as boolean);
        if (value) for (const call of this.#calls.values()) call.signalsBack();
        break;
      case 'user': {
        const user = this.user ?? new User();
        user.fill(value as Record<string, unknown>);
        this.#user.set(user);
        break;
      }
      case 'iceServers':
        this.#session.iceServers = (value as RTCIceServer[] | null) ?? [];
        break;
      case 'error':
        this.#tell(fromEngine(value as EngineError));
        break;
      case 'warning':
        this.#warnings.next(value as SDKWarning);
        break;
      case 'credential':
        this.#credential.set(value as CredentialStatus);
        break;
      case 'signaling':
        this.#session.tell(value as SignalingEvent);
        break;
      case 'call': {
        const { call, event } = value as { call: string; event: Record<string, unknown> };
        for (const kind in event) {
          if (kind === 'created') this.#created(call, event[kind] as Created);
          else this.#calls.get(call)?.apply(kind, event[kind]);
          if (kind !== 'status') continue;
          const status = event[kind] as string;
          this.#happens(status === 'recovering' ? 'recovery' : 'call', status, { callId: call });
          this.#tellCalls();
        }
      }
    }
  }

  #created(id: string, created: Created): void {
    const dialling = this.#dialling.get(created.command ?? 0);
    const address = dialling?.address ?? this.directory?.byDestination(created.to ?? '');
    const call = new WebRTCCall(this.#forCalls, id, created, dialling?.options ?? {}, address);
    if (dialling) dialling.call = call;
    this.#calls.set(id, call);
  }

  /** Calls that are made here, or taken up again, appear when the server has taken them. */
  #tellCalls(): void {
    const calls = [...this.#calls.values()].filter(({ status }) => status !== 'new').reverse();
    const told = this.#session.calls;
    if (calls.length !== told.length || calls.some((call, at) => call !== told[at])) this.#session.setCalls(calls);
  }

  #tell(error: Error): void {
    this.#happens('error', error.name, { message: error.message });
    if (!this.isDestroyed) this.#errors.next(error);
  }

  #happens(category: DiagnosticEvent['category'], event: string, details?: DiagnosticEvent['details']): void {
    keep(this.#happened, { timestamp: Date.now(), category, event, details });
  }

  #newDirectory(): Directory {
    return new Directory({
      fetch: (target, body) => this.#fetch(target, body),
      own: () => this.user?.addresses?.map(({ id }) => id) ?? [],
      messages$: select(this.#session.signalingEvent$, (event) =>
        event.event_type === 'conversation.message' ? (event.params as unknown as Entry) : undefined
      ),
      changes$: select(this.#session.signalingEvent$, ({ event_type, params }) =>
        (event_type as string).startsWith('offhook.address.') ? (params as unknown as AddressChange) : undefined
      ),
      onError: (error) => this.#tell(error),
      calls$: this.#session.calls$,
      calls: () => this.#session.calls
    });
  }

  #leg(call: string, id: string): Leg {
    const { preferences } = this;
    return new Leg({
      api: this.#api,
      report: (report) => this.#driver.report(id, report),
      complain: (error) => this.#calls.get(call)?.complain(error),
      lost: (kind) => void this.#devices.lost(`${kind}input`),
      iceServers: preferences.iceServers,
      stereo: (options) => options.stereo ?? preferences.stereoAudio,
      renegotiate: () => void this.#driver.command('restartIce', { call, relayOnly: false }).catch(() => undefined),
      gathering: {
        candidateMs: milliseconds('iceCandidateTimeout'),
        totalMs: milliseconds('iceGatheringTimeout'),
        relayOnly: preferences.relayOnly,
        tcpOnly: preferences.disableUdpIceServers
      },
      constraints: (kind, options) => {
        const device = this.#devices.constraints(`${kind}input`);
        const [defaults, base] =
          kind === 'audio'
            ? [preferences.defaultAudioConstraints, options.inputAudioDeviceConstraints ?? preferences.inputAudioConstraints]
            : [preferences.defaultVideoConstraints, options.inputVideoDeviceConstraints ?? preferences.inputVideoConstraints];
        return device && { ...defaults, ...base, ...device };
      },
      codecs: (kind, options) =>
        kind === 'audio'
          ? (options.preferredAudioCodecs ?? preferences.preferredAudioCodecs)
          : (options.preferredVideoCodecs ?? preferences.preferredVideoCodecs)
    });
  }

  #settings(): Json {
    return forEngine();
  }

  // Credentials that are kept for the next page of this tab.

  /** A credential of an earlier page, where that may be used. With a provider: only one that is to be kept, and lives. */
  async #cached(provider: boolean): Promise<{ token?: string; expiryAt?: number; bound?: boolean } | undefined> {
    const { persistSession } = this.#options;
    if (provider && !persistSession) return undefined;
    const local = persistSession ? await this.#storage.getItem<KeptCredential>(CACHE, 'local') : undefined;
    const kept = local || (await this.#storage.getItem<KeptCredential>(CACHE, 'session'));
    if (!kept?.token || (provider && !((kept.expiry_at ?? 0) > Date.now()))) return undefined;
    const { token, expiry_at: expiryAt, bound } = kept;
    return { token, expiryAt, bound };
  }
  #keep(credential: KeptCredential): void {
    const scopes = this.#options.persistSession ? (['session', 'local'] as const) : (['session'] as const);
    for (const scope of scopes) this.#storage.setItem(CACHE, credential, scope).catch((error: Error) => this.#tell(error));
  }

  /**
   * A page that goes for good says bye; one that is only put aside does not. Where calls are to be taken up again they are left
   * as they are, since a page is not told whether it goes or comes again: the server keeps them for a minute.
   */
  #leave(): void {
    // Firefox has closed a page's sockets by the time it tells the page that it goes: the server hears of it before, and believes it when the socket is closed.
    globalThis.window?.addEventListener(
      'beforeunload',
      () => {
        const [calls, { reconnectAttachedCalls }] = [this.#calls.size > 0, this.#options];
        if (calls ? !reconnectAttachedCalls : this.isRegistered) this.#driver.command('execute', { method: 'subscriber.leaving' }).catch(() => undefined);
      },
      { signal: this.#page.signal }
    );
    globalThis.window?.addEventListener(
      'pagehide',
      (event) => {
        if (event.persisted) return;
        for (const call of this.#calls.values()) {
          if (this.#options.reconnectAttachedCalls) call.leave();
          else call.destroy();
        }
        // Else calls would ring here for as long as the session could be resumed.
        if (this.isRegistered) this.#driver.command('execute', { method: 'subscriber.offline' }).catch(() => undefined);
      },
      { signal: this.#page.signal }
    );
  }

  // Life.

  async connect(): Promise<void> {
    await this.#driver.command('connect');
  }
  async disconnect(): Promise<void> {
    await this.#driver.command('disconnect');
  }
  async register(): Promise<void> {
    await this.#driver.command('register');
  }
  async unregister(): Promise<void> {
    await this.#driver.command('unregister');
  }
  /** Hangs up every call, closes the session and completes every observable. Never throws. */
  override destroy(): void {
    if (this.isDestroyed || this.#page.signal.aborted) return;
    this.#page.abort();
    this.#driver.command('destroy').catch(() => undefined);
    this.#driver.close();
  }
  /** The engine is gone: by `destroy()`, or because it cannot go on. */
  #end(): void {
    // The engine has ended them; where it could not, the devices must not stay open.
    for (const call of this.#calls.values()) call.apply('status', 'destroyed');
    for (const cell of [this.#ready, this.#registered, this.#connected]) cell.set(false);
    if (!this.#page.signal.aborted) return;
    this.#resumable.release();
    if (this.#options.persistSession) for (const scope of ['session', 'local'] as const) this.#storage.removeItem(CACHE, scope).catch(() => undefined);
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
    return later(this.#credential.present$);
  }
  get errors$(): Observable<Error> {
    return later(this.#errors);
  }
  get warnings$(): Observable<SDKWarning> {
    return later(this.#warnings);
  }
  /** Calls and raw signalling. The same object as long as the client lives. */
  get session(): Session {
    return this.#session;
  }

  /** Resolves when the server has taken the call; rejects with a `CallCreateError`. */
  async dial(destination: string | Address, options: DialOptions = {}): Promise<WebRTCCall> {
    const { preferences } = this;
    const address = typeof destination === 'string' ? undefined : destination;
    const to = typeof destination === 'string' ? destination : (destination.defaultChannel ?? destination.name);
    const given = (kind: unknown, ...inputs: unknown[]) => kind ?? (inputs.some((input) => input) ? true : undefined);
    const { userVariables = {}, nodeId, video, fallbackToReceiveOnly } = options;
    const hinted = /[?&]channel=(video|audio)\b/.test(to);
    const wish = {
      audio: given(options.audio, options.inputAudioDeviceConstraints, options.inputAudioStream),
      video: given(video, options.inputVideoDeviceConstraints, options.inputVideoStream, preferences.inputVideoConstraints),
      receiveAudio: options.receiveAudio ?? preferences.receiveAudio,
      // A video call is seen as well as shown, unless told otherwise.
      receiveVideo: options.receiveVideo ?? (hinted ? undefined : preferences.receiveVideo || video),
      fallbackToReceiveOnly
    };
    const dialling: Dialling = { options, address };
    let number = 0;
    try {
      await this.#driver.command('dial', { to, options: wish, userVariables, nodeId }, (id) => this.#dialling.set((number = id), dialling));
      return dialling.call!;
    } finally {
      this.#dialling.delete(number);
    }
  }

  async #execute<T extends JSONRPCResponse>(request: JSONRPCRequest, options: PendingRPCOptions = {}): Promise<T> {
    const { signal, timeoutMs } = options;
    signal?.throwIfAborted();
    const answer = this.#driver.command('execute', { method: request.method, params: request.params ?? {}, timeoutMs });
    const result = await new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new DOMException('The request was aborted', 'AbortError')), { once: true });
      answer.then(resolve, reject);
    });
    return { jsonrpc: '2.0', id: request.id, result } as T;
  }

  async #fetch(target: string, body?: Json): Promise<{ status: number; body: unknown }> {
    return (await this.#driver.command('fetch', { method: body ? 'POST' : 'GET', target, body: body ?? null })) as { status: number; body: unknown };
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
  #select(kind: DeviceKind, device: MediaDeviceInfo, options: SelectDeviceOptions = {}): void {
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
      this.#tell(error as Error);
      throw error;
    }
  }
  async isValidDevice(deviceInfo: MediaDeviceInfo | null): Promise<boolean> {
    if (!deviceInfo) return false;
    return (await this.#devices.capabilities(deviceInfo).catch(() => null)) !== null;
  }
  setStorageManager(storageManager: StorageManager): void {
    this.#devices.setStorage(storageManager);
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
    await this.#storage.clearAll();
    this.preferences.preferredAudioInput = this.preferences.preferredAudioOutput = this.preferences.preferredVideoInput = null;
    await this.#devices.clear();
  }

  // Diagnostics.

  get platformCapabilities(): PlatformCapabilities {
    return (this.#platform ??= detect(this.#api));
  }
  /** What happened so far: for a report of a fault. Neither tokens nor anything that was said is in it. */
  exportDiagnostics(): SessionDiagnostics {
    return {
      sdkVersion: version,
      userAgent: navigator.userAgent,
      capabilities: this.platformCapabilities,
      events: [...this.#happened],
      calls: [...this.#finished, ...[...this.#calls.values()].map((call) => call.summary())],
      deviceChanges: [...this.#recovered],
      devices: {
        audioInput: this.audioInputDevices,
        audioOutput: this.audioOutputDevices,
        videoInput: this.videoInputDevices
      }
    };
  }
  /** Tries what a call to a destination needs: server, devices, ways through the network, a call of some seconds. */
  async preflight(destination: string, options: PreflightOptions = {}): Promise<PreflightResult> {
    const chosen = { audioinput: this.selectedAudioInputDevice, audiooutput: this.selectedAudioOutputDevice, videoinput: this.selectedVideoInputDevice };
    try {
      const host = {
        api: this.#api,
        roundTrip: () => this.#roundTrip(),
        iceServers: () => this.#iceServers(),
        chosen: (kind: MediaDeviceKind) => chosen[kind],
        outputs: () => this.audioOutputDevices,
        dial: (to: string, wish: DialOptions) => this.dial(to, wish)
      };
      return await preflight(host, destination, options);
    } catch (error) {
      throw new PreflightError('preflight', error);
    }
  }

  /** A request that changes nothing, over the same socket as calls. */
  async #roundTrip(): Promise<number> {
    const began = performance.now();
    // That it is refused is an answer too.
    await this.#driver.command('execute', { method: 'call.layout.list', params: {}, timeoutMs: ROUND_TRIP_MS }).catch((error: Error) => {
      if (!(error instanceof JSONRPCError)) throw error;
    });
    return performance.now() - began;
  }

  #iceServers(): RTCIceServer[] {
    const named = this.#session.iceServers ?? [];
    return named.length ? named : (this.preferences.iceServers ?? []);
  }
}

function keep<T>(list: T[], item: T): void {
  if (list.push(item) > DIAGNOSTICS) list.shift();
}
