// What is done about a bad connection, in virtual time.
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { source } from './source.mjs';

const { Recovery } = await source('recovery');
const SETTINGS = {
  debounceMs: 2000, cooldownMs: 10_000, keyframeMaxBurst: 3, keyframeWindowMs: 3000, keyframeCooldownMs: 10_000, reinviteDebounceMs: 10_000,
  maxAttempts: 3, relayFallback: true, degrade: true, degradeBelow: 150, restoreAbove: 300
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
    sendsVideo: () => true,
    mayRestart: () => signals.up,
    flows: async () => signals.flow,
    giveUp: () => done.push('give up')
  };
  const signals = { up: true, flow: false };
  const recovery = new Recovery(() => ({ ...SETTINGS, ...settings }), actions);
  const told = [];
  recovery.events.subscribe(({ action }) => told.push(action));
  return { recovery, done, told, signals };
}
const SILENT = [{ type: 'no_inbound_audio', severity: 'critical', timestamp: 0 }];
const LOSSY = [{ type: 'high_packet_loss', severity: 'critical', timestamp: 0 }];
async function pass(ms) {
  mock.timers.tick(ms);
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
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

/** Nothing comes in, for as long as it takes. */
async function silence({ recovery }, runs) {
  for (let run = 0; run < runs; run++) {
    recovery.take(SILENT, undefined);
    await pass(2000);
    await pass(10_000);
  }
}
const fails = async () => {
  throw Object.assign(new Error('nothing came'), { name: 'RPCTimeoutError' });
};

test('a second run goes through relays; when the last one has not helped the call is given up, once', async () => {
  const made = make({}, fails);
  await silence(made, 5);
  assert.deepEqual(made.done.filter((what) => what !== 'keyframe'), ['restart', 'relay', 'restart', 'give up']);
  assert.deepEqual(made.told.filter((action) => action !== 'keyframe_requested' && action !== 'reinvite_started'), [
    'reinvite_timeout', 'reinvite_timeout', 'reinvite_timeout', 'max_attempts_reached'
  ]);
});

test('relays are left alone where that is wanted, and attempts are as many as wanted', async () => {
  const made = make({ relayFallback: false, maxAttempts: 2 }, fails);
  await silence(made, 5);
  assert.deepEqual(made.done.filter((what) => what !== 'keyframe'), ['restart', 'restart', 'give up']);
});

test('without signalling nothing is restarted, and nothing counts', async () => {
  const made = make();
  made.signals.up = false;
  made.recovery.trigger('offline');
  await pass(2000);
  assert.deepEqual([made.done, made.told, made.recovery.state.value], [[], [], 'idle']);
  made.signals.up = true;
  await silence(made, 1);
  assert.deepEqual(made.done, ['keyframe', 'restart']);
});

test('what has passed by itself is left alone', async () => {
  const made = make();
  made.recovery.trigger('offline');
  made.signals.flow = true;
  await pass(2000);
  assert.deepEqual([made.done, made.recovery.state.value], [['keyframe'], 'idle']);
});

test('bad statistics ask for no more than one restart in the time that is set', async () => {
  for (const [reinviteDebounceMs, restarts] of [[60_000, 1], [1000, 4]]) {
    const made = make({ reinviteDebounceMs });
    await silence(made, 4);
    assert.equal(made.done.filter((what) => what === 'restart').length, restarts);
  }
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

test('a picture that goes again as soon as it is back stays away for longer each time, and not for ever', async () => {
  const { recovery, done } = make();
  const away = [];
  // There is never enough for it, and never a loss.
  for (let second = 0, since = 0; second < 900; second++) {
    recovery.take([], 100_000);
    if (recovery.constrained.value) since++;
    else if (since) {
      away.push(since);
      since = 0;
    }
    await pass(1000);
  }
  assert.deepEqual(away.slice(0, 6), [5, 10, 20, 40, 80, 80]);
  assert.ok(done.length < 40, `${done.length} changes in a quarter of an hour`);
});

test('how much is too little for a picture, and how much is enough, are settings', () => {
  const { recovery } = make({ degradeBelow: 500, restoreAbove: 800 });
  recovery.take(LOSSY, 501_000);
  assert.equal(recovery.constrained.value, false);
  recovery.take(LOSSY, 499_000);
  assert.equal(recovery.constrained.value, true);
  recovery.take(LOSSY, 799_000);
  assert.equal(recovery.constrained.value, true);
  recovery.take(LOSSY, 800_000);
  assert.equal(recovery.constrained.value, false);
});

test('the picture stays when that is wanted', () => {
  const { recovery, done } = make({ degrade: false });
  recovery.take([], 10_000);
  assert.deepEqual(done, []);
});
