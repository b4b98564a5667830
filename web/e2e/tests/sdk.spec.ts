import { expect, test } from '@playwright/test';
import { expectNotToHear, expectToHear } from '../support/party.js';
import { answer, connect, dial, hangup, rings, status } from '../support/sdk.js';
import { open, server, setStage } from '../support/stage.js';

const CALLER = 600;
const CALLEE = 1100;

setStage();

for (const [caller, callee] of [['ours', 'ours'], ['official', 'ours'], ['ours', 'official'], ['official', 'official']] as const) {
  test(`${caller} calls ${callee}, both hear each other, the caller hangs up`, async () => {
    const [a, b] = [await open(caller, CALLER), await open(callee, CALLEE)];
    await connect(b.page, server.token('bob'), true);
    await connect(a.page, server.token('alice'));
    await dial(a.page, '/private/bob');
    await rings(b.page);
    await answer(b.page);
    await Promise.all([status(a.page, 'connected'), status(b.page, 'connected')]);
    await Promise.all([expectToHear(a.page, CALLEE), expectToHear(b.page, CALLER)]);
    await Promise.all([expectNotToHear(a.page, CALLER), expectNotToHear(b.page, CALLEE)]);
    await hangup(a.page);
    await Promise.all([status(a.page, 'destroyed'), status(b.page, 'destroyed')]);
  });
}

test('the callee hangs up', async () => {
  const [a, b] = [await open('ours', CALLER), await open('ours', CALLEE)];
  await connect(b.page, server.token('bob'), true);
  await connect(a.page, server.token('alice'));
  await dial(a.page, '/private/bob');
  await rings(b.page);
  await answer(b.page);
  await Promise.all([status(a.page, 'connected'), status(b.page, 'connected')]);
  await hangup(b.page);
  await Promise.all([status(a.page, 'destroyed'), status(b.page, 'destroyed')]);
  const ended = await a.page.evaluate(() => (globalThis as never as { call: { ended: unknown } }).call.ended);
  expect(ended).toMatchObject({ by: 'remote', cause: 'NORMAL_CLEARING' });
});
