import type { Page } from '@playwright/test';
import { expect, test } from '../../test/harness.js';

const told = (page: Page) => page.evaluate(() => globalThis.heard.map(({ name, detail }) => [name, ...Object.values(detail as object)].join(' ')));
const input = (page: Page) => page.getByRole('textbox', { name: 'Phone number input' });

test('keys are told and shown, the last is deleted', async ({ page, show, listen, axe }) => {
  await show('<sw-ui-dialpad show-call-button></sw-ui-dialpad>');
  await listen('sw-digit-press', 'sw-dialpad-backspace', 'sw-dial');
  await expect(page.getByRole('button', { name: 'Call' })).toBeDisabled();
  await page.getByRole('button', { name: '5, JKL' }).click();
  await page.getByRole('button', { name: '#' }).click();
  await expect(input(page)).toHaveValue('5#');
  await page.getByRole('button', { name: 'Delete last digit (long-press to clear)' }).click();
  await page.getByRole('button', { name: 'Call 5' }).click();
  expect(await told(page)).toEqual(['sw-digit-press 5 5', 'sw-digit-press # 5#', 'sw-dialpad-backspace 5', 'sw-dial 5']);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await axe();
  }
});

test('held, 0 is +, and delete clears all; what was held elsewhere costs the next key nothing', async ({ page, show, listen }) => {
  await show('<sw-ui-dialpad></sw-ui-dialpad>');
  await listen('sw-digit-press', 'sw-dialpad-backspace');
  await page.getByRole('button', { name: '0, + (long-press for +)' }).click({ delay: 700 });
  await expect(input(page)).toHaveValue('+');
  // Held, and left before it is let go: no click follows.
  await page.getByRole('button', { name: '0, + (long-press for +)' }).hover();
  await page.mouse.down();
  await expect(input(page)).toHaveValue('++');
  await page.mouse.move(0, 0);
  await page.mouse.up();
  await page.getByRole('button', { name: '7, PQRS' }).click();
  await expect(input(page)).toHaveValue('++7');
  await page.getByRole('button', { name: 'Delete last digit (long-press to clear)' }).click({ delay: 700 });
  await expect(input(page)).toHaveValue('');
  expect(await told(page)).toEqual(['sw-digit-press + +', 'sw-digit-press + ++', 'sw-digit-press 7 ++7', 'sw-dialpad-backspace ']);
});

test('the keyboard types digits alone, Enter dials where there is a button for it', async ({ page, show, listen }) => {
  await show('<sw-ui-dialpad></sw-ui-dialpad>');
  await listen('sw-dial', 'sw-digit-press');
  await input(page).focus();
  await page.keyboard.type('1a2*');
  await expect(input(page)).toHaveValue('12*');
  await page.keyboard.press('Backspace');
  await page.keyboard.press('Enter');
  expect((await told(page)).filter((line) => line.startsWith('sw-dial '))).toEqual([]);
  await page.locator('sw-ui-dialpad').evaluate((pad) => pad.setAttribute('show-call-button', ''));
  await page.keyboard.press('Enter');
  expect((await told(page)).at(-1)).toBe('sw-dial 12');
});

test('with allow-text anything is taken and told', async ({ page, show, listen }) => {
  await show('<sw-ui-dialpad allow-text placeholder="Name or number"></sw-ui-dialpad>');
  await listen('sw-dialpad-input');
  await expect(input(page)).toHaveAttribute('placeholder', 'Name or number');
  await input(page).fill('ada');
  expect(await told(page)).toEqual(['sw-dialpad-input ada']);
});

test('parts and the moment of a pressed key', async ({ page, show }) => {
  await show('<sw-ui-dialpad show-call-button></sw-ui-dialpad>');
  const parts = await page.locator('sw-ui-dialpad').evaluate((pad) => [...pad.shadowRoot!.querySelectorAll('[part]')].map((one) => one.getAttribute('part')));
  expect(new Set(parts)).toEqual(new Set(['container', 'display', 'keypad', 'key', 'call-button']));
  await page.getByRole('button', { name: '9, WXYZ' }).click();
  await expect(page.locator('sw-ui-dialpad [part~=key-pressed]')).toHaveCount(0);
});
