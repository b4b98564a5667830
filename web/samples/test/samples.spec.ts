/** Each sample in a browser: properties arrive, events are heard, and what is taken away lets go of everything. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { expect, test } from '../../elements/test/harness.js';

interface Client {
  dialled: { destination: string; options: Record<string, unknown>; call: { status: string; status$: { next(status: string): void; followers: number }; end(by: string): void } }[];
  isConnected$: { followers: number };
}
declare global {
  var client: Client;
}

/** A simulated loudspeaker is none of this machine's. */
const EXPECTED = /the loudspeaker could not be chosen|GPU|WebGL/;

async function open(page: Page, path: string): Promise<string[]> {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && !EXPECTED.test(message.text())) complaints.push(message.text());
  });
  await page.goto(new URL(`/samples/${path}?simulated`, page.url()).href);
  await page.waitForFunction(() => 'ready' in document.documentElement.dataset);
  return complaints;
}

/** Places a call, sees it answered and ended. */
async function call(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Call us' }).click();
  await expect(page.getByRole('heading', { name: 'Support', level: 2 })).toBeVisible();
  await expect(page.locator('#log')).toHaveText('dialling /public/support');
  // The call went by property into another element.
  await expect(page.locator('sw-call-status').getByText('Ringing...')).toBeVisible();
  expect(await page.evaluate(() => globalThis.client.dialled[0]!.options)).toMatchObject({ audio: true, video: false });
  await page.evaluate(() => globalThis.client.dialled[0]!.call.status$.next('connected'));
  await expect(page.locator('sw-call-status').getByText('Connected')).toBeVisible();
  await page.evaluate(() => globalThis.client.dialled[0]!.call.end('remote'));
  await expect(page.getByText('They hung up.').first()).toBeVisible();
  await expect(page.locator('#log li').last()).toHaveText('ended: disconnected');
}

for (const name of ['html', 'react', 'vue', 'svelte']) {
  test(`${name}: a call from the click to its end`, async ({ page }) => {
    const complaints = await open(page, `${name}/index.html`);
    await call(page);
    expect(complaints).toEqual([]);
  });
}

for (const name of ['react', 'vue', 'svelte']) {
  test(`${name}: what is taken away in a call hangs up and lets go, and comes back as new`, async ({ page }) => {
    await open(page, `${name}/index.html`);
    await page.getByRole('button', { name: 'Call us' }).click();
    await expect(page.locator('sw-call-status').getByText('Ringing...')).toBeVisible();
    await page.getByRole('button', { name: 'Put it away' }).click();
    await expect(page.locator('sw-call-widget')).toHaveCount(0);
    await expect.poll(() => page.evaluate(() => globalThis.client.dialled[0]!.call.status)).toBe('destroyed');
    await page.getByRole('button', { name: 'Bring it back' }).click();
    await page.getByRole('button', { name: 'Call us' }).click();
    await expect.poll(() => page.evaluate(() => globalThis.client.dialled.length)).toBe(2);
  });
}

test('react: a page rendered on a server is taken over without a loss', async ({ page }) => {
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  // Until the script comes, the elements are there with their attributes and what a page put into them.
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/samples/react/main.js', async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(new URL('/samples/react/server-rendered.html?simulated', page.url()).href, { waitUntil: 'commit' });
  const widget = page.locator('sw-call-widget');
  await expect(widget).toHaveAttribute('destination', '/public/support');
  await expect(widget).toHaveAttribute('audio-only', '');
  await expect(page.getByRole('button', { name: 'Call us' })).toBeVisible();
  await widget.evaluate((element) => Object.assign(element, { mark: 'the same' }));
  release();
  await page.waitForFunction(() => 'ready' in document.documentElement.dataset);
  expect(await widget.evaluate((element) => (element as HTMLElement & { mark: string; audioOnly: boolean; destination: string }).mark)).toBe('the same');
  expect(await widget.evaluate((element) => [(element as never as { audioOnly: boolean }).audioOnly, (element as never as { destination: string }).destination])).toEqual([true, '/public/support']);
  await call(page);
  expect(complaints).toEqual([]);
});

test('what a page sets before an element is known counts once it is', async ({ page }) => {
  await page.goto(new URL('/samples/html/index.html', page.url()).href, { waitUntil: 'commit' });
  const late = await page.evaluate(async () => {
    const blank = document.createElement('iframe');
    document.body.append(blank);
    const inner = blank.contentDocument!;
    inner.body.innerHTML = '<sw-ui-icon size="40"></sw-ui-icon><sw-call-status></sw-call-status>';
    const [icon, status] = inner.body.children as unknown as [HTMLElement & { name: string }, HTMLElement & { call: unknown }];
    icon.name = 'copy';
    status.call = { id: 'x', status: 'ringing', status$: { subscribe: (next: (status: string) => void) => (next('ringing'), { unsubscribe: () => undefined }) } };
    const script = Object.assign(inner.createElement('script'), { type: 'module', src: '/js/offhook-elements.mjs' });
    await new Promise((loaded) => {
      script.onload = loaded;
      inner.head.append(script);
    });
    await (status as unknown as { updateComplete: Promise<unknown> }).updateComplete;
    return [icon.getAttribute('name'), icon.shadowRoot!.querySelector('svg')!.getAttribute('width'), status.shadowRoot!.querySelector('[part=status-text]')!.textContent];
  });
  expect(late).toEqual(['copy', '40', 'Ringing...']);
});

test('every module can be imported where there is no document', () => {
  const root = new URL('../../elements/', import.meta.url);
  const { exports } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { exports: Record<string, unknown> };
  const tags = Object.keys(JSON.parse(readFileSync(new URL('test/compatibility/components.json', root), 'utf8')) as object);
  const paths = Object.keys(exports).filter((path) => !/\.(css|json)$/.test(path)).flatMap((path) => (path.includes('*') ? tags.map((tag) => `./${tag}`) : [path]));
  const script = `for (const path of ${JSON.stringify(paths)}) await import('@offhook/web-components' + path.slice(1)); console.log(\`\${typeof document} ${paths.length}\`)`;
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: new URL('../', import.meta.url), encoding: 'utf8' });
  expect(said.trim()).toBe(`undefined ${paths.length}`);
});
