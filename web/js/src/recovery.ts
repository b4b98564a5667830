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
  degrade: boolean;
  /** kbit/s. */ degradeBelow: number;
  /** kbit/s. */ restoreAbove: number;
}
/** What it can do to its call. */
export interface RecoveryActions {
  requestKeyframe(): void;
  restartIce(relayOnly: boolean): Promise<unknown>;
  /** The picture that is sent, and the others are told. */
  sendVideo(on: boolean): void;
  sendsVideo(): boolean;
}
/** Losses must have stopped for so long before the picture comes back without an estimate. */
const LOSSLESS_MS = 5000;

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
  #inRow = 0;

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
  trigger(reason: string): void {
    if (this.state.value !== 'idle') return;
    this.state.set('debouncing');
    this.#timer = setTimeout(() => void this.#run(reason), this.settings().debounceMs);
  }

  async #run(reason: string): Promise<void> {
    const { reinviteDebounceMs, maxAttempts, cooldownMs } = this.settings();
    this.state.set('recovering');
    this.keyframe(reason);
    const tooSoon = this.now() - this.#lastRestart < reinviteDebounceMs;
    if (!tooSoon && this.#inRow < maxAttempts) {
      this.#lastRestart = this.now();
      const attempt = ++this.#inRow;
      this.attempts++;
      this.tell('reinvite_started', reason, attempt);
      await this.actions.restartIce(attempt % 2 === 0).then(
        () => this.tell('reinvite_succeeded', reason, attempt),
        (error: Error) => this.tell(error.name === 'RPCTimeoutError' ? 'reinvite_timeout' : 'reinvite_failed', error.message, attempt)
      );
      if (attempt === maxAttempts) this.tell('max_attempts_reached', reason, attempt);
    }
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
      this.constrained.set(true);
      this.#lastLoss = this.now();
      this.actions.sendVideo(false);
      this.tell('video_disabled', `${Math.round(kbps)} kbit/s are left`);
    } else if ((kbps !== undefined && kbps >= restoreAbove) || this.now() - this.#lastLoss >= LOSSLESS_MS) {
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
    clearTimeout(this.#timer);
    for (const one of [this.state, this.constrained, this.events]) one.complete();
  }
}
