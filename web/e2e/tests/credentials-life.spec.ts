/** What befalls credentials: machines sleep, clocks are wrong, people go back, and servers take nothing on trust. */
import { expect, test, type Page } from '@playwright/test';
import { asleep } from '../support/asleep.js';
import { client, isReady, listen, reauthentications, SCOPED, seen } from '../support/credentials.js';
import { nativeCall } from '../support/dial.js';
import { expectToHear } from '../support/party.js';
import { answer, connect, dial, Pages, rings, status } from '../support/sdk.js';
import { Server } from '../support/server.js';
import { enter, open, pages, server, setStage } from '../support/stage.js';

/** Of tokens that `refresh()` renews. */
const LIFE_S = 7;

setStage({ flags: ['--bound-token-seconds', '10'] });

/** Tokens as a backend issues them, each with its end. */
function backend(reference: string): { ends: Map<string, number>; mint(): string; areDead(): Promise<boolean> } {
  const ends = new Map<string, number>();
  return {
    ends,
    mint: () => {
      const token = server.token(reference, ['--ttl', `${LIFE_S}s`]);
      ends.set(token, Date.now() + LIFE_S * 1000);
      return token;
    },
    /** By the server's word. */
    areDead: async () => {
      const asked = [...ends.keys()].map((token) => fetch(`${server.ready.http}/api/fabric/subscriber/info`, { headers: { authorization: `Bearer ${token}` } }));
      return (await Promise.all(asked)).every((answer) => answer.status === 401);
    }
  };
}

/** Waits until the credential has just been renewed: nothing is under way. */
async function renewed(page: Page): Promise<void> {
  const told = () => page.evaluate(() => (globalThis as never as { told: { expiresAt: number }[] }).told.at(-1)!.expiresAt);
  const before = await told();
  await expect.poll(told, { intervals: [50] }).toBeGreaterThan(before);
}

/** Tokens that a page shows from now on, over HTTP and on its socket, and the methods it calls. */
function watch(page: Page): { tokens: string[]; methods: string[] } {
  const shown = { tokens: [] as string[], methods: [] as string[] };
  page.on('request', (request) => {
    const bearer = request.headers().authorization;
    if (bearer) shown.tokens.push(bearer.split(' ')[1]!);
  });
  page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => {
      const { method, params } = JSON.parse(payload.toString());
      if (!method) return;
      shown.methods.push(method);
      if (params?.authentication) shown.tokens.push(params.authentication.jwt_token);
    })
  );
  return shown;
}

/** Somebody calls the page's user, who answers and hears them. */
async function callIn(page: Page, reference: string): Promise<void> {
  const { connected } = nativeCall(server, 'caller', `/private/${reference}`, 1100, 20);
  await rings(page);
  await answer(page);
  await connected;
  await expectToHear(page, 1100);
}

/** None of the first `before` tokens that were issued. */
function expectFresh(shown: string[], ends: Map<string, number>, before: number): void {
  const issued = [...ends.keys()];
  expect(shown.length).toBeGreaterThan(0);
  for (const token of shown) expect(issued.indexOf(token), 'no token from before is shown').toBeGreaterThanOrEqual(before);
}

test('a machine that slept for longer than its token lives renews before it says anything, and can be called', async () => {
  const { browser, page } = await open('ours', 600);
  const shown = watch(page);
  const { ends, mint, areDead } = backend('nina');
  await client(page, mint, { ttlMs: LIFE_S * 1000, refresh: 'works', online: true });
  await renewed(page);
  let before = 0;
  await asleep(browser, async () => {
    await expect.poll(areDead, { timeout: 15_000 }).toBe(true);
    before = ends.size;
    shown.tokens.length = shown.methods.length = 0;
  });
  await expect.poll(() => shown.methods[0], { intervals: [50] }).toMatch(/^signalwire\.(reauthenticate|connect)$/);
  await isReady(page);
  await callIn(page, 'nina');
  expectFresh(shown.tokens, ends, before);
  expect(await seen(page, 'failures')).toEqual([]);
});

test('a call is there again when the machine wakes, with another token', async () => {
  const { browser, page } = await open('ours', 600);
  const shown = watch(page);
  const { room } = await server.demo();
  const { ends, mint, areDead } = backend('oscar');
  await client(page, mint, { ttlMs: LIFE_S * 1000, refresh: 'works' });
  const native = nativeCall(server, 'caller', room, 1100, 60, true);
  await native.connected;
  await dial(page, room);
  await status(page, 'connected');
  await expectToHear(page, 1100);
  await renewed(page);
  let before = 0;
  await asleep(browser, async () => {
    await expect.poll(areDead, { timeout: 15_000 }).toBe(true);
    before = ends.size;
    shown.tokens.length = shown.methods.length = 0;
  });
  await expect.poll(() => shown.methods.includes('signalwire.reauthenticate') || shown.methods.includes('signalwire.connect')).toBe(true);
  expect(shown.methods[0]).toMatch(/^signalwire\.(reauthenticate|connect)$/);
  await renewed(page);
  await expectToHear(page, 1100);
  expectFresh(shown.tokens, ends, before);
  expect(await seen(page, 'statuses')).not.toContain('disconnected');
  expect(await seen(page, 'failures')).toEqual([]);
});

/** The page's clock is that wrong from the first script on. */
function wrongClock(ms: number): void {
  const True = Date;
  const wrong: DateConstructor = new Proxy(True, {
    construct: (target, given, self) => Reflect.construct(target, given.length ? given : [True.now() + ms], self),
    apply: () => new wrong().toString(),
    get: (target, name) => (name === 'now' ? () => True.now() + ms : Reflect.get(target, name))
  });
  globalThis.Date = wrong;
}

/** Opens a page on a device whose clock is wrong. */
async function openByWrongClock(which: 'ours' | 'official', hours: number): Promise<Page> {
  const { page, context } = await open(which, 600);
  await context.addInitScript(wrongClock, hours * 3_600_000);
  await page.reload();
  await page.waitForFunction(() => 'sdk' in globalThis);
  expect(Math.abs((await page.evaluate(() => Date.now())) - Date.now())).toBeGreaterThan((Math.abs(hours) - 1) * 3_600_000);
  return page;
}

for (const [said, hours] of [['ahead', 5], ['behind', -5]] as const) {
  test(`a device clock that is hours ${said} neither expires a good token nor spoils a proof`, async () => {
    const page = await openByWrongClock('ours', hours);
    const heard = listen(page);
    const began = Date.now();
    await client(page, () => server.token(`pat-${said}`, SCOPED), { ttlMs: 10_000, refresh: 'none' });
    await dial(page, '/public/network-test');
    await status(page, 'connected');
    await expectToHear(page, 600);
    await expect.poll(() => reauthentications(heard.said), { timeout: 30_000 }).toBeGreaterThanOrEqual(4);
    await expectToHear(page, 600);
    // A token of ten seconds is not renewed in the first quarter of its life.
    const most = 2 + Math.ceil((Date.now() - began) / 2_500);
    expect(heard.renewals.length, 'no storm').toBeLessThanOrEqual(most);
    expect(await seen(page, 'failures')).toEqual([]);
  });

  test(`a visitor whose clock is hours ${said} calls all the same`, async () => {
    const page = await openByWrongClock('ours', hours);
    const exchanges: number[] = [];
    page.on('response', (response) => response.url().endsWith('/api/fabric/embeds/tokens') && exchanges.push(response.status()));
    const destination = '/public/network-test';
    await page.evaluate(async ({ origin, embed }) => {
      const g = globalThis as never as Record<string, any>;
      Object.assign(g, { failures: [], readies: [], told: [] });
      g.client = new g.sdk.SignalWire(new g.sdk.EmbedTokenCredentialProvider(origin, embed), { skipRegister: true });
      g.client.errors$.subscribe((error: Error) => g.failures.push(error.message));
      g.client.credential$.subscribe((status: any) => status && g.told.push(status));
      g.client.ready$.subscribe((ready: boolean) => g.readies.push(ready));
    }, { origin: server.origin, embed: server.button(destination) });
    await isReady(page);
    await dial(page, destination);
    await status(page, 'connected');
    await expectToHear(page, 600);
    expect(exchanges).toEqual([201]);
    const { expiresAt, bound } = (await seen<{ expiresAt: number; bound: boolean }[]>(page, 'told')).at(-1)!;
    expect(bound).toBe(true);
    expect(expiresAt - Date.now(), "its end is told by the server's clock").toBeGreaterThan(0);
    expect(expiresAt - Date.now()).toBeLessThan(2.1 * 3_600_000);
    expect(await seen(page, 'failures')).toEqual([]);
  });
}

test("official: whoever needs no proof calls, whatever the device's clock says", async () => {
  const page = await openByWrongClock('official', 5);
  await connect(page, server.token('peggy'));
  await dial(page, '/public/network-test');
  await status(page, 'connected');
  await expectToHear(page, 600);
  expect(await seen(page, 'failures')).toEqual([]);
});

test.describe('a server with strict rules', () => {
  let strict: Server;
  let own: Pages;
  test.beforeAll(async () => {
    strict = await Server.start(['--bound-token-seconds', '10', '--strict-proofs', '--proof-nonces']);
    own = await Pages.start(() => strict);
  });
  test.afterAll(async () => {
    own.stop();
    await strict.stop();
  });
  const metric = async (name: string) => {
    const text = await (await fetch(`${strict.ready.http}/metrics`)).text();
    return text.split('\n').filter((line) => line.startsWith(`${name}{`) && !line.endsWith(' 0'));
  };

  test('serves our client: every request of a bound token has its proof, and nothing is let pass', async () => {
    const { page } = await enter(own.open('ours', 600));
    const heard = listen(page);
    const proofs: { htu: string; ath: string; nonce: string; url: string }[] = [];
    const unproven: string[] = [];
    page.on('request', async (request) => {
      const { authorization, dpop } = await request.allHeaders();
      if (!authorization) return;
      if (dpop) proofs.push({ ...JSON.parse(Buffer.from(dpop.split('.')[1]!, 'base64url').toString()), url: request.url() });
      else unproven.push(request.url());
    });
    await client(page, () => strict.token('mallory', SCOPED), { ttlMs: 10_000, refresh: 'none', online: true });
    await page.waitForFunction(() => (globalThis as never as any).told.at(-1)?.bound);
    await dial(page, '/public/network-test');
    await status(page, 'connected');
    await expectToHear(page, 600);
    await expect.poll(() => reauthentications(heard.said), { timeout: 30_000 }).toBeGreaterThanOrEqual(4);
    const found = await page.evaluate(() => (globalThis as never as any).client.directory.findAddressIdByURI('/public/network-test'));
    expect(found).toBeTruthy();
    await expectToHear(page, 600);
    expect({ unproven, failures: await seen(page, 'failures') }).toEqual({ unproven: [], failures: [] });
    for (const { htu, ath, url } of proofs) {
      expect(url.split('?')[0], 'an address, whole').toBe(htu);
      expect(ath).toMatch(/^[\w-]{43}$/);
    }
    expect(proofs.at(-1)!.nonce).toBeTruthy();
    expect(await metric('offhook_proof_exceptions_total')).toEqual([]);
  });

  test('refuses the official client its renewal, and says why', async () => {
    const { page } = await enter(own.open('official', 600));
    const refused: { status: number; body: any }[] = [];
    page.on('response', async (response) => {
      if (response.request().method() === 'POST' && response.url().includes('/devices/token')) refused.push({ status: response.status(), body: await response.json() });
    });
    await connect(page, strict.token('niaj', SCOPED));
    await expect.poll(() => refused.length).toBeGreaterThan(0);
    expect(refused[0]).toMatchObject({ status: 401, body: { code: 'proof_missing', message: expect.stringContaining('DPoP header') } });
    expect(await metric('offhook_proof_exceptions_total')).toEqual([]);
  });
});

test('a page that people come back to renews before it says anything, and can be called', async () => {
  const { page } = await open('ours', 600, { backForwardCache: true });
  const shown = watch(page);
  const { ends, mint, areDead } = backend('olga');
  await client(page, mint, { ttlMs: LIFE_S * 1000, refresh: 'works', online: true });
  await page.evaluate(() => addEventListener('pageshow', (event) => Object.assign(globalThis, { kept: event.persisted })));
  await renewed(page);
  await page.goto(`${pages.origin}/shim.mjs`);
  await expect.poll(areDead, { timeout: 15_000 }).toBe(true);
  const before = ends.size;
  shown.tokens.length = shown.methods.length = 0;
  // `page.goBack()` waits for a page that is loaded; this one is not.
  const devtools = await page.context().newCDPSession(page);
  const { entries, currentIndex } = await devtools.send('Page.getNavigationHistory');
  await devtools.send('Page.navigateToHistoryEntry', { entryId: entries[currentIndex - 1]!.id });
  await expect.poll(() => shown.methods, { intervals: [50] }).toContain('subscriber.online');
  expect(shown.methods[0]).toMatch(/^signalwire\.(reauthenticate|connect)$/);
  expect(await seen(page, 'kept'), 'it is the page from before').toBe(true);
  await isReady(page);
  await callIn(page, 'olga');
  expectFresh(shown.tokens, ends, before);
  expect(await seen(page, 'asked')).toMatchObject({ authenticate: 1 });
  expect(await seen(page, 'failures')).toEqual([]);
});
