// A program as applications write it for the official package. It is compiled, not run: against that package and against ours.
import {
  CallCreateError, ClientPreferences, CollectionFetchError, DeviceTokenError, DPoPInitError, EmbedTokenCredentialProvider, InvalidCredentialsError,
  MediaTrackError, MessageParseError, OverconstrainedFallbackError, Participant, PreflightError, RecoveryError, SelfCapabilities,
  SelfParticipant, SignalWire, StaticCredentialProvider, TokenRefreshError, UnexpectedError, User, VertoPongError, WebRTCCall, Address,
  embeddableCall, getLogger, isSelfParticipant, ready, setDebugOptions, setLogger, setLogLevel, version
} from '@signalwire/js';
import type {
  Call, CallError, CallOptions, CallStatus, Capability, CredentialProvider, DeviceRecoveryEvent, DialOptions, JSONRPCRequest, LayoutLayer, MediaDirections,
  MediaOptions, NetworkIssue, NetworkMetrics, PermissionResult, PlatformCapabilities, PreflightResult, QualityLevel, RecoveryEvent, RecoveryState,
  SDKCredential, SDKLogger, ScreenShareStatus, SessionDiagnostics, SessionState, SignalWireOptions, Storage, VideoPosition
} from '@signalwire/js';
import { filterNull } from '@signalwire/js/operators';
import { combineLatest, distinctUntilChanged, filter, firstValueFrom, map, merge, type Observable, type Subscription } from 'rxjs';

class Provider implements CredentialProvider {
  async authenticate(): Promise<SDKCredential> {
    const response = await fetch('/token', { method: 'POST' });
    const { token, expires_in } = (await response.json()) as { token: string; expires_in: number };
    return { token, expiry_at: Date.now() + expires_in * 1000 };
  }
  async refresh(): Promise<SDKCredential> {
    return this.authenticate();
  }
}
const storage: Storage = {
  setItem: async (key, value, scope) => void (value === null ? localStorage.removeItem(scope + key) : localStorage.setItem(scope + key, value)),
  getItem: async (key, scope) => localStorage.getItem(scope + key),
  removeItem: async (key, scope) => localStorage.removeItem(scope + key),
  clear: async () => localStorage.clear()
};
const logger: SDKLogger = { error: console.error, warn: console.warn, info: console.info, debug: console.debug, trace: console.trace };
const options: SignalWireOptions = {
  skipConnection: true, skipRegister: false, skipDeviceMonitoring: true, reconnectAttachedCalls: true, savePreferences: true, persistSession: true,
  storageImplementation: storage, logger, logLevel: 'debug', debug: { logWsTraffic: true }
};
const subscriptions: Subscription[] = [];
const keep = (subscription: Subscription) => subscriptions.push(subscription);

export async function start(token: string, host: string): Promise<SignalWire> {
  setLogger(logger);
  setLogLevel('warn');
  setDebugOptions(null);
  getLogger().info(version, ready);
  const guest = new SignalWire(new EmbedTokenCredentialProvider(host, token), { skipRegister: true });
  guest.destroy();
  const fixed = new SignalWire(new StaticCredentialProvider({ token }));
  await fixed.disconnect();
  const client = new SignalWire(new Provider(), options);
  client.preferences.iceGatheringTimeout = 4;
  client.preferences.preferredVideoCodecs = ['VP8'];
  client.preferences.userVariables = { page: location.pathname };
  keep(client.errors$.subscribe((error: Error) => report(error)));
  keep(client.ready$.pipe(distinctUntilChanged()).subscribe((up: boolean) => document.body.classList.toggle('offline', !up)));
  keep(combineLatest([client.isConnected$, client.isRegistered$]).subscribe(([connected, registered]) => console.log(connected, registered)));
  keep(client.user$.subscribe((user: User | undefined) => user && console.log(user.id, user.email, user.displayName, user.addresses?.length)));
  await client.connect();
  await client.register();
  const session: SessionState | undefined = client.session;
  if (session) {
    keep(session.incomingCalls$.subscribe((calls) => calls.filter(({ status }) => status === 'ringing').forEach(take)));
    await session.execute({ jsonrpc: '2.0', id: '1', method: 'call.layout.list', params: {} } satisfies JSONRPCRequest, { timeoutMs: 1000 });
  }
  return client;
}

function report(error: Error): string {
  if (error instanceof InvalidCredentialsError) return error.reason;
  if (error instanceof CallCreateError) return `${error.direction} ${String(error.error)}`;
  if (error instanceof CollectionFetchError) return error.operation;
  if (error instanceof UnexpectedError) return error.at ?? '';
  if (error instanceof PreflightError) return error.phase;
  if (error instanceof RecoveryError) return `${error.action} ${error.attempt}`;
  if (error instanceof OverconstrainedFallbackError) return error.deviceKind;
  for (const kind of [TokenRefreshError, DPoPInitError, DeviceTokenError, MessageParseError, VertoPongError]) if (error instanceof kind) return error.name;
  return error.message;
}

function take(call: Call): void {
  const wish: MediaOptions = { audio: true, video: call.mediaDirections.video !== 'inactive' };
  if (call.from === '/private/nobody') call.reject();
  else call.answer(wish);
}

export async function talk(client: SignalWire, destination: string | Address): Promise<void> {
  const wish: DialOptions = {
    audio: true, video: true, receiveAudio: true, receiveVideo: true, inputVideoDeviceConstraints: { width: { ideal: 1280 } },
    preferredAudioCodecs: ['opus'], stereo: false, userVariables: { from: 'button' }
  };
  const call = await client.dial(destination, wish);
  const given: CallOptions | undefined = call instanceof WebRTCCall ? call.options : undefined;
  console.log(call.id, call.direction, call.to, given?.audio);
  const done: Observable<CallStatus> = call.status$.pipe(filter((status) => status === 'destroyed'));
  keep(call.status$.subscribe((status: CallStatus) => console.log(status)));
  keep(call.errors$.subscribe(({ kind, fatal, error, callId }: CallError) => {
    if (error instanceof MediaTrackError) console.log(error.kind, kind, callId, fatal);
  }));
  const video = document.querySelector('video')!;
  keep(call.remoteStream$.pipe(filterNull()).subscribe((stream) => (video.srcObject = stream as MediaStream)));
  keep(call.mediaDirections$.subscribe(({ audio, video }: MediaDirections) => console.log(audio, video)));
  keep(call.participants$.pipe(map((list) => list.filter((one) => !(one instanceof SelfParticipant)))).subscribe((others) => others.forEach(({ name, id }) => console.log(name, id))));
  keep(call.layoutLayers$.subscribe((layers: LayoutLayer[]) => layers.forEach(({ x, y, width, height, member_id }) => console.log(x, y, width, height, member_id))));
  keep(merge(call.locked$, call.recording$, call.streaming$, call.raiseHandPriority$).subscribe((flag: boolean) => console.log(flag)));
  keep(call.capabilities$.subscribe((list: Capability[]) => console.log(list.includes('layout.set'))));
  keep(call.networkIssues$.subscribe((issues: NetworkIssue[]) => issues.forEach(({ type, severity }) => console.log(type, severity))));
  keep(call.networkMetrics$.subscribe((metrics: NetworkMetrics[]) => console.log(metrics.at(-1)?.audio.jitter, metrics.at(-1)?.roundTripTime)));
  keep(call.qualityLevel$.subscribe((level: QualityLevel) => console.log(level)));
  keep(call.recoveryEvent$.subscribe(({ action, attempt }: RecoveryEvent) => console.log(action, attempt)));
  keep(call.recoveryState$.subscribe((state: RecoveryState) => console.log(state)));
  keep(call.subscribe('member.talking').subscribe((event) => console.log(event)));
  await controls(call, await firstValueFrom(call.self$.pipe(filterNull())));
  if (call.layouts.length) await call.setLayout(call.layouts[0]!, { [call.self!.id]: 'reserved-0' as VideoPosition });
  await call.toggleLock();
  await call.toggleHold();
  await call.sendDigits('12#');
  await call.transfer({ destination: '/private/other' });
  await call.executeMethod(call.self!.id, 'call.mute', { channels: ['audio'] });
  call.userVariables = { ...call.userVariables, step: 2 };
  if (call instanceof WebRTCCall) {
    keep(call.localAudioLevel$.subscribe((level: number) => console.log(level)));
    keep(call.localSpeaking$.subscribe((speaking: boolean) => console.log(speaking)));
    keep(call.memberJoined$.subscribe(({ member }) => console.log(member.member_id)));
    keep(call.memberLeft$.subscribe(({ member }) => console.log(member.member_id)));
    call.setLocalMicrophoneGain(150);
    call.enablePushToTalk();
    call.setPushToTalkActive(true);
    call.disablePushToTalk();
    await call.setNoiseSuppression(true);
    const me = call.self;
    if (me instanceof Participant) console.log(isSelfParticipant(me));
    await call.requestIceRestart();
    call.requestKeyframe();
  }
  await call.hangup();
  await firstValueFrom(done);
}

async function controls(call: Call, self: NonNullable<Call['self']>): Promise<void> {
  const actions: (() => Promise<void>)[] = [
    () => self.mute(), () => self.unmute(), () => self.muteVideo(), () => self.unmuteVideo(), () => self.toggleMute(), () => self.toggleMuteVideo(),
    () => self.toggleDeaf(), () => self.toggleHandraise(), () => self.toggleLowbitrate(), () => self.toggleEchoCancellation(),
    () => self.toggleAudioInputAutoGain(), () => self.toggleNoiseSuppression(), () => self.setAudioInputVolume(10), () => self.setAudioOutputVolume(10),
    () => self.setAudioInputSensitivity(10), () => self.setPosition('auto'), () => self.enableStudioAudio(), () => self.disableStudioAudio(),
    () => self.startScreenShare(), () => self.stopScreenShare(), () => self.addAdditionalDevice({ video: true }), () => self.removeAdditionalDevice('x'),
    () => self.addVideoInputDevice({ constraints: { width: 640 } }), () => self.addAudioInputDevice({}), () => self.setVideoInputDeviceConstraints({ height: 360 }),
    () => self.setMeta({ a: 1 }), () => self.updateMeta({ b: 2 }), () => call.setMeta({}), () => call.updateMeta({}), () => call.startRecording(),
    () => call.startStreaming(), () => call.toggleIncomingAudio(), () => call.toggleIncomingVideo()
  ];
  for (const act of actions) await act();
  keep(self.screenShareStatus$.subscribe((status: ScreenShareStatus) => console.log(status)));
  for (const one of call.participants) {
    keep(one.isTalking$.subscribe((talking) => console.log(talking ?? false)));
    keep(one.audioMuted$.subscribe((muted) => console.log(one.name, muted, one.position?.x, one.meta)));
    if (one instanceof SelfParticipant) {
      const { capabilities } = one;
      if (capabilities.screenshare && capabilities.member.muteAudio.on && capabilities.lock.on) console.log(capabilities.state.self.position);
    } else await one.remove();
  }
}

export async function addresses(client: SignalWire): Promise<void> {
  const directory = client.directory;
  if (!directory) return;
  keep(directory.addresses$.subscribe((list: Address[]) => list.forEach(({ id, name, displayName, type, defaultChannel }) => console.log(id, name, displayName, type, defaultChannel))));
  keep(directory.hasMore$.subscribe((more: boolean) => more && directory.loadMore()));
  const id = await directory.findAddressIdByURI('bob');
  const address = id ? directory.get(id) : undefined;
  if (!address) return;
  await address.sendText('Hello');
  keep(address.textMessages$.subscribe((messages) => {
    if (!messages) return;
    keep(messages.values$.subscribe((list) => list.forEach(({ id, text, created }) => console.log(id, text, created))));
    if (messages.hasMore) messages.loadMore();
  }));
  keep(address.history$.subscribe((history) => history?.values$.subscribe((list) => list.forEach(({ kind, status, started, ended }) => console.log(kind, status, started, ended)))));
}

export async function devices(client: SignalWire): Promise<SessionDiagnostics> {
  const granted: PermissionResult = await client.requestMediaPermissions({ audio: true, video: true });
  keep(client.audioInputDevices$.subscribe((list: MediaDeviceInfo[]) => list[0] && client.selectAudioInputDevice(list[0])));
  keep(client.deviceRecovered$.subscribe(({ kind, newDevice, reason }: DeviceRecoveryEvent) => console.log(kind, newDevice?.label, reason)));
  if (!granted.video) client.disableVideoInput();
  client.selectVideoInputDevice(null);
  client.selectAudioOutputDevice(client.audioOutputDevices[0] ?? null);
  await client.applySelectedAudioOutputDevice(document.querySelector('audio')!);
  const able: PlatformCapabilities = client.platformCapabilities;
  if (able.screenShare) console.log(await client.getDeviceCapabilities(client.videoInputDevices[0]!));
  const result: PreflightResult = await client.preflight('/public/test', { duration: 5, skipMediaTest: false });
  console.log(result.ok, result.connectivity.type, result.bandwidth?.uploadKbps, result.devices.audioInput.working, result.warnings);
  const preferences = new ClientPreferences();
  preferences.relayOnly = true;
  preferences.receiveVideo = true;
  console.log(new SelfCapabilities().state, preferences.statsPollingInterval);
  await client.resetToDefaults();
  return client.exportDiagnostics();
}

export const button = (to: string, embedToken: string, host: string): Promise<Call> => embeddableCall({ to, embedToken, host });
