/** One call of the widget, from the click to its end: what it is doing, in words a person understands. */
import { loadSdk, type AnyCall, type AnyClient, type AnySelf, type Subscription } from './sdk.js';

export type Phase = 'idle' | 'connecting' | 'ringing' | 'talking' | 'recovering' | 'ended' | 'failed';
export interface CallView {
  phase: Phase;
  /** Why it ended or failed, for the person. */
  reason: string;
  /** Epoch milliseconds of the answer. */
  since: number;
  muted: boolean;
  /** 0 to 1. */
  level: number;
  stream: MediaStream | null;
}
export const IDLE: CallView = { phase: 'idle', reason: '', since: 0, muted: false, level: 0, stream: null };

export interface CallRequest {
  token: string;
  host: string;
  destination: string;
  audioOnly: boolean;
  userVariables: Record<string, unknown>;
}

const REASONS: Record<string, string> = {
  USER_BUSY: 'They are busy right now.',
  NO_ANSWER: 'Nobody answered.',
  USER_NOT_REGISTERED: 'Nobody is available right now.',
  INVALID_DESTINATION: 'This number is not in service.',
  NOT_PERMITTED: 'This call is not allowed.',
  ROOM_FULL: 'The room is full.',
  ROOM_LOCKED: 'The room is locked.',
  MEDIA_TIMEOUT: 'The connection was lost.',
  NORMAL_TEMPORARY_FAILURE: 'Something went wrong on our side.'
};

/** Plain words for what went wrong. */
export function inWords(error: unknown): string {
  const chain: string[] = [];
  for (let at = error as (Error & { error?: unknown }) | undefined; at && chain.length < 6; at = (at.cause ?? at.error) as Error | undefined) {
    chain.push(`${at.name} ${at.message}`);
  }
  const text = chain.join(' | ');
  for (const [code, words] of Object.entries(REASONS)) if (text.includes(code)) return words;
  if (/NotAllowedError|SecurityError/.test(text)) return 'The microphone is blocked. Allow it in the address bar of the browser, then try again.';
  if (/NotFoundError/.test(text)) return 'No microphone was found. Connect one, then try again.';
  if (/HTTP 40[134]/.test(text) || /InvalidCredentials/.test(text)) return 'This call button is not active any more, or not for this site.';
  if (/HTTP 429/.test(text)) return 'There are too many calls right now. Please try again in a minute.';
  if (/Timeout|NetworkError|Failed to fetch|cannot be reached|could not be exchanged/i.test(text)) return 'The server cannot be reached. Check the connection, then try again.';
  return 'The call could not be made. Please try again.';
}

export class CallSession {
  call: AnyCall | undefined;
  #client: AnyClient | undefined;
  #self: AnySelf | undefined;
  #over = false;
  #subscriptions: Subscription[] = [];

  constructor(private readonly show: (change: Partial<CallView>) => void, private readonly onEnd: (status: string | undefined) => void) {}

  async dial(request: CallRequest): Promise<void> {
    this.show({ ...IDLE, phase: 'connecting' });
    try {
      const sdk = await loadSdk();
      if (this.#over) return;
      const embed = /^c2[ct]_/.test(request.token);
      const provider = embed
        ? new sdk.EmbedTokenCredentialProvider(request.host, request.token)
        : new sdk.StaticCredentialProvider({ token: request.token });
      const client = (this.#client = new sdk.SignalWire(provider, { skipRegister: true }));
      const failed = new Promise<never>((_, reject) => {
        this.#subscriptions.push(client.errors$.subscribe((error) => {
          // Only what keeps a call from being made ends it; the rest is told by the call itself.
          if (/InvalidCredentials|UnexpectedError|RequestError/.test(error.name)) reject(error);
        }));
      });
      failed.catch(() => undefined);
      const { destination, audioOnly, userVariables } = request;
      const options = { audio: true, video: !audioOnly, receiveAudio: true, receiveVideo: !audioOnly, userVariables };
      const call = await Promise.race([client.dial(destination, options), failed]);
      if (this.#over) {
        void call.hangup().catch(() => undefined);
        client.destroy();
        return;
      }
      this.#attach(call);
    } catch (error) {
      if (this.#over) return;
      this.show({ phase: 'failed', reason: inWords(error) });
      this.#finish('failed');
    }
  }

  #attach(call: AnyCall): void {
    this.call = call;
    const keep = (subscription: Subscription) => this.#subscriptions.push(subscription);
    let denied: unknown;
    if (call.errors$) keep(call.errors$.subscribe(({ error }) => {
      if (error.name === 'MediaAccessError') denied = error;
      if (denied && !this.#over) this.show({ reason: inWords((denied as { originalError?: unknown }).originalError ?? denied) });
    }));
    keep(call.remoteStream$.subscribe((stream) => this.show({ stream })));
    keep(call.self$.subscribe((self) => {
      if (!self || self === this.#self) return;
      this.#self = self;
      keep(self.audioMuted$.subscribe((muted) => this.show({ muted: muted === true })));
    }));
    keep(call.status$.subscribe((status) => this.#status(status)));
  }

  #status(status: string): void {
    if (this.#over) return;
    if (status === 'connected') {
      this.show({ phase: 'talking', since: Date.now() });
      if (this.call?.remoteAudioLevel$ && !this.#metered) {
        this.#metered = true;
        this.#subscriptions.push(this.call.remoteAudioLevel$.subscribe((level) => this.show({ level })));
      }
    } else if (status === 'recovering') this.show({ phase: 'recovering' });
    else if (status === 'trying' || status === 'ringing') this.show({ phase: 'ringing' });
    else if (status === 'destroyed' || status === 'failed') {
      const { cause, by } = this.call?.ended ?? {};
      const reason = status === 'failed' ? 'The connection was lost.' : by === 'local' ? 'You hung up.' : (REASONS[cause ?? ''] ?? 'They hung up.');
      this.show({ phase: 'ended', reason, level: 0, stream: null });
      this.#finish(status);
    }
  }
  #metered = false;

  /** Ends the call, or the attempt at one. */
  async end(): Promise<void> {
    if (this.#over) return;
    const { call } = this;
    if (call) await call.hangup().catch(() => undefined);
    if (this.#over) return;
    this.show({ phase: 'ended', reason: 'You hung up.', level: 0, stream: null });
    this.#finish('destroyed');
  }

  async toggleMute(muted: boolean): Promise<void> {
    this.show({ muted: !muted });
    await (muted ? this.#self?.unmute() : this.#self?.mute())?.catch(() => undefined);
  }

  sendDigit(digit: string): void {
    void this.call?.sendDigits(digit).catch(() => undefined);
  }

  #finish(status: string | undefined): void {
    this.#over = true;
    for (const subscription of this.#subscriptions.splice(0)) subscription.unsubscribe();
    this.#client?.destroy();
    this.onEnd(status);
  }

  /** The element is gone. */
  drop(): void {
    if (this.#over) return;
    this.#over = true;
    for (const subscription of this.#subscriptions.splice(0)) subscription.unsubscribe();
    void this.call?.hangup().catch(() => undefined);
    this.#client?.destroy();
  }
}
