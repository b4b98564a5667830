/** Calls that stay up: networks that go and come, another network, a page that sleeps or that nobody sees. */
import { expect, test, type Page } from '@playwright/test';
import { expectToHear } from '../support/party.js';
import { connect, dial, inPage, status } from '../support/sdk.js';
import { open, parties, server, setStage, wire } from '../support/stage.js';
import { heardAfter, noteTone, silenceEnded, told, watchCall } from '../support/watch.js';

const TONE = 600;

setStage({ wired: true });

/** Somebody who hears their own echo: what is heard has gone both ways. */
async function echo(which: 'ours' | 'official'): Promise<Page> {
  const { page } = await open(which, TONE);
  await connect(page, server.token(which));
  await dial(page, '/public/network-test');
  await status(page, 'connected');
  await expectToHear(page, TONE);
  await watchCall(page);
  await noteTone(page, TONE);
  await expect.poll(() => inPage(page, ({ __heard, told }) => __heard.length > 0 && told.length > 0)).toBe(true);
  return page;
}

async function pass(ms: number): Promise<void> {
  const end = Date.now() + ms;
  await expect.poll(() => Date.now() >= end, { timeout: ms + 5000, intervals: [50] }).toBe(true);
}

/** No packet gets through for so long, and the browsers say so. */
async function offline(seconds: number): Promise<number> {
  const all = (off: boolean) => Promise.all(parties.map(({ context }) => context.setOffline(off)));
  wire.cut();
  await all(true);
  await pass(seconds * 1000);
  wire.mend();
  await all(false);
  return Date.now();
}

const both = async (): Promise<[Page, Page]> => Promise.all([echo('ours'), echo('official')]);
const readies = (page: Page) => inPage(page, ({ readies }) => readies.filter((ready: boolean) => ready).length);

test('what passes by itself is not told: broken sockets, a page that nobody sees, some seconds without a network; another network is told once', async () => {
  const [ours, official] = await both();
  const pair = [ours, official];
  await test.step('sockets that break alone', async () => {
    for (let times = 0; times < 2; times++) {
      wire.breakSockets();
      for (const page of pair) await expect.poll(() => readies(page)).toBe(times + 2);
    }
    for (const page of pair) {
      const silences = await inPage(page, ({ __heard }) => __heard.map((at: number, of: number) => at - (__heard[of - 1] ?? at)));
      expect(Math.max(...silences), 'the tone comes every half second').toBeLessThan(900);
    }
  });
  await test.step('in the background, with throttled timers', async () => {
    for (const page of pair) {
      await inPage(page, (g) => {
        // What a browser does to a page that nobody sees.
        const later = (g.later = globalThis.setTimeout);
        globalThis.setTimeout = ((act: () => void, ms = 0, ...more: []) => later(act, 1000 * Math.ceil(Math.max(ms, 1) / 1000), ...more)) as never;
        Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      });
    }
    wire.breakSockets();
    for (const page of pair) {
      await expect.poll(() => readies(page), { timeout: 10_000 }).toBe(4);
      await heardAfter(page, Date.now());
      await inPage(page, (g) => {
        globalThis.setTimeout = g.later;
        Object.defineProperty(document, 'visibilityState', { value: 'visible', configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      });
    }
  });
  for (const seconds of [1, 5]) {
    await test.step(`${seconds} s without a network`, async () => {
      const back = await offline(seconds);
      const heard = await Promise.all(pair.map((page) => heardAfter(page, back)));
      console.log(`${seconds} s offline, the tone is back after: ours ${heard[0]! - back} ms, official ${heard[1]! - back} ms`);
      expect(heard[0]! - back).toBeLessThan(3000);
      // Everything works that needs signalling.
      const raised = await inPage(ours, ({ call }) => call.self.handraised);
      await inPage(ours, ({ call }) => call.self.toggleHandraise());
      await expect.poll(() => inPage(ours, ({ call }) => call.self.handraised)).toBe(!raised);
    });
  }
  for (const page of pair) expect((await told(page)).at(-1)).toBe('connected');
  expect(await told(ours)).toEqual(['connected']);
  await test.step('another network', async () => {
    wire.move();
    const moved = Date.now();
    await expect.poll(() => told(ours)).toEqual(['connected', 'recovering', 'connected']);
    await heardAfter(ours, Date.now());
    // What was under way is still heard at first.
    const heard = await silenceEnded(ours, moved);
    console.log(`ours: another network, the tone is back after ${heard - moved} ms`);
    expect(heard - moved).toBeLessThan(6000);
  });
  expect(await inPage(ours, ({ failures }) => failures)).toEqual([]);
});

test('half a minute without a network: told once, and the call goes on', async () => {
  test.setTimeout(100_000);
  const [ours, official] = await both();
  const back = await offline(30);
  const heard = await heardAfter(ours, back);
  console.log(`ours: 30 s offline, the tone is back after ${heard - back} ms`);
  expect(heard - back).toBeLessThan(8000);
  await expect.poll(() => told(ours)).toEqual(['connected', 'recovering', 'connected']);
  await expect.poll(() => inPage(ours, ({ readies }) => readies.at(-1))).toBe(true);
  await inPage(ours, ({ call }) => call.self.toggleHandraise());
  await expect.poll(() => inPage(ours, ({ call }) => call.self.handraised)).toBe(true);
  expect(await inPage(ours, ({ failures }) => failures)).toEqual([]);
  // It does not renegotiate in this state; its application sees that.
  const saw = await told(official);
  console.log(`official: 30 s offline, told ${saw.join(', ')}`);
  expect(saw.some((what) => /^(disconnected|failed)$/.test(what))).toBe(true);
});

test('a call whose media never comes back ends once, with the cause', async () => {
  const page = await echo('ours');
  await inPage(page, ({ client }) => {
    client.preferences.iceDisconnectedGracePeriod = 0.5;
    client.preferences.iceRestartTimeout = 1.5;
  });
  wire.cut({ signalling: false, media: true });
  await expect.poll(() => inPage(page, ({ call }) => call.status), { timeout: 30_000 }).toBe('destroyed');
  expect(await told(page)).toEqual(['connected', 'recovering', 'ended MEDIA_TIMEOUT local', 'fatal NetworkError', 'failed', 'destroyed']);
  expect(await inPage(page, ({ client }) => client.session.calls.length)).toBe(0);
  await inPage(page, ({ client }) => {
    client.preferences.iceDisconnectedGracePeriod = 3;
    client.preferences.iceRestartTimeout = 5;
  });
});

test('a page that is frozen, and a machine that sleeps, go on where they were', async () => {
  const page = await echo('ours');
  const { browser, context } = parties[0]!;
  const devtools = await context.newCDPSession(page);
  await devtools.send('Page.setWebLifecycleState', { state: 'frozen' });
  await pass(2000);
  await devtools.send('Page.setWebLifecycleState', { state: 'active' });
  await heardAfter(page, Date.now());
  expect(await told(page)).toEqual(['connected']);
  // All of the browser stands still, as it does in sleep.
  const all = await (await browser.newBrowserCDPSession()).send('SystemInfo.getProcessInfo');
  const ids = all.processInfo.map(({ id }) => id);
  for (const id of ids) process.kill(id, 'SIGSTOP');
  try {
    await pass(9000);
  } finally {
    for (const id of ids) process.kill(id, 'SIGCONT');
  }
  const woke = Date.now();
  const heard = await heardAfter(page, woke);
  console.log(`ours: 9 s asleep, the tone is back after ${heard - woke} ms`);
  await expectToHear(page, TONE);
  await expect.poll(() => inPage(page, ({ call }) => call.status)).toBe('connected');
  expect((await told(page)).filter((what) => what === 'recovering').length, 'told at most once').toBeLessThanOrEqual(1);
  expect((await told(page)).filter((what) => what.startsWith('ended'))).toEqual([]);
});
