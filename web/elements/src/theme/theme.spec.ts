import { readFileSync } from 'node:fs';
import { expect, test } from '../../test/harness.js';

/** Token and value, in order, of one style sheet. */
const rules = (name: string) => [...readFileSync(new URL(name, import.meta.url), 'utf8').matchAll(/^\s+(--[\w-]+): (.*);$/gm)].map(([, token, value]) => `${token}: ${value}`);

test('what a widget gives by itself is a part of the theme', () => {
  const whole = rules('theme.css');
  const part = rules('tokens.css');
  expect(part.length).toBeGreaterThan(30);
  expect(part.filter((rule) => !whole.includes(rule))).toEqual([]);
});

test("the page's own value of a token wins, on :root too", async ({ page }) => {
  const radius = await page.evaluate(() => {
    const own = new CSSStyleSheet();
    own.replaceSync(':root { --radius-md: 31px }');
    document.adoptedStyleSheets = [own];
    (globalThis as unknown as { elements: { ensureSignalWireTheme(): void } }).elements.ensureSignalWireTheme();
    const style = getComputedStyle(document.documentElement);
    return [style.getPropertyValue('--radius-md'), style.getPropertyValue('--sp-4')];
  });
  expect(radius).toEqual(['31px', '1rem']);
});

test('light and dark follow the visitor, and data-theme goes before that', async ({ page }) => {
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue('--bg-page'));
  await page.emulateMedia({ colorScheme: 'light' });
  await page.evaluate(() => (globalThis as unknown as { elements: { ensureSignalWireTheme(): void } }).elements.ensureSignalWireTheme());
  expect(await background()).toBe('#FAFBFC');
  await page.emulateMedia({ colorScheme: 'dark' });
  expect(await background()).toBe('#0e0e18');
  await page.evaluate(() => document.documentElement.setAttribute('data-theme', 'light'));
  expect(await background()).toBe('#FAFBFC');
});
