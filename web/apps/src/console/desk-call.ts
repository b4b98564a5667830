/** One call at the desk, from its first ring or its dialling to its end. */
import type { Address, WebRTCCall } from '@offhook/js';
import type { Entry, Outcome } from './kept.js';

export type Phase = 'ringing' | 'dialling' | 'connecting' | 'talking' | 'held' | 'recovering' | 'ending' | 'over';

const NAMES: Record<Phase, string> = {
  ringing: 'is calling', dialling: 'Ringing…', connecting: 'Connecting…', talking: 'Talking', held: 'On hold', recovering: 'Reconnecting…',
  ending: 'Hanging up…', over: 'Ended'
};
/** Parts of a name that say nothing to a person. */
const SCHEME = /^(subscriber|sip|tel):\/*/;

/** What an earlier page of this tab knew of a call that goes on. */
export interface CarriedCall {
  id: string;
  name: string;
  /** Epoch milliseconds; 0 before it. */
  answeredAt: number;
  held: boolean;
  /** It was the one in front. */
  inFront: boolean;
}

export class DeskCall {
  phase: Phase;
  readonly since = Date.now();
  /** Epoch milliseconds; 0 before it. */
  answeredAt = 0;
  endedAt = 0;
  /** What is amiss, for the agent. */
  fault = '';
  outcome: Outcome = 'missed';
  #held = false;
  #rejected = false;
  #quit = false;
  #kept: { unsubscribe(): void }[] = [];

  constructor(
    readonly call: WebRTCCall,
    readonly name: string,
    /** Whom it is with, as far as the directory knows. */
    public address: Address | undefined,
    private readonly changed: (call: DeskCall) => void,
    carried?: CarriedCall
  ) {
    this.phase = call.direction === 'inbound' ? 'ringing' : 'dialling';
    if (!carried?.answeredAt) return;
    this.phase = 'recovering';
    this.answeredAt = carried.answeredAt;
    this.#held = carried.held;
  }

  static nameOf(call: WebRTCCall): string {
    return call.fromName || call.from?.replace(SCHEME, '') || 'Somebody on the web site';
  }

  get id(): string {
    return this.call.id;
  }
  /** Whom notes are about: an address that will call again, or this call alone. */
  get contact(): string {
    return this.address?.id ?? this.id;
  }
  get status(): string {
    return NAMES[this.phase];
  }
  get waits(): boolean {
    return this.phase === 'ringing';
  }
  carried(inFront: boolean): CarriedCall {
    return { id: this.id, name: this.name, answeredAt: this.answeredAt, held: this.#held, inFront };
  }
  get isUp(): boolean {
    return this.phase !== 'ringing' && this.phase !== 'over';
  }
  get seconds(): number {
    return this.answeredAt ? Math.max(0, Math.floor(((this.endedAt || Date.now()) - this.answeredAt) / 1000)) : 0;
  }

  /** Follows the call; apart from the constructor, so that the owner knows the card by then. */
  follow(): void {
    const { call } = this;
    this.#kept = [
      call.status$.subscribe((status) => this.#status(status)),
      call.errors$.subscribe(({ error }) => {
        if (error.name === 'MediaAccessError') this.#tell('The microphone is blocked: the caller cannot hear you. Allow it beside the address of this page.');
      }),
      call.isNetworkHealthy$.subscribe((healthy) => {
        if (this.phase === 'talking') this.#tell(healthy ? '' : 'The network is weak right now.');
      })
    ];
  }

  answer(): void {
    this.phase = 'connecting';
    this.call.answer({ audio: true, video: false, receiveAudio: true, receiveVideo: true });
    this.changed(this);
  }

  reject(): void {
    this.#rejected = true;
    this.call.reject();
  }

  async hangup(): Promise<void> {
    this.#quit = true;
    await this.#try(() => this.call.hangup(), 'The call could not be ended. Try again.');
  }

  /** Puts the other side on hold, or takes it back. Harmless when it is so already. */
  async hold(on: boolean): Promise<void> {
    if (on === this.#held || !this.answeredAt || this.phase === 'over') return;
    this.#held = on;
    const done = await this.#try(() => this.call.toggleHold(), on ? 'The call could not be put on hold.' : 'The call could not be taken back.');
    if (!done) this.#held = !on;
    if (this.phase === 'talking' || this.phase === 'held') this.phase = this.#held ? 'held' : 'talking';
    this.changed(this);
  }

  async transfer(destination: string): Promise<boolean> {
    return this.#try(() => this.call.transfer({ destination }), 'The call could not be transferred.');
  }

  entry(): Entry {
    const { id, name, contact, address, outcome, endedAt, seconds } = this;
    const destination = address?.defaultChannel ?? (this.call.direction === 'outbound' ? this.call.to : undefined);
    return { id, name, contact, ...(destination && { destination }), direction: this.call.direction, outcome, at: endedAt, seconds };
  }

  #status(status: string): void {
    if (this.phase === 'over') return;
    if (status === 'destroyed' || status === 'failed') return this.#end();
    if (status === 'connected') {
      this.answeredAt ||= Date.now();
      this.phase = this.#held ? 'held' : 'talking';
    } else if (status === 'recovering' || status === 'connecting') this.phase = status;
    else if (status === 'disconnecting') this.phase = 'ending';
    else if (status === 'trying' || (status === 'ringing' && this.call.direction === 'outbound')) this.phase = 'dialling';
    this.changed(this);
  }

  #end(): void {
    this.phase = 'over';
    this.endedAt = Date.now();
    for (const subscription of this.#kept.splice(0)) subscription.unsubscribe();
    const { ended, direction } = this.call;
    if (this.answeredAt) this.outcome = 'answered';
    else if (direction === 'outbound') this.outcome = this.#quit ? 'unanswered' : /BUSY|REJECT|NO_/.test(ended?.cause ?? '') ? 'unanswered' : 'failed';
    else if (this.#rejected) this.outcome = 'rejected';
    else this.outcome = ended?.cause === 'LOSE_RACE' ? 'elsewhere' : 'missed';
    this.changed(this);
  }

  async #try(act: () => Promise<void>, complaint: string): Promise<boolean> {
    try {
      await act();
      return true;
    } catch (error) {
      console.warn(complaint, error);
      if (this.phase !== 'over') this.#tell(complaint);
      return false;
    }
  }

  #tell(fault: string): void {
    this.fault = fault;
    this.changed(this);
  }
}
