import { expect, test } from '../../test/harness.js';
import type { Page } from '@playwright/test';

declare global {
  var answers: unknown[];
}

/** Asks, and keeps the answer in `answers`. */
const ask = (page: Page, prompt: object) =>
  page.evaluate((prompt) => {
    globalThis.answers = [];
    void elements.showPrompt(prompt as Parameters<typeof elements.showPrompt>[0]).then((answer) => globalThis.answers.push(answer));
  }, prompt);
const answers = (page: Page) => page.evaluate(() => globalThis.answers);

for (const colorScheme of ['light', 'dark'] as const) {
  test(`a question has two answers, the careful one first (${colorScheme})`, async ({ page, axe }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await ask(page, { title: 'Leave the call?', description: 'The others stay in it.' });
    const dialog = page.getByRole('alertdialog', { name: 'Leave the call?', description: 'The others stay in it.' });
    await expect(dialog).toBeVisible();
    await expect(dialog.getByRole('button')).toHaveText(['Reject', 'Accept']);
    await expect(dialog.getByRole('button', { name: 'Reject' })).toBeFocused();
    await axe();
    await dialog.getByRole('button', { name: 'Accept' }).click();
    await expect.poll(() => answers(page)).toEqual([true]);
    await expect(page.locator('sw-ui-alert')).toHaveCount(0);
  });
}

test('rejecting, and Escape, mean no to a question', async ({ page }) => {
  await ask(page, { title: 'Leave?' });
  await page.getByRole('button', { name: 'Reject' }).click();
  await expect.poll(() => answers(page)).toEqual([false]);
  await ask(page, { title: 'Leave?', type: 'confirm' });
  await expect(page.getByRole('alertdialog')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect.poll(() => answers(page)).toEqual([false]);
  await expect(page.locator('sw-ui-alert')).toHaveCount(0);
});

test('Tab goes from one answer to the other and stays with them', async ({ page }) => {
  await ask(page, { title: 'Leave?' });
  for (const [key, answer] of [['', 'Reject'], ['Tab', 'Accept'], ['Tab', 'Reject'], ['Shift+Tab', 'Accept'], ['Shift+Tab', 'Reject']] as const) {
    if (key) await page.keyboard.press(key);
    await expect(page.getByRole('button', { name: answer })).toBeFocused();
  }
});

test('an alert has one answer, and Escape gives it', async ({ page, axe }) => {
  await ask(page, { title: 'No camera', type: 'alert' });
  await expect(page.getByRole('alertdialog').getByRole('button')).toHaveText(['OK']);
  await axe();
  await page.getByRole('button', { name: 'OK' }).click();
  await expect.poll(() => answers(page)).toEqual([true]);
  await ask(page, { title: 'No camera', type: 'alert' });
  await expect(page.getByRole('alertdialog')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect.poll(() => answers(page)).toEqual([true]);
  await expect(page.locator('sw-ui-alert')).toHaveCount(0);
});

test('closed or removed by anything else, it answers as well', async ({ page }) => {
  await ask(page, { title: 'Leave?' });
  await expect(page.getByRole('alertdialog')).toBeVisible();
  await page.locator('sw-ui-alert').evaluate((alert) => alert.shadowRoot!.querySelector('dialog')!.close());
  await expect.poll(() => answers(page)).toEqual([false]);
  await ask(page, { title: 'Leave?' });
  await expect(page.getByRole('alertdialog')).toBeVisible();
  await page.locator('sw-ui-alert').evaluate((alert) => alert.remove());
  await expect.poll(() => answers(page)).toEqual([false]);
  expect(await page.evaluate(() => document.createElement('sw-ui-alert').show())).toBe(false);
});

test('the focus returns, and Escape does not reach the dialog below', async ({ show, page, listen }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await show('<sw-ui-modal open><button id="below">Below</button></sw-ui-modal>');
  await listen('sw-modal-close');
  await expect(page.locator('#below')).toBeFocused();
  await ask(page, { title: 'Leave?' });
  await expect(page.getByRole('button', { name: 'Reject' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect.poll(() => answers(page)).toEqual([false]);
  await expect(page.locator('#below')).toBeFocused();
  expect(await page.evaluate(() => heard)).toEqual([]);
});

test('as an element: attributes, slot, reflection, one dialog for several calls of show()', async ({ show, page }) => {
  await show('<sw-ui-alert title="Leave?" description="Really"></sw-ui-alert><sw-ui-alert type="alert"><em>Slotted</em></sw-ui-alert>');
  const [first, second] = [page.locator('sw-ui-alert').first(), page.locator('sw-ui-alert').last()];
  await expect(first).toHaveAttribute('type', 'confirm');
  expect(await first.evaluate((alert: HTMLElementTagNameMap['sw-ui-alert']) => [alert.title, alert.description, alert.type])).toEqual(['Leave?', 'Really', 'confirm']);
  expect(await second.evaluate((alert: HTMLElementTagNameMap['sw-ui-alert']) => [alert.title, alert.description, alert.type])).toEqual([undefined, '', 'alert']);
  await expect(page.getByRole('alertdialog')).toHaveCount(0);
  await second.evaluate((alert: HTMLElementTagNameMap['sw-ui-alert']) => {
    globalThis.answers = [];
    for (let asked = 0; asked < 2; asked++) void alert.show().then((answer) => globalThis.answers.push(answer));
  });
  await expect(page.getByRole('alertdialog', { name: 'Slotted' })).toBeVisible();
  await page.getByRole('button', { name: 'OK' }).click();
  await expect.poll(() => answers(page)).toEqual([true, true]);
  await expect(second).toHaveCount(1);
  // And again.
  await second.evaluate((alert: HTMLElementTagNameMap['sw-ui-alert']) => void alert.show().then((answer) => globalThis.answers.push(answer)));
  await expect(page.getByRole('alertdialog')).toBeVisible();
});

test('what it is given is text, and long text is kept in the window', async ({ page }) => {
  await page.setViewportSize({ width: 320, height: 300 });
  await ask(page, { title: '<img src=x onerror=alert(1)>', description: `<b>bold</b> ${'long'.repeat(500)}` });
  const dialog = page.getByRole('alertdialog');
  await expect(dialog.locator('h2')).toHaveText('<img src=x onerror=alert(1)>');
  await expect(dialog.locator('img, b')).toHaveCount(0);
  const box = (await dialog.boundingBox())!;
  expect(box.x).toBeGreaterThanOrEqual(0);
  expect(box.width).toBeLessThanOrEqual(320);
  expect(box.height).toBeLessThanOrEqual(300);
});

test('in the page’s words', async ({ page }) => {
  await page.evaluate(() => elements.setWords({ 'dialog.accept': 'Ja', 'dialog.reject': 'Nein', 'dialog.ok': 'Gut' }));
  await ask(page, { title: 'Gehen?' });
  await expect(page.getByRole('alertdialog').getByRole('button')).toHaveText(['Nein', 'Ja']);
});
