import { expect, test } from '../../test/harness.js';
import type { Page } from '@playwright/test';

type Provider = HTMLElementTagNameMap['sw-call-provider'];
type Given = { call: InstanceType<typeof sim.SimulatedCall>; devices: InstanceType<typeof sim.SimulatedDevices>; values: Record<string, unknown>; kept: Provider };

/** Asks for the contexts as any element of the protocol would, from a plain element inside; the latest values are kept. */
const ask = (page: Page) =>
  page.evaluate(() => {
    const given = globalThis as unknown as Given;
    given.values = {};
    const inside = document.querySelector('#inside')!;
    for (const context of ['sw-call-state', 'sw-devices', 'transcript']) {
      const callback = (value: unknown) => (given.values[context] = value);
      inside.dispatchEvent(Object.assign(new Event('context-request', { bubbles: true, composed: true }), { context, contextTarget: inside, callback, subscribe: true }));
    }
  });
/** Status of the call, whether its devices are known, whether the microphone is off. */
const seen = (page: Page) =>
  page.evaluate(() => {
    const { values } = globalThis as unknown as Given;
    const state = values['sw-call-state'] as { id: string; status: string };
    const devices = values['sw-devices'] as { audioInputDevices: unknown[]; audioMuted: boolean };
    return { id: state.id, status: state.status, microphones: devices.audioInputDevices.length, muted: devices.audioMuted };
  });
const NOTHING = { id: '', status: 'new', microphones: 0, muted: false };

test.beforeEach(async ({ show, page }) => {
  await show('<sw-call-provider><p id="inside">Inside</p></sw-call-provider>');
  await page.evaluate(() => {
    Object.assign(globalThis, { call: new sim.SimulatedCall({ id: 'one', status: 'ringing' }), devices: new sim.SimulatedDevices() });
  });
  await ask(page);
});

test('takes no place itself and shows what is inside', async ({ page, axe }) => {
  expect(await page.locator('sw-call-provider').evaluate((provider) => getComputedStyle(provider).display)).toBe('contents');
  await expect(page.getByText('Inside')).toBeVisible();
  await axe();
});

test('provides the call, its switches and its transcript, and that there is none', async ({ page }) => {
  expect(await seen(page)).toEqual(NOTHING);
  const provider = page.locator('sw-call-provider');
  await provider.evaluate((provider: Provider) => {
    provider.call = (globalThis as unknown as Given).call;
    return provider.updateComplete;
  });
  expect(await seen(page)).toEqual({ id: 'one', status: 'ringing', microphones: 0, muted: false });
  await page.evaluate(async () => {
    const { call } = globalThis as unknown as Given;
    call.status$.next('connected');
    await call.self$.value!.mute();
    call.event('ai.speech_detect', { text: 'Hello' });
  });
  expect(await seen(page)).toMatchObject({ status: 'connected', muted: true });
  expect(await page.evaluate(() => (globalThis as unknown as Given).values.transcript)).toMatchObject({ entries: [{ type: 'user', text: 'Hello' }] });
  await provider.evaluate((provider: Provider) => {
    provider.call = undefined;
    return provider.updateComplete;
  });
  expect(await seen(page)).toEqual(NOTHING);
  expect(await page.evaluate(() => [(globalThis as unknown as Given).call.status$.followers, (globalThis as unknown as Given).values.transcript])).toEqual([0, { entries: [] }]);
});

test('provides the devices, and takes them back', async ({ page }) => {
  const provider = page.locator('sw-call-provider');
  await provider.evaluate((provider: Provider) => {
    provider.deviceController = (globalThis as unknown as Given).devices;
    return provider.updateComplete;
  });
  expect(await seen(page)).toEqual({ ...NOTHING, microphones: 2 });
  expect(await page.evaluate(() => (globalThis as unknown as Given).devices.asked)).toEqual(['enableDeviceMonitoring']);
  await provider.evaluate((provider: Provider) => {
    provider.deviceController = undefined;
    return provider.updateComplete;
  });
  expect(await seen(page)).toEqual(NOTHING);
  expect(await page.evaluate(() => (globalThis as unknown as Given).devices.audioInputDevices$.followers)).toBe(0);
});

test('removed, it lets go of everything; in another place it provides it again', async ({ page }) => {
  await page.locator('sw-call-provider').evaluate((provider: Provider) => {
    const given = globalThis as unknown as Given;
    Object.assign(provider, { call: given.call, deviceController: given.devices });
    given.kept = provider;
    return provider.updateComplete.then(() => provider.remove());
  });
  const followers = () => page.evaluate(() => {
    const { call, devices } = globalThis as unknown as Given;
    return [call.status$.followers, call.self$.followers, devices.audioInputDevices$.followers];
  });
  expect(await followers()).toEqual([0, 0, 0]);
  await page.evaluate(() => document.querySelector('#stage')!.append((globalThis as unknown as Given).kept));
  await ask(page);
  await expect.poll(() => seen(page)).toEqual({ id: 'one', status: 'ringing', microphones: 2, muted: false });
});

test('of two, the nearer one is heard', async ({ show, page }) => {
  await show('<sw-call-provider><sw-call-provider><p id="inside">Inside</p></sw-call-provider></sw-call-provider>');
  await page.locator('sw-call-provider').evaluateAll((providers) => {
    for (const [at, provider] of providers.entries()) (provider as Provider).call = new sim.SimulatedCall({ id: `call ${at}` });
  });
  await ask(page);
  await expect.poll(() => seen(page)).toMatchObject({ id: 'call 1' });
});
