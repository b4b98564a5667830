import { readFileSync } from 'node:fs';
import { HOSTILE, openBarePage } from '../../test/bare-page.js';
import { expect, test } from '../../test/harness.js';
import type { TranscriptEntry } from '../context/chat-state.js';
import { transcriptMarkdown } from './export.js';
import type { Page } from '@playwright/test';

type View = HTMLElementTagNameMap['sw-ui-transcript-view'];
const MARKUP = '<div data-style="inline-size: 320px; block-size: 300px"><sw-ui-transcript-view></sw-ui-transcript-view></div>';
const view = (page: Page) => page.locator('sw-ui-transcript-view');
const give = (page: Page, entries: unknown) =>
  view(page).evaluate(async (one: View, entries) => {
    one.entries = entries as TranscriptEntry[];
    await one.updateComplete;
  }, entries);
const entry = (id: number | string, type: TranscriptEntry['type'], text: string, more: Partial<TranscriptEntry> = {}): TranscriptEntry => ({ id: String(id), type, state: 'complete', text, ...more });
const fill = (count: number) => Array.from({ length: count }, (_, at) => entry(at, at % 2 ? 'user' : 'agent', `Sentence ${at}`));
const bubbles = (page: Page) => view(page).evaluate((one) => [...one.shadowRoot!.querySelectorAll('.bubble')].map((bubble) => [bubble.part.value, bubble.querySelector('.text')!.textContent]));
/** How far the end is away. */
const below = (page: Page) => view(page).evaluate((one) => {
  const messages = one.shadowRoot!.querySelector('[part=messages]')!;
  return Math.round(messages.scrollHeight - messages.scrollTop - messages.clientHeight);
});

test.beforeEach(({ page }) => page.emulateMedia({ reducedMotion: 'reduce' }));

test('header, text while there is nothing, properties and their defaults', async ({ show, page, axe }) => {
  await show(MARKUP);
  expect(await view(page).evaluate((one: View) => [one.header, one.emptyText, one.entries])).toEqual(['Transcript', '', []]);
  await expect(view(page).locator('[part=header]')).toHaveText('Transcript');
  await view(page).evaluate((one) => {
    one.setAttribute('header', 'Said so far');
    one.setAttribute('empty-text', 'Nothing yet');
  });
  await expect(view(page).locator('[part=header]')).toHaveText('Said so far');
  await expect(view(page).locator('[part=empty]')).toHaveText('Nothing yet');
  await axe();
  await give(page, fill(1));
  await expect(view(page).locator('[part=empty]')).toHaveCount(0);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`entries stand as bubbles with their parts, told apart to ear and eye (${colorScheme})`, async ({ show, page, axe }) => {
    await page.emulateMedia({ colorScheme });
    await show(MARKUP);
    await give(page, [
      entry(1, 'user', 'Hello'), entry(2, 'agent', 'Good day', { meta: { links: [{ label: 'Guide', url: 'https://example.com/' }] } }), entry(3, 'system', 'Recording'),
      entry(4, 'agent', 'I am', { state: 'partial' }), entry(5, 'user', 'Wait', { state: 'partial' })
    ]);
    expect(await bubbles(page)).toEqual([
      ['bubble bubble-user', 'Hello'], ['bubble bubble-agent', 'Good day'], ['bubble bubble-system', 'Recording'], ['bubble bubble-agent', 'I am'], ['bubble bubble-user', 'Wait']
    ]);
    expect(await view(page).evaluate((one) => [...one.shadowRoot!.querySelectorAll('.bubble')].map((bubble) => bubble.querySelector('.unseen')?.textContent))).toEqual(['You: ', 'Agent: ', undefined, 'Agent: ', 'You: ']);
    await axe();
  });
}

test('a log that speaks complete entries politely, and partial ones not at all', async ({ show, page }) => {
  await show(MARKUP);
  const log = page.getByRole('log', { name: 'Transcript' });
  await expect(log).toHaveAttribute('aria-live', 'polite');
  await expect(log).toHaveAttribute('aria-relevant', 'additions');
  await give(page, [entry(1, 'user', 'Hello'), entry('p', 'agent', 'I', { state: 'partial' })]);
  const quiet = (text: string) => view(page).evaluate((one, text) => [...one.shadowRoot!.querySelectorAll('.bubble')].find((bubble) => bubble.textContent!.includes(text))!.closest('[aria-live]')!.getAttribute('aria-live'), text);
  expect([await quiet('Hello'), await quiet('I')]).toEqual(['polite', 'off']);
  // What is there already is not added again when more comes or the oldest goes.
  await view(page).evaluate((one) => {
    const log = one.shadowRoot!.querySelector('[part=messages]')!;
    new MutationObserver((records) => {
      for (const { target, addedNodes } of records) for (const node of addedNodes) if (node instanceof HTMLElement && target === log) heard.push({ name: 'added', detail: node.querySelector('.text')!.textContent, target: '' });
    }).observe(log, { childList: true });
    globalThis.heard = [];
  });
  await give(page, [entry(1, 'user', 'Hello'), entry('p', 'agent', 'I am', { state: 'partial' })]);
  await give(page, [entry(1, 'user', 'Hello'), entry(2, 'agent', 'I am here')]);
  await give(page, [entry(1, 'user', 'Hello'), entry(2, 'agent', 'I am here'), entry(3, 'user', 'Fine')]);
  await give(page, [entry(2, 'agent', 'I am here'), entry(3, 'user', 'Fine'), entry(4, 'agent', 'Good')]);
  expect(await page.evaluate(() => heard.map(({ detail }) => detail))).toEqual(['I am here', 'Fine', 'Good']);
});

test('the end stays in sight for whoever is near it, and for nobody else', async ({ show, page }) => {
  await show(MARKUP);
  await give(page, fill(30));
  await expect.poll(() => below(page)).toBe(0);
  await give(page, fill(31));
  await expect.poll(() => below(page)).toBe(0);
  await view(page).evaluate((one) => (one.shadowRoot!.querySelector('[part=messages]')!.scrollTop = 0));
  const away = await below(page);
  await give(page, fill(32));
  expect(await below(page)).toBeGreaterThan(away);
  // A sentence that grows below the edge is followed as well.
  await view(page).evaluate((one) => one.shadowRoot!.querySelector('[part=messages]')!.scrollTo(0, 1e6));
  await give(page, [...fill(32), entry('p', 'agent', 'word '.repeat(100), { state: 'partial' })]);
  await expect.poll(() => below(page)).toBe(0);
  await give(page, [...fill(32), entry('p', 'agent', 'word '.repeat(200), { state: 'partial' })]);
  await expect.poll(() => below(page)).toBe(0);
});

test('moves smoothly while motion is welcome', async ({ show, page }) => {
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  await show(MARKUP);
  await give(page, fill(30));
  await view(page).evaluate((one) => {
    const messages = one.shadowRoot!.querySelector('[part=messages]')!;
    const scroll = messages.scrollTo.bind(messages) as (options: ScrollToOptions) => void;
    messages.scrollTo = ((options: ScrollToOptions) => {
      globalThis.heard.push({ name: 'scroll', detail: options.behavior, target: '' });
      scroll(options);
    }) as typeof messages.scrollTo;
    globalThis.heard = [];
  });
  for (const count of [31, 32, 33]) await give(page, fill(count));
  await expect.poll(() => below(page)).toBe(0);
  expect(await page.evaluate(() => heard.map(({ detail }) => detail))).toEqual(['smooth', 'smooth', 'smooth']);
});

test('links open apart, and only where links may lead', async ({ show, page }) => {
  await show(MARKUP);
  const urls = ['https://example.com/a', 'mailto:a@example.com', 'tel:+1555', 'javascript:ran=1', ' JavaScript:ran=1', 'data:text/html,x', 'vbscript:x', 'blob:x', ''];
  await give(page, [entry(1, 'agent', 'See', { meta: { links: urls.map((url, at) => ({ label: `link ${at}`, url })) } })]);
  expect(await view(page).evaluate((one) => [...one.shadowRoot!.querySelectorAll('a')].map((a) => [a.textContent, a.getAttribute('href'), a.target, a.rel]))).toEqual([
    ['link 0', 'https://example.com/a', '_blank', 'noopener noreferrer'],
    ['link 1', 'mailto:a@example.com', '_blank', 'noopener noreferrer'],
    ['link 2', 'tel:+1555', '_blank', 'noopener noreferrer']
  ]);
  await expect(view(page).locator('.links span')).toHaveText(['link 3', 'link 4', 'link 5', 'link 6', 'link 7', 'link 8']);
});

test('code gets its colours, and can be scrolled with the keyboard', async ({ show, page, axe }) => {
  await show(MARKUP);
  const content = 'const answer = "<b>42</b>"; // a line that is longer than the bubble is wide';
  await give(page, [entry(1, 'agent', 'Look', { meta: { code: { language: 'ts', content } } })]);
  const code = view(page).locator('[part=code]');
  await expect(code).toHaveText(content);
  await expect(code.locator('.token.keyword')).toHaveText('const');
  await expect(code).toHaveText(content);
  await expect(code.locator('b')).toHaveCount(0);
  await expect(page.getByRole('group', { name: 'Code ts' })).toHaveAttribute('tabindex', '0');
  await axe();
  // Other code under the same id is coloured anew.
  await give(page, [entry(1, 'agent', 'Look', { meta: { code: { language: 'ts', content: 'let x' } } })]);
  await expect(code).toHaveText('let x');
  await expect(code.locator('.token.keyword')).toHaveText('let');
});

test('hostile entries are text and nothing else', async ({ page, show }) => {
  await openBarePage(page);
  await show(MARKUP);
  const entries = HOSTILE.map((text, at) =>
    entry(at, 'agent', text, { meta: { links: [{ label: text, url: text }], code: { language: at % 2 ? text : 'go', content: text }, displayContent: { content: text, format: 'html' } } })
  );
  await give(page, entries);
  const texts = await bubbles(page);
  expect(texts.map(([, text]) => text)).toEqual(HOSTILE);
  // The highlighter has been here as well.
  await give(page, [...entries, entry('last', 'agent', '', { meta: { code: { language: 'js', content: 'let x' } } })]);
  await expect(view(page).locator('.token.keyword')).toHaveText('let');
  const names = await view(page).evaluate((one) => [...new Set([...one.shadowRoot!.querySelectorAll('.messages *')].map(({ localName }) => localName))].sort());
  expect(names).toEqual(expect.arrayContaining(['code', 'div', 'pre', 'span']));
  expect(names.filter((name) => !['a', 'code', 'div', 'pre', 'span'].includes(name))).toEqual([]);
  expect(await page.evaluate(() => 'ran' in globalThis)).toBe(false);
});

test('entries of any shape are survived', async ({ show, page }) => {
  await show(MARKUP);
  await give(page, [null, 7, 'text', [], {}, { id: 'a', type: '"><b>', state: 'x', text: { toString: 1 }, meta: { links: 'x', code: 3, displayContent: null } }, { id: 'a', type: 'user', text: 'twice', meta: { links: [null, {}, { url: 5 }] } }]);
  expect((await bubbles(page)).at(-1)).toEqual(['bubble bubble-user', 'twice']);
  for (const entries of [undefined, null, 'x', {}]) {
    await give(page, entries);
    expect(await bubbles(page)).toEqual([]);
  }
  const long = 'x'.repeat(300_000);
  await give(page, [entry(1, 'user', long, { meta: { code: { language: 'js', content: long } } })]);
  expect((await bubbles(page))[0]![1]).toHaveLength(300_000);
  const widths = await view(page).evaluate((one) => {
    const messages = one.shadowRoot!.querySelector('[part=messages]')!;
    return messages.scrollWidth <= messages.clientWidth;
  });
  expect(widths).toBe(true);
});

test('removed and put back, it shows the same, and follows on', async ({ show, page }) => {
  await show(MARKUP);
  await give(page, fill(2));
  await view(page).evaluate((one) => {
    const parent = one.parentElement!;
    one.remove();
    parent.append(one);
  });
  expect(await bubbles(page)).toHaveLength(2);
  await give(page, fill(3));
  expect(await bubbles(page)).toHaveLength(3);
});

test('the button keeps the transcript as a file, once there is something in it', async ({ show, page }) => {
  await show(MARKUP);
  const button = page.getByRole('button', { name: 'Download transcript as Markdown' });
  await expect(button).toBeDisabled();
  await give(page, [entry('p', 'agent', 'I am', { state: 'partial' })]);
  await expect(button).toBeDisabled();
  await give(page, [entry(1, 'user', 'Hello'), entry('p', 'agent', 'I am', { state: 'partial' })]);
  await button.focus();
  const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
  expect(download.suggestedFilename()).toBe(`transcript-${new Date().toISOString().slice(0, 10)}.md`);
  const text = readFileSync(await download.path(), 'utf8');
  expect(text).toMatch(/^# Transcript\n\n\*Generated: .+\*\n\n---\n\n\*\*You:\*\* Hello\n\n---$/);
});

test('what the file contains', () => {
  const words = { title: 'Transcript', generated: 'Generated: today', you: 'You', agent: 'Agent' };
  const head = '# Transcript\n\n*Generated: today*\n';
  expect(transcriptMarkdown([], words)).toBe(head);
  expect(
    transcriptMarkdown(
      [
        entry(1, 'user', 'Hi'), entry(2, 'user', 'unfinished', { state: 'partial' }), entry(3, 'system', 'Shown'),
        entry(4, 'agent', 'Look', {
          meta: {
            code: { language: 'ts', content: 'const fence = "```";' },
            links: [{ label: 'a]b', url: 'https://example.com/a(b)' }, { label: 'bad', url: 'javascript:1' }],
            displayContent: { content: '<b>x</b>', format: 'html' }
          }
        }),
        entry(5, 'agent', 'More', { meta: { displayContent: { content: '# Doc', format: 'markdown' } } }),
        entry(6, 'agent', 'Code', { meta: { displayContent: { content: 'x = 1', format: 'code', language: 'python' } } })
      ],
      words
    )
  ).toBe(
    [
      head, '---', '', '**You:** Hi', '', '---', '', '*Shown*', '', '---', '', '**Agent:** Look', '', '````ts', 'const fence = "```";', '````', '',
      '- [a\\]b](https://example.com/a%28b%29)', '- bad', '', '<!-- html content -->', '<b>x</b>', '<!-- /html content -->', '',
      '---', '', '**Agent:** More', '', '# Doc', '', '---', '', '**Agent:** Code', '', '```python', 'x = 1', '```', '', '---'
    ].join('\n')
  );
});

test('in the page’s words', async ({ show, page }) => {
  await show(MARKUP);
  await page.evaluate(() => elements.setWords({ 'transcript.title': 'Mitschrift', 'transcript.you': 'Sie', 'transcript.download': 'Speichern' }));
  await give(page, [entry(1, 'user', 'Hallo')]);
  await expect(page.getByRole('log', { name: 'Mitschrift' })).toContainText('Sie: Hallo');
  await expect(page.getByRole('button', { name: 'Speichern' })).toBeEnabled();
});
