/** A machine that slept for longer than the server keeps a call without media: its user is back in the room all the same. */
import { expect, test } from '@playwright/test';
import { asleep } from '../support/asleep.js';
import { expectToHear } from '../support/party.js';
import { connect, dial, inPage, status } from '../support/sdk.js';
import { open, server, setStage } from '../support/stage.js';

const [ALICE, BOB] = [700, 1200];

setStage({ flags: ['--lost-call-seconds', '5'] });

test('a call that the server has ended meanwhile is taken up again', async () => {
  const [{ page: alice, browser }, { page: bob }] = await Promise.all([open('ours', ALICE), open('ours', BOB)]);
  for (const [page, name] of [[alice, 'alice'], [bob, 'bob']] as const) {
    await connect(page, server.token(name));
    await dial(page, '/public/lobby');
    await status(page, 'connected');
  }
  await Promise.all([expectToHear(alice, BOB), expectToHear(bob, ALICE)]);
  const members = () => inPage(bob, ({ call }) => call.participants.map(({ id }: { id: string }) => id).sort());
  const before = await members();
  expect(before).toHaveLength(2);
  // The server gives her up: the others see her go.
  await asleep(browser, () => expect.poll(members, { timeout: 30_000 }).toHaveLength(1));
  await expect.poll(members).toEqual(before);
  await Promise.all([expectToHear(alice, BOB), expectToHear(bob, ALICE)]);
  const statuses = await inPage(alice, ({ statuses }) => statuses);
  expect(statuses.slice(statuses.indexOf('connected'))).toEqual(['connected', 'recovering', 'connected']);
});
