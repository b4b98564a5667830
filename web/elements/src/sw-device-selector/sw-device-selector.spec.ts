import type { Page } from '@playwright/test';
import { expect, test } from '../../test/harness.js';
import type { SimulatedDevices } from '../simulation/index.js';

interface World {
  devices: SimulatedDevices;
}
async function give(page: Page): Promise<void> {
  await page.evaluate(() => {
    const devices = new globalThis.sim.SimulatedDevices();
    Object.assign(globalThis, { devices });
    Object.assign(document.querySelector('sw-device-selector')!, { deviceController: devices });
  });
}
const trigger = (page: Page) => page.getByRole('button', { name: 'Device settings' });

test.beforeEach(async ({ show }) => show('<div data-style="padding: 420px 200px 0"><sw-device-selector></sw-device-selector></div>'));

test('without devices there is nothing to open', async ({ page }) => {
  await expect(trigger(page)).toBeDisabled();
  await give(page);
  await expect(trigger(page)).toBeEnabled();
  await expect(trigger(page)).toHaveAttribute('aria-expanded', 'false');
});

test('a device is picked, told and given to the controller', async ({ page, listen, axe }) => {
  await give(page);
  await listen('sw-device-change');
  await trigger(page).click();
  await expect(page.getByRole('option', { name: 'Desk microphone' })).toHaveAttribute('aria-selected', 'true');
  await page.getByRole('option', { name: 'Headset microphone' }).click();
  await expect(page.getByRole('option', { name: 'Headset microphone' })).toHaveAttribute('aria-selected', 'true');
  expect(await page.evaluate(() => (globalThis as unknown as World).devices.selectedAudioInputDevice$.value?.deviceId)).toBe('mic-2');
  expect(await page.evaluate(() => (globalThis.heard[0]!.detail as { type: string; device: MediaDeviceInfo }).type)).toBe('microphone');
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await axe();
  }
});

test('keyboard: opens, moves, picks, and Escape gives the focus back', async ({ page }) => {
  await give(page);
  await trigger(page).focus();
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('option', { name: 'Desk microphone' })).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  expect(await page.evaluate(() => (globalThis as unknown as World).devices.selectedAudioInputDevice$.value?.deviceId)).toBe('mic-2');
  await page.keyboard.press('Escape');
  await expect(trigger(page)).toBeFocused();
  await expect(trigger(page)).toHaveAttribute('aria-expanded', 'false');
});

test('the panel stays beside its button when the page moves that', async ({ page }) => {
  await give(page);
  await trigger(page).click();
  const gap = () => page.locator('sw-device-selector').evaluate(({ shadowRoot }) => {
    const [panel, button] = ['.panel', '.trigger'].map((part) => shadowRoot!.querySelector(part)!.getBoundingClientRect());
    return Math.round(button!.top - panel!.bottom);
  });
  await expect.poll(gap).toBe(8);
  await page.evaluate(() => document.querySelector('#stage')!.prepend(Object.assign(document.createElement('p'), { textContent: 'A notice that came later' })));
  await expect.poll(gap).toBe(8);
});

test('a press elsewhere closes it, and a device that goes disappears from the list', async ({ page }) => {
  await give(page);
  await trigger(page).click();
  await page.evaluate(() => (globalThis as unknown as World).devices.videoInputDevices$.next([]));
  await expect(page.getByText('No devices found')).toBeVisible();
  await page.mouse.click(5, 5);
  await expect(page.getByRole('option')).toHaveCount(0);
});

test('previews run while it is open, and their tracks are stopped with it', async ({ page }) => {
  await page.evaluate(() => {
    const tracks: MediaStreamTrack[] = [];
    Object.assign(globalThis, { tracks });
    navigator.mediaDevices.getUserMedia = async (asked?: MediaStreamConstraints) => {
      const stream = asked?.video ? globalThis.sim.picture('#246') : globalThis.sim.tone();
      tracks.push(...stream.getTracks());
      return stream;
    };
    document.querySelector('sw-device-selector')!.setAttribute('show-preview', '');
  });
  await give(page);
  await trigger(page).click();
  await expect(page.locator('sw-device-selector [part=preview-camera] sw-local-camera')).toBeVisible();
  await expect(page.locator('sw-device-selector [part=preview-mic] sw-audio-level')).toBeVisible();
  const test = page.locator('sw-device-selector [part=test-speaker-button]');
  await test.click();
  await expect(test).toHaveText('Stop test');
  await page.keyboard.press('Escape');
  await expect.poll(() => page.evaluate(() => (globalThis as unknown as { tracks: MediaStreamTrack[] }).tracks.map((track) => track.readyState))).toEqual(['ended', 'ended']);
});
