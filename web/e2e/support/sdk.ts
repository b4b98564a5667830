/** Pages with nothing but an SDK on them: ours or the official one, driven the same way. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer, type Server as HttpServer } from 'node:http';
import { dirname, join } from 'node:path';
import type { Page } from '@playwright/test';
import { inFirefox } from './firefox.js';
import { party, type Party, type PartyOptions } from './party.js';
import type { Server } from './server.js';

const official = join(dirname(createRequire(import.meta.url).resolve('@signalwire/js')), 'browser.mjs');

/** The official bundle imports `node:crypto` by name and looks at `process`; a page gives it these few lines. */
const SHIM = `export const randomUUID = () => globalThis.crypto.randomUUID();
export const randomFillSync = (array) => globalThis.crypto.getRandomValues(array);
export default { randomUUID, randomFillSync };`;

const page = (sdk: string) => `<!doctype html><meta charset=utf-8><title>${sdk}</title>
<script type=importmap>{"imports":{"crypto":"/shim.mjs","node:crypto":"/shim.mjs"}}</script>
<script>globalThis.process={env:{}}</script>
<script type=module>
import * as sdk from ${JSON.stringify(sdk)};
Object.assign(globalThis, { sdk, __remote: () => globalThis.call?.remoteStream ?? null });
</script>`;

/** Serves the pages; they are no part of the product. */
export class Pages {
  private constructor(private readonly http: HttpServer, readonly origin: string) {}

  static async start(server: () => Server): Promise<Pages> {
    const http = createServer((request, response) => {
      const send = (type: string, body: string | Buffer) => {
        response.writeHead(200, { 'content-type': type });
        response.end(body);
      };
      if (request.url === '/ours') send('text/html', page(`${server().origin}/js/offhook.mjs`));
      else if (request.url === '/official') send('text/html', page('/official.mjs'));
      else if (request.url === '/official.mjs') send('text/javascript', readFileSync(official));
      else if (request.url === '/shim.mjs') send('text/javascript', SHIM);
      else {
        response.writeHead(404);
        response.end();
      }
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const { port } = http.address() as { port: number };
    return new Pages(http, `http://localhost:${port}`);
  }

  async open(which: 'ours' | 'official', hz: number, options?: PartyOptions): Promise<Party> {
    return this.#loaded(await party(hz, `${this.origin}/${which}`, options));
  }

  async openInFirefox(which: 'ours' | 'official', hz: number): Promise<Party> {
    return this.#loaded(await inFirefox(hz, `${this.origin}/${which}`));
  }

  async #loaded(opened: Party): Promise<Party> {
    await opened.page.waitForFunction(() => 'sdk' in globalThis);
    return opened;
  }

  stop(): void {
    this.http.close();
    this.http.closeAllConnections();
  }
}

/** Makes a client in the page and waits until it is connected (and registered, if wanted). */
export async function connect(page: Page, token: string, online = false, options: Record<string, unknown> = {}): Promise<void> {
  await page.evaluate(
    async ({ token, online, options }) => {
      const g = globalThis as never as Record<string, any>;
      const client = new g.sdk.SignalWire(new g.sdk.StaticCredentialProvider({ token }), { skipRegister: !online, ...options });
      Object.assign(g, { client, failures: [] });
      client.errors$.subscribe((error: Error) => g.failures.push(`${error.name}: ${error.message}`));
      const first = (observable: any) => new Promise<void>((resolve, reject) => {
        const limit = setTimeout(() => reject(new Error(`not connected: ${g.failures.join('; ')}`)), 15_000);
        observable.subscribe((value: boolean) => {
          if (!value) return;
          clearTimeout(limit);
          resolve();
        });
      });
      await first(client.ready$);
      if (online) await first(client.isRegistered$);
    },
    { token, online, options }
  );
}

/** Dials; `call` is there when the server has accepted it. */
export async function dial(page: Page, to: string, options: Record<string, unknown> = {}): Promise<void> {
  await page.evaluate(
    async ({ to, options }) => {
      const g = globalThis as never as Record<string, any>;
      g.statuses = [];
      g.call = await g.client.dial(to, { audio: true, video: false, ...options });
      g.call.status$.subscribe((status: string) => g.statuses.push(status));
    },
    { to, options }
  );
}

/** Waits for a call that rings here. */
export async function rings(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const g = globalThis as never as Record<string, any>;
    const ringing = g.client.session.incomingCalls.find((call: any) => call.status === 'ringing');
    if (!ringing) return false;
    if (g.call !== ringing) {
      g.call = ringing;
      g.statuses = [];
      ringing.status$.subscribe((status: string) => g.statuses.push(status));
    }
    return true;
  });
}

export async function answer(page: Page, options: Record<string, unknown> = {}): Promise<void> {
  await page.evaluate((options) => (globalThis as never as Record<string, any>).call.answer({ audio: true, video: false, ...options }), options);
}

export async function status(page: Page, wanted: string): Promise<void> {
  await page.waitForFunction((wanted) => (globalThis as never as Record<string, any>).statuses.includes(wanted), wanted);
}

export async function hangup(page: Page): Promise<void> {
  await page.evaluate(() => (globalThis as never as Record<string, any>).call.hangup());
}

/** Evaluates with what the page keeps (`client`, `call`, `sdk`, …) and an argument. */
export function inPage<T, A = undefined>(page: Page, act: (g: Record<string, any>, argument: A) => T | Promise<T>, argument?: A): Promise<T> {
  return page.evaluate(`(${act})(globalThis, ${JSON.stringify(argument) ?? 'undefined'})`) as Promise<T>;
}

/** What the page's call says of a member. */
export function ofMember<T = unknown>(page: Page, name: string, field: string): Promise<T> {
  return inPage(page, ({ call }, [name, field]) => call.participants.find((one: any) => one.name === name)?.[field!], [name, field]) as Promise<T>;
}

/** Asks a member, by name, for something; the error's name, code and message if it is refused. */
export function ask(page: Page, name: string, code: string): Promise<{ name: string; code: unknown; message: string } | null> {
  return page.evaluate(`(async () => {
    const target = call.participants.find((one) => one.name === ${JSON.stringify(name)});
    try { await target.${code}; return null; } catch ({ name, code, message }) { return { name, code, message }; }
  })()`);
}
