/**
 * The elements in a real browser, on a page whose policy allows no inline script and no inline style but the test's own.
 * `show` puts markup into it; `sim` is the module of simulated calls, for `page.evaluate`.
 */
import { expect, test as base } from '@playwright/test';
import { createReadStream, existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, dirname, extname, join, normalize, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type * as Elements from '../src/index.js';
import type * as Simulation from '../src/simulation/index.js';
import { findings } from './axe.js';
import { difference } from './firefox/differences.js';

export { expect };
declare global {
  /** The simulated world, on the page. */
  var sim: typeof Simulation;
  /** What the package exports, on the page. */
  var elements: typeof Elements;
  /** Events that `listen` heard: name and detail, in order. */
  var heard: { name: string; detail: unknown; target: string }[];
}

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const served = join(root, 'target/web');
const TYPES: Record<string, string> = { '.mjs': 'text/javascript', '.js': 'text/javascript', '.wasm': 'application/wasm', '.css': 'text/css', '.html': 'text/html', '.json': 'application/json', '.svg': 'image/svg+xml' };
export const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; img-src 'self' data:; media-src 'self' blob: mediastream:; " +
  "require-trusted-types-for 'script'; trusted-types lit-html dompurify test";
const BLANK = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Elements</title>
<script type="module" src="/elements/harness.mjs"></script></head><body><main id="stage"></main></body></html>`;

function serve(): Promise<Server> {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://x').pathname);
    if (path === '/') {
      response.writeHead(200, { 'content-type': 'text/html', 'content-security-policy': POLICY });
      return response.end(BLANK);
    }
    // What the elements load later lies beside their script; here both are in another folder.
    const places = [join(root, 'target/web-test', basename(path)), join(root, 'target/web-test', path), join(served, path), join(served, 'js', basename(path))];
    const file = places.find((file) => existsSync(file));
    if (!file) return response.writeHead(404).end();
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
    createReadStream(file).pipe(response);
  });
  return new Promise((done) => server.listen(0, '127.0.0.1', () => done(server)));
}

interface Fixtures {
  /** Replaces what is on the page by this markup (inline styles as `data-style`), and waits until its elements have rendered. */
  show: (markup: string) => Promise<void>;
  /** Hears events of these names on the page from now on, into `heard`. */
  listen: (...names: string[]) => Promise<void>;
  /** Leaves out what this browser cannot be given. */
  differs: void;
  /** Fails on any finding of axe-core. */
  axe: () => Promise<void>;
}

export const test = base.extend<Fixtures, { origin: string }>({
  origin: [
    async ({}, use) => {
      const server = await serve();
      // A name that browsers hold for secure: devices are listed there.
      await use(`http://localhost:${(server.address() as AddressInfo).port}`);
      server.close();
    },
    { scope: 'worker' }
  ],
  differs: [
    async ({ browserName }, use, { title, skip }) => {
      const why = difference(browserName, title);
      skip(why !== undefined, why ?? '');
      await use();
    },
    { auto: true }
  ],
  page: async ({ page, origin, browserName }, use) => {
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => {
      if (/Content Security Policy|Trusted/i.test(message.text())) faults.push(message.text());
    });
    await page.goto(origin);
    await page.waitForFunction(() => 'sim' in globalThis);
    await use(page);
    // The next test gets the same context, but for Firefox; all else of it is set back by Playwright.
    if (browserName !== 'firefox') await page.context().clearPermissions();
    expect(faults, 'errors of the page').toEqual([]);
  },
  show: async ({ page }, use) => {
    await use(async (markup) => {
      await page.evaluate(async (html) => {
        const stage = document.querySelector('#stage')!;
        // As a parser would: attributes first, then connected.
        const parsed = (Document as unknown as { parseHTMLUnsafe(html: unknown): Document }).parseHTMLUnsafe(
          (globalThis as unknown as { trusted: { createHTML(html: string): unknown } }).trusted.createHTML(html)
        );
        for (const styled of parsed.body.querySelectorAll<HTMLElement>('[data-style]')) styled.style.cssText = styled.dataset.style!;
        stage.replaceChildren(...[...parsed.body.childNodes].map((node) => document.importNode(node, true)));
        for (const element of stage.querySelectorAll('*')) {
          await (element as Element & { updateComplete?: Promise<unknown> }).updateComplete;
        }
      }, markup);
    });
  },
  listen: async ({ page }, use) => {
    await use(async (...names) => {
      await page.evaluate((names) => {
        globalThis.heard = [];
        for (const name of names) {
          document.addEventListener(name, (event) => {
            globalThis.heard.push({ name, detail: (event as CustomEvent).detail, target: (event.target as Element).localName });
          });
        }
      }, names);
    });
  },
  axe: async ({ page }, use) => {
    await use(async () => {
      expect(await findings(page, { without: ['page-has-heading-one', 'region'] })).toEqual([]);
    });
  }
});
