import type { Page } from '@playwright/test';
import { expect, test } from '../../test/harness.js';
import type { SimulatedCall } from '../simulation/index.js';

interface World {
  calls: SimulatedCall[];
}
async function give(page: Page, status: 'ringing' | 'connected'): Promise<void> {
  await page.evaluate((status) => {
    const call = new globalThis.sim.SimulatedCall({ status });
    const world = globalThis as unknown as Partial<World>;
    (world.calls ??= []).push(call);
    Object.assign(document.querySelector('sw-call-dialpad')!, { call });
  }, status);
}
const sent = (page: Page) => page.evaluate(() => (globalThis as unknown as World).calls.map((call) => call.sent.join('')));
const key = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

test('digits are sent while the call is connected, and to no other', async ({ page, show, axe }) => {
  await show('<sw-call-dialpad></sw-call-dialpad>');
  await give(page, 'ringing');
  await key(page, '1').click();
  await page.evaluate(() => (globalThis as unknown as World).calls[0]!.status$.next('connected'));
  await key(page, '2, ABC').click();
  await give(page, 'connected');
  await key(page, '#').click();
  expect(await sent(page)).toEqual(['2', '#']);
  await axe();
});

test('the call of the context is as good', async ({ page, show }) => {
  await show('<sw-call-provider><sw-call-dialpad show-call-button allow-text placeholder="Who"></sw-call-dialpad></sw-call-provider>');
  await page.evaluate(() => {
    const call = new globalThis.sim.SimulatedCall();
    Object.assign(globalThis, { calls: [call] });
    Object.assign(document.querySelector('sw-call-provider')!, { call });
  });
  await expect(page.getByRole('textbox')).toHaveAttribute('placeholder', 'Who');
  await key(page, '3, DEF').click();
  expect(await sent(page)).toEqual(['3']);
});

test('a digit that was refused is told', async ({ page, show }) => {
  await show('<sw-call-dialpad></sw-call-dialpad>');
  await give(page, 'connected');
  await page.evaluate(() => void ((globalThis as unknown as World).calls[0]!.failing = 'sendDigits'));
  await key(page, '4, GHI').click();
  await expect(page.getByRole('alert')).toHaveText('The digit was not sent.');
});
