// Members of a call without a call: what they ask for, and in which order.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { source } from './source.mjs';

const { Participant } = await source('participant');

/** A member whose server answers first and tells what has changed a little later. */
function member(record) {
  const asked = [];
  const host = {
    method: async (name, id, args) => {
      asked.push([name, args]);
      const changed = { ...record, ...(name === 'call.deaf' ? { deaf: true } : name === 'call.undeaf' ? { deaf: false } : args) };
      setTimeout(() => one.record.set((record = changed)), 5);
    }
  };
  const one = new Participant('m', host);
  one.record.set(record);
  return { one, asked };
}

test('toggles come one after the other, each looking at what the one before has brought', async () => {
  const { one, asked } = member({ member_id: 'm', lowbitrate: false, deaf: false, echo_cancellation: true, auto_gain: true, noise_suppression: true });
  await Promise.all([one.toggleLowbitrate(), one.toggleLowbitrate(), one.toggleDeaf(), one.toggleDeaf()]);
  assert.deepEqual(asked, [['call.lowbitrate.set', { lowbitrate: true }], ['call.lowbitrate.set', { lowbitrate: false }], ['call.deaf', undefined], ['call.undeaf', undefined]]);
  asked.length = 0;
  // Neither undoes what the other has just changed.
  await Promise.all([one.toggleEchoCancellation(), one.toggleNoiseSuppression()]);
  assert.deepEqual(asked.map(([, flags]) => flags), [
    { echo_cancellation: false, auto_gain: true, noise_suppression: true },
    { echo_cancellation: false, auto_gain: true, noise_suppression: false }
  ]);
});

test('who holds the call is told, and nothing is known of it at first', () => {
  const { one } = member({ member_id: 'm' });
  const told = [];
  one.held$.subscribe((held) => told.push(held));
  assert.equal(one.held, false);
  one.record.set({ member_id: 'm', held: true });
  assert.deepEqual([told, one.held], [[undefined, true], true]);
});
