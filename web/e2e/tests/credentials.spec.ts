/** Tokens that end while people talk, tabs that share, networks that go, pages that are loaded again. */
import { expect, test, type Page } from '@playwright/test';
import { nativeCall } from '../support/dial.js';
import { gaps, measureGaps } from '../support/gaps.js';
import { expectToHear, leave, type Party } from '../support/party.js';
import { connect, dial, Pages, status } from '../support/sdk.js';
import { Server } from '../support/server.js';

let server: Server;
let pages: Pages;
let parties: Party[] = [];
const SCOPED = ['--scope', 'sat:refresh', '--ttl', '10s'];
/** A refresh whose effect is heard at all is heard within this time. */
const NEAR_MS = 400;

test.beforeAll(async () => {
  server = await Server.start(['--bound-token-seconds', '10']);
  pages = await Pages.start(() => server);
});
test.afterAll(async () => {
  pages.stop();
  await server.stop();
});
test.afterEach(async () => {
  await leave(parties);
  parties = [];
});

async function open(which: 'ours' | 'official'): Promise<Page> {
  const opened = await pages.open(which, 600);
  parties.push(opened);
  return opened.page;
}

/** What a page asks and says, from now on. */
function listen(page: Page): { renewals: number[]; said: string[] } {
  const heard = { renewals: [] as number[], said: [] as string[] };
  page.on('request', (request) => {
    if (request.method() === 'POST' && request.url().includes('/devices/')) heard.renewals.push(Date.now());
  });
  page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => {
      const text = payload.toString();
      if (text.includes('"method"')) heard.said.push(text);
    })
  );
  return heard;
}

const reauthentications = (said: string[]) => said.filter((frame) => frame.includes('signalwire.reauthenticate')).length;

for (const which of ['ours', 'official'] as const) {
  test(`${which}: the key renews the token again and again during a call, and the tone never stops`, async () => {
    const { room } = await server.demo();
    const native = nativeCall(server, 'caller', room, 1100, 45, true);
    await native.connected;
    const page = await open(which);
    const heard = listen(page);
    await connect(page, server.token('alice', SCOPED));
    await dial(page, room);
    await status(page, 'connected');
    await expectToHear(page, 1100);
    await measureGaps(page);
    const before = heard.renewals.length;
    await expect.poll(() => heard.renewals.length - before, { timeout: 30_000 }).toBeGreaterThanOrEqual(4);
    await expect.poll(() => reauthentications(heard.said), { timeout: 5_000 }).toBeGreaterThanOrEqual(4);
    await expectToHear(page, 1100);
    for (const { at, ms } of await gaps(page)) {
      const during = heard.renewals.some((renewal) => at - ms - renewal > 0 && at - ms - renewal < NEAR_MS);
      if (during) expect(ms, 'a hole in the tone at a renewal').toBeLessThanOrEqual(60);
    }
    expect(await page.evaluate(() => (globalThis as never as { failures: string[] }).failures)).toEqual([]);
  });
}

test("the application's refresh() keeps a call alive far beyond its first token", async () => {
  const page = await open('ours');
  const heard = listen(page);
  await page.exposeFunction('mint', () => server.token('bob', ['--ttl', '7s']));
  await page.evaluate(async () => {
    const g = globalThis as never as Record<string, any>;
    g.asked = { authenticate: 0, refresh: 0, fingerprint: undefined };
    const credential = async () => ({ token: await g.mint(), expiry_at: Date.now() + 7_000 });
    const provider = {
      authenticate: (context: any) => {
        g.asked.authenticate++;
        g.asked.fingerprint = context.fingerprint;
        return credential();
      },
      refresh: () => {
        g.asked.refresh++;
        return credential();
      }
    };
    g.client = new g.sdk.SignalWire(provider, { skipRegister: true });
    g.readies = [];
    g.client.ready$.subscribe((ready: boolean) => g.readies.push(ready));
  });
  await page.waitForFunction(() => (globalThis as never as any).readies.at(-1));
  await dial(page, '/public/network-test');
  await status(page, 'connected');
  await expect.poll(() => page.evaluate(() => (globalThis as never as any).asked.refresh), { timeout: 40_000 }).toBeGreaterThanOrEqual(5);
  const { asked, readies } = await page.evaluate(() => {
    const { asked, readies } = globalThis as never as any;
    return { asked, readies };
  });
  expect(asked.authenticate).toBe(1);
  expect(asked.fingerprint).toMatch(/^[\w-]{43}$/);
  expect(readies.filter((ready: boolean) => !ready).length, 'the session was never lost').toBeLessThanOrEqual(1);
  expect(reauthentications(heard.said)).toBeGreaterThanOrEqual(4);
  await expectToHear(page, 600);
});

test('two tabs renew once and share', async () => {
  const first = await open('ours');
  const second = await first.context().newPage();
  await second.goto(first.url());
  await second.waitForFunction(() => 'sdk' in globalThis);
  const heard = [listen(first), listen(second)];
  // One key for the origin, and the same user twice.
  await connect(first, server.token('carol', SCOPED));
  await connect(second, server.token('carol', SCOPED));
  const shown = () => heard.map(({ said }) => reauthentications(said));
  await expect.poll(() => Math.min(...shown()), { timeout: 40_000 }).toBeGreaterThanOrEqual(4);
  const asked = heard.reduce((sum, { renewals }) => sum + renewals.length, 0);
  const told = shown().reduce((sum, times) => sum + times, 0);
  expect(asked, `${told} times a new token was shown`).toBeLessThanOrEqual(Math.ceil(told * 0.75));
});

test('offline for longer than a token lives, and back', async () => {
  const page = await open('ours');
  await page.exposeFunction('mint', () => server.token('dave', ['--ttl', '7s']));
  await page.evaluate(async () => {
    const g = globalThis as never as Record<string, any>;
    g.refreshes = [];
    const credential = async () => ({ token: await g.mint(), expiry_at: Date.now() + 7_000 });
    const refresh = () => {
      g.refreshes.push(navigator.onLine);
      // As an application's fetch does.
      return navigator.onLine ? credential() : Promise.reject(new TypeError('Failed to fetch'));
    };
    g.client = new g.sdk.SignalWire({ authenticate: credential, refresh }, { skipRegister: true });
    g.readies = [];
    g.client.ready$.subscribe((ready: boolean) => g.readies.push(ready));
  });
  await page.waitForFunction(() => (globalThis as never as any).readies.at(-1));
  const context = page.context();
  await context.setOffline(true);
  const end = Date.now() + 12_000;
  await expect.poll(() => Date.now() > end, { timeout: 20_000 }).toBe(true);
  await context.setOffline(false);
  await page.waitForFunction(() => (globalThis as never as any).readies.at(-1), undefined, { timeout: 20_000 });
  await dial(page, '/public/network-test');
  await status(page, 'connected');
  expect(await page.evaluate(() => (globalThis as never as any).refreshes), 'nobody is asked without a network').not.toContain(false);
});

test('a page that is loaded again resumes its session, and what was bound stays bound', async () => {
  const page = await open('ours');
  const token = server.token('erin', ['--scope', 'sat:refresh']);
  await connect(page, token);
  const bound = () => page.waitForFunction(() => {
    const g = globalThis as never as Record<string, any>;
    g.client.credential$.subscribe((now: any) => (g.credential = now));
    return g.credential?.bound === true;
  });
  await bound();
  const heard = listen(page);
  await page.reload();
  await page.waitForFunction(() => 'sdk' in globalThis);
  await connect(page, token);
  const greeting = JSON.parse(heard.said.find((frame) => frame.includes('signalwire.connect'))!).params;
  expect(Object.keys(greeting)).toEqual(expect.arrayContaining(['authorization_state', 'protocol', 'dpop_token']));
  await bound();
  expect(await page.evaluate(() => Object.keys(localStorage)), 'nothing is kept beyond the tab').toEqual([]);
  const leaked = await page.evaluate(async () => {
    const [{ name }] = (await indexedDB.databases()) as [{ name: string }];
    const answer = <T>(request: IDBRequest<T>) => new Promise<T>((resolve, reject) => Object.assign(request, { onsuccess: () => resolve(request.result), onerror: reject }));
    const database = await answer(indexedDB.open(name));
    const [store] = database.objectStoreNames;
    const pair = (await answer(database.transaction(store!).objectStore(store!).get('dpop'))) as CryptoKeyPair;
    return crypto.subtle.exportKey('jwk', pair.privateKey).then(() => true, () => false);
  });
  expect(leaked, 'no script reads the key').toBe(false);
});
