/**
 * What a button costs the page it stands on: a plain one, our embed, and the smallest module of one element that can be
 * clicked, in turns, each load cold. Bytes are those of the network, compressed as the server sends them.
 */
import { chromium, expect, test, type Browser } from '@playwright/test';
import { build } from 'esbuild';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server as HttpServer } from 'node:http';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { CHROMIUM } from '../support/party.js';
import { Server } from '../support/server.js';

const loads = Number(process.env.OFFHOOK_BENCH_LOADS ?? 7);
const elements = resolve(dirname(fileURLToPath(import.meta.url)), '../../elements');
/** Aims: times the plain button's time to clickable, and milliseconds of the main thread more than it takes. */
const AIM = { clickable: 1.5, mainThread: 20 };

type Which = 'plain' | 'embed' | 'element';
interface Load {
  /** Bytes over the network, the page's own included. */
  bytes: number;
  requests: number;
  /** Milliseconds from the navigation until the button is there, has its size and hears clicks. */
  clickable: number;
  /** Milliseconds of tasks on the main thread, until the page is quiet. */
  mainThread: number;
  /** Milliseconds of that in scripts. */
  script: number;
  /** Bytes of JavaScript's heap after a collection. */
  heap: number;
}

/** The smallest module of one element whose element is a button of its own, with all that it needs in one file. */
async function smallest(): Promise<{ tag: string; code: Buffer }> {
  const clickable = ['sw-click-to-call', 'sw-ui-split-button', 'sw-ui-dropup', 'sw-device-selector', 'sw-ui-dialpad'];
  const known = readdirSync(join(elements, 'dist'));
  const made = await Promise.all(
    clickable.filter((tag) => known.includes(`${tag}.js`)).map(async (tag) => {
      const { outputFiles } = await build({
        absWorkingDir: elements, entryPoints: [`dist/${tag}.js`], bundle: true, minify: true, write: false, format: 'esm', target: 'es2022', conditions: ['production'],
        external: ['./offhook*', '@offhook/js']
      });
      return { tag, code: Buffer.from(outputFiles[0]!.contents) };
    })
  );
  return made.reduce((one, other) => (other.code.length < one.code.length ? other : one));
}

/** A site of its own, beside the server. By address: of `localhost` a browser first tries the one where nobody listens. */
async function site(server: Server, element: { tag: string; code: Buffer }): Promise<{ http: HttpServer; origin: string }> {
  const compressed = brotliCompressSync(element.code);
  const page = (head: string, body: string) =>
    `<!doctype html><html lang=en><meta charset=utf-8><link rel=icon href=data:,><title>Shop</title>${head}<h1>Kettles</h1><p>Quiet ones.</p>${body}</html>`;
  const pages: Record<string, string> = {
    '/plain': page('', '<button>Call</button><script>document.querySelector("button").addEventListener("click", () => {})</script>'),
    '/embed': page(`<script type=module async src="${server.ready.http}/js/offhook-embed.js"></script>`, '<sw-click-to-call token="c2c_00000000000000000000000000000000" label="Call"></sw-click-to-call>'),
    '/element': page('<script type=module async src="/element.js"></script>', `<${element.tag} label="Call"></${element.tag}>`)
  };
  const http = createServer((request, response) => {
    if (request.url === '/element.js') {
      response.writeHead(200, { 'content-type': 'text/javascript', 'content-encoding': 'br' });
      response.end(compressed);
    } else {
      response.writeHead(pages[request.url ?? ''] ? 200 : 404, { 'content-type': 'text/html' });
      response.end(pages[request.url ?? ''] ?? '');
    }
  });
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done));
  return { http, origin: `http://127.0.0.1:${(http.address() as { port: number }).port}` };
}

/** In the page, before anything else: notes when a button can be clicked. */
function watch(): void {
  const g = globalThis as never as { __clickable?: number };
  const look = (): void => {
    if (g.__clickable !== undefined) return;
    const host = [...document.querySelectorAll('*')].find(({ localName }) => localName.startsWith('sw-'));
    const button = host ? host.shadowRoot?.querySelector('button') : document.querySelector('button');
    // A plain button's listener is in the script behind it.
    if (!button || (!host && document.readyState === 'loading')) return;
    const { width, height, left, top } = button.getBoundingClientRect();
    if (!width || document.elementFromPoint(left + width / 2, top + height / 2) !== (host ?? button)) return;
    g.__clickable = performance.now();
    channel.port1.close();
  };
  // Not bound to frames: 16 ms would be coarser than what is measured.
  const channel = new MessageChannel();
  channel.port1.onmessage = () => {
    look();
    if (g.__clickable === undefined) setTimeout(() => channel.port2.postMessage(0), 1);
  };
  channel.port2.postMessage(0);
}

async function once(browser: Browser, url: string, watched: boolean): Promise<Partial<Load>> {
  // A context of its own knows nothing: no cache, no compiled code.
  const context = await browser.newContext();
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send('Network.enable');
  let bytes = 0;
  let requests = 0;
  devtools.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
    requests += 1;
  });
  if (watched) await page.addInitScript(watch);
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
  const metrics = async (): Promise<Record<string, number>> =>
    Object.fromEntries((await devtools.send('Performance.getMetrics')).metrics.map(({ name, value }) => [name, value]));
  const before = await metrics();
  await page.goto(url, { waitUntil: 'load' });
  let measured: Partial<Load>;
  if (watched) {
    await page.waitForFunction(() => '__clickable' in globalThis);
    measured = { clickable: await page.evaluate(() => (globalThis as never as { __clickable: number }).__clickable) };
  } else {
    // Nothing of ours runs in the page here: its own tasks alone are counted.
    await page.waitForLoadState('networkidle');
    const after = await metrics();
    await devtools.send('HeapProfiler.collectGarbage');
    const milliseconds = (name: string) => (after[name]! - before[name]!) * 1000;
    measured = { bytes, requests, mainThread: milliseconds('TaskDuration'), script: milliseconds('ScriptDuration'), heap: (await metrics()).JSHeapUsedSize! };
  }
  await context.close();
  return measured;
}

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

test('page', async () => {
  const server = await Server.start();
  const element = await smallest();
  const { http, origin } = await site(server, element);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'] });
  const all: Record<Which, Partial<Load>[]> = { plain: [], embed: [], element: [] };
  const which = Object.keys(all) as Which[];
  // The browser's own first page is nobody's.
  await once(browser, `${origin}/plain`, true);
  for (let round = 0; round < loads; round++) {
    // In turns, so that whatever else the machine does weighs on all.
    for (const one of which) {
      all[one].push({ ...(await once(browser, `${origin}/${one}`, true)), ...(await once(browser, `${origin}/${one}`, false)) });
    }
  }
  await browser.close();
  http.close();
  await server.stop();
  const fields = ['bytes', 'requests', 'clickable', 'mainThread', 'script', 'heap'] as const;
  const of = (one: Which) => Object.fromEntries(fields.map((field) => [field, median(all[one].map((load) => load[field]!))])) as unknown as Load;
  const [plain, embed, smallestOne] = which.map(of) as [Load, Load, Load];
  const row = (name: string, { bytes, requests, clickable, mainThread, script, heap }: Load) =>
    `${name.padEnd(28)} ${(bytes / 1024).toFixed(1).padStart(6)} KB ${String(requests).padStart(3)} ${clickable.toFixed(0).padStart(8)} ms ${mainThread.toFixed(1).padStart(10)} ms ${script.toFixed(1).padStart(8)} ms ${(heap / 1024).toFixed(0).padStart(8)} KB`;
  const ratio = embed.clickable / plain.clickable;
  const more = embed.mainThread - plain.mainThread;
  console.log(`\n${''.padEnd(28)}     bytes req  clickable   main thread    script     heap   (median of ${loads} cold loads)`);
  console.log(row('plain button', plain));
  console.log(row('offhook-embed.js', embed));
  console.log(row(`one element (${element.tag})`, smallestOne));
  console.log(`time to clickable: ${ratio.toFixed(2)} times the plain button's (aim: at most ${AIM.clickable})`);
  console.log(`main thread: ${more.toFixed(1)} ms more than the plain button (aim: at most ${AIM.mainThread})\n`);
  const out = process.env.OFFHOOK_BENCH_OUT;
  if (out) {
    mkdirSync(dirname(out), { recursive: true });
    writeFileSync(out, JSON.stringify({ plain, embed, element: { tag: element.tag, ...smallestOne }, ratio, more, all }, null, 1));
  }
  // Not one of the pages may have asked a third party: the numbers would be somebody else's.
  expect(embed.requests).toBe(2);
});
