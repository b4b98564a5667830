/** Tokens that end while people talk, tabs that share, networks that go, pages that are loaded again. */
import { expect, test } from '@playwright/test';
import { client, listen, reauthentications, SCOPED, seen } from '../support/credentials.js';
import { nativeCall } from '../support/dial.js';
import { gaps, measureGaps } from '../support/gaps.js';
import { expectToHear } from '../support/party.js';
import { connect, dial, status } from '../support/sdk.js';
import { open, parties, server, setStage } from '../support/stage.js';

/** A refresh whose effect is heard at all is heard within this time. */
const NEAR_MS = 400;

setStage({ flags: ['--bound-token-seconds', '10'] });

for (const which of ['ours', 'official'] as const) {
  test(`${which}: the key renews the token again and again during a call, and the tone never stops`, async () => {
    const { room } = await server.demo();
    const native = nativeCall(server, 'caller', room, 1100, 45, true);
    await native.connected;
    const { page } = await open(which, 600);
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
  const { page } = await open('ours', 600);
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
  const { page: first } = await open('ours', 600);
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
  const { page } = await open('ours', 600);
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
  const { page } = await open('ours', 600);
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

interface Warned { code: string; expiresAt?: number; reason?: string }

test('a provider that rejects opens nothing, and whoever made the client is told', async () => {
  const { page } = await open('ours', 600);
  const heard = listen(page);
  let sockets = 0;
  const asked: string[] = [];
  page.on('websocket', () => sockets++);
  page.on('request', (request) => request.url().includes('/api/') && asked.push(request.url()));
  await page.evaluate(() => {
    const g = globalThis as never as Record<string, any>;
    g.calls = [];
    g.failures = [];
    const authenticate = (context: any) => (g.calls.push(context), Promise.reject(new Error('not signed in')));
    g.client = new g.sdk.SignalWire({ authenticate, refresh: authenticate });
    g.client.errors$.subscribe((error: any) => g.failures.push(`${error.message} ${error.cause?.message}`));
    g.connecting = g.client.connect().then(() => 'connected', (error: any) => `${error.message} ${error.cause?.message}`);
  });
  await page.waitForFunction(() => (globalThis as never as any).failures.length > 0);
  expect((await seen<string[]>(page, 'failures'))[0]).toContain('not signed in');
  expect(await page.evaluate(() => (globalThis as never as any).connecting)).toContain('not signed in');
  const calls = await seen<{ fingerprint: string }[]>(page, 'calls');
  expect(calls[0]!.fingerprint).toMatch(/^[\w-]{43}$/);
  expect({ sockets, asked, said: heard.said }).toEqual({ sockets: 0, asked: [], said: [] });
});

test('when refresh() rejects the call goes on until the credential expires, and the end is told', async () => {
  const { page } = await open('ours', 600);
  await client(page, () => server.token('frank', ['--ttl', '14s']), { ttlMs: 14_000, refresh: 'rejects' });
  await dial(page, '/public/network-test');
  await status(page, 'connected');
  await page.waitForFunction(() => (globalThis as never as any).failures.length > 0, undefined, { timeout: 20_000 });
  const rejected = Date.now();
  expect(await seen(page, 'failures')).toEqual([{ name: 'TokenRefreshError', cause: 'the backend says no' }]);
  const stopped = (await seen<Warned[]>(page, 'warnings')).filter(({ code }) => code === 'credential_refresh_stopped');
  expect(stopped).toHaveLength(1);
  const end = stopped[0]!.expiresAt!;
  expect(end - rejected, 'there is time left').toBeGreaterThan(500);
  expect(end - rejected).toBeLessThan(14_000);
  expect(await seen<{ renewal: string }[]>(page, 'told').then((told) => told.at(-1)!.renewal)).toBe('none');
  await expectToHear(page, 600);
  await expect.poll(() => Date.now() > end - 300, { intervals: [100], timeout: 15_000 }).toBe(true);
  expect((await seen<boolean[]>(page, 'readies')).at(-1), 'not ended early').toBe(true);
  expect(await seen(page, 'asked')).toEqual({ authenticate: 1, refresh: 1 });
});

test('where the key cannot renew, refresh() does, and that is told', async () => {
  const { page } = await open('ours', 600);
  await client(page, () => server.token('grace', SCOPED), { ttlMs: 10_000, refresh: 'works' });
  await page.waitForFunction(() => (globalThis as never as any).told.at(-1)?.bound);
  expect(await seen<{ renewal: string }[]>(page, 'told').then((told) => told.at(-1)!.renewal)).toBe('client-bound');
  await page.route('**/devices/**', (route) => route.fulfill({ status: 503, body: '{}' }));
  await page.waitForFunction(() => (globalThis as never as any).asked.refresh > 0, undefined, { timeout: 30_000 });
  expect(await seen<Warned[]>(page, 'warnings')).toContainEqual(expect.objectContaining({ code: 'credential_refresh_fallback', reason: 'endpoint-failed' }));
  const { length } = (await seen<boolean[]>(page, 'readies')).filter((ready) => !ready);
  expect(length, 'the session was never lost').toBeLessThanOrEqual(1);
  expect((await seen<boolean[]>(page, 'readies')).at(-1)).toBe(true);
});

test('without Web Locks two tabs renew each for itself, and neither is worse off', async () => {
  const { page: first } = await open('ours', 600);
  await first.context().addInitScript(() => Object.defineProperty(Navigator.prototype, 'locks', { get: () => undefined }));
  await first.reload();
  const second = await first.context().newPage();
  await second.goto(first.url());
  const tabs = [first, second];
  for (const tab of tabs) await tab.waitForFunction(() => 'sdk' in globalThis && navigator.locks === undefined);
  const heard = tabs.map(listen);
  for (const tab of tabs) await client(tab, () => server.token('judy', SCOPED), { ttlMs: 10_000, refresh: 'none' });
  await expect.poll(() => Math.min(...heard.map(({ said }) => reauthentications(said))), { timeout: 40_000 }).toBeGreaterThanOrEqual(3);
  for (const tab of tabs) {
    expect(await seen(tab, 'failures')).toEqual([]);
    expect((await seen<boolean[]>(tab, 'readies')).filter((ready) => !ready).length).toBeLessThanOrEqual(1);
  }
});

test('persistSession keeps what resumes the session for a later tab, and nothing else is kept', async () => {
  const { page } = await open('ours', 600);
  const mint = () => server.token('kevin');
  await client(page, mint, { ttlMs: 7_200_000, refresh: 'none', more: { persistSession: true } });
  // By their last parts: the one in the middle is the user's id.
  const last = (key: string) => key.split(':').at(-1)!;
  const kept = async () => (await page.evaluate(() => Object.keys(localStorage))).sort((a, b) => (last(a) < last(b) ? -1 : 1));
  await expect.poll(kept).toEqual([
    expect.stringMatching(/^sw:.+:as$/), 'sw:cached_credential', expect.stringMatching(/^sw:.+:pt$/)
  ]);
  const context = page.context();
  const url = page.url();
  const protocol = await page.evaluate(() => Object.entries(localStorage).find(([key]) => key.endsWith(':pt'))![1]);
  await page.close();
  const later = await context.newPage();
  parties.at(-1)!.page = later;
  await later.goto(url);
  await later.waitForFunction(() => 'sdk' in globalThis);
  const heard = listen(later);
  await later.evaluate(() => {
    const g = globalThis as never as Record<string, any>;
    g.client = new g.sdk.SignalWire(undefined, { skipRegister: true, persistSession: true });
    g.readies = [];
    g.client.ready$.subscribe((ready: boolean) => g.readies.push(ready));
  });
  await later.waitForFunction(() => (globalThis as never as any).readies.at(-1));
  const greeting = JSON.parse(heard.said.find((frame) => frame.includes('signalwire.connect'))!).params;
  expect(greeting.authorization_state).toBeTruthy();
  expect(protocol).toContain(greeting.protocol);
  // Gone with the client that is gone for good.
  await later.evaluate(() => (globalThis as never as any).client.destroy());
  await expect.poll(() => later.evaluate(() => Object.keys(localStorage))).toEqual([]);
});

test('an authorization state alone opens the session it stands for', async () => {
  const { page } = await open('ours', 600);
  await connect(page, server.token('laura'));
  const kept = () => page.evaluate(() => Object.entries(sessionStorage).find(([key]) => key.endsWith(':as'))?.[1] as string | undefined);
  await expect.poll(kept).toBeTruthy();
  const state = JSON.parse((await kept())!) as string;
  await page.evaluate(() => sessionStorage.clear());
  await page.reload();
  await page.waitForFunction(() => 'sdk' in globalThis);
  const asked: string[] = [];
  page.on('request', (request) => request.url().includes('/api/') && asked.push(request.url()));
  await page.evaluate(({ state, relay }) => {
    const g = globalThis as never as Record<string, any>;
    Object.assign(g, { readies: [], failures: [] });
    g.client = new g.sdk.SignalWire({ authenticate: async () => ({ authorizationState: state }) }, { skipRegister: true });
    g.client.preferences.relayHost = relay;
    g.client.errors$.subscribe((error: Error) => g.failures.push(error.message));
    g.client.ready$.subscribe((ready: boolean) => g.readies.push(ready));
  }, { state, relay: server.origin.replace('http', 'ws') });
  await page.waitForFunction(() => (globalThis as never as any).readies.at(-1)).catch(async () => expect(await seen(page, 'failures')).toEqual([]));
  await dial(page, '/public/network-test');
  await status(page, 'connected');
  await expectToHear(page, 600);
  expect(asked, 'nothing over HTTP').toEqual([]);
});
