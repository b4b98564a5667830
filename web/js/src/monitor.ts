/** Looks at a call's connection as long as it is up. */
import { RecoveryError, RPCTimeoutError } from './errors.js';
import { Cell } from './observe.js';
import type { Leg } from './peer.js';
import { ClientPreferences, milliseconds } from './preferences.js';
import { Quality, sampleOf, type Expected, type Sample } from './quality.js';
import { Recovery, type RecoveryActions, type RecoverySettings } from './recovery.js';
import type { CallDiagnosticSummary, CallStatus, NetworkIssue, NetworkMetrics } from './types.js';

/** A server sends sound all the time: a second without any is none. */
const CHECK_MS = 1000;

/** What is looked at, and what can be done about it. */
export interface Watched extends Omit<RecoveryActions, 'flows'> {
  /** What should come in now. */
  expected(): Expected;
  /** The page is hidden: the picture is muted, or no longer. */
  hidePicture(hidden: boolean): Promise<void>;
}

export class Monitor {
  readonly issues = new Cell<NetworkIssue[]>([]);
  readonly metrics = new Cell<NetworkMetrics[]>([]);
  readonly score = new Cell(5);
  readonly recovery: Recovery;
  readonly #preferences = new ClientPreferences();
  readonly #ended = new AbortController();
  #timer: ReturnType<typeof setInterval> | undefined;
  #quality: Quality | undefined;
  #last: Sample | undefined;
  #scores = { sum: 0, count: 0, least: 5 };
  #connectedAt: number | undefined;
  #endedAt: number | undefined;
  #hid = false;
  /** How often the media path was made anew. */
  #recoveries = 0;

  constructor(
    private readonly leg: Leg,
    private readonly watched: Watched
  ) {
    this.recovery = new Recovery(() => this.#settings(), {
      requestKeyframe: () => watched.requestKeyframe(),
      sendVideo: (on) => watched.sendVideo(on),
      sendsVideo: () => watched.sendsVideo(),
      mayRestart: () => watched.mayRestart(),
      flows: () => this.leg.flows(CHECK_MS),
      giveUp: () => watched.giveUp(),
      restartIce: async (relayOnly) => {
        await watched.restartIce(relayOnly);
        await this.#flows();
      }
    });
    const { signal } = this.#ended;
    globalThis.document?.addEventListener('visibilitychange', () => void this.#shown(document.visibilityState === 'visible'), { signal });
    const offline = () => this.#preferences.enableNetworkChangeDetection && this.#timer !== undefined && this.recovery.trigger('offline');
    globalThis.window?.addEventListener('offline', offline, { signal });
    globalThis.window?.addEventListener('online', () => this.#timer !== undefined && this.#online(), { signal });
  }

  status(status: CallStatus): void {
    if (status === 'connected') {
      if (this.#connectedAt !== undefined) this.recovery.tell('call_recovered', 'the connection is back');
      this.#connectedAt ??= Date.now();
      this.#begin();
    } else if (status === 'recovering') {
      this.#recoveries++;
      this.recovery.tell('call_recovering', 'the connection was lost');
    } else if (['disconnecting', 'disconnected', 'failed', 'destroyed'].includes(status)) {
      if (status === 'failed') this.recovery.tell('call_recovery_failed', 'the call could not go on');
      this.#endedAt ??= Date.now();
      this.#stop();
    }
  }

  #online(): void {
    if (!this.#preferences.enableNetworkChangeDetection) return;
    const alive = this.leg.pc?.connectionState === 'connected';
    this.recovery.tell(alive ? 'signal_reconnect' : 'full_reconnect', 'online');
    // A connection that was lost is made anew by the engine, which knows when there is signalling again.
  }

  #begin(): void {
    if (this.#timer !== undefined) return;
    const preferences = this.#preferences;
    this.#quality = new Quality({
      baselineSamples: preferences.statsBaselineSamples,
      noPacketMs: preferences.statsNoPacketThreshold,
      rttFactor: preferences.statsRttSpikeMultiplier,
      loss: preferences.statsPacketLossThreshold,
      jitterFactor: preferences.statsJitterSpikeMultiplier,
      historyMs: milliseconds('statsHistorySize')
    });
    this.#timer = setInterval(() => void this.#look(), Math.max(100, preferences.statsPollingInterval));
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #look(): Promise<void> {
    const { pc } = this.leg;
    const quality = this.#quality;
    if (!pc || !quality) return;
    let sample: Sample;
    try {
      const report = (await pc.getStats()) as unknown as Map<string, Record<string, any>>;
      sample = sampleOf(report, Date.now(), pc.connectionState);
    } catch {
      // It was closed meanwhile.
      return;
    }
    if (this.#timer === undefined) return;
    this.#last = sample;
    quality.take(sample, this.watched.expected());
    this.metrics.set(quality.history);
    this.score.set(quality.score);
    if (quality.issues.length || this.issues.value.length) this.issues.set(quality.issues);
    this.#scores = {
      sum: this.#scores.sum + quality.score,
      count: this.#scores.count + 1,
      least: Math.min(this.#scores.least, quality.score)
    };
    this.recovery.take(quality.issues, sample.outgoing);
  }

  /** Resolves when something comes in again; rejects when that takes too long. */
  async #flows(): Promise<void> {
    const limit = milliseconds('iceRestartTimeout');
    if (await this.leg.flows(limit)) return;
    if (this.#timer === undefined) throw new RecoveryError('reinvite', this.recovery.attempts);
    throw new RPCTimeoutError('', limit);
  }

  /**
   * The session was lost and is back: on another network, the media path is gone too, and the browser takes many seconds to
   * notice.
   */
  signalsBack(): void {
    if (this.#timer !== undefined && this.watched.expected().audio) this.recovery.trigger('the session was lost', 0);
  }

  /** A page that nobody sees need not show its user, if that was asked for. */
  async #shown(visible: boolean): Promise<void> {
    if (visible ? !this.#hid : !(this.#preferences.autoMuteVideoOnHidden && this.watched.sendsVideo())) return;
    this.#hid = !visible;
    await this.watched.hidePicture(!visible).catch(() => undefined);
  }

  #settings(): RecoverySettings {
    const preferences = this.#preferences;
    return {
      debounceMs: milliseconds('recoveryDebounceTime'),
      cooldownMs: milliseconds('recoveryCooldown'),
      keyframeMaxBurst: preferences.keyframeMaxBurst,
      keyframeWindowMs: preferences.keyframeBurstWindow,
      keyframeCooldownMs: preferences.keyframeCooldown,
      reinviteDebounceMs: preferences.reinviteDebounceTime,
      maxAttempts: preferences.maxRecoveryAttempts,
      relayFallback: preferences.enableRelayFallback,
      degrade: preferences.enableAutoDegradation,
      degradeBelow: preferences.degradationBitrateThreshold,
      restoreAbove: preferences.degradationRecoveryThreshold
    };
  }

  summary(): Pick<CallDiagnosticSummary, 'duration' | 'avgQualityScore' | 'minQualityScore' | 'recoveryAttempts' | 'iceCandidateTypes' | 'finalMetrics'> {
    const { sum, count, least } = this.#scores;
    const none = { packetsReceived: 0, packetsLost: 0 };
    return {
      duration: this.#connectedAt === undefined ? 0 : ((this.#endedAt ?? Date.now()) - this.#connectedAt) / 1000,
      avgQualityScore: count ? sum / count : 5,
      minQualityScore: least,
      recoveryAttempts: this.#recoveries,
      iceCandidateTypes: this.#last?.candidates ?? [],
      finalMetrics: this.metrics.value.at(-1) ?? { timestamp: Date.now(), audio: { ...none, jitter: 0 }, video: none, roundTripTime: 0 }
    };
  }

  complete(): void {
    this.#stop();
    this.#ended.abort();
    this.recovery.complete();
    for (const cell of [this.issues, this.metrics, this.score]) cell.complete();
  }
}
