// What is done about a bad connection, in virtual time.
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { source } from './source.mjs';

const { Recovery } = await source('recovery');
const SETTINGS = {
  debounceMs: 2000, cooldownMs: 10_000, keyframeMaxBurst: 3, keyframeWindowMs: 3000, keyframeCooldownMs: 10_000, reinviteDebounceMs: 10_000,
  maxAttempts: 3, degrade: true, degradeBelow: 150, restoreAbove: 300
};

function make(settings = {}, restart = async () => undefined) {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const done = [];
  const actions = {
    requestKeyframe: () => done.push('keyframe'),
    restartIce: (relayOnly) => {
      done.push(relayOnly ? 'relay' : 'restart');
      return restart();
    },
    sendVideo: (on) => done.push(on ? 'video on' : 'video off'),
    sendsVideo: () => true
  };
  const recovery = new Recovery(() => ({ ...SETTINGS, ...settings }), actions);
  const told = [];
  recovery.events.subscribe(({ action }) => told.push(action));
  return { recovery, done, told };
}
const SILENT = [{ type: 'no_inbound_audio', severity: 'critical', timestamp: 0 }];
const LOSSY = [{ type: 'high_packet_loss', severity: 'critical', timestamp: 0 }];
async function pass(ms) {
  mock.timers.tick(ms);
  for (let turn = 0; turn < 5; turn++) await Promise.resolve();
}

test('one restart comes after the debounce, however often it is triggered, and then a cool-down', async () => {
  const { recovery, done, told } = make();
  for (let times = 0; times < 3; times++) recovery.take(SILENT, undefined);
  assert.equal(recovery.state.value, 'debouncing');
  assert.deepEqual(done, []);
  await pass(2000);
  assert.deepEqual(done, ['keyframe', 'restart']);
  assert.deepEqual(told, ['keyframe_requested', 'reinvite_started', 'reinvite_succeeded']);
  assert.equal(recovery.state.value, 'cooldown');
  await pass(10_000);
  assert.equal(recovery.state.value, 'idle');
});

test('a second run goes through relays; after the last one it is told and left', async () => {
  const { recovery, done, told } = make();
  for (let run = 0; run < 5; run++) {
    recovery.take(SILENT, undefined);
    await pass(2000);
    await pass(10_000);
  }
  assert.deepEqual(done.filter((what) => what !== 'keyframe'), ['restart', 'relay', 'restart']);
  assert.equal(told.filter((action) => action === 'max_attempts_reached').length, 1);
});

test('a run that helped counts for nothing', async () => {
  const { recovery, done } = make();
  for (let run = 0; run < 5; run++) {
    recovery.take(SILENT, undefined);
    await pass(2000);
    await pass(10_000);
    recovery.take([], undefined);
  }
  assert.equal(done.filter((what) => what === 'restart').length, 5);
});

test('a refused restart is told', async () => {
  const { recovery, told } = make({}, async () => {
    throw new Error('no');
  });
  recovery.trigger('offline');
  await pass(2000);
  assert.ok(told.includes('reinvite_failed'));
});

test('losses ask for a picture only, and not too often', async () => {
  const { recovery, done } = make();
  for (let look = 0; look < 20; look++) {
    recovery.take(LOSSY, undefined);
    await pass(500);
  }
  assert.equal(recovery.state.value, 'idle');
  // Three, the pause of ten seconds, nothing else within these ten.
  assert.deepEqual(done, ['keyframe', 'keyframe', 'keyframe']);
});

test('the picture goes below one bitrate and comes back above another', async () => {
  const { recovery, done, told } = make();
  recovery.take(LOSSY, 149_000);
  assert.equal(recovery.constrained.value, true);
  await pass(1000);
  recovery.take(LOSSY, 299_000);
  assert.equal(recovery.constrained.value, true);
  recovery.take(LOSSY, 300_000);
  assert.equal(recovery.constrained.value, false);
  assert.deepEqual(done.filter((what) => what.startsWith('video')), ['video off', 'video on']);
  assert.deepEqual(told.filter((what) => what.startsWith('video')), ['video_disabled', 'video_restored']);
});

test('without losses for five seconds it comes back too', async () => {
  const { recovery } = make();
  recovery.take([], 100_000);
  await pass(4900);
  recovery.take([], 100_000);
  assert.equal(recovery.constrained.value, true);
  await pass(200);
  recovery.take([], 100_000);
  assert.equal(recovery.constrained.value, false);
});

test('the picture stays when that is wanted', () => {
  const { recovery, done } = make({ degrade: false });
  recovery.take([], 10_000);
  assert.deepEqual(done, []);
});
