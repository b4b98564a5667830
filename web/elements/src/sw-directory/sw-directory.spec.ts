import type { Page } from '@playwright/test';
import { expect, test } from '../../test/harness.js';
import type { DirectoryAddress } from './sw-directory.js';

const PEOPLE: DirectoryAddress[] = [
  { id: '1', name: 'support', displayName: 'Support', type: 'room', channels: { audio: '/public/support', video: '/public/support' } },
  { id: '2', name: 'ada', displayName: 'Ada', type: 'person', channels: { audio: '/private/ada', messaging: '/private/ada' } },
  { id: '3', name: 'grace', type: 'person' }
];

/** Gives the element a directory with these pages; `asked` counts the pages that were asked for. */
async function give(page: Page, pages: DirectoryAddress[][]): Promise<void> {
  await page.evaluate((pages) => {
    const { Value } = globalThis.sim;
    const world = globalThis as unknown as { asked: number; directory: unknown };
    const addresses$ = new Value<unknown[]>([]);
    const hasMore$ = new Value(true);
    world.asked = 0;
    world.directory = {
      addresses$, hasMore$, loading$: new Value(false),
      loadMore: async () => {
        const next = pages[world.asked++];
        if (next) addresses$.next([...addresses$.value, ...next]);
        hasMore$.next(world.asked < pages.length);
      }
    };
    Object.assign(document.querySelector('sw-directory')!, { directory: world.directory });
  }, pages);
}
const asked = (page: Page) => page.evaluate(() => (globalThis as unknown as { asked: number }).asked);
const rows = (page: Page) => page.locator('sw-directory').getByRole('option');

test.beforeEach(async ({ show }) => show('<sw-directory></sw-directory>'));

test('shows names, kinds and channels, and asks for the first page once', async ({ page, axe }) => {
  await give(page, [PEOPLE]);
  await expect(rows(page)).toHaveCount(3);
  expect(await asked(page)).toBe(1);
  await expect(page.getByRole('option', { name: 'grace, person' })).toBeVisible();
  await expect(rows(page).first().getByTitle('Video')).toBeVisible();
  await expect(rows(page).nth(1).getByTitle('Messages')).toBeVisible();
  await expect(rows(page).nth(2).getByTitle('Audio')).toHaveCount(0);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await axe();
  }
});

test('a click chooses, a double click and the button call', async ({ page, listen }) => {
  await give(page, [PEOPLE]);
  await listen('sw-address-select', 'sw-dial');
  await rows(page).nth(1).click();
  await expect(rows(page).nth(1)).toHaveAttribute('aria-selected', 'true');
  await expect(page.locator('sw-directory').locator('[part~=item-selected] [part=item-name]')).toHaveText('Ada');
  await page.locator('sw-directory [part=action]').first().click();
  await rows(page).nth(2).dblclick();
  const heard = await page.evaluate(() => globalThis.heard.map(({ name, detail }) => `${name} ${(detail as { address: { id: string } }).address.id}`));
  expect(heard).toEqual(['sw-address-select 2', 'sw-dial 1', 'sw-address-select 3', 'sw-address-select 3', 'sw-dial 3']);
});

test('the keyboard finds, chooses and calls', async ({ page, listen }) => {
  await give(page, [PEOPLE]);
  await listen('sw-address-select', 'sw-dial');
  await page.getByRole('searchbox').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Space');
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  const heard = await page.evaluate(() => globalThis.heard.map(({ name, detail }) => `${name} ${(detail as { address: { id: string } }).address.id}`));
  expect(heard).toEqual(['sw-address-select 2', 'sw-dial 3', 'sw-dial 1']);
});

test('a search goes on over the pages until it finds, and says so when there is nothing', async ({ page }) => {
  await give(page, [PEOPLE.slice(0, 1), PEOPLE.slice(1, 2), PEOPLE.slice(2)]);
  await expect(rows(page).first()).toBeVisible();
  await page.getByRole('searchbox').fill('GRA');
  await expect(rows(page)).toHaveCount(1);
  expect(await asked(page)).toBe(3);
  await page.getByRole('searchbox').fill('nobody');
  await expect(page.getByRole('status')).toHaveText('No addresses found');
});

test('further pages come as the list is scrolled', async ({ page }) => {
  const many = (from: number) => Array.from({ length: 30 }, (_, at) => ({ id: String(from + at), name: `a${from + at}` }));
  await give(page, [many(0), many(30), many(60)]);
  await expect(rows(page).first()).toBeVisible();
  expect(await asked(page)).toBe(1);
  await page.locator('sw-directory [part=list]').evaluate((list) => list.scrollTo(0, list.scrollHeight));
  await expect(rows(page)).toHaveCount(60);
});

test('another directory takes the place of the first, and nothing is followed after removal', async ({ page }) => {
  await give(page, [PEOPLE]);
  await expect(rows(page)).toHaveCount(3);
  await page.evaluate(() => Object.assign(globalThis, { first: (globalThis as unknown as { directory: unknown }).directory }));
  await give(page, [PEOPLE.slice(0, 1)]);
  await expect(rows(page)).toHaveCount(1);
  const followers = () => page.evaluate(() => ['first', 'directory'].map((name) => ((globalThis as unknown as Record<string, { addresses$: { followers: number } }>)[name]!.addresses$.followers)));
  expect(await followers()).toEqual([0, 1]);
  await page.evaluate(() => document.querySelector('sw-directory')!.remove());
  expect(await followers()).toEqual([0, 0]);
});

test('names are text, whatever is in them', async ({ page }) => {
  await give(page, [[{ id: '1', name: '<img src=x onerror="globalThis.ran = 1">' }]]);
  await expect(rows(page).locator('[part=item-name]')).toHaveText('<img src=x onerror="globalThis.ran = 1">');
  expect(await page.evaluate(() => 'ran' in globalThis)).toBe(false);
});
