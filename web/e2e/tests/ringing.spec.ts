/** A subscriber who does not answer. */
import { expect, test } from '@playwright/test';
import { connect, dial, rings, status } from '../support/sdk.js';
import { open, server, setStage } from '../support/stage.js';

setStage({ flags: ['--ring-seconds', '5'] });

for (const which of ['ours', 'official'] as const) {
  test(`${which} calls ours, who does not answer: both are told, and nothing rings on`, async () => {
    const [caller, callee] = [await open(which, 600), await open('ours', 1100)];
    await connect(callee.page, server.token('bob'), true);
    await connect(caller.page, server.token('alice'));
    await dial(caller.page, '/private/bob');
    await rings(callee.page);
    await Promise.all([status(caller.page, 'destroyed'), status(callee.page, 'destroyed')]);
    const incoming = () => callee.page.evaluate(() => (globalThis as never as any).client.session.incomingCalls.length);
    await expect.poll(incoming).toBe(0);
    if (which === 'ours') {
      const ended = await caller.page.evaluate(() => (globalThis as never as any).call.ended);
      expect(ended).toMatchObject({ by: 'remote', cause: 'NO_ANSWER' });
    }
  });
}
