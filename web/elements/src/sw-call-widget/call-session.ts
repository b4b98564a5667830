/** One call of the widget, from the click, or from its ringing here, to its end. */
import type { Call, CallSelfParticipant, Client, Subscription } from '../base/interfaces.js';
import type { WordKey } from '../base/words.js';
import { ofEnd, ofError, ofLack } from '../base/reasons.js';

export type Phase = 'idle' | 'connecting' | 'ringing' | 'talking' | 'held' | 'recovering' | 'ended' | 'failed';
export interface CallView {
  phase: Phase;
  /** Why it ended or failed, or what is amiss. */
  reason: WordKey | undefined;
  /** Epoch milliseconds of the answer; 0 before it. */
  since: number;
  muted: boolean;
  /** Of the other side, 0 to 1. */
  level: number;
  /** The network cannot carry the call well. */
  weak: boolean;
}
export const IDLE: CallView = { phase: 'idle', reason: undefined, since: 0, muted: false, level: 0, weak: false };

/** How long the SDK, the credentials and the socket may take before a person is told. */
export const PATIENCE_MS = 45_000;

export interface Dialling {
  destination: string;
  options: Record<string, unknown>;
}
export interface SessionEvents {
  show(change: Partial<CallView>): void;
  /** The call exists. */
  call(call: Call): void;
  /** It is over; `status` as the call had it. */
  over(status: string | undefined): void;
}
type Levels = Call & { remoteAudioLevel$?: { subscribe(next: (level: number) => void): Subscription } };

export class CallSession {
  #call: Call | undefined;
  #self: CallSelfParticipant | undefined;
  #over = false;
  #kept: Subscription[] = [];
  #connected = false;
  #held = false;
  #sent = true;
  #leaving = false;

  constructor(private readonly told: SessionEvents) {}

  get call(): Call | undefined {
    return this.#call;
  }

  /** Places a call with the client that is coming. Never rejects. */
  async dial(coming: Promise<Client>, { destination, options }: Dialling): Promise<void> {
    this.told.show({ ...IDLE, phase: 'connecting' });
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(Object.assign(new Error('no connection in time'), { name: 'TimeoutError' })), PATIENCE_MS);
      });
      late.catch(() => undefined);
      const client = await Promise.race([coming, late]);
      if (this.#over) return;
      const failed = new Promise<never>((_, reject) => {
        const errors = client.errors$?.subscribe((error) => {
          // Only what keeps a call from being made ends it; the rest is told by the call itself.
          if (/InvalidCredentials|UnexpectedError|RequestError/.test(error.name)) reject(error);
        });
        if (errors) this.#kept.push(errors);
      });
      failed.catch(() => undefined);
      const online = connected(client, this.#kept).then(() => clearTimeout(timer));
      // Our client takes a call before it is connected, and prepares it meanwhile; another waits.
      const dialling = 'credential$' in client ? client.dial(destination, options) : online.then(() => client.dial(destination, options));
      // A call that comes when nobody wants it any more is ended, not left running.
      dialling.then((call) => this.#over && void call.hangup().catch(() => undefined), () => undefined);
      const call = await Promise.race([dialling, failed, late]);
      if (!this.#over) this.#attach(call);
    } catch (error) {
      if (this.#over) return;
      console.warn('the call could not be made:', error);
      this.told.show({ phase: 'failed', reason: (error as Error).name === 'TimeoutError' ? 'failed.slow' : ofError(error) });
      this.#finish('failed');
    } finally {
      clearTimeout(timer);
    }
  }

  /** Takes a call that rings here. */
  accept(call: Call, options: Record<string, unknown>): void {
    this.told.show({ ...IDLE, phase: 'connecting' });
    this.#attach(call);
    call.answer(options);
  }

  #attach(call: Call): void {
    this.#call = call;
    this.told.call(call);
    call.errors$ && this.#kept.push(call.errors$.subscribe(({ error }) => {
      const reason = ofLack(error);
      if (!this.#over && reason) this.told.show({ reason });
    }));
    call.self$ && this.#kept.push(call.self$.subscribe((self) => {
      if (!self || self === this.#self) return;
      this.#self = self;
      self.audioMuted$ && this.#kept.push(self.audioMuted$.subscribe((muted) => this.#self === self && this.told.show({ muted: muted === true })));
    }));
    call.mediaDirections$ && this.#kept.push(call.mediaDirections$.subscribe(({ audio }) => {
      const sending = audio.startsWith('send');
      // The microphone has come after all.
      if (sending && !this.#sent && !this.#over) this.told.show({ reason: undefined });
      this.#sent = sending;
      this.#held = audio === 'sendonly' || audio === 'inactive';
      if (this.#connected && !this.#over) this.told.show({ phase: this.#held ? 'held' : 'talking' });
    }));
    call.isNetworkHealthy$ && this.#kept.push(call.isNetworkHealthy$.subscribe((healthy) => this.told.show({ weak: !healthy })));
    this.#kept.push(call.status$.subscribe((status) => this.#status(status)));
  }

  #status(status: string): void {
    if (this.#over) return;
    const before = this.#connected;
    this.#connected = status === 'connected';
    if (status === 'connected') {
      this.told.show({ phase: before && this.#held ? 'held' : 'talking', ...(this.#since ? {} : { since: (this.#since = Date.now()) }) });
      const { remoteAudioLevel$ } = this.#call as Levels;
      if (remoteAudioLevel$ && !this.#metered) {
        this.#metered = true;
        this.#kept.push(remoteAudioLevel$.subscribe((level) => this.told.show({ level })));
      }
    } else if (status === 'recovering') this.told.show({ phase: 'recovering' });
    else if (status === 'trying' || status === 'ringing') this.told.show({ phase: 'ringing' });
    else if (status === 'disconnected' || status === 'destroyed' || status === 'failed') {
      // Our SDK tells why with the last of them.
      if (status === 'disconnected' && this.#call?.ended === null) return;
      this.told.show({ phase: 'ended', reason: this.#leaving && status !== 'failed' ? 'ended.local' : ofEnd(status, this.#call?.ended), level: 0, weak: false });
      this.#finish(status);
    }
  }
  #since = 0;
  #metered = false;

  /** Ends the call, or the attempt at one. */
  async end(): Promise<void> {
    if (this.#over) return;
    const call = this.#call;
    if (!call) {
      this.told.show({ phase: 'ended', reason: 'ended.local' });
      this.#finish(undefined);
      return;
    }
    try {
      // Not every SDK tells afterwards who it was.
      this.#leaving = true;
      await call.hangup();
    } catch (error) {
      console.warn('the server did not take the hang-up:', error);
    }
    if (this.#over) return;
    this.told.show({ phase: 'ended', reason: 'ended.local', level: 0, weak: false });
    this.#finish('destroyed');
  }

  async toggleMute(muted: boolean): Promise<void> {
    try {
      await (muted ? this.#self?.unmute() : this.#self?.mute());
    } catch (error) {
      console.warn('the server did not take that:', error);
    }
  }

  #finish(status: string | undefined): void {
    this.#over = true;
    for (const subscription of this.#kept.splice(0)) subscription.unsubscribe();
    this.told.over(status);
  }

  /** The element is gone: nobody is told any more. */
  drop(): void {
    if (this.#over) return;
    this.#over = true;
    for (const subscription of this.#kept.splice(0)) subscription.unsubscribe();
    void this.#call?.hangup().catch(() => undefined);
  }
}

function connected(client: Client, kept: Subscription[]): Promise<void> {
  return new Promise((resolve) => {
    kept.push(client.isConnected$.subscribe((connected) => connected && resolve()));
  });
}
