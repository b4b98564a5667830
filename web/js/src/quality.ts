/** How good a connection is, from its statistics: numbers in, judgements out (sdk-api reference, section 14). */
import type { NetworkIssue, NetworkMetrics, QualityLevel } from './types.js';

/** One look at a connection. Counters are those since its beginning, times are milliseconds. */
export interface Sample {
  at: number;
  audio: Inbound;
  video: Inbound;
  rttMs: number;
  /** bit/s that the connection is estimated to carry. */
  outgoing?: number;
  /** Lowest state of the media path that should be told. */
  disconnected: boolean;
  /** Types of the candidates in use. */
  candidates: string[];
}
export interface Inbound {
  received: number;
  lost: number;
  jitterMs: number;
  bytes: number;
}
export interface Thresholds {
  baselineSamples: number;
  noPacketMs: number;
  rttFactor: number;
  /** 0 to 1. */
  loss: number;
  jitterFactor: number;
  historyMs: number;
}
/** What is received; silence of anything else is no fault. */
export interface Expected {
  audio: boolean;
  video: boolean;
}

/** Silence of a picture that counts. */
const NO_VIDEO_MS = 3000;
/** Below this, multiples of a tiny baseline say nothing. */
const LEAST_RTT_MS = 100;
const LEAST_JITTER_MS = 20;

/** The mean opinion score, 1 to 5, that the E-model gives for a delay, a jitter and a loss in percent (ITU-T G.107, simplified). */
export function mos(rttMs: number, jitterMs: number, lossPercent: number): number {
  const r = Math.min(100, Math.max(0, 93.2 - 0.024 * (rttMs / 2 + jitterMs) - 2.5 * lossPercent));
  const score = 1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r);
  return Math.min(5, Math.max(1, score));
}

export function levelOf(score: number): QualityLevel {
  if (score >= 4) return 'excellent';
  if (score >= 3.5) return 'good';
  if (score >= 3) return 'fair';
  return score >= 2 ? 'poor' : 'critical';
}

/** Judges the samples of one connection. */
export class Quality {
  issues: NetworkIssue[] = [];
  history: NetworkMetrics[] = [];
  score = 5;
  #before: Sample | undefined;
  #sums = { rtt: 0, jitter: 0, count: 0 };
  readonly #lastPacket = { audio: 0, video: 0 };

  constructor(private readonly limits: Thresholds) {}

  take(sample: Sample, expected: Expected): void {
    const before = this.#before ?? sample;
    this.#before = sample;
    for (const kind of ['audio', 'video'] as const) {
      const silent = sample[kind].received === before[kind].received && this.#lastPacket[kind];
      if (!silent || !expected[kind]) this.#lastPacket[kind] = sample.at;
    }
    const loss = lossOf(sample, before);
    this.score = mos(sample.rttMs, sample.audio.jitterMs, 100 * loss);
    this.issues = this.#judge(sample, loss);
    this.history = [...this.history.filter(({ timestamp }) => timestamp > sample.at - this.limits.historyMs), metrics(sample)];
    if (this.#sums.count < this.limits.baselineSamples) {
      this.#sums.rtt += sample.rttMs;
      this.#sums.jitter += sample.audio.jitterMs;
      this.#sums.count++;
    }
  }

  #judge(sample: Sample, loss: number): NetworkIssue[] {
    const { noPacketMs, rttFactor, jitterFactor, loss: most, baselineSamples } = this.limits;
    const issues: NetworkIssue[] = [];
    const tell = (type: NetworkIssue['type'], severity: NetworkIssue['severity'], value?: number, threshold?: number) =>
      issues.push({ type, severity, timestamp: sample.at, value, threshold });
    const [noAudio, noVideo] = [sample.at - this.#lastPacket.audio, sample.at - this.#lastPacket.video];
    if (sample.disconnected) tell('ice_disconnected', 'critical');
    if (noAudio > noPacketMs) tell('no_inbound_audio', 'critical', noAudio, noPacketMs);
    if (noVideo > NO_VIDEO_MS) tell('no_inbound_video', 'warning', noVideo, NO_VIDEO_MS);
    if (this.#sums.count >= baselineSamples && baselineSamples > 0) {
      const rtt = Math.max(LEAST_RTT_MS, (this.#sums.rtt / this.#sums.count) * rttFactor);
      const jitter = Math.max(LEAST_JITTER_MS, (this.#sums.jitter / this.#sums.count) * jitterFactor);
      if (sample.rttMs > rtt) tell('high_rtt', sample.rttMs > (rtt * 5) / 3 ? 'critical' : 'warning', sample.rttMs, rtt);
      if (sample.audio.jitterMs > jitter) tell('high_jitter', 'warning', sample.audio.jitterMs, jitter);
    }
    if (loss > most) tell('high_packet_loss', loss > 2 * most ? 'critical' : 'warning', 100 * loss, 100 * most);
    return issues;
  }
}

/** The part of the packets between two samples that did not arrive, 0 to 1. */
export function lossOf(now: Sample, before: Sample): number {
  const grown = (of: keyof Inbound) => now.audio[of] - before.audio[of] + now.video[of] - before.video[of];
  // Late packets make the count of the lost ones go down.
  const lost = Math.max(0, grown('lost'));
  const all = lost + Math.max(0, grown('received'));
  return all > 0 ? lost / all : 0;
}

/** As applications get it: times in seconds, as documented. */
function metrics({ at, audio, video, rttMs, outgoing }: Sample): NetworkMetrics {
  return {
    timestamp: at,
    audio: { packetsReceived: audio.received, packetsLost: audio.lost, jitter: audio.jitterMs / 1000 },
    video: { packetsReceived: video.received, packetsLost: video.lost },
    roundTripTime: rttMs / 1000,
    ...(outgoing !== undefined && { availableOutgoingBitrate: outgoing })
  };
}

type Stats = Iterable<[string, Record<string, any>]>;

/** What a report of a peer connection says. */
export function sampleOf(report: Stats, at: number, state: string): Sample {
  const none = (): Inbound => ({ received: 0, lost: 0, jitterMs: 0, bytes: 0 });
  const sample: Sample = { at, audio: none(), video: none(), rttMs: 0, disconnected: state === 'disconnected' || state === 'failed', candidates: [] };
  const byId = new Map(report);
  for (const [, stat] of byId) {
    if (stat.type === 'inbound-rtp' && (stat.kind === 'audio' || stat.kind === 'video')) {
      const of = sample[stat.kind as 'audio' | 'video'];
      of.received += stat.packetsReceived ?? 0;
      of.lost += stat.packetsLost ?? 0;
      of.bytes += stat.bytesReceived ?? 0;
      of.jitterMs = Math.max(of.jitterMs, (stat.jitter ?? 0) * 1000);
    } else if (stat.type === 'candidate-pair' && stat.nominated && stat.state === 'succeeded') {
      sample.rttMs = (stat.currentRoundTripTime ?? 0) * 1000;
      sample.outgoing = stat.availableOutgoingBitrate ?? sample.outgoing;
      sample.candidates = [stat.localCandidateId, stat.remoteCandidateId].flatMap((id) => byId.get(id)?.candidateType ?? []);
    }
  }
  return sample;
}
