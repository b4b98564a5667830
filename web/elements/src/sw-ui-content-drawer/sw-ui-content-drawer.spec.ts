import { HOSTILE, openBarePage } from '../../test/bare-page.js';
import { expect, test } from '../../test/harness.js';
import type { Page } from '@playwright/test';

// A context that is used again can bring an error of the clock of the test before.
test.use({ reuseContext: false });

type Drawer = HTMLElementTagNameMap['sw-ui-content-drawer'];
const MARKUP = (attributes = '', width = 800) =>
  `<button id="before">Before</button><div id="frame" data-style="position: relative; overflow: hidden; inline-size: ${width}px; block-size: 500px"><sw-ui-content-drawer ${attributes}></sw-ui-content-drawer></div>`;
const drawer = (page: Page) => page.locator('sw-ui-content-drawer');
const body = (page: Page) => drawer(page).locator('[part=body]');
const give = (page: Page, content: Partial<Pick<Drawer, 'open' | 'title' | 'content' | 'format' | 'language' | 'narrow'>>) =>
  drawer(page).evaluate(async (one: Drawer, content) => {
    Object.assign(one, content);
    await one.updateComplete;
  }, content);

test.beforeEach(({ page }) => page.emulateMedia({ reducedMotion: 'reduce' }));

test('closed, it is out of sight and out of reach', async ({ show, page, axe }) => {
  await show(MARKUP('title="Doc" content="Text"'));
  expect(await drawer(page).evaluate((one: Drawer) => [one.open, one.narrow, one.title, one.content, one.format, one.language])).toEqual([false, false, 'Doc', 'Text', 'text', '']);
  await expect(page.getByRole('button', { name: 'Close' })).toHaveCount(0);
  await expect(drawer(page).locator('[part=panel]')).toHaveAttribute('inert', '');
  await page.locator('#before').focus();
  await page.keyboard.press('Tab');
  expect(await drawer(page).evaluate((one) => one.shadowRoot!.activeElement)).toBeNull();
  expect(await drawer(page).evaluate((one) => getComputedStyle(one).pointerEvents)).toBe('none');
  await axe();
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`opens over its frame, named and announced (${colorScheme})`, async ({ show, page, axe }) => {
    await page.emulateMedia({ colorScheme });
    await show(MARKUP('title="Price list" content="One\n  Two"'));
    await give(page, { open: true });
    await expect(drawer(page)).toHaveAttribute('open', '');
    await expect(page.getByRole('region', { name: 'Price list' })).toBeVisible();
    await expect(page.getByRole('status')).toHaveText('Price list opened');
    await expect(drawer(page).locator('[part=title]')).toHaveText('Price list');
    expect(await body(page).evaluate((one) => one.textContent)).toContain('One\n  Two');
    const [frame, panel] = [(await page.locator('#frame').boundingBox())!, (await drawer(page).locator('[part=panel]').boundingBox())!];
    expect([panel.width, panel.height, frame.x + frame.width - panel.x - panel.width]).toEqual([360, 500, 0]);
    await axe();
  });
}

test('in a narrow frame it comes from below, and follows the frame', async ({ show, page, axe }) => {
  await show(MARKUP('open title="Doc"', 400));
  await give(page, { content: 'line\n'.repeat(100) });
  await expect(drawer(page)).toHaveAttribute('narrow', '');
  const boxes = async () => {
    const [frame, panel] = [(await page.locator('#frame').boundingBox())!, (await drawer(page).locator('[part=panel]').boundingBox())!];
    return [panel.width, panel.height, frame.y + frame.height - panel.y - panel.height];
  };
  expect(await boxes()).toEqual([400, 325, 0]);
  await axe();
  // Little content makes it no higher than it needs.
  await give(page, { content: 'short' });
  expect((await boxes())[1]).toBeLessThan(200);
  await page.locator('#frame').evaluate((frame) => (frame.style.inlineSize = '700px'));
  await expect(drawer(page)).not.toHaveAttribute('narrow');
  await page.locator('#frame').evaluate((frame) => (frame.style.inlineSize = '480px'));
  await expect(drawer(page)).toHaveAttribute('narrow', '');
});

test('from right to left it stands on the other side', async ({ show, page }) => {
  await show(MARKUP('open content="x"'));
  await page.locator('#frame').evaluate((frame: HTMLElement) => (frame.dir = 'rtl'));
  const [frame, panel] = [(await page.locator('#frame').boundingBox())!, (await drawer(page).locator('[part=panel]').boundingBox())!];
  expect(panel.x - frame.x).toBe(0);
});

test('closing asks, by button and by Escape, and leaves it to the page', async ({ show, page, listen }) => {
  await show(MARKUP('open content="x"'));
  await listen('sw-content-drawer-close');
  await page.getByRole('button', { name: 'Close' }).click();
  await page.keyboard.press('Escape');
  const close = { name: 'sw-content-drawer-close', detail: null, target: 'sw-ui-content-drawer' };
  expect(await page.evaluate(() => heard)).toEqual([close, close]);
  await expect(drawer(page)).toHaveAttribute('open', '');
});

test('opening leaves the focus where it is; closing returns it to where it came from', async ({ show, page }) => {
  await show(MARKUP('content="x"'));
  await page.locator('#before').focus();
  await give(page, { open: true });
  await expect(page.locator('#before')).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Copy to clipboard' })).toBeFocused();
  await give(page, { open: false });
  await expect(page.locator('#before')).toBeFocused();
  await expect(page.getByRole('status')).toHaveText('');
});

test('Markdown, in a page whose policy allows trusted markup only', async ({ show, page, axe }) => {
  await show(MARKUP('open title="Doc" format="markdown"'));
  await give(page, { content: '# Title\n\nText with `code`, [a link](https://example.com/).\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\nplain\n```\n\n> quoted' });
  await expect(body(page).getByRole('heading', { name: 'Title', level: 1 })).toBeVisible();
  await expect(body(page).getByRole('cell', { name: '2' })).toBeVisible();
  await expect(body(page).locator('a')).toHaveAttribute('href', 'https://example.com/');
  await axe();
  await give(page, { content: '- other' });
  await expect(body(page).getByRole('listitem')).toHaveText('other');
  await expect(body(page).locator('h1')).toHaveCount(0);
});

test('a link without a target opens beside the call, not over it', async ({ show, page, context }) => {
  await context.route('https://elsewhere.example/**', (route) => route.fulfill({ contentType: 'text/html', body: 'elsewhere' }));
  await show(MARKUP('open format="markdown"'));
  await give(page, { content: '[one](https://elsewhere.example/one)' });
  const [opened] = await Promise.all([context.waitForEvent('page'), body(page).locator('a').click()]);
  await expect.poll(() => opened.url()).toBe('https://elsewhere.example/one');
  expect(await opened.evaluate(() => window.opener)).toBeNull();
  expect(page.url()).not.toContain('elsewhere');
});

test('code has its colours and a badge; unknown languages are text', async ({ show, page, axe }) => {
  await show(MARKUP('open format="code" language="python"'));
  await give(page, { content: 'def f(x):\n    return "<b>"' });
  await expect(drawer(page).locator('.badge')).toHaveText('python');
  await expect(body(page).locator('.token.keyword')).toHaveText(['def', 'return']);
  expect(await body(page).evaluate((one) => one.textContent)).toContain('def f(x):\n    return "<b>"');
  await axe();
  await give(page, { language: '<i>go</i>', content: '<img src="x" onerror="ran = 1">' });
  await expect(drawer(page).locator('.badge')).toHaveText('<i>go</i>');
  await expect(body(page).locator('pre.code')).toHaveText('<img src="x" onerror="ran = 1">');
  await expect(body(page).locator('img, .token')).toHaveCount(0);
  await give(page, { language: '' });
  await expect(drawer(page).locator('.badge')).toHaveCount(0);
});

test('nothing hostile runs, in any format', async ({ show, page }) => {
  await openBarePage(page);
  await page.route('**/{x,1}', (route) => route.fulfill({ status: 404, body: '' }));
  await show(MARKUP('open'));
  for (const format of ['html', 'markdown', 'code', 'text'] as const) {
    for (const content of HOSTILE) {
      await give(page, { format, content, title: content, language: content });
      if (format === 'html' || format === 'markdown') await expect(body(page).locator('.markup')).toHaveCount(1);
      if (format === 'code') await expect(body(page).locator('pre.code')).toHaveText(content);
      if (format === 'text') await expect(body(page).locator('pre.plain')).toHaveText(content);
      await expect(drawer(page).locator('[part=title]')).toHaveText(content.trim());
      const found = await body(page).evaluate((one) => [...one.querySelectorAll('script, iframe, object, embed, form, input, style, svg, math, link, meta, base, video, audio, [style], [onerror], [onclick], [id], [slot]')].map(({ outerHTML }) => outerHTML));
      expect(found, content).toEqual([]);
    }
  }
  expect(await page.evaluate(() => 'ran' in globalThis)).toBe(false);
});

test('an older content never comes after a newer one', async ({ show, page }) => {
  let release = (): void => undefined;
  const held = new Promise<void>((done) => (release = done));
  await page.route('**/offhook-markdown.mjs', async (route) => {
    await held;
    await route.continue();
  });
  await show(MARKUP('open format="markdown"'));
  await give(page, { content: '# Old' });
  // Until it is ready, it is shown as it is.
  await expect(body(page).locator('pre.raw')).toHaveText('# Old');
  await give(page, { content: 'New', format: 'text' });
  release();
  await page.evaluate((url) => import(url), '/elements/offhook-markdown.mjs');
  await expect(body(page).locator('pre.plain')).toHaveText('New');
  await give(page, { content: '# Last', format: 'markdown' });
  await expect(body(page).locator('h1')).toHaveText('Last');
});

test('what cannot be made ready is shown as it is, and tried again', async ({ show, page }) => {
  const asked = '**/offhook-markdown.mjs*';
  await page.route(asked, (route) => route.abort());
  await show(MARKUP('open format="html"'));
  const warned = page.waitForEvent('console', (message) => message.text().includes('plain text'));
  await give(page, { content: '<b>x</b>' });
  await warned;
  await expect(body(page).locator('pre.raw')).toHaveText('<b>x</b>');
  await page.unroute(asked);
  await give(page, { content: '<b>y</b>' });
  await expect(body(page).locator('b')).toHaveText('y');
});

test('very long content is text', async ({ show, page }) => {
  await show(MARKUP('open format="markdown"'));
  const content = `# ${'x'.repeat(300_000)}`;
  await give(page, { content });
  expect(await body(page).locator('pre.raw').evaluate((one) => one.textContent!.length)).toBe(content.length);
  // And what nests deeper than any reader follows is survived.
  await give(page, { content: '>'.repeat(50_000) });
  await give(page, { content: '# after' });
  await expect(body(page).locator('h1')).toHaveText('after');
});

test('an unknown format is text', async ({ show, page }) => {
  await show(MARKUP('open format="script" content="&lt;b&gt;x&lt;/b&gt;"'));
  await expect(body(page).locator('pre')).toHaveText('<b>x</b>');
  await expect(body(page).locator('b')).toHaveCount(0);
});

test('copies the raw content, and tells so for a moment', async ({ show, page, context, axe }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.clock.install();
  await show(MARKUP('open format="markdown"'));
  await give(page, { content: '# Raw' });
  const button = page.getByRole('button', { name: 'Copy to clipboard' });
  await button.click();
  await expect(page.getByRole('status')).toHaveText('Copied');
  await expect(button.locator('sw-ui-icon')).toHaveAttribute('name', 'check-circle');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('# Raw');
  await page.clock.runFor(2_100);
  await expect(button.locator('sw-ui-icon')).toHaveAttribute('name', 'copy');
  await expect(page.getByRole('status')).toHaveText('');
  await axe();
});

test('copying that fails is told', async ({ show, page, axe }) => {
  await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
  await show(MARKUP('open content="x"'));
  await page.getByRole('button', { name: 'Copy to clipboard' }).click();
  await expect(drawer(page).getByText('Copying is not possible here').first()).toBeVisible();
  await expect(page.getByRole('status')).toHaveText('Copying is not possible here');
  await axe();
});

test('removed and put back, it follows its new frame', async ({ show, page }) => {
  await show(`${MARKUP('open content="x"')}<div id="small" data-style="position: relative; inline-size: 300px; block-size: 200px"></div>`);
  await expect(drawer(page)).not.toHaveAttribute('narrow');
  await page.evaluate(() => document.querySelector('#small')!.append(document.querySelector('sw-ui-content-drawer')!));
  await expect(drawer(page)).toHaveAttribute('narrow', '');
});

test('has its parts, and slides while motion is welcome', async ({ show, page }) => {
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  await show(MARKUP('content="x"'));
  expect(await drawer(page).evaluate((one) => [...one.shadowRoot!.querySelectorAll('[part]')].map((part) => part.part.value))).toEqual(['panel', 'header', 'title', 'body']);
  await give(page, { open: true });
  expect(await drawer(page).locator('[part=panel]').evaluate((panel) => panel.getAnimations().map((one) => (one as CSSTransition).transitionProperty))).toContain('translate');
});
