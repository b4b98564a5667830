import { expect, test } from '../../test/harness.js';
import type { Page } from '@playwright/test';

const MARKUP = `<button id="opener">Open</button>
  <sw-ui-modal><div id="inside" data-style="inline-size: 200px; block-size: 160px; background: #fff; color: #000">
    <h2>Call with Ada</h2><button id="first">First</button><button>Second</button></div></sw-ui-modal>`;

const set = (page: Page, open: boolean) => page.locator('sw-ui-modal').evaluate((modal, open) => void ((modal as HTMLElement & { open: boolean }).open = open), open);
const shown = (page: Page) => page.locator('sw-ui-modal').evaluate((modal) => modal.shadowRoot!.querySelector('dialog')!.matches(':modal'));
const overflow = (page: Page) => page.evaluate(() => document.body.style.overflow);

test('opens as a modal dialog by property and by attribute, named by its first heading', async ({ show, page, axe }) => {
  await show(MARKUP);
  expect(await shown(page)).toBe(false);
  await set(page, true);
  await expect(page.getByRole('dialog', { name: 'Call with Ada' })).toBeVisible();
  await expect(page.locator('sw-ui-modal')).toHaveAttribute('open', '');
  expect(await shown(page)).toBe(true);
  expect(await overflow(page)).toBe('hidden');
  await axe();
  await page.locator('sw-ui-modal').evaluate((modal) => modal.removeAttribute('open'));
  await expect.poll(() => shown(page)).toBe(false);
  expect(await overflow(page)).toBe('');
});

test('the name can be given, in the page’s words too', async ({ show, page }) => {
  await show('<sw-ui-modal open label="Settings"><p>…</p></sw-ui-modal>');
  await expect(page.getByRole('dialog', { name: 'Settings' })).toBeVisible();
  await show('<sw-ui-modal open><p>…</p></sw-ui-modal>');
  await expect(page.getByRole('dialog', { name: 'Dialog' })).toBeVisible();
  await page.evaluate(() => elements.setWords({ 'dialog.name': 'Fenster' }));
  await expect(page.getByRole('dialog', { name: 'Fenster' })).toBeVisible();
});

test('takes the focus and gives it back', async ({ show, page }) => {
  await show(MARKUP);
  await page.locator('#opener').focus();
  await set(page, true);
  await expect(page.locator('#first')).toBeFocused();
  await set(page, false);
  await expect(page.locator('#opener')).toBeFocused();
});

test('Tab goes round in it, through slots and shadow roots, and past what cannot have the focus', async ({ show, page }) => {
  await show(`<button>Before</button><sw-ui-modal open>
    <button disabled>Off</button><a href="#a">Link</a><span><label><input type="radio" name="way" checked>Near</label><label><input type="radio" name="way">Far</label></span>
    <sw-ui-dialpad></sw-ui-dialpad><div inert><button>Idle</button></div><div tabindex="-1"><input aria-label="Text"></div>
    <button data-style="visibility: hidden">Unseen</button><button data-style="display: none">Gone</button></sw-ui-modal><button>After</button>`);
  const at = () => page.evaluate(() => {
    let element = document.activeElement as HTMLElement;
    while (element.shadowRoot?.activeElement) element = element.shadowRoot.activeElement as HTMLElement;
    return element.ariaLabel ?? (element.textContent!.trim() || element.parentElement!.textContent!.trim());
  });
  const round = async (key: string) => {
    const seen = [await at()];
    for (let step = 0; step < 40; step++) {
      await page.keyboard.press(key);
      const next = await at();
      if (next === seen[0]) return seen;
      seen.push(next);
    }
    return seen;
  };
  await expect.poll(at).toBe('Link');
  const forth = await round('Tab');
  expect(forth.slice(0, 2)).toEqual(['Link', 'Near']);
  expect(forth.at(-1)).toBe('Text');
  expect(forth).toContain('5, JKL');
  for (const never of ['Before', 'After', 'Off', 'Far', 'Idle', 'Unseen', 'Gone', '']) expect(forth).not.toContain(never);
  const back = await round('Shift+Tab');
  expect([back[0], ...back.slice(1).reverse()]).toEqual(forth);
});

test('Tab stays in a dialog with nothing to stop at', async ({ show, page }) => {
  await show('<button>Before</button><sw-ui-modal open><p>Please wait</p></sw-ui-modal><button>After</button>');
  const inside = () => page.evaluate(() => document.activeElement!.localName === 'sw-ui-modal' || document.activeElement === document.body);
  for (const key of ['Tab', 'Tab', 'Shift+Tab']) {
    await page.keyboard.press(key);
    expect(await inside()).toBe(true);
  }
  expect(await page.evaluate(() => document.hasFocus())).toBe(true);
});

test('Escape asks, and closes when nobody objects', async ({ show, page, listen }) => {
  await show(MARKUP);
  await listen('sw-modal-close');
  await set(page, true);
  await page.keyboard.press('Escape');
  await expect.poll(() => shown(page)).toBe(false);
  await expect(page.locator('sw-ui-modal')).not.toHaveAttribute('open');
  expect(await page.evaluate(() => heard)).toEqual([{ name: 'sw-modal-close', detail: null, target: 'sw-ui-modal' }]);
});

test('stays open as often as the page prevents closing', async ({ show, page, listen }) => {
  await show(MARKUP);
  await page.evaluate(() => {
    document.querySelector('sw-ui-modal')!.addEventListener('sw-modal-close', (event) => event.preventDefault());
  });
  await listen('sw-modal-close');
  await set(page, true);
  for (let press = 0; press < 4; press++) await page.keyboard.press('Escape');
  expect(await page.evaluate(() => heard.length)).toBe(4);
  expect(await shown(page)).toBe(true);
  // And when the browser closes the dialog without asking.
  await page.locator('sw-ui-modal').evaluate((modal) => modal.shadowRoot!.querySelector('dialog')!.close());
  await expect.poll(() => page.evaluate(() => heard.length)).toBe(5);
  await expect.poll(() => shown(page)).toBe(true);
});

test('an Escape that something inside has used does not close it', async ({ show, page }) => {
  await show(MARKUP);
  await page.locator('#first').evaluate((button) => button.addEventListener('keydown', (event) => event.preventDefault()));
  await set(page, true);
  await page.keyboard.press('Escape');
  expect(await shown(page)).toBe(true);
});

test('a click beside the content closes it; one inside, or one that began inside, does not', async ({ show, page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await show(MARKUP);
  await set(page, true);
  await page.locator('#inside').click({ position: { x: 150, y: 120 } });
  expect(await shown(page)).toBe(true);
  await page.locator('#inside').hover({ position: { x: 150, y: 120 } });
  await page.mouse.down();
  await page.mouse.move(5, 5);
  await page.mouse.up();
  expect(await shown(page)).toBe(true);
  await page.mouse.click(5, 5);
  await expect.poll(() => shown(page)).toBe(false);
});

test('closes without animation too', async ({ show, page }) => {
  await show(MARKUP);
  await page.locator('sw-ui-modal').evaluate((modal: HTMLElement) => modal.style.setProperty('--sw-modal-close-animation', 'none'));
  await set(page, true);
  await set(page, false);
  await expect.poll(() => shown(page)).toBe(false);
  expect(await overflow(page)).toBe('');
});

test('animates while motion is welcome, for as long as it is told', async ({ show, page }) => {
  await show(MARKUP);
  await page.locator('sw-ui-modal').evaluate((modal: HTMLElement) => modal.style.setProperty('--sw-modal-duration', '40s'));
  await set(page, true);
  const running = () =>
    page.locator('sw-ui-modal').evaluate((modal) => modal.shadowRoot!.querySelector('dialog')!.getAnimations().map((one) => [(one as CSSAnimation).animationName, one.effect!.getTiming().duration]));
  expect(await running()).toEqual([['bounce-in', 40_000]]);
  await set(page, false);
  expect(await running()).toEqual([['bounce-out', 40_000]]);
  expect(await shown(page)).toBe(true);
  // Opened again while it closes, it stays.
  await set(page, true);
  expect(await running()).toEqual([['bounce-in', 40_000]]);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  expect(await running()).toEqual([]);
});

test('removed while open, it lets the page scroll and returns the focus; put back, it is open again', async ({ show, page }) => {
  await show(MARKUP);
  await page.evaluate(() => document.body.style.setProperty('overflow', 'clip'));
  await page.locator('#opener').focus();
  await set(page, true);
  expect(await overflow(page)).toBe('hidden');
  await page.evaluate(() => {
    const modal = document.querySelector('sw-ui-modal')!;
    (globalThis as unknown as { kept: Element }).kept = modal;
    modal.remove();
  });
  expect(await overflow(page)).toBe('clip');
  await expect(page.locator('#opener')).toBeFocused();
  await page.evaluate(() => document.querySelector('#stage')!.append((globalThis as unknown as { kept: Element }).kept));
  await expect.poll(() => shown(page)).toBe(true);
  expect(await overflow(page)).toBe('hidden');
  await set(page, false);
  await expect.poll(() => overflow(page)).toBe('clip');
});

test('removed before its first render, nothing happens', async ({ page }) => {
  expect(
    await page.evaluate(async () => {
      const modal = Object.assign(document.createElement('sw-ui-modal'), { open: true });
      document.body.append(modal);
      modal.remove();
      await modal.updateComplete;
      return [document.body.style.overflow, modal.shadowRoot?.querySelector('dialog')?.open ?? false];
    })
  ).toEqual(['', false]);
});

test('of two open ones the last to close lets the page scroll', async ({ show, page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await show('<sw-ui-modal id="one" open><p>One</p></sw-ui-modal><sw-ui-modal id="two" open><p>Two</p></sw-ui-modal>');
  await page.keyboard.press('Escape');
  await expect(page.locator('#two')).not.toHaveAttribute('open');
  await expect(page.locator('#one')).toHaveAttribute('open');
  expect(await overflow(page)).toBe('hidden');
  await page.keyboard.press('Escape');
  await expect.poll(() => overflow(page)).toBe('');
});

test('has its parts', async ({ show, page }) => {
  await show(MARKUP);
  const parts = await page.locator('sw-ui-modal').evaluate((modal) => [...modal.shadowRoot!.querySelectorAll('[part]')].map((one) => one.getAttribute('part')));
  expect(parts).toEqual(['dialog backdrop', 'panel']);
});
