/** The button on pages that are not ours: hostile ones, strict ones, older ones, and those that take nothing but a frame. */
import { expect, test, type Page } from '@playwright/test';
import { agent, answerInConsole } from '../support/console.js';
import { expectToHear, party } from '../support/party.js';
import { connect, dial, status } from '../support/sdk.js';
import { Site } from '../support/site.js';
import { enter, open, server, setStage } from '../support/stage.js';

let site: Site;
const VISITOR = 700;
const AGENT = 1300;

setStage();
test.beforeAll(async () => {
  site = await Site.start();
});
test.afterAll(() => site.stop());

const visit = async (url: string): Promise<Page> => (await enter(party(VISITOR, url))).page;
const desk = async (): Promise<Page> => (await enter(agent(server, AGENT))).page;
/** What the page's call plays, wherever it is shown. */
async function listen(page: Page): Promise<void> {
  await page.evaluate(() => {
    const find = (root: ParentNode): HTMLMediaElement | undefined => {
      for (const element of root.querySelectorAll('*')) {
        if (element instanceof HTMLMediaElement && element.srcObject) return element;
        const inside = element.shadowRoot && find(element.shadowRoot);
        if (inside) return inside;
      }
      return undefined;
    };
    Object.assign(globalThis, { __remote: () => find(document)?.srcObject ?? null });
  });
}
const panel = (page: Page) => page.locator('sw-call-widget [data-phase]');
/** Everything that the policy of a page refused, as the page's console tells it. */
function violations(page: Page): string[] {
  const told: string[] = [];
  page.on('console', (message) => {
    if (/Content.Security.Policy|TrustedHTML|TrustedScript|trusted type/i.test(message.text())) told.push(message.text());
  });
  return told;
}
const socket = (): string => server.origin.replace('http', 'ws');
/** What the documentation says a page must allow, and nothing else for us. */
const strict = (): Record<string, string> => ({
  'content-security-policy':
    `default-src 'none'; script-src 'self' ${server.origin} 'wasm-unsafe-eval'; connect-src ${server.origin} ${socket()}; media-src mediastream: blob:; ` +
    "style-src 'self'; img-src data:; base-uri 'none'; require-trusted-types-for 'script'; trusted-types lit-html dompurify 'allow-duplicates'"
});

test('a page that resets, covers, hides and freezes everything, with the strictest policy and the script twice', async () => {
  const frozen = ['Object', 'Array', 'Function', 'String', 'Number', 'Boolean', 'Promise', 'Map', 'Set', 'RegExp', 'Date', 'Error', 'Symbol', 'EventTarget', 'Node', 'Element', 'HTMLElement'];
  site.pages.set('/freeze.js', { type: 'text/javascript', body: frozen.map((name) => `Object.freeze(${name}.prototype);`).join('\n') });
  site.pages.set('/hostile.css', {
    type: 'text/css',
    body: `* { margin: 0; padding: 0; border: 0; box-sizing: content-box; text-transform: uppercase; letter-spacing: 6px; text-indent: 40px; white-space: pre; line-height: 4; font-style: italic; }
      html, body { overflow: hidden; block-size: 100%; position: relative; transform: translateZ(0); }
      button, dialog, audio { display: none !important; } dialog::backdrop { background: lime; }
      .curtain { position: fixed; inset: 0; z-index: 2147483647; background: rgb(200 0 0 / 20%); pointer-events: none; } .curtain.down { pointer-events: auto; }
      .box { overflow: hidden; inline-size: 260px; block-size: 80px; contain: paint; }`
  });
  const script = `${server.origin}/js/offhook-embed.js`;
  const url = site.html(
    '/hostile',
    `<script src="/freeze.js"></script><link rel="stylesheet" href="/hostile.css"><script type="module" src="${script}"></script><script type="module" src="${script}?again"></script>`,
    `<div class="curtain"></div><div class="box"><sw-click-to-call token="${server.button('/private/agent', ['--origin', site.origin])}" label="Talk to us" audio-only></sw-click-to-call></div>`,
    strict()
  );
  const agentPage = await desk();
  const { page } = await enter(party(VISITOR, 'about:blank'));
  const [refused, warned, failed] = [violations(page), [] as string[], [] as string[]];
  page.on('console', (message) => message.type() === 'warning' && warned.push(message.text()));
  page.on('pageerror', (error) => failed.push(error.message));
  await page.goto(url);
  const button = page.getByRole('button', { name: 'Talk to us' });
  const looks = await button.evaluate((element) => {
    const { textTransform, letterSpacing, fontStyle, whiteSpace, textIndent } = getComputedStyle(element);
    return { textTransform, letterSpacing, fontStyle, whiteSpace, textIndent };
  });
  expect(looks).toEqual({ textTransform: 'none', letterSpacing: 'normal', fontStyle: 'normal', whiteSpace: 'normal', textIndent: '0px' });
  await button.click();
  await answerInConsole(agentPage);
  await expect(panel(page)).toHaveAttribute('data-phase', 'talking');
  await listen(page);
  await Promise.all([expectToHear(page, AGENT), expectToHear(agentPage, VISITOR)]);
  // The dialog is above whatever the page puts on top, and not cut by the box that the button is in.
  await page.evaluate(() => document.querySelector('.curtain')!.classList.add('down'));
  const card = (await page.locator('sw-call-widget .card').boundingBox())!;
  expect(card.width).toBeGreaterThan(280);
  await page.getByRole('button', { name: 'Hang up' }).click();
  await expect(panel(page)).toHaveAttribute('data-phase', 'ended');
  await expect(panel(page)).toContainText('You hung up.');
  await expect(agentPage.getByTestId('wrap-up')).toBeVisible();
  expect(warned.filter((text) => text.includes('<sw-click-to-call> is registered already'))).toHaveLength(1);
  expect(failed).toEqual([]);
  expect(refused).toEqual([]);
});

test('the older snippet: the functions are called at their times, and what they refuse does not happen', async () => {
  const agentPage = await desk();
  const token = server.button('/private/agent', ['--origin', site.origin]);
  const url = site.html(
    '/older',
    `<script src="${server.origin}/js/offhook-c2c.js" data-token="${token}"></script>`,
    `<div id="there"></div><div id="here"></div><script>
      globalThis.told = []; globalThis.allow = { start: false, leave: false };
      sw.c2c.spawn('C2CButton', {
        destination: '/private/agent', buttonParentSelector: '#there', callParentSelector: '#here', audioOnly: true,
        innerHTML: '<b>Call the shop</b><img src="data:," onerror="ran = true"><script>ran = true<\\/script>',
        beforeCallStartFn: () => { told.push('beforeStart'); return allow.start; },
        afterCallStartFn: () => { told.push('afterStart'); },
        beforeCallLeaveFn: () => { told.push('beforeLeave'); return allow.leave; },
        afterCallLeaveFn: () => { told.push('afterLeave'); throw new Error('the page is broken'); },
        onCallError: (error) => { told.push('error: ' + error.message); }
      });
    </script>`
  );
  const page = await visit(url);
  const told = () => page.evaluate(() => (globalThis as never as { told: string[] }).told);
  const allow = (what: 'start' | 'leave') => page.evaluate((what) => ((globalThis as never as { allow: Record<string, boolean> }).allow[what] = true), what);
  const button = page.locator('#there').getByRole('button', { name: 'Call the shop' });
  await button.click();
  await expect.poll(told).toEqual(['beforeStart']);
  await expect(page.locator('#here sw-call-widget')).toHaveCount(0);
  await allow('start');
  await button.click();
  await answerInConsole(agentPage);
  await expect.poll(told).toEqual(['beforeStart', 'beforeStart', 'afterStart']);
  await listen(page);
  await Promise.all([expectToHear(page, AGENT), expectToHear(agentPage, VISITOR)]);
  await expect(button).toBeDisabled();
  const hangup = page.locator('#here').getByRole('button', { name: 'Hang up' });
  await hangup.click();
  await expect.poll(told).toEqual(['beforeStart', 'beforeStart', 'afterStart', 'beforeLeave']);
  await expectToHear(page, AGENT);
  await allow('leave');
  await hangup.click();
  await expect.poll(told).toEqual(['beforeStart', 'beforeStart', 'afterStart', 'beforeLeave', 'beforeLeave', 'afterLeave']);
  await expect(button).toBeEnabled();
  expect(await page.evaluate(() => 'ran' in globalThis)).toBe(false);
  // A page that is not one of the button's: the error is told, the button works again.
  const elsewhere = server.button('/private/agent', ['--origin', 'https://shop.example.com']);
  await page.evaluate((token) => document.querySelector<HTMLScriptElement>('script[data-token]')!.setAttribute('data-token', token), elsewhere);
  await button.click();
  await expect.poll(async () => (await told()).at(-1)).toMatch(/^error: .*not active any more, or not for this site/);
  await expect(button).toBeEnabled();
});

test('in a frame, where the page lets no script in: a call, the size that is wanted, and only on the button’s pages', async () => {
  const agentPage = await desk();
  const token = server.button('/private/agent', ['--origin', site.origin]);
  const frame = (path: string, around: string) =>
    site.html(
      path,
      '<script src="/around.js"></script>',
      `<iframe src="${server.origin}/embed/${token}?label=Talk%20to%20us&amp;audio-only" allow="microphone; camera; autoplay; display-capture" title="Talk to us" width="360" height="480"></iframe>${around}`,
      { 'content-security-policy': `default-src 'none'; script-src 'self'; frame-src ${server.origin}` }
    );
  site.pages.set('/around.js', { type: 'text/javascript', body: 'globalThis.told = []; addEventListener("message", ({ data, origin }) => told.push({ ...data, origin }));' });
  const page = await visit(frame('/framed', ''));
  const refused = violations(page);
  const inside = page.frameLocator('iframe');
  await expect(inside.getByRole('button', { name: 'Talk to us' })).toBeVisible();
  const told = () => page.evaluate(() => (globalThis as never as { told: { type: string; origin: string; width?: number; height?: number; state?: string }[] }).told);
  await expect.poll(told).toContainEqual(expect.objectContaining({ type: 'offhook:resize', origin: server.origin }));
  const small = (await told()).find(({ type }) => type === 'offhook:resize')!;
  expect(small.height).toBeLessThan(100);
  await inside.getByRole('button', { name: 'Talk to us' }).click();
  await answerInConsole(agentPage);
  await expect(inside.locator('sw-call-widget [data-phase]')).toHaveAttribute('data-phase', 'talking');
  await expectToHear(agentPage, VISITOR);
  await expect.poll(told).toContainEqual(expect.objectContaining({ type: 'offhook:call', state: 'started', origin: server.origin }));
  expect((await told()).filter(({ type, height = 0 }) => type === 'offhook:resize' && height >= 400)).not.toEqual([]);
  // All of the card is in the frame that the documentation gives.
  const box = await inside.locator('sw-call-widget .card').evaluate((card) => [card.scrollHeight <= card.clientHeight + 1, document.documentElement.scrollWidth <= innerWidth]);
  expect(box).toEqual([true, true]);
  await inside.getByRole('button', { name: 'Hang up' }).click();
  await expect.poll(told).toContainEqual(expect.objectContaining({ type: 'offhook:call', state: 'ended' }));
  expect(refused).toEqual([]);
  // Another site, the same frame: the browser shows nothing of it, and nothing is told.
  const foreign = await Site.start();
  foreign.html('/', '', `<iframe src="${server.origin}/embed/${token}" width="360" height="480"></iframe>`);
  const kept: string[] = [];
  page.on('console', (message) => kept.push(message.text()));
  await page.goto(foreign.origin);
  await expect.poll(() => kept.join()).toContain('frame-ancestors');
  await expect(page.frameLocator('iframe').getByRole('button')).toHaveCount(0);
  foreign.stop();
});

test('a button that asks for work first gets it, under the strictest policy, and the call goes on', async () => {
  const agentPage = await desk();
  const token = server.button('/private/agent', ['--proof-of-work', '17']);
  const page = await visit(
    site.html('/work', `<script type="module" src="${server.origin}/js/offhook-embed.js"></script>`, `<sw-click-to-call token="${token}" label="Call" audio-only></sw-click-to-call>`, strict())
  );
  const answers: number[] = [];
  page.on('response', (response) => response.url().endsWith('/embeds/tokens') && answers.push(response.status()));
  await page.getByRole('button', { name: 'Call' }).click();
  await answerInConsole(agentPage);
  await listen(page);
  await Promise.all([expectToHear(page, AGENT), expectToHear(agentPage, VISITOR)]);
  expect(answers).toEqual([428, 201]);
});

test('a server with a port in `host`, a destination that the token pins, and a failure that can be tried again', async () => {
  const agentPage = await desk();
  const token = server.button('/private/agent');
  const page = await visit(
    site.html('/host', `<script type="module" src="${server.origin}/js/offhook-embed.js"></script>`, `<sw-click-to-call token="${token}" host="localhost:${server.tlsPort}" label="Call" audio-only></sw-click-to-call>`)
  );
  const asked: string[] = [];
  page.on('request', (request) => request.url().endsWith('/embeds/tokens') && asked.push(request.url()));
  let broken = true;
  await page.route('**/api/fabric/embeds/tokens', (route) => (broken ? route.fulfill({ status: 403, body: '{}', headers: { 'access-control-allow-origin': '*' } }) : route.continue()));
  await page.getByRole('button', { name: 'Call' }).click();
  await expect(page.getByRole('dialog', { name: 'Call' })).toBeVisible();
  await expect(panel(page).getByRole('status')).toHaveText('This call button is not active any more, or not for this site.');
  broken = false;
  await page.getByRole('button', { name: 'Call again' }).click();
  await answerInConsole(agentPage);
  await listen(page);
  await expectToHear(page, AGENT);
  expect(new Set(asked)).toEqual(new Set([`https://localhost:${server.tlsPort}/api/fabric/embeds/tokens`]));
  // One click is one hang-up: told once, and the agent sees one call that ended.
  await page.evaluate(() => {
    const told: string[] = [];
    for (const name of ['sw-call-hangup', 'sw-call-ended']) document.addEventListener(name, () => told.push(name));
    Object.assign(globalThis, { told });
  });
  await page.getByRole('button', { name: 'Hang up' }).click();
  await expect(panel(page)).toContainText('You hung up.');
  expect(await page.evaluate(() => (globalThis as never as { told: string[] }).told)).toEqual(['sw-call-hangup', 'sw-call-ended']);
  await expect(agentPage.getByTestId('wrap-up')).toBeVisible();
  await expect(agentPage.getByTestId('history').getByRole('listitem')).toHaveCount(1);
});

test('a call that comes in asks by an accessible dialog of the page, whatever the caller is called', async () => {
  const name = '<img src=x onerror="ran=true">';
  server.token('alice');
  const page = await visit(site.html('/incoming', `<script type="module" src="${server.origin}/js/offhook-elements.mjs"></script>`, '<p>Page</p>'));
  await page.evaluate(
    ({ token, host }) => {
      const widget = document.createElement('sw-call-widget');
      Object.assign(widget, { token, host, audioOnly: true, allowIncomingCalls: true });
      document.body.append(widget);
    },
    { token: server.token('alice'), host: server.origin }
  );
  const caller = await open('ours', AGENT);
  await connect(caller.page, server.token('bob', ['--name', name]));
  // Online is only seen by calling.
  await expect(async () => {
    await dial(caller.page, '/private/alice');
    await expect(page.getByRole('alertdialog')).toBeVisible({ timeout: 3_000 });
  }).toPass();
  const dialog = page.getByRole('alertdialog');
  await expect(dialog).toContainText(`${name} is calling`);
  await dialog.getByRole('button', { name: 'Accept' }).click();
  await status(caller.page, 'connected');
  await listen(page);
  await Promise.all([expectToHear(page, AGENT), expectToHear(caller.page, VISITOR)]);
  expect(await page.evaluate(() => 'ran' in globalThis)).toBe(false);
});

test('what the page of call buttons gives to copy works where it is pasted', async () => {
  const agentPage = await desk();
  const owner = await visit(`${server.origin}/console/buttons/`);
  const pasted = async (which: string): Promise<string> => {
    await owner.getByTestId(`snippet-${which}`).click();
    return (await owner.getByTestId('snippet').textContent())!;
  };
  await owner.getByTestId('label').fill('Ask "us" <now>');
  for (const which of ['module', 'older', 'frame']) {
    const page = await visit(site.html(`/pasted-${which}`, '', await pasted(which)));
    const within = which === 'frame' ? page.frameLocator('iframe') : page;
    await within.getByRole('button', { name: 'Ask "us" <now>' }).click();
    await answerInConsole(agentPage);
    await expect(within.locator('sw-call-widget [data-phase]')).toHaveAttribute('data-phase', 'talking');
    await within.getByRole('button', { name: 'Hang up' }).click();
    await agentPage.getByTestId('done').click();
  }
});
