/** Pages that are loaded again while people talk. */
import { expect, test, type Page } from '@playwright/test';
import { expectNotToHear, expectToHear } from '../support/party.js';
import { answer, connect, dial, hangup, inPage, rings, status } from '../support/sdk.js';
import { open, pages, server, setStage } from '../support/stage.js';
import { heardAfter, noteTone, silenceEnded, told, watchCall } from '../support/watch.js';

const CALLER = 600;
const CALLEE = 1100;
const AGAIN = { reconnectAttachedCalls: true };

setStage({ hangUp: true });

/** Alice, whose page takes calls up again, talks with bob. */
async function talking(which: 'ours' | 'official', token: string): Promise<[Page, Page]> {
  const [a, b] = [await open(which, CALLER), await open('ours', CALLEE)];
  await connect(b.page, server.token('bob'), true);
  await connect(a.page, token, false, AGAIN);
  await dial(a.page, '/private/bob');
  await rings(b.page);
  await answer(b.page);
  await Promise.all([status(a.page, 'connected'), status(b.page, 'connected')]);
  await Promise.all([expectToHear(a.page, CALLEE), expectToHear(b.page, CALLER)]);
  return [a.page, b.page];
}

/** Loads the page again, and waits until its call is there. */
async function reload(page: Page, token: string, online = false): Promise<void> {
  await page.reload();
  await page.waitForFunction(() => 'sdk' in globalThis);
  await connect(page, token, online, AGAIN);
  await page.waitForFunction(() => {
    const g = globalThis as never as Record<string, any>;
    const call = g.client.session.calls[0];
    if (!call || g.call) return !!g.call;
    g.call = call;
    g.statuses = [];
    call.status$.subscribe((status: string) => g.statuses.push(status));
    return true;
  });
}
const me = (page: Page) => inPage(page, ({ call }) => ({ id: call.id, self: call.selfId }));

for (const which of ['ours', 'official'] as const) {
  test(`${which}: a page that is loaded again goes on with its call, as the same member, and both hear each other`, async () => {
    const token = server.token('alice');
    const [a, b] = await talking(which, token);
    await watchCall(b);
    await noteTone(b, CALLER);
    const before = await me(a);
    const began = Date.now();
    await reload(a, token);
    await noteTone(a, CALLEE);
    await status(a, 'connected');
    const here = await heardAfter(a, began);
    await expectToHear(b, CALLER);
    const there = await silenceEnded(b, began);
    console.log(`${which}: from reload to the tone here ${here - began} ms, there ${there - began} ms`);
    await inPage(a, (g) => clearInterval(g.__noting));
    expect(await me(a)).toEqual(before);
    expect(await told(b), 'the other side notices nothing but silence').toEqual(['connected']);
    expect(await inPage(b, ({ call }) => call.participants.length)).toBe(2);
    // The call is a whole one: it is hung up from here, and the other side is told.
    await hangup(a);
    await status(b, 'destroyed');
    expect(await inPage(b, ({ call }) => call.ended)).toMatchObject({ by: 'remote', cause: 'NORMAL_CLEARING' });
  });
}

test('who was called and had muted comes back muted, and can be heard again', async () => {
  const [a, b] = [await open('ours', CALLER), await open('ours', CALLEE)];
  const token = server.token('bob');
  await connect(b.page, token, true, AGAIN);
  await connect(a.page, server.token('alice'));
  await dial(a.page, '/private/bob');
  await rings(b.page);
  await answer(b.page);
  await Promise.all([status(a.page, 'connected'), status(b.page, 'connected')]);
  await expectToHear(b.page, CALLER);
  await inPage(b.page, ({ call }) => call.self.mute());
  await expectNotToHear(a.page, CALLEE);
  await reload(b.page, token, true);
  await status(b.page, 'connected');
  await expectToHear(b.page, CALLER);
  expect(await inPage(b.page, ({ call }) => ({ direction: call.direction, from: call.from, muted: call.self.audioMuted, microphone: call.localStream }))).toEqual({
    direction: 'inbound', from: '/private/alice', muted: true, microphone: null
  });
  await expectNotToHear(a.page, CALLEE);
  await inPage(b.page, ({ call }) => call.self.unmute());
  await expectToHear(a.page, CALLEE);
});

test('a call that rings rings on in the page that is loaded again, and is answered there', async () => {
  const [a, b] = [await open('ours', CALLER), await open('ours', CALLEE)];
  const token = server.token('bob');
  await connect(b.page, token, true, AGAIN);
  await connect(a.page, server.token('alice'));
  await dial(a.page, '/private/bob');
  await rings(b.page);
  await b.page.reload();
  await b.page.waitForFunction(() => 'sdk' in globalThis);
  await connect(b.page, token, true, AGAIN);
  await rings(b.page);
  expect(await inPage(b.page, ({ client }) => client.session.calls.length), 'once').toBe(1);
  await answer(b.page);
  await Promise.all([status(a.page, 'connected'), status(b.page, 'connected')]);
  await Promise.all([expectToHear(a.page, CALLEE), expectToHear(b.page, CALLER)]);
});

test('a call that ended while the page was away is told once and leaves nothing', async () => {
  const token = server.token('alice');
  const [a, b] = await talking('ours', token);
  await a.goto('about:blank');
  await hangup(b);
  await a.goto(`${pages.origin}/ours`);
  await a.waitForFunction(() => 'sdk' in globalThis);
  await connect(a, token, false, AGAIN);
  await expect.poll(() => inPage(a, ({ failures }) => failures)).toEqual([expect.stringMatching(/^RecoveryError: /)]);
  expect(await inPage(a, ({ client }) => client.session.calls.length)).toBe(0);
  expect(await inPage(a, () => Object.keys(sessionStorage).filter((key) => key.endsWith(':att')))).toEqual([]);
});

test('without the option a page that is loaded again has hung up, and forgets what another left', async () => {
  const token = server.token('alice');
  const [a, b] = await talking('ours', token);
  await a.reload();
  await a.waitForFunction(() => 'sdk' in globalThis);
  await connect(a, token);
  expect(await inPage(a, () => Object.keys(sessionStorage).filter((key) => key.endsWith(':att')))).toEqual([]);
  expect(await inPage(a, ({ client }) => client.session.calls.length)).toBe(0);
  await inPage(b, ({ call }) => call.hangup());
});

test('a tab that is duplicated takes neither session nor call from the first', async () => {
  const token = server.token('alice');
  const [a, b] = await talking('ours', token);
  await watchCall(a);
  const [twin] = await Promise.all([a.context().waitForEvent('page'), inPage(a, () => void window.open(location.href))]);
  await twin.waitForFunction(() => 'sdk' in globalThis);
  expect(await inPage(twin, () => Object.keys(sessionStorage).some((key) => key.endsWith(':att'))), 'the browser copies what the first tab keeps').toBe(true);
  await connect(twin, token, false, AGAIN);
  expect(await inPage(twin, ({ client, failures }) => ({ calls: client.session.calls.length, failures }))).toEqual({ calls: 0, failures: [] });
  await Promise.all([expectToHear(a, CALLEE), expectToHear(b, CALLER)]);
  expect(await told(a)).toEqual(['connected']);
  expect(await inPage(a, ({ readies }) => readies)).toEqual([true]);
  // The twin goes, and nothing is missed.
  await twin.close();
  await inPage(a, ({ call }) => call.self.toggleHandraise());
  await Promise.all([expectToHear(a, CALLEE), expectToHear(b, CALLER)]);
});
