/** Clients whose credentials the test issues, and what their pages are heard to do with them. */
import type { Page } from '@playwright/test';

/** The token renews itself by the client's key, and lives ten seconds. */
export const SCOPED = ['--scope', 'sat:refresh', '--ttl', '10s'];

export interface Heard {
  /** When `devices/…` was asked. */
  renewals: number[];
  /** Frames with a method. */
  said: string[];
}

/** What a page asks and says, from now on. */
export function listen(page: Page): Heard {
  const heard: Heard = { renewals: [], said: [] };
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

export const reauthentications = (said: string[]) => said.filter((frame) => frame.includes('signalwire.reauthenticate')).length;

export interface ClientOptions {
  /** What the provider says of the life of what `mint` makes. */
  ttlMs: number;
  refresh: 'works' | 'rejects' | 'none';
  /** Registered too: it can be called. */
  online?: boolean;
  more?: object;
}

/** A client whose provider the test runs, with what it says gathered in the page. */
export async function client(page: Page, mint: () => string, { ttlMs, refresh, online = false, more }: ClientOptions): Promise<void> {
  await page.exposeFunction('mint', mint);
  await page.evaluate(({ ttlMs, refresh, online, more }) => {
    const g = globalThis as never as Record<string, any>;
    Object.assign(g, { asked: { authenticate: 0, refresh: 0 }, failures: [], warnings: [], readies: [], told: [], registered: [] });
    const credential = async () => ({ token: await g.mint(), expiry_at: Date.now() + ttlMs });
    const provider: Record<string, any> = {
      authenticate: () => (g.asked.authenticate++, credential())
    };
    if (refresh !== 'none') provider.refresh = () => (g.asked.refresh++, refresh === 'works' ? credential() : Promise.reject(new Error('the backend says no')));
    g.client = new g.sdk.SignalWire(provider, { skipRegister: !online, ...more });
    g.client.errors$.subscribe((error: any) => g.failures.push({ name: error.name, cause: String(error.cause?.message ?? '') }));
    g.client.warnings$.subscribe((warning: any) => g.warnings.push(warning));
    g.client.credential$.subscribe((status: any) => status && g.told.push(status));
    g.client.ready$.subscribe((ready: boolean) => g.readies.push(ready));
    g.client.isRegistered$.subscribe((is: boolean) => g.registered.push(is));
  }, { ttlMs, refresh, online, more });
  await isReady(page);
  if (online) await page.waitForFunction(() => (globalThis as never as any).registered.at(-1), undefined, { timeout: 15_000 });
}

/** Waits until the page's client is. */
export async function isReady(page: Page): Promise<void> {
  await page.waitForFunction(() => (globalThis as never as any).readies.at(-1), undefined, { timeout: 20_000 });
}

/** What a page has gathered under a name. */
export const seen = <T>(page: Page, name: string) => page.evaluate((name) => (globalThis as never as Record<string, any>)[name] as T, name);
