import { expect, test } from '../../test/harness.js';

type Split = HTMLElementTagNameMap['sw-ui-split-button'];
const ITEMS = `items='[{"id":"a","label":"First","selected":true},"Second"]'`;
const switched = (rest = '') => `<sw-ui-split-button label="Microphone" ${rest}><sw-ui-icon name="mic-on" slot="active"></sw-ui-icon><sw-ui-icon name="mic-off" slot="inactive"></sw-ui-icon></sw-ui-split-button>`;
const room = (rest: string) => `<div data-style="padding: 14rem 6rem 2rem">${rest}</div>`;

for (const colorScheme of ['light', 'dark'] as const) {
  test(`in each of its forms (${colorScheme})`, async ({ show, page, axe }) => {
    await page.emulateMedia({ colorScheme });
    await show(room(`<sw-ui-split-button>Send</sw-ui-split-button>${switched()}${switched(`active ${ITEMS}`)}
      <sw-ui-split-button label="More" menu-only ${ITEMS}>...</sw-ui-split-button><sw-ui-split-button label="Off" disabled ${ITEMS}>x</sw-ui-split-button>`));
    await expect(page.getByRole('button')).toHaveCount(7);
    await axe();
    await page.getByRole('button', { name: 'More', exact: true }).click();
    await expect(page.getByRole('menu')).toBeVisible();
    await axe();
  });
}

test('is pressed, or switched when one of the named slots has something', async ({ show, page, listen }) => {
  await listen('sw-split-button-click', 'sw-split-button-toggle');
  await show('<sw-ui-split-button>Send</sw-ui-split-button>');
  const host = page.locator('sw-ui-split-button');
  await page.getByRole('button', { name: 'Send' }).click();
  expect(await host.evaluate((split: Split) => [split.active, split.getAttribute('active'), split.items])).toEqual([false, 'false', []]);
  await host.evaluate((split) => split.append(Object.assign(document.createElement('i'), { slot: 'active', textContent: 'on' })));
  await expect(page.getByRole('button')).toHaveAttribute('aria-pressed', 'false');
  await page.getByRole('button').click();
  await expect(host).toHaveAttribute('active', 'true');
  await page.getByRole('button').click();
  expect(await page.evaluate(() => heard)).toEqual([
    { name: 'sw-split-button-click', detail: null, target: 'sw-ui-split-button' },
    { name: 'sw-split-button-toggle', detail: true, target: 'sw-ui-split-button' },
    { name: 'sw-split-button-toggle', detail: false, target: 'sw-ui-split-button' }
  ]);
  await host.evaluate((split) => split.querySelector('[slot]')!.remove());
  await expect(page.getByRole('button')).not.toHaveAttribute('aria-pressed');
  await expect(page.getByRole('button', { name: 'Send' })).toBeVisible();
});

test('shows the slot of its state, from attribute and property; "false" is false', async ({ show, page }) => {
  await show(switched('active="false"'));
  const host = page.locator('sw-ui-split-button');
  await expect(host.locator('[slot=inactive]')).toBeVisible();
  await expect(host.locator('[slot=active]')).toBeHidden();
  expect(await host.evaluate((split: Split) => split.active)).toBe(false);
  for (const [attribute, active] of [['', true], ['true', true], ['false', false], [null, false]] as const) {
    await host.evaluate((split, value) => (value === null ? split.removeAttribute('active') : split.setAttribute('active', value)), attribute);
    expect(await host.evaluate((split: Split) => split.active), String(attribute)).toBe(active);
  }
  await host.evaluate((split: Split) => (split.active = true));
  await expect(host).toHaveAttribute('active', 'true');
  await expect(host.locator('[slot=active]')).toBeVisible();
  await expect(host.locator('[slot=inactive]')).toBeHidden();
});

test('is named by its labels: one with a state, two that say what comes next', async ({ show, page }) => {
  await show(switched());
  const host = page.locator('sw-ui-split-button');
  await expect(page.getByRole('button', { name: 'Microphone', pressed: false })).toBeVisible();
  await host.evaluate((split: Split) => Object.assign(split, { label: 'Unmute', activeLabel: 'Mute' }));
  await expect(page.getByRole('button', { name: 'Unmute' })).not.toHaveAttribute('aria-pressed');
  await page.getByRole('button').click();
  await expect(page.getByRole('button', { name: 'Mute', exact: true })).toHaveAttribute('title', 'Mute');
});

test('its menu opens and closes by click and by keyboard, and focus goes back', async ({ show, page, listen }) => {
  await listen('sw-dropup-select', 'sw-dropup-close', 'sw-split-button-toggle');
  await show(room(switched(ITEMS)));
  const chevron = page.getByRole('button', { name: 'Microphone: menu' });
  await expect(chevron).toHaveAttribute('part', 'chevron');
  await expect(page.locator('[part=button] [part=chevron]')).toHaveCount(1);
  await expect(chevron).toHaveAttribute('aria-haspopup', 'menu');
  await expect(chevron).toHaveAttribute('aria-expanded', 'false');
  const menu = page.getByRole('menu', { name: 'Microphone: menu' });
  const [first, second] = [page.getByRole('menuitemradio', { name: 'First' }), page.getByRole('menuitemradio', { name: 'Second' })];
  await chevron.click();
  await expect(chevron).toHaveAttribute('aria-expanded', 'true');
  await expect(first).toBeFocused();
  await second.click();
  await expect(menu).toBeVisible();
  await expect(second).toHaveAttribute('aria-checked', 'true');
  expect(await page.locator('sw-ui-split-button').evaluate((split: Split) => split.items.map((item) => typeof item !== 'string' && item.selected))).toEqual([false, true]);
  await chevron.click();
  await expect(menu).toHaveCount(0);
  await expect(chevron).toBeFocused();
  for (const [key, entry] of [['ArrowUp', second], ['ArrowDown', first], ['Enter', second], ['Space', second]] as const) {
    await chevron.press(key);
    await expect(entry, key).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(menu).toHaveCount(0);
    await expect(chevron).toBeFocused();
  }
  await chevron.click();
  await expect(menu).toBeVisible();
  await page.mouse.click(2, 2);
  await expect(menu).toHaveCount(0);
  const names = (await page.evaluate(() => heard)).map(({ name, target }) => `${name} ${target}`);
  expect(new Set(names)).toEqual(new Set(['sw-dropup-select sw-ui-split-button', 'sw-dropup-close sw-ui-split-button']));
});

test('the whole button may be the one of the menu; what is done closes it', async ({ show, page, listen }) => {
  await listen('sw-split-button-click', 'sw-dropup-select');
  await show(room(`<sw-ui-split-button label="More" menu-only items='[{"id":"go","label":"Go","kind":"command"}]'>...</sw-ui-split-button>`));
  const more = page.getByRole('button', { name: 'More' });
  await more.click();
  await page.getByRole('menuitem', { name: 'Go' }).click();
  await expect(page.getByRole('menu')).toHaveCount(0);
  await expect(more).toBeFocused();
  expect((await page.evaluate(() => heard)).map(({ name }) => name)).toEqual(['sw-dropup-select']);
  await page.locator('sw-ui-split-button').evaluate((split: Split) => (split.items = []));
  await expect(more).toBeDisabled();
});

test('disabled, the button does nothing and the menu still opens', async ({ show, page, listen }) => {
  await listen('sw-split-button-toggle');
  await show(room(switched(`disabled ${ITEMS}`)));
  await expect(page.getByRole('button', { name: 'Microphone', exact: true })).toBeDisabled();
  await page.locator('sw-ui-split-button').evaluate((split) => split.shadowRoot!.querySelector<HTMLElement>('.main')!.click());
  expect(await page.evaluate(() => heard)).toEqual([]);
  await page.getByRole('button', { name: 'Microphone: menu' }).click();
  await expect(page.getByRole('menu')).toBeVisible();
});

test('focus on it is focus on its button; its variables apply', async ({ show, page }) => {
  await show(`<sw-ui-split-button data-style="--sw-split-button-size: 60px; --sw-split-button-bg: rgb(1, 2, 3); --sw-split-button-color: rgb(250, 251, 252); --sw-split-button-radius: 3px">a</sw-ui-split-button>
    <sw-ui-split-button data-style="--sw-split-button-size: 60px; --sw-split-button-height: 30px">b</sw-ui-split-button><sw-ui-split-button>c</sw-ui-split-button>`);
  const buttons = page.getByRole('button');
  const look = await buttons.first().evaluate((button) => {
    const { backgroundColor, color, borderStartStartRadius } = getComputedStyle(button);
    return [backgroundColor, color, borderStartStartRadius];
  });
  expect(look).toEqual(['rgb(1, 2, 3)', 'rgb(250, 251, 252)', '3px']);
  const heights = await buttons.evaluateAll((all) => all.map((button) => button.getBoundingClientRect().height));
  expect(heights).toEqual([60, 30, 40]);
  await page.locator('sw-ui-split-button').first().evaluate((split: Split) => split.focus());
  await expect(buttons.first()).toBeFocused();
});
