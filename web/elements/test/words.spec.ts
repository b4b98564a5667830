/** Every word comes out of one table: another language takes the place of English, for the page or for one element. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from './harness.js';

const source = (path: string): string => readFileSync(new URL(`../src/${path}`, import.meta.url), 'utf8');
/** Key -> word, of a table in TypeScript. */
function table(text: string): Map<string, string> {
  return new Map([...text.matchAll(/^ {2}'([\w.-]+)': '((?:[^'\\]|\\.)*)',?$/gm)].map(([, key, word]) => [key!, word!]));
}
const english = new Map(readdirSync(new URL('../src/base/english', import.meta.url)).flatMap((file) => [...table(source(`base/english/${file}`))]));
const german = table(source('words/german.ts'));
const blanks = (word: string): string[] => [...word.matchAll(/\{\w+\}/g)].map(([blank]) => blank).sort();

test('German says all that English says', () => {
  expect(english.size).toBeGreaterThan(150);
  expect([...german.keys()].sort()).toEqual([...english.keys()].sort());
  for (const [key, word] of english) expect(blanks(german.get(key)!), key).toEqual(blanks(word));
});

test('the word that the button knows without the table is that of the table', () => {
  expect(source('sw-click-to-call/sw-click-to-call.ts')).toContain(`'${english.get('failed.not-loaded')}'`);
});

test('no template holds a word of its own', () => {
  const spoken = readdirSync(new URL('../src', import.meta.url)).filter((name) => name.startsWith('sw-')).flatMap((tag) => {
    const code = source(`${tag}/${tag}.ts`).replace(/\/\*[^]*?\*\//g, '').replace(/\$\{[^{}]*(\{[^{}]*\}[^{}]*)*\}/g, '');
    const attributes = [...code.matchAll(/\b(?:aria-label|title|placeholder|alt)="([A-Za-z][^"$]*)"/g)].map(([, text]) => text);
    const texts = [...code.matchAll(/<(?:p|span|button|h\d|li|label)\b[^<>]*>\s*([A-Za-z][A-Za-z .…]{2,})</g)].map(([, text]) => text);
    return [...attributes, ...texts].map((text) => `${tag}: ${text}`);
  });
  expect(spoken).toEqual([]);
});

test('a page gives all elements German, and one of them words of its own', async ({ page, show, axe }) => {
  await page.setViewportSize({ width: 1100, height: 800 });
  await show('<sw-call-provider><sw-call-status id="one"></sw-call-status><sw-call-status id="other"></sw-call-status><sw-call-controls></sw-call-controls></sw-call-provider>');
  await page.evaluate((german) => {
    document.documentElement.lang = 'de';
    Object.assign(document.querySelector('sw-call-provider')!, { call: new sim.SimulatedCall({ status: 'ringing' }), deviceController: new sim.SimulatedDevices() });
    elements.setWords(german);
    (document.querySelector('#other') as unknown as { words: object }).words = { 'call.ringing': 'Moin!' };
  }, Object.fromEntries(german));
  await expect(page.locator('#one')).toContainText('Es klingelt …');
  await expect(page.locator('#other')).toContainText('Moin!');
  await expect(page.getByRole('button', { name: 'Auflegen' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Mikrofon stummschalten' })).toBeVisible();
  await axe();
});
