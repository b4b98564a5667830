/**
 * Every state in the gallery, light, dark and on a phone: without findings of axe-core, and looking as it did. A change that
 * is meant is taken over: delete the pictures of the element, `npx playwright test apps/test/gallery -u` in web/elements, look at the new
 * ones, and make them small with `node ../apps/test/squeeze.mjs`.
 */
import { readdirSync, statSync } from 'node:fs';
import { expect, test } from '../../elements/test/harness.js';
import { SCENES } from '../src/elements/scenes/index.js';
import { expectAccessible, expectReadable, openGallery, settled } from './gallery-page.js';

// A context that is used again can bring an error of the clock of the test before.
test.use({ reuseContext: false });

const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
const PICTURES = new URL('./pictures/', import.meta.url);
/** Other systems draw letters otherwise. */
const compared = process.platform === 'linux';
/** Pixels of height in one picture. */
const SHEET = 2400;

for (const tag of Object.keys(SCENES)) {
  test(`${tag}: all states, light, dark, on a phone, from right to left, with twice the text, narrow and in forced colours`, async ({ page }) => {
    test.setTimeout(240_000);
    await page.setViewportSize(DESKTOP);
    await page.emulateMedia({ reducedMotion: 'reduce', colorScheme: 'light' });
    await openGallery(page, { only: tag });
    const look = async (name: string): Promise<void> => {
      await settled(page);
      const { x, y, width, height } = (await page.locator('.scenes').boundingBox())!;
      for (let from = 0, at = 1; from < height; from += SHEET, at++) {
        const clip = { x, y: y + from, width, height: Math.min(SHEET, height - from) };
        if (compared) await expect(page).toHaveScreenshot(`${tag}-${name}-${at}.webp`, { fullPage: true, clip, timeout: 40_000 });
      }
    };
    const choose = (name: string, value: string) => page.locator(`.settings select[name=${name}]`).selectOption(value);
    await look('light');
    await expectAccessible(page, 'light');
    // From here on the same elements are there: what can change is how they look.
    await page.emulateMedia({ reducedMotion: 'reduce', colorScheme: 'dark' });
    await look('dark');
    await expectReadable(page, 'dark');
    await page.emulateMedia({ reducedMotion: 'reduce', colorScheme: 'light' });
    await page.setViewportSize(PHONE);
    await look('phone');
    expect(await page.evaluate(() => document.documentElement.scrollWidth), 'nothing sticks out of a phone').toBeLessThanOrEqual(PHONE.width);
    await page.setViewportSize(DESKTOP);
    await choose('dir', 'rtl');
    await choose('text', '2');
    await expectReadable(page, 'right to left, twice the text');
    await choose('dir', 'ltr');
    await choose('text', '1');
    await choose('width', '12rem');
    await page.emulateMedia({ reducedMotion: 'no-preference', colorScheme: 'dark', forcedColors: 'active' });
    await expectReadable(page, 'narrow, in forced colours');
  });
}

for (const [tag, scene] of [
  ['sw-call-widget', 'a call comes in'], ['sw-call-widget', 'in a dialog'],
  ['sw-ui-alert', 'confirm'], ['sw-ui-alert', 'alert'], ['sw-ui-alert', 'long name'], ['sw-ui-modal', 'closed, opens by its button']
] as const) {
  test(`${tag}: ${scene}, opened`, async ({ page }) => {
    test.setTimeout(240_000);
    await page.setViewportSize(DESKTOP);
    await page.emulateMedia({ reducedMotion: 'reduce', colorScheme: 'light' });
    await openGallery(page, { only: tag });
    const opener = page.locator(`figure[data-scene="${tag}: ${scene}"] .show`);
    await opener.click();
    await expect(page.locator('dialog[open]')).toBeVisible();
    for (const [name, size, colorScheme] of [['light', DESKTOP, 'light'], ['dark', DESKTOP, 'dark'], ['phone', PHONE, 'light']] as const) {
      await page.setViewportSize(size);
      await page.emulateMedia({ reducedMotion: 'reduce', colorScheme });
      await settled(page);
      const picture = `opened-${tag}-${scene.replaceAll(/\W+/g, '-')}-${name}.webp`;
      if (compared) await expect(page.locator('dialog[open]')).toHaveScreenshot(picture, { timeout: 40_000 });
      await (name === 'light' ? expectAccessible : expectReadable)(page, name);
    }
  });
}

test('the gallery shows every element, with its API out of the manifest and markup to copy', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await openGallery(page, { only: 'sw-ui-icon' });
  await expect(page.locator('nav a[href^="?only="]')).toHaveCount(26);
  await page.getByRole('button', { name: 'Copy markup: sw-ui-icon, all' }).click();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('<sw-ui-icon name="backspace"></sw-ui-icon>');
  await page.getByText('Attributes, properties, events, slots and parts').click();
  await expect(page.getByRole('table').first()).toContainText('name');
});

test('a view has an address of its own', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await openGallery(page, { only: 'sw-call-status', theme: 'dark', dir: 'rtl' });
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(page.locator('.stage').first()).toHaveAttribute('dir', 'rtl');
  await page.locator('.settings select[name=theme]').selectOption('light');
  await expect(page).toHaveURL(/theme=light/);
});

test('the theme editor changes the tokens and says what a page would write', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await openGallery(page, { only: 'sw-click-to-call' });
  await page.getByRole('button', { name: 'Theme editor' }).click();
  const sheet = page.getByLabel('Style sheet of this theme');
  await page.getByLabel('Success and calling', { exact: true }).fill('#7c3aed');
  await page.getByLabel('Corner', { exact: true }).fill('20');
  await expect(sheet).toHaveValue(/--interactive-status-success: #7c3aed;\n {2}--radius-md: 20px;/);
  const button = page.locator('sw-click-to-call').first().getByRole('button');
  await expect(button).toHaveCSS('background-color', 'rgb(124, 58, 237)');
  await expect(button).toHaveCSS('border-radius', '20px');
  await expectAccessible(page, 'theme editor');
  // What could not be read is told.
  await page.getByLabel('Success and calling', { exact: true }).fill('#eeeeee');
  await expect(page.getByText(/White text on Success and calling: contrast 1\.\d/)).toBeVisible();
  await page.getByRole('button', { name: 'Undo all' }).click();
  await expect(sheet).toHaveValue('/* Nothing changed yet. */');
  await expect(button).not.toHaveCSS('border-radius', '20px');
});

test('the pictures stay small, and each belongs to an element', () => {
  const pictures = readdirSync(PICTURES);
  expect(pictures.filter((name) => !Object.keys(SCENES).some((tag) => name.startsWith(`${tag}-`) || name.startsWith(`opened-${tag}-`)))).toEqual([]);
  expect(pictures.reduce((sum, name) => sum + statSync(new URL(name, PICTURES)).size, 0)).toBeLessThan(6_000_000);
});
