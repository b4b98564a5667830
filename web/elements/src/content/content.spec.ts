import { HOSTILE, openBarePage } from '../../test/bare-page.js';
import { expect, test } from '../../test/harness.js';
import type * as Content from './markdown.js';
import type { Piece } from './pieces.js';
import { safeLink } from './links.js';
import type { Page } from '@playwright/test';

/** What is left of markup, after it has stood in the page for a while; `ran` tells whether anything in it ran. */
async function shown(page: Page, format: 'html' | 'markdown', text: string): Promise<{ markup: string; ran: boolean }> {
  return page.evaluate(
    async ({ format, text, url }) => {
      const { fromHtml, fromMarkdown } = (await import(url)) as typeof Content;
      const box = document.createElement('div');
      box.append(format === 'html' ? fromHtml(text) : fromMarkdown(text));
      const markup = box.innerHTML;
      document.querySelector('#stage')!.replaceChildren(box);
      for (const element of box.querySelectorAll<HTMLElement>('*')) {
        element.dispatchEvent(new Event('focus'));
        element.dispatchEvent(new Event('pointerdown'));
        element.dispatchEvent(new Event('error'));
      }
      return { markup, ran: 'ran' in globalThis };
    },
    { format, text, url: '/js/offhook-markdown.mjs' }
  );
}
const html = (page: Page, text: string) => shown(page, 'html', text).then(({ markup }) => markup);
const markdown = (page: Page, text: string) => shown(page, 'markdown', text).then(({ markup }) => markup);
const highlight = (page: Page, code: string, language: string) =>
  page.evaluate(async ({ code, language, url }) => ((await import(url)) as typeof Content).highlight(code, language), { code, language, url: '/js/offhook-markdown.mjs' });

test('nothing hostile gets through as HTML or as Markdown', async ({ page }) => {
  await openBarePage(page);
  await page.route('**/x', (route) => route.fulfill({ status: 404, body: '' }));
  for (const text of HOSTILE) {
    for (const format of ['html', 'markdown'] as const) {
      const { ran } = await shown(page, format, text);
      expect(ran, text).toBe(false);
      // Tags that are let through, and their attributes that are.
      const left = await page.locator('#stage > div').evaluate((box) => [...box.querySelectorAll('*')].map((one) => [one.localName, ...one.getAttributeNames()].join(' ')));
      for (const one of left) expect(one, text).toMatch(/^(p|br|b|i|em|strong|a|ul|ol|li|h[1-6]|pre|code|blockquote|hr|table|thead|tbody|tr|th|td|img|span|div)( (href|target|rel|src|alt|class|title|referrerpolicy))*$/);
      // Of elements, not of text that looks like them.
      const addresses = await page.locator('#stage > div').evaluate((box) => [...box.querySelectorAll('[href], [src]')].flatMap((one) => [one.getAttribute('href'), one.getAttribute('src')]).filter((address) => address !== null));
      for (const address of addresses) expect(address, text).toMatch(/^\s*(https?:|mailto:|tel:|data:image|x$|1$)/i);
    }
  }
});

test('links lead to http, https, mailto and tel', async ({ page }) => {
  expect(await html(page, '<a href="https://example.com/x">a</a><a href="mailto:a@example.com">b</a><a href="tel:+1">c</a><a href="javascript:1">d</a>')).toBe(
    '<a href="https://example.com/x">a</a><a href="mailto:a@example.com">b</a><a href="tel:+1">c</a><a>d</a>'
  );
  expect(await markdown(page, '[a](https://example.com) [b](javascript:ran=1) [c](<java&#x0A;script:ran=1>) [d](data:text/html,x)')).toBe(
    '<p><a href="https://example.com">a</a> <a>b</a> <a>c</a> <a>d</a></p>'
  );
});

test('a link with a target opens apart, whatever else it asked for; one without gets no rel', async ({ page }) => {
  expect(await html(page, '<a href="https://example.com/" target="_top" rel="opener">a</a><a href="https://example.com/" rel="opener">b</a>')).toBe(
    '<a href="https://example.com/" target="_blank" rel="noopener noreferrer">a</a><a href="https://example.com/">b</a>'
  );
});

test('pictures tell their server nothing about the page', async ({ page }) => {
  await openBarePage(page);
  await page.route('https://pictures.invalid/**', (route) => route.abort());
  expect(await html(page, '<img src="https://pictures.invalid/a.png" width="9">')).toBe('<img src="https://pictures.invalid/a.png" referrerpolicy="no-referrer" alt="">');
});

test('Markdown of the GitHub kind', async ({ page }) => {
  expect(await markdown(page, '# Title')).toBe('<h1>Title</h1>');
  const list = await markdown(page, '- [x] done\n- [ ] open\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```js\n<b>x</b>\n```\n');
  expect(list).toContain('☑ done');
  expect(list).toContain('☐ open');
  expect(list).toContain('<td>1</td>');
  expect(list).toContain('<th>a</th>');
  expect(list).toContain('<code class="language-js">&lt;b&gt;x&lt;/b&gt;');
});

test('Markdown keeps prices, the titles of links and pictures, and markup as text', async ({ page }) => {
  await openBarePage(page);
  expect(await markdown(page, 'Now $5, was **$6** or $x$')).toBe('<p>Now $5, was <strong>$6</strong> or <span>$x$</span></p>');
  expect(await markdown(page, '[a](https://example.com "Terms")')).toBe('<p><a href="https://example.com" title="Terms">a</a></p>');
  expect(await markdown(page, '![A kettle](data:image/png;base64,AAAA)')).toBe('<p><img alt="A kettle" src="data:image/png;base64,AAAA" referrerpolicy="no-referrer"></p>');
  expect(await markdown(page, 'Salt &amp; pepper, &#233;, `&amp;`')).toBe('<p>Salt &amp; pepper, é, <code>&amp;amp;</code></p>');
  expect(await markdown(page, 'a <b onclick="ran = 1">b</b>')).toBe('<p>a &lt;b onclick="ran = 1"&gt;b&lt;/b&gt;</p>');
});

test('the longest and the deepest Markdown is shown without a pause that anybody notices', async ({ page }) => {
  await openBarePage(page);
  for (const text of ['> '.repeat(50_000) + 'deep', '*'.repeat(100_000), '['.repeat(100_000), '> a\n'.repeat(20_000), '- '.repeat(50_000)]) {
    const took = await page.evaluate(
      async ({ text, url }) => {
        const { fromMarkdown } = (await import(url)) as typeof Content;
        const start = performance.now();
        document.querySelector('#stage')!.replaceChildren(fromMarkdown(text));
        return performance.now() - start;
      },
      { text, url: '/js/offhook-markdown.mjs' }
    );
    expect(took, text.slice(0, 20)).toBeLessThan(10_000);
  }
});

test('every language has its colours, and no character is lost', async ({ page }) => {
  const code = 'const a = "<b>x</b>"; // 1\nSELECT * FROM t WHERE a = 1\nkey: true\n# title\n<p class="x">é😀</p>\n{"k": [1, null]}\n.a { color: red }\necho $HOME';
  const names = ['javascript', 'js', 'typescript', 'ts', 'python', 'bash', 'sh', 'shell', 'json', 'css', 'yaml', 'sql', 'markdown', 'html', 'xml', 'svg', 'markup', 'clike', ' JavaScript '];
  for (const name of names) {
    const pieces = await highlight(page, code, name);
    expect(text(pieces), name).toBe(code);
    expect(pieces.some((piece) => typeof piece !== 'string' && piece.kind.startsWith('token ')), name).toBe(true);
  }
});

test('code in Markdown has the colours of the language that it names', async ({ page }) => {
  const kinds = async (code: string) => (await highlight(page, code, 'markdown')).map((piece) => (typeof piece === 'string' ? piece : `${piece.kind.slice(6)}: ${text(piece.inner)}`));
  expect(await kinds('# Title\n\n```js\nconst a\n```\n')).toEqual(['tag: # Title', '\n\n', 'keyword: ```js', '\n', 'keyword: const', ' a\n', 'keyword: ```', '\n']);
  expect(await kinds('```\nconst a\n```')).toEqual(['keyword: ```', '\nconst a\n', 'keyword: ```']);
});

test('code of an unknown language is one piece of text', async ({ page }) => {
  const code = '<img src=x onerror="ran = 1">';
  for (const name of ['', 'plaintext', 'go', 'extend', 'DFS', 'insertBefore', 'constructor', '__proto__', '<script>ran=1</script>']) {
    expect(await highlight(page, code, name), name).toEqual([code]);
  }
});

test('the schemes of links', () => {
  for (const good of ['https://example.com/', 'http://example.com/a?b#c', 'mailto:a@example.com', 'tel:+15551234']) expect(safeLink(good)).toBe(good);
  for (const bad of ['javascript:1', ' javascript:1', 'java\tscript:1', '\u0001javascript:1', 'JAVASCRIPT:1', 'data:text/html,x', 'vbscript:x', 'blob:x', 'file:///x', 'http://', '', ' ', null, 7, {}]) {
    expect(safeLink(bad)).toBeUndefined();
  }
});

function text(pieces: Piece[]): string {
  return pieces.map((piece) => (typeof piece === 'string' ? piece : text(piece.inner))).join('');
}
