/** A server that is killed under live calls, and started again. */
import { expect, test, type BrowserContext, type Page } from '@playwright/test';
import { expectToHear } from '../support/party.js';
import { answer, connect, dial, rings, status } from '../support/sdk.js';
import { open, pages, server, setStage } from '../support/stage.js';
import { heardAfter, noteTone, silenceEnded, told, watchCall } from '../support/watch.js';

const CALLER = 600;
const CALLEE = 1100;
const CALLS = 5;

setStage();

/** More people at the same browser, who all have the same tone. */
async function people(hz: number, count: number): Promise<Page[]> {
  const first = await open('ours', hz);
  return [first.page, ...(await Promise.all(Array.from({ length: count - 1 }, () => beside(first.context))))];
}
async function beside(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${pages.origin}/ours`);
  await page.waitForFunction(() => 'sdk' in globalThis);
  return page;
}

test('the server is killed under five live calls: all of them come back by themselves', async () => {
  test.setTimeout(90_000);
  const [callers, callees] = await Promise.all([people(CALLER, CALLS), people(CALLEE, CALLS)]);
  for (let at = 0; at < CALLS; at++) {
    const [a, b] = [callers[at]!, callees[at]!];
    await connect(b, server.token(`callee${at}`), true);
    await connect(a, server.token(`caller${at}`));
    await dial(a, `/private/callee${at}`);
    await rings(b);
    await answer(b);
    await Promise.all([status(a, 'connected'), status(b, 'connected')]);
  }
  const all = [...callers.map((page) => [page, CALLEE] as const), ...callees.map((page) => [page, CALLER] as const)];
  for (const [page, hz] of all) {
    await noteTone(page, hz);
    await heardAfter(page, 0);
    await watchCall(page);
  }
  const killed = Date.now();
  await server.killAndRestart();
  const up = Date.now();
  for (const [page] of all) await expect.poll(() => told(page), { timeout: 30_000 }).toEqual(['connected', 'recovering', 'connected']);
  await Promise.all(all.map(([page]) => heardAfter(page, Date.now())));
  // What was under way is still heard at first.
  const back = await Promise.all(all.map(([page]) => silenceEnded(page, killed)));
  const after = back.map((at) => at - killed).sort((one, other) => one - other);
  console.log(`five calls: the server was away for ${up - killed} ms; the ten tones were back ${after.join(', ')} ms after it was killed`);
  expect(after.at(-1)).toBeLessThan(10_000);
  for (const [page] of all) await expectStatus(page, 'connected');
  const reported = await callers[0]!.evaluate('globalThis.client.exportDiagnostics()');
  expect(reported).toMatchObject({ calls: [{ recoveryAttempts: 1 }] });
  expect((reported as { events: { category: string }[] }).events.some(({ category }) => category === 'recovery')).toBe(true);
  // Calls as before: hung up on one side, the other is told.
  await callers[0]!.evaluate('globalThis.call.hangup()');
  await status(callees[0]!, 'destroyed');
});

async function expectStatus(page: Page, wanted: string): Promise<void> {
  await expect.poll(() => page.evaluate(() => (globalThis as never as { call: { status: string } }).call.status)).toBe(wanted);
}

test('the server is restarted in good order under a live call: it comes back by itself', async () => {
  const [a, b] = [await open('ours', CALLER), await open('ours', CALLEE)];
  await connect(b.page, server.token('bob'), true);
  await connect(a.page, server.token('alice'));
  await dial(a.page, '/private/bob');
  await rings(b.page);
  await answer(b.page);
  await Promise.all([status(a.page, 'connected'), status(b.page, 'connected')]);
  await Promise.all([expectToHear(a.page, CALLEE), expectToHear(b.page, CALLER)]);
  for (const { page } of [a, b]) await watchCall(page);
  await server.restart('SIGTERM');
  for (const { page } of [a, b]) await expect.poll(() => told(page), { timeout: 30_000 }).toEqual(['connected', 'recovering', 'connected']);
  await Promise.all([expectToHear(a.page, CALLEE), expectToHear(b.page, CALLER)]);
});

test('official: a page that is loaded again after the server was killed goes on with its call', async () => {
  const [a, b] = [await open('official', CALLER), await open('ours', CALLEE)];
  const token = server.token('alice');
  await connect(b.page, server.token('bob'), true);
  await connect(a.page, token, false, { reconnectAttachedCalls: true });
  await dial(a.page, '/private/bob');
  await rings(b.page);
  await answer(b.page);
  await Promise.all([status(a.page, 'connected'), status(b.page, 'connected')]);
  await Promise.all([expectToHear(a.page, CALLEE), expectToHear(b.page, CALLER)]);
  await watchCall(b.page);
  await server.killAndRestart();
  await a.page.reload();
  await a.page.waitForFunction(() => 'sdk' in globalThis);
  await connect(a.page, token, false, { reconnectAttachedCalls: true });
  await a.page.waitForFunction(() => {
    const g = globalThis as never as Record<string, any>;
    return (g.call = g.client.session.calls[0]);
  });
  await Promise.all([expectToHear(a.page, CALLEE), expectToHear(b.page, CALLER)]);
  expect(await told(b.page)).toEqual(['connected', 'recovering', 'connected']);
});
