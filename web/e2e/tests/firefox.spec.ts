/** Calls from Firefox: both SDKs and the pasted button, with Chromium at the other end. */
import { expect, test, type Page } from '@playwright/test';
import { agent, answerInConsole } from '../support/console.js';
import { hasFirefox, inFirefox } from '../support/firefox.js';
import { expectNotToHear, expectToHear, party } from '../support/party.js';
import { answer, connect, dial, hangup, inPage, rings, status } from '../support/sdk.js';
import { enter, open, pages, server, setStage } from '../support/stage.js';
import { told, watchCall } from '../support/watch.js';

test.skip(!hasFirefox, 'this machine has no Firefox');

const ROOM = '/public/lobby';
const FOX = 700;
const OTHER = 1300;

setStage();

for (const which of ['ours', 'official'] as const) {
  test(`${which}: in a room with somebody in Chromium they hear each other, and mute`, async () => {
    const [fox, other] = await Promise.all([enter(pages.openInFirefox(which, FOX)), open('ours', OTHER)]);
    for (const [one, name] of [[fox, 'fay'], [other, 'ola']] as const) {
      await connect(one.page, server.token(name));
      await dial(one.page, ROOM);
      await status(one.page, 'connected');
    }
    await Promise.all([expectToHear(fox.page, OTHER), expectToHear(other.page, FOX)]);
    await expectNotToHear(fox.page, FOX);
    await fox.page.evaluate(() => (globalThis as never as Record<string, any>).call.self.mute());
    await expectNotToHear(other.page, FOX);
    await fox.page.evaluate(() => (globalThis as never as Record<string, any>).call.self.unmute());
    await expectToHear(other.page, FOX);
    await hangup(fox.page);
  });
}

/** Fay at Firefox is called by Ola, who has Chromium and our SDK. */
async function called(which: 'ours' | 'official', media: Record<string, unknown>, options: Record<string, unknown> = {}): Promise<[Page, Page, string]> {
  const [fox, other] = await Promise.all([enter(pages.openInFirefox(which, FOX)), open('ours', OTHER)]);
  const token = server.token('fay');
  await connect(fox.page, token, true, options);
  await connect(other.page, server.token('ola'));
  await dial(other.page, '/private/fay', media);
  await rings(fox.page);
  await answer(fox.page, media);
  for (const { page } of [fox, other]) await status(page, 'connected');
  await Promise.all([expectToHear(fox.page, OTHER), expectToHear(other.page, FOX)]);
  return [fox.page, other.page, token];
}
/** Frames arrive: the picture is not only announced. */
async function sees(page: Page): Promise<void> {
  const frames = () => inPage(page, async ({ call }) => {
    const all = [...(await call.rtcPeerConnection.getStats()).values()];
    return Math.max(0, ...all.filter(({ type, kind }: any) => type === 'inbound-rtp' && kind === 'video').map(({ framesDecoded }: any) => framesDecoded ?? 0));
  });
  const before = await frames();
  await expect.poll(frames).toBeGreaterThan(before + 20);
}

for (const which of ['ours', 'official'] as const) {
  test(`${which}: a call with pictures, both ways`, async () => {
    const [fox, other] = await called(which, { video: true, receiveVideo: true });
    await Promise.all([sees(fox), sees(other)]);
  });
}

test('a page that is loaded again goes on with its call', async () => {
  const [fox, other, token] = await called('ours', {}, { reconnectAttachedCalls: true });
  await fox.reload();
  await fox.waitForFunction(() => 'sdk' in globalThis);
  await connect(fox, token, true, { reconnectAttachedCalls: true });
  await fox.waitForFunction(() => {
    const g = globalThis as never as Record<string, any>;
    return (g.call = g.client.session.calls[0]);
  });
  await Promise.all([expectToHear(fox, OTHER), expectToHear(other, FOX)]);
});

test('a page that is left hangs up at once', async () => {
  const [fox, other] = await called('ours', {});
  await fox.goto('about:blank');
  await status(other, 'destroyed');
  expect(await inPage(other, ({ call }) => call.ended)).toMatchObject({ by: 'remote', cause: 'NORMAL_CLEARING' });
});

test('the server is killed and comes back: so does the call', async () => {
  const [fox, other] = await called('ours', {});
  for (const page of [fox, other]) await watchCall(page);
  await server.killAndRestart();
  for (const page of [fox, other]) await expect.poll(() => told(page), { timeout: 30_000 }).toEqual(['connected', 'recovering', 'connected']);
  await Promise.all([expectToHear(fox, OTHER), expectToHear(other, FOX)]);
});

test('an agent in Firefox answers a visitor in the console, mutes and hangs up', async () => {
  const desk = await enter(agent(server, FOX, inFirefox));
  const shop = await enter(party(OTHER, server.origin));
  await shop.page.evaluate(hearTheWidget);
  await shop.page.getByRole('button', { name: 'Talk to a kettle person' }).click();
  await answerInConsole(desk.page);
  await expectToHear(shop.page, FOX);
  await desk.page.getByRole('button', { name: 'Mute microphone' }).click();
  await expectNotToHear(shop.page, FOX);
  await desk.page.getByRole('button', { name: 'Unmute microphone' }).click();
  await expectToHear(shop.page, FOX);
  await desk.page.getByRole('button', { name: 'Hang up' }).click();
  await expect(shop.page.locator('sw-call-widget [data-phase]')).toHaveAttribute('data-phase', 'ended');
});

/** In the page: what it hears is what its widget plays. */
function hearTheWidget(): void {
  Object.assign(globalThis, {
    __remote: () => document.querySelector('sw-click-to-call')!.shadowRoot!.querySelector('sw-call-widget')?.shadowRoot!.querySelector('audio')?.srcObject ?? null
  });
}

test('an agent who has closed the console is not rung any more', async () => {
  const desk = await enter(agent(server, FOX, inFirefox));
  await desk.page.goto('about:blank');
  const shop = await enter(party(OTHER, server.origin));
  await shop.page.getByRole('button', { name: 'Talk to a kettle person' }).click();
  await expect(shop.page.locator('sw-call-widget [data-phase]')).toContainText('Nobody is available right now.');
});

test('a visitor in Firefox clicks the pasted button, the agent answers, they hear each other, the agent hangs up', async () => {
  const desk = await enter(agent(server, OTHER));
  const shop = await enter(inFirefox(FOX, server.origin));
  await shop.page.evaluate(hearTheWidget);
  await shop.page.getByRole('button', { name: 'Talk to a kettle person' }).click();
  await answerInConsole(desk.page);
  const panel = shop.page.locator('sw-call-widget [data-phase]');
  await expect(panel).toHaveAttribute('data-phase', 'talking');
  await Promise.all([expectToHear(shop.page, OTHER), expectToHear(desk.page, FOX)]);
  await desk.page.getByRole('button', { name: 'Hang up' }).click();
  await expect(panel).toHaveAttribute('data-phase', 'ended');
  await expect(panel).toContainText('They hung up.');
});
