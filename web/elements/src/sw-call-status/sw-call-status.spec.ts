import { expect, test } from '../../test/harness.js';
import type { Page } from '@playwright/test';

// A context that is used again can bring an error of the clock of the test before.
test.use({ reuseContext: false });

type Status = HTMLElementTagNameMap['sw-call-status'];
type Provider = HTMLElementTagNameMap['sw-call-provider'];
type CallStatus = InstanceType<typeof sim.SimulatedCall>['status'];
type Given = { calls: InstanceType<typeof sim.SimulatedCall>[] };

const TEXTS: Record<CallStatus, string> = {
  new: 'Ready', trying: 'Trying...', connecting: 'Connecting...', ringing: 'Ringing...', connected: 'Connected', recovering: 'Reconnecting...',
  disconnecting: 'Disconnecting...', disconnected: 'Disconnected', failed: 'Failed', destroyed: 'Ended'
};
const give = (page: Page, status: CallStatus) =>
  page.locator('sw-call-status').evaluate((element: Status, status) => {
    const calls = [new sim.SimulatedCall({ id: 'one', status }), new sim.SimulatedCall({ id: 'two', status })];
    Object.assign(globalThis, { calls });
    element.call = calls[0]!;
    return element.updateComplete;
  }, status);
/** From here on, time passes only when the test says so. */
const stopClock = async (page: Page) => {
  await page.clock.install({ time: '2030-01-01T10:00:00Z' });
  await page.clock.pauseAt('2030-01-01T10:00:10Z');
};
const change = (page: Page, status: CallStatus, at = 0) =>
  page.evaluate(({ status, at }) => (globalThis as unknown as Given).calls[at]!.status$.next(status), { status, at });

for (const colorScheme of ['light', 'dark'] as const) {
  test(`says what the call is doing (${colorScheme})`, async ({ show, page, axe }) => {
    await page.emulateMedia({ colorScheme });
    await show('<sw-call-status></sw-call-status>');
    const text = page.getByRole('status');
    await expect(text).toHaveText('Ready');
    await expect(text).toHaveAttribute('aria-live', 'polite');
    await expect(page.locator('sw-call-status [part=container] .dot')).toHaveAttribute('aria-hidden', 'true');
    await axe();
    await give(page, 'trying');
    for (const [status, words] of Object.entries(TEXTS)) {
      await change(page, status as CallStatus);
      await expect(text).toHaveText(words);
      await axe();
    }
  });
}

test('each state has its colour, and waiting is seen', async ({ show, page }) => {
  await show(`<sw-call-status data-style="--interactive-status-success: rgb(0, 1, 0); --interactive-status-warning: rgb(0, 2, 0);
    --interactive-button-destructive-bg: rgb(0, 3, 0)"></sw-call-status>`);
  await give(page, 'trying');
  const look = () => page.locator('.dot').evaluate((dot) => [getComputedStyle(dot).backgroundColor, getComputedStyle(dot).animationName]);
  const expected: [CallStatus, string, string][] = [
    ['trying', 'rgb(0, 2, 0)', 'pulse'], ['connecting', 'rgb(0, 2, 0)', 'pulse'], ['ringing', 'rgb(0, 2, 0)', 'pulse'], ['connected', 'rgb(0, 1, 0)', 'none'],
    ['recovering', 'rgb(0, 2, 0)', 'pulse'], ['disconnecting', 'rgb(0, 3, 0)', 'pulse'], ['disconnected', 'rgb(0, 3, 0)', 'none'], ['failed', 'rgb(0, 3, 0)', 'none']
  ];
  for (const [status, colour, animation] of expected) {
    await change(page, status);
    await expect.poll(look, status).toEqual([colour, animation]);
  }
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await change(page, 'ringing');
  await expect.poll(look).toEqual(['rgb(0, 2, 0)', 'none']);
});

test('counts the time of a connected call', async ({ show, page }) => {
  await stopClock(page);
  await show('<sw-call-status></sw-call-status>');
  await give(page, 'ringing');
  const timer = page.getByRole('timer', { name: 'Duration' });
  await expect(timer).toHaveCount(0);
  await change(page, 'connected');
  await expect(timer).toHaveText('0:00');
  await expect(timer).toHaveAttribute('part', 'duration');
  await page.clock.fastForward(65_000);
  await expect(timer).toHaveText('1:05');
  // Outside what is announced.
  await expect(page.getByRole('status')).toHaveText('Connected');
  await page.clock.fastForward(3_600_000);
  await expect(timer).toHaveText('1:01:05');
  await change(page, 'recovering');
  await expect(timer).toHaveCount(0);
  await page.clock.fastForward(5_000);
  await change(page, 'connected');
  await expect(timer).toHaveText('1:01:10');
  await change(page, 'disconnected');
  await expect(timer).toHaveCount(0);
  await change(page, 'connected');
  await expect(timer).toHaveText('0:00');
});

test('another call begins anew, and the former is not heard any more', async ({ show, page }) => {
  await stopClock(page);
  await show('<sw-call-status></sw-call-status>');
  await give(page, 'connected');
  await page.clock.fastForward(10_000);
  await expect(page.getByRole('timer')).toHaveText('0:10');
  await page.locator('sw-call-status').evaluate((element: Status) => (element.call = (globalThis as unknown as Given).calls[1]!));
  await expect(page.getByRole('timer')).toHaveText('0:00');
  await change(page, 'failed', 0);
  await expect(page.getByRole('status')).toHaveText('Connected');
  await change(page, 'destroyed', 1);
  await expect(page.getByRole('status')).toHaveText('Ended');
});

test('tells of hold and of a weak network', async ({ show, page, axe }) => {
  await show('<sw-call-status></sw-call-status>');
  await give(page, 'connected');
  const text = page.getByRole('status');
  await page.evaluate(() => (globalThis as unknown as Given).calls[0]!.isNetworkHealthy$.next(false));
  await expect(text).toHaveText('Weak network');
  await axe();
  await page.evaluate(() => (globalThis as unknown as Given).calls[0]!.isNetworkHealthy$.next(true));
  await expect(text).toHaveText('Connected');
  await page.evaluate(() => (globalThis as unknown as Given).calls[0]!.toggleHold());
  await expect(text).toHaveText('On hold');
  await axe();
  await page.evaluate(() => (globalThis as unknown as Given).calls[0]!.toggleHold());
  await expect(text).toHaveText('Connected');
});

test('takes the call of the context; removed it does not tick; moved it goes on', async ({ show, page }) => {
  await stopClock(page);
  await show('<sw-call-provider><sw-call-status></sw-call-status><p id="place"></p></sw-call-provider>');
  await page.locator('sw-call-provider').evaluate((provider: Provider) => {
    const calls = [new sim.SimulatedCall({ status: 'ringing' })];
    Object.assign(globalThis, { calls });
    provider.call = calls[0]!;
  });
  await expect(page.getByRole('status')).toHaveText('Ringing...');
  await change(page, 'connected');
  await page.clock.fastForward(3_000);
  await expect(page.getByRole('timer')).toHaveText('0:03');
  await page.locator('sw-call-status').evaluate((element) => document.querySelector('#place')!.append(element));
  await expect(page.getByRole('timer')).toHaveText('0:00');
  const left = await page.locator('sw-call-status').evaluate(async (element: Status) => {
    element.remove();
    await element.updateComplete;
    let renders = 0;
    element.addController({ hostUpdated: () => void renders++ });
    Object.assign(globalThis, { renders: () => renders });
    return renders;
  });
  await page.clock.fastForward(5_000);
  expect(await page.evaluate(() => (globalThis as unknown as { renders(): number }).renders())).toBe(left);
});

test('long words in little room, and words of the page', async ({ show, page }) => {
  await show('<div data-style="inline-size: 120px; font-size: 200%"><sw-call-status></sw-call-status></div>');
  await page.locator('sw-call-status').evaluate((element: Status) => {
    element.words = { 'call.ready': 'Bereit für den nächsten Anruf' };
    return element.updateComplete;
  });
  await expect(page.getByRole('status')).toHaveAttribute('title', 'Bereit für den nächsten Anruf');
  expect((await page.locator('[part=container]').boundingBox())!.width).toBeLessThanOrEqual(120);
  expect(await page.locator('sw-call-status').evaluate((element) => getComputedStyle(element).display)).toBe('inline-flex');
});
