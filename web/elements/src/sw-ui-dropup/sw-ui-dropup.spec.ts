import { expect, test } from '../../test/harness.js';
import type { Page } from '@playwright/test';

type Dropup = HTMLElementTagNameMap['sw-ui-dropup'];
const MICS = `[{"id":"desk","label":"Desk microphone","selected":true},{"id":"head","label":"Headset"},"Line in"]`;
const room = (rest: string) => `<div data-style="padding: 20rem 6rem 2rem">${rest}</div>`;
const focused = (page: Page) => page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.textContent?.trim() ?? document.activeElement?.id);

/** An owner as the element wants one: closes it when asked to. */
async function owned(show: (markup: string) => Promise<void>, page: Page, items = MICS): Promise<void> {
  await show(room(`<button id="opener">Microphone</button><sw-ui-dropup label="Microphones" items='${items}'></sw-ui-dropup>`));
  await page.evaluate(() => {
    const dropup = document.querySelector('sw-ui-dropup')!;
    const opener = document.querySelector<HTMLElement>('#opener')!;
    dropup.anchor = opener;
    dropup.addEventListener('sw-dropup-close', () => (dropup.open = false));
    opener.addEventListener('click', () => {
      dropup.open = !dropup.open;
      if (dropup.open) void dropup.focusItem();
    });
  });
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`a menu of its entries (${colorScheme})`, async ({ show, page, axe }) => {
    await page.emulateMedia({ colorScheme });
    await show(room(`<sw-ui-dropup open label="Microphones" items='${MICS}'></sw-ui-dropup>`));
    const menu = page.getByRole('menu', { name: 'Microphones' });
    await expect(menu).toHaveAttribute('part', 'menu');
    await expect(menu.getByRole('menuitemradio')).toHaveText(['Desk microphone', 'Headset', 'Line in']);
    await expect(menu.getByRole('menuitemradio', { checked: true })).toHaveText('Desk microphone');
    await expect(menu.locator('[part=item]')).toHaveCount(3);
    await axe();
  });
}

test('attributes and properties: JSON, reflected; what is no list is empty', async ({ show, page }) => {
  await show('<sw-ui-dropup></sw-ui-dropup><sw-ui-dropup open items="{}"></sw-ui-dropup>');
  const [first, second] = [page.locator('sw-ui-dropup').first(), page.locator('sw-ui-dropup').last()];
  expect(await first.evaluate((dropup: Dropup) => [dropup.items, dropup.open, dropup.anchor, dropup.getAttribute('items'), dropup.hasAttribute('open')]))
    .toEqual([[], false, undefined, '[]', false]);
  await expect(second.locator('[part=menu]')).toHaveCount(0);
  for (const [text, labels] of [['nonsense', []], ['["a","b"]', ['a', 'b']], ['[1,null,{"id":"x"},{"id":"y","label":"Y"}]', ['Y']]] as const) {
    await second.evaluate((dropup, text) => dropup.setAttribute('items', text), text);
    await expect(second.locator('[part=item]')).toHaveText([...labels]);
  }
  await second.evaluate((dropup: Dropup) => (dropup.items = 'text' as unknown as []));
  await expect(second.locator('[part=item]')).toHaveCount(0);
  await second.evaluate((dropup: Dropup) => (dropup.items = [{ id: 'z', label: '<b>Z</b>' }]));
  await expect(second.locator('[part=item]')).toHaveText(['<b>Z</b>']);
  await expect(second).toHaveAttribute('items', '[{"id":"z","label":"<b>Z</b>"}]');
  await second.evaluate((dropup: Dropup) => (dropup.open = false));
  await expect(second).not.toHaveAttribute('open');
});

test('choosing selects that entry alone, tells it, and leaves the menu open', async ({ show, page, listen }) => {
  await listen('sw-dropup-select', 'sw-dropup-close');
  await show(room(`<sw-ui-dropup open items='${MICS}'></sw-ui-dropup>`));
  await page.getByRole('menuitemradio', { name: 'Headset' }).click();
  expect(await page.evaluate(() => heard)).toEqual([{ name: 'sw-dropup-select', detail: { id: 'head', label: 'Headset', selected: true }, target: 'sw-ui-dropup' }]);
  await expect(page.getByRole('menuitemradio', { checked: true })).toHaveText('Headset');
  await expect(page.locator('sw-ui-dropup')).toHaveAttribute('open');
});

test('other kinds of entries tell their own state', async ({ show, page, axe }) => {
  await show(room(`<sw-ui-dropup open label="Settings"
    items='[{"id":"echo","label":"Echo","kind":"checkbox","selected":true},{"id":"go","label":"Go","kind":"command"}]'></sw-ui-dropup>`));
  const echo = page.getByRole('menuitemcheckbox', { name: 'Echo' });
  await expect(echo).toBeChecked();
  await echo.click();
  await expect(echo).toBeChecked();
  await expect(page.getByRole('menuitem', { name: 'Go' })).not.toHaveAttribute('aria-checked');
  await axe();
});

test('the keyboard moves, finds, chooses and closes, and focus goes back', async ({ show, page, listen }) => {
  await owned(show, page);
  await listen('sw-dropup-select', 'sw-dropup-close');
  await page.locator('#opener').focus();
  await page.keyboard.press('Enter');
  await expect.poll(() => focused(page)).toBe('Desk microphone');
  for (const [key, label] of [
    ['ArrowDown', 'Headset'], ['ArrowDown', 'Line in'], ['ArrowDown', 'Desk microphone'], ['ArrowUp', 'Line in'],
    ['Home', 'Desk microphone'], ['End', 'Line in'], ['h', 'Headset'], ['e', 'Headset'], ['Home', 'Desk microphone']
  ]) {
    await page.keyboard.press(key!);
    expect(await focused(page), key).toBe(label);
  }
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Space');
  await expect(page.getByRole('menuitemradio', { checked: true })).toHaveText('Headset');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('menu')).toHaveCount(0);
  expect(await focused(page)).toBe('opener');
  await page.keyboard.press('Enter');
  await expect.poll(() => focused(page)).toBe('Headset');
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menu')).toHaveCount(0);
  expect(await focused(page)).toBe('opener');
  expect(await page.evaluate(() => heard.map(({ name, detail }) => [name, (detail as { id?: string } | null)?.id]))).toEqual([
    ['sw-dropup-select', 'head'], ['sw-dropup-close', undefined], ['sw-dropup-select', 'Line in'], ['sw-dropup-close', undefined]
  ]);
});

test('Tab closes and goes on from the anchor', async ({ show, page }) => {
  await owned(show, page);
  await page.evaluate(() => document.querySelector('#opener')!.after(Object.assign(document.createElement('button'), { id: 'next' })));
  await page.locator('#opener').press('Enter');
  await expect.poll(() => focused(page)).toBe('Desk microphone');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('menu')).toHaveCount(0);
  expect(await focused(page)).toBe('next');
});

test('a press outside asks to close; presses on the anchor and inside do not; without listeners it stays as it is', async ({ show, page, listen }) => {
  await show(room(`<button id="opener">Open</button><sw-ui-dropup open items='${MICS}'></sw-ui-dropup>`));
  await page.evaluate(() => (document.querySelector('sw-ui-dropup')!.anchor = document.querySelector('#opener')!));
  await listen('sw-dropup-close');
  await page.locator('#opener').click();
  await page.getByRole('menuitemradio').first().click();
  expect(await page.evaluate(() => heard)).toEqual([]);
  await page.mouse.click(2, 2);
  expect(await page.evaluate(() => heard)).toEqual([{ name: 'sw-dropup-close', detail: null, target: 'sw-ui-dropup' }]);
  await expect(page.locator('sw-ui-dropup')).toHaveAttribute('open');
  await page.locator('sw-ui-dropup').evaluate((dropup: Dropup) => (dropup.open = false));
  await page.mouse.click(2, 2);
  expect(await page.evaluate(() => heard.length)).toBe(1);
});

test('stands above the middle of its anchor, follows it, and turns down where there is no room above', async ({ show, page }) => {
  await owned(show, page);
  const [menu, opener] = [page.getByRole('menu'), page.locator('#opener')];
  await opener.click();
  const centre = (box: { x: number; width: number }) => Math.round(box.x + box.width / 2);
  await menu.evaluate((menu) => Promise.all(menu.getAnimations().map(({ finished }) => finished)));
  const [at, anchor] = [(await menu.boundingBox())!, (await opener.boundingBox())!];
  expect(centre(at)).toBe(centre(anchor));
  expect(Math.round(anchor.y - at.y - at.height)).toBe(4);
  await page.evaluate(() => {
    document.body.style.height = '300vh';
    scrollTo(0, 60);
  });
  await expect.poll(async () => Math.round((await menu.boundingBox())!.y)).toBe(Math.round(at.y - 60));
  await page.evaluate(() => (document.querySelector<HTMLElement>('#stage > div')!.style.padding = '0.5rem'));
  await page.evaluate(() => scrollTo(0, 0));
  await expect.poll(async () => (await menu.boundingBox())!.y > (await opener.boundingBox())!.y).toBe(true);
  expect((await menu.boundingBox())!.x).toBeGreaterThanOrEqual(8);
});

test('nothing of the page hides it, and its variables apply', async ({ show, page }) => {
  await show(`<div data-style="overflow: hidden; height: 3rem; margin: 12rem 4rem 0; contain: paint; transform: scale(1)">
    <sw-ui-dropup open items='${MICS}' data-style="--sw-dropup-offset: 20px; --sw-dropup-max-width: 120px; --sw-dropup-bg: rgb(1, 2, 3)"></sw-ui-dropup></div>
    <div data-style="position: fixed; inset: 0; z-index: 2147483647"></div>`);
  const first = page.getByRole('menuitemradio').first();
  await first.click();
  expect((await first.boundingBox())!.width).toBeLessThanOrEqual(120.5);
  expect(await page.getByRole('menu').evaluate((menu) => getComputedStyle(menu).backgroundColor)).toBe('rgb(1, 2, 3)');
  const [menu, host] = [(await page.getByRole('menu').boundingBox())!, (await page.locator('sw-ui-dropup').boundingBox())!];
  expect(Math.round(host.y - menu.y - menu.height)).toBe(20);
});

test('comes back with the document, and hears nothing while it is away', async ({ show, page, listen }) => {
  await owned(show, page);
  await listen('sw-dropup-close');
  await page.locator('#opener').click();
  const away = await page.locator('sw-ui-dropup').evaluateHandle((dropup) => {
    dropup.remove();
    return dropup;
  });
  await page.mouse.click(2, 2);
  expect(await page.evaluate(() => heard)).toEqual([]);
  await page.evaluate((dropup) => document.querySelector('#opener')!.after(dropup), away);
  await expect(page.getByRole('menu')).toBeVisible();
  await expect(page.getByRole('menuitemradio').first()).toBeInViewport();
});

test('right to left, in words of any length', async ({ show, page, axe }) => {
  await show(`<div dir="rtl" data-style="padding: 20rem 6rem 2rem"><sw-ui-dropup open label="m" items='["${'Very long name of a device '.repeat(6)}","b"]'></sw-ui-dropup></div>`);
  const [menu, host] = [(await page.getByRole('menu').boundingBox())!, (await page.locator('sw-ui-dropup').boundingBox())!];
  expect(Math.round(menu.x + menu.width)).toBe(Math.round(host.x + host.width));
  await expect(page.getByRole('menuitemradio').first()).toHaveAttribute('title', /^Very long/);
  await axe();
});
