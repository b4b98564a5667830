/** What is done about a bad connection, and when: picture refresh, ICE restart, no picture at all (sdk-api reference, 14.2 and 14.3). */
import { Subject } from 'rxjs';
import { Cell } from './observe.js';
import type { NetworkIssue, RecoveryEvent, RecoveryState } from './types.js';

export interface RecoverySettings {
  debounceMs: number;
  cooldownMs: number;
  keyframeMaxBurst: number;
  keyframeWindowMs: number;
  keyframeCooldownMs: number;
  reinviteDebounceMs: number;
  maxAttempts: number;
  /** Every second restart goes through relays. */
  relayFallback: boolean;
  degrade: boolean;
  /** kbit/s. */ degradeBelow: number;
  /** kbit/s. */ restoreAbove: number;
}
/** What it can do to its call. */
export interface RecoveryActions {
  requestKeyframe(): void;
  restartIce(relayOnly: boolean): Promise<unknown>;
  /** There is signalling, and nothing else is at it. */
  mayRestart(): boolean;
  /** Whether something comes in, after a short look. */
  flows(): Promise<boolean>;
  /** Restarts have not helped: the call is to end. */
  giveUp(): void;
  /** The picture that is sent, and the others are told. */
  sendVideo(on: boolean): void;
  sendsVideo(): boolean;
}
/** Losses must have stopped for so long before the picture comes back without an estimate; doubled each time it goes again soon after. */
const LOSSLESS_MS = 5000;
const LOSSLESS_MOST_MS = 80_000;
/** A picture that goes again within this time came back too early. */
const SOON_MS = 30_000;

export class Recovery {
  readonly state = new Cell<RecoveryState>('idle');
  readonly constrained = new Cell(false);
  readonly events = new Subject<RecoveryEvent>();
  /** Runs so far. */
  attempts = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #bursts: number[] = [];
  #quietUntil = 0;
  #lastRestart = -Infinity;
  #lastLoss = 0;
  #lossless = LOSSLESS_MS;
  #restored = -Infinity;
  #inRow = 0;
  #over = false;

  constructor(
    private readonly settings: () => RecoverySettings,
    private readonly actions: RecoveryActions,
    private readonly now: () => number = Date.now
  ) {}

  /** A look at the connection; `outgoing` in bit/s. */
  take(issues: NetworkIssue[], outgoing: number | undefined): void {
    const critical = issues.filter(({ severity }) => severity === 'critical');
    if (!critical.length && !issues.some(({ type }) => type === 'no_inbound_video')) this.#inRow = 0;
    const silent = critical.find(({ type }) => type === 'no_inbound_audio');
    if (silent) this.trigger(silent.type);
    else if (issues.some(({ type, severity }) => type === 'no_inbound_video' || severity === 'critical')) this.keyframe(issues[0]!.type);
    this.#degrade(issues, outgoing);
  }

  /** The media path is to be made anew, if that does not pass by itself. */
  trigger(reason: string, debounceMs = this.settings().debounceMs): void {
    if (this.state.value !== 'idle') return;
    this.state.set('debouncing');
    this.#timer = setTimeout(() => void this.#run(reason), debounceMs);
  }

  async #run(reason: string): Promise<void> {
    const { reinviteDebounceMs, maxAttempts, cooldownMs, relayFallback } = this.settings();
    // Signalling comes first; when it is back, what is still wrong triggers again.
    if (!this.actions.mayRestart()) return this.state.set('idle');
    this.state.set('recovering');
    this.keyframe(reason);
    if (await this.actions.flows()) {
      // It has passed by itself.
      if (!this.#over) this.state.set('idle');
      return;
    }
    if (this.#over || !this.actions.mayRestart()) return this.state.set('idle');
    const tooSoon = this.now() - this.#lastRestart < reinviteDebounceMs;
    if (!tooSoon && this.#inRow < maxAttempts) {
      this.#lastRestart = this.now();
      const attempt = ++this.#inRow;
      this.attempts++;
      this.tell('reinvite_started', reason, attempt);
      try {
        await this.actions.restartIce(relayFallback && attempt % 2 === 0);
        this.#inRow = 0;
        this.tell('reinvite_succeeded', reason, attempt);
      } catch (error) {
        if (this.#over) return;
        const { name, message } = error as Error;
        this.tell(name === 'RPCTimeoutError' ? 'reinvite_timeout' : 'reinvite_failed', message, attempt);
        if (attempt >= maxAttempts) {
          this.tell('max_attempts_reached', reason, attempt);
          return this.actions.giveUp();
        }
      }
    }
    if (this.#over) return;
    this.state.set('cooldown');
    this.#timer = setTimeout(() => this.state.set('idle'), cooldownMs);
  }

  /** Asks for a whole picture, unless that was asked for often just now. */
  keyframe(reason: string): void {
    const { keyframeMaxBurst, keyframeWindowMs, keyframeCooldownMs } = this.settings();
    const now = this.now();
    this.#bursts = this.#bursts.filter((at) => at > now - keyframeWindowMs);
    if (now < this.#quietUntil) return;
    if (this.#bursts.length >= keyframeMaxBurst) {
      this.#quietUntil = now + keyframeCooldownMs;
      return;
    }
    this.#bursts.push(now);
    this.actions.requestKeyframe();
    this.tell('keyframe_requested', reason);
  }

  /** Too little for a picture: sound goes before. Back only well above that, or the two would alternate. */
  #degrade(issues: NetworkIssue[], outgoing: number | undefined): void {
    const { degrade, degradeBelow, restoreAbove } = this.settings();
    const lossy = issues.some(({ type }) => type === 'high_packet_loss');
    if (lossy) this.#lastLoss = this.now();
    const kbps = outgoing === undefined ? undefined : outgoing / 1000;
    if (!this.constrained.value) {
      if (!degrade || kbps === undefined || kbps >= degradeBelow || !this.actions.sendsVideo()) return;
      const now = this.now();
      // One that comes and goes is worse than none.
      this.#lossless = now - this.#restored < SOON_MS ? Math.min(2 * this.#lossless, LOSSLESS_MOST_MS) : LOSSLESS_MS;
      this.constrained.set(true);
      this.#lastLoss = now;
      this.actions.sendVideo(false);
      this.tell('video_disabled', `${Math.round(kbps)} kbit/s are left`);
    } else if ((kbps !== undefined && kbps >= restoreAbove) || this.now() - this.#lastLoss >= this.#lossless) {
      this.#restored = this.now();
      this.constrained.set(false);
      this.actions.sendVideo(true);
      this.tell('video_restored', kbps === undefined ? 'no losses any more' : `${Math.round(kbps)} kbit/s`);
    }
  }

  tell(action: RecoveryEvent['action'], reason: string, attempt?: number): void {
    const counted = attempt === undefined ? {} : { attempt, maxAttempts: this.settings().maxAttempts };
    this.events.next({ action, reason, ...counted, timestamp: this.now() });
  }

  complete(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    for (const one of [this.state, this.constrained, this.events]) one.complete();
  }
}
