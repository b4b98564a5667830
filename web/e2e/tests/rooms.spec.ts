import { expect, test } from '@playwright/test';
import { nativeCall } from '../support/dial.js';
import { expectNotToHear, expectToHear, type Party } from '../support/party.js';
import { connect, dial, hangup, status } from '../support/sdk.js';
import { open, server, setStage } from '../support/stage.js';
import { levelInFile } from '../support/tone.js';

const ROOM = '/public/lobby';

setStage();

async function inRoom(which: 'ours' | 'official', name: string, hz: number): Promise<Party> {
  const opened = await open(which, hz);
  await connect(opened.page, server.token(name));
  await dial(opened.page, ROOM);
  await status(opened.page, 'connected');
  return opened;
}

/**
 * The others are in the recording, the own tone is not: it would be as loud as theirs. What the codecs' noise leaves at any
 * frequency depends on how loud the others are, so the silence is measured against them.
 */
function expectInFile(recording: string, others: number[], own: number): void {
  const levels = others.map((hz) => levelInFile(recording, hz));
  for (const [index, level] of levels.entries()) expect(level, `${others[index]} Hz heard by ${own} Hz`).toBeGreaterThan(-30);
  expect(levelInFile(recording, own), `own ${own} Hz`).toBeLessThan(Math.min(...levels) - 20);
}

test('a room of three: ours, the official client and a native caller each hear the other two and not themselves', async () => {
  const ours = await inRoom('ours', 'alice', 600);
  const official = await inRoom('official', 'bob', 1100);
  const native = nativeCall(server, 'carol', ROOM, 1900, 14);
  await native.connected;
  await Promise.all([
    expectToHear(ours.page, 1100), expectToHear(ours.page, 1900), expectToHear(official.page, 600), expectToHear(official.page, 1900)
  ]);
  await Promise.all([expectNotToHear(ours.page, 600), expectNotToHear(official.page, 1100)]);
  const names = await ours.page.evaluate(() => (globalThis as never as Record<string, any>).call.participants.map((one: any) => one.name).sort());
  expect(names).toEqual(['alice', 'bob', 'carol']);
  await native.report;
  expectInFile(native.recording, [600, 1100], 1900);
  // Two are left, and still hear each other.
  await Promise.all([expectToHear(ours.page, 1100), expectToHear(official.page, 600)]);
  await hangup(ours.page);
});

for (const members of [2, 5]) {
  test(`${members} native callers in a room hear each other and not themselves`, async () => {
    const tones = [500, 800, 1200, 1700, 2300].slice(0, members);
    const calls = tones.map((hz, index) => nativeCall(server, `caller${index}`, ROOM, hz, 6));
    await Promise.all(calls.map(({ connected }) => connected));
    const reports = await Promise.all(calls.map(({ report }) => report));
    for (const report of reports) {
      expect(report.lost).toBe(0);
      expect(report.packets).toBeGreaterThan(250);
    }
    for (const call of calls) expectInFile(call.recording, tones.filter((hz) => hz !== call.hz), call.hz);
  });
}
