// What statistics are taken to mean.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { source } from './source.mjs';

const { Quality, levelOf, lossOf, mos, sampleOf } = await source('quality');
const LIMITS = { baselineSamples: 3, noPacketMs: 2000, rttFactor: 3, loss: 0.05, jitterFactor: 4, historyMs: 30_000 };
const BOTH = { audio: true, video: true };
const SOUND = { audio: true, video: false };

const inbound = (received, lost = 0, jitterMs = 1) => ({ received, lost, jitterMs, bytes: received * 100 });
const sample = (at, audio, more = {}) => ({ at, audio, video: inbound(0), rttMs: 20, disconnected: false, candidates: [], ...more });
const types = (quality) => quality.issues.map(({ type, severity }) => `${type} ${severity}`);

test('the score falls with delay, jitter and loss, and stays between 1 and 5', () => {
  assert.ok(mos(0, 0, 0) > 4.3 && mos(0, 0, 0) < 4.5);
  assert.ok(mos(400, 0, 0) < mos(100, 0, 0));
  assert.ok(mos(100, 100, 0) < mos(100, 10, 0));
  assert.ok(mos(100, 10, 10) < mos(100, 10, 1));
  assert.equal(mos(0, 0, 100), 1);
  for (const loss of [0, 1, 5, 10, 20, 35, 50, 90]) assert.ok(mos(50, 5, loss) >= 1 && mos(50, 5, loss) <= 5);
});

test('levels are those of the reference', () => {
  assert.deepEqual([5, 4, 3.9, 3.5, 3.4, 3, 2.9, 2, 1.9].map(levelOf), [
    'excellent', 'excellent', 'good', 'good', 'fair', 'fair', 'poor', 'poor', 'critical'
  ]);
});

test('loss is that of the last interval, and packets that come late do not make it negative', () => {
  assert.equal(lossOf(sample(1, inbound(190, 10)), sample(0, inbound(100, 0))), 0.1);
  assert.equal(lossOf(sample(1, inbound(200, 4)), sample(0, inbound(100, 10))), 0);
  assert.equal(lossOf(sample(1, inbound(100)), sample(0, inbound(100))), 0);
});

test('a steady call has no issues', () => {
  const quality = new Quality(LIMITS);
  for (let at = 1; at <= 60; at++) quality.take(sample(at * 1000, inbound(at * 50)), SOUND);
  assert.deepEqual(quality.issues, []);
  assert.ok(quality.score > 4.2);
});

test('a call of sound alone does not miss a picture', () => {
  const quality = new Quality(LIMITS);
  for (let at = 1; at <= 10; at++) quality.take(sample(at * 1000, inbound(at * 50)), SOUND);
  assert.deepEqual(types(quality), []);
  for (let at = 11; at <= 15; at++) quality.take(sample(at * 1000, inbound(at * 50)), BOTH);
  assert.deepEqual(types(quality), ['no_inbound_video warning']);
});

test('sound that stops is critical after the threshold, and not before', () => {
  const quality = new Quality(LIMITS);
  for (let at = 1; at <= 5; at++) quality.take(sample(at * 1000, inbound(at * 50)), SOUND);
  for (const [at, expected] of [[6, []], [7, []], [8, ['no_inbound_audio critical']]]) {
    quality.take(sample(at * 1000, inbound(250)), SOUND);
    assert.deepEqual(types(quality), expected, `after ${at} s`);
  }
  quality.take(sample(9000, inbound(300)), SOUND);
  assert.deepEqual(types(quality), []);
});

test('silence that is meant is none', () => {
  const quality = new Quality(LIMITS);
  for (let at = 1; at <= 9; at++) quality.take(sample(at * 1000, inbound(at < 3 ? at * 50 : 100)), { audio: at < 3, video: false });
  assert.deepEqual(types(quality), []);
});

test('round trip and jitter are judged against their own beginning', () => {
  const quality = new Quality(LIMITS);
  for (let at = 1; at <= 5; at++) quality.take(sample(at * 1000, inbound(at * 50, 0, 10), { rttMs: 50 }), SOUND);
  quality.take(sample(6000, inbound(300, 0, 50), { rttMs: 160 }), SOUND);
  assert.deepEqual(types(quality), ['high_rtt warning', 'high_jitter warning']);
  quality.take(sample(7000, inbound(350, 0, 10), { rttMs: 260 }), SOUND);
  assert.deepEqual(types(quality), ['high_rtt critical']);
});

test('a tiny baseline does not make a healthy connection sick', () => {
  const quality = new Quality(LIMITS);
  for (let at = 1; at <= 5; at++) quality.take(sample(at * 1000, inbound(at * 50, 0, 0.5), { rttMs: 1 }), SOUND);
  quality.take(sample(6000, inbound(300, 0, 10), { rttMs: 40 }), SOUND);
  assert.deepEqual(types(quality), []);
});

test('losses warn, and twice as many are critical', () => {
  const quality = new Quality(LIMITS);
  quality.take(sample(1000, inbound(100)), SOUND);
  quality.take(sample(2000, inbound(194, 6)), SOUND);
  assert.deepEqual(types(quality), ['high_packet_loss warning']);
  quality.take(sample(3000, inbound(280, 20)), SOUND);
  assert.deepEqual(types(quality), ['high_packet_loss critical']);
});

test('a lost path is told', () => {
  const quality = new Quality(LIMITS);
  quality.take(sample(1000, inbound(50), { disconnected: true }), SOUND);
  assert.deepEqual(types(quality), ['ice_disconnected critical']);
});

test('the history is as long as asked for, with times in seconds', () => {
  const quality = new Quality({ ...LIMITS, historyMs: 5000 });
  for (let at = 1; at <= 20; at++) quality.take(sample(at * 1000, inbound(at * 50, 0, 8), { outgoing: 300_000 }), SOUND);
  assert.equal(quality.history.length, 5);
  const { audio, roundTripTime, availableOutgoingBitrate, timestamp } = quality.history.at(-1);
  assert.deepEqual({ ...audio, roundTripTime, availableOutgoingBitrate, timestamp }, {
    packetsReceived: 1000, packetsLost: 0, jitter: 0.008, roundTripTime: 0.02, availableOutgoingBitrate: 300_000, timestamp: 20_000
  });
});

test('a report of a browser is read', () => {
  const report = new Map([
    ['a', { type: 'inbound-rtp', kind: 'audio', packetsReceived: 10, packetsLost: 1, jitter: 0.004, bytesReceived: 900 }],
    ['v', { type: 'inbound-rtp', kind: 'video', packetsReceived: 20, packetsLost: 0, jitter: 0.001, bytesReceived: 9000 }],
    ['dead', { type: 'candidate-pair', nominated: true, state: 'failed', currentRoundTripTime: 9 }],
    ['pair', { type: 'candidate-pair', nominated: true, state: 'succeeded', currentRoundTripTime: 0.03, availableOutgoingBitrate: 5e5, localCandidateId: 'l', remoteCandidateId: 'r' }],
    ['l', { type: 'local-candidate', candidateType: 'host' }],
    ['r', { type: 'remote-candidate', candidateType: 'relay' }]
  ]);
  assert.deepEqual(sampleOf(report, 7, 'connected'), {
    at: 7, rttMs: 30, outgoing: 5e5, disconnected: false, candidates: ['host', 'relay'],
    audio: { received: 10, lost: 1, jitterMs: 4, bytes: 900 }, video: { received: 20, lost: 0, jitterMs: 1, bytes: 9000 }
  });
  assert.equal(sampleOf([], 7, 'failed').disconnected, true);
});
