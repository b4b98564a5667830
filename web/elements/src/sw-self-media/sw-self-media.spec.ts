import { expect, test } from '../../test/harness.js';

type Self = HTMLElementTagNameMap['sw-self-media'];
type Provider = HTMLElementTagNameMap['sw-call-provider'];
type Given = { call: InstanceType<typeof sim.SimulatedCall> };

const PLACE = '<div data-style="position: relative; inline-size: 400px; block-size: 200px"><sw-self-media></sw-self-media></div>';
const LAYER = { member_id: 'self', x: 5, y: 10, width: 25, height: 50, visible: true };

for (const colorScheme of ['light', 'dark'] as const) {
  test(`lies over its place in the picture (${colorScheme})`, async ({ show, page, axe }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await show(PLACE);
    const self = page.locator('sw-self-media');
    await self.evaluate((self: Self, layer) => {
      self.call = new sim.SimulatedCall({ layoutLayers: [{ ...layer, member_id: 'other' }, layer], localStream: sim.picture('teal') });
    }, LAYER);
    const container = self.locator('[part=container]');
    expect(await container.evaluate(({ style }: HTMLElement) => [style.left, style.top, style.width, style.height, style.opacity])).toEqual(['5%', '10%', '25%', '50%', '1']);
    const [box, around] = [(await container.boundingBox())!, (await page.locator('#stage > div').boundingBox())!];
    expect([box.x - around.x, box.y - around.y, box.width, box.height]).toEqual([20, 20, 100, 100]);
    const video = container.locator('video[part=video]');
    await expect.poll(() => video.evaluate((video: HTMLVideoElement) => [video.paused, video.muted, video.videoWidth])).toEqual([false, true, 640]);
    expect(await video.evaluate((video: HTMLVideoElement) => [video.autoplay, video.hasAttribute('playsinline'), video.hasAttribute('disablepictureinpicture')])).toEqual([true, true, true]);
    expect(await container.evaluate((element) => getComputedStyle(element).pointerEvents)).toBe('none');
    expect(await self.evaluate((self) => getComputedStyle(self).display)).toBe('contents');
    await axe();
  });
}

test('nothing without a place, without oneself or without a picture', async ({ show, page }) => {
  await show(PLACE);
  const self = page.locator('sw-self-media');
  const shown = self.locator('[part=container]');
  await expect(shown).toHaveCount(0);
  await self.evaluate((self: Self) => {
    Object.assign(globalThis, { call: new sim.SimulatedCall({ self: null }) });
    self.call = (globalThis as unknown as Given).call;
    return self.updateComplete;
  });
  const next = (part: 'self' | 'layer' | 'sound' | 'picture') =>
    self.evaluate((self: Self, { part, layer }) => {
      const { call } = globalThis as unknown as Given;
      if (part === 'self') call.self$.next(new sim.SimulatedSelf('self', 'You'));
      if (part === 'layer') call.layoutLayers$.next([layer]);
      if (part === 'sound') call.localStream$.next(sim.tone());
      if (part === 'picture') {
        const stream = call.localStream$.value!;
        stream.addTrack(sim.picture('teal').getVideoTracks()[0]!);
        call.localStream$.next(stream);
      }
      return self.updateComplete;
    }, { part, layer: LAYER });
  for (const part of ['self', 'layer', 'sound'] as const) {
    await next(part);
    await expect(shown).toHaveCount(0);
  }
  await next('picture');
  await expect(shown).toHaveCount(1);
  await page.evaluate((layer) => (globalThis as unknown as Given).call.layoutLayers$.next([{ ...layer, visible: false }]), LAYER);
  await expect.poll(() => shown.evaluate(({ style }: HTMLElement) => style.opacity)).toBe('0');
  // Geometry that is none.
  await page.evaluate((layer) => (globalThis as unknown as Given).call.layoutLayers$.next([{ ...layer, x: NaN, width: 4000, y: 'url(x)' as unknown as number }]), LAYER);
  await expect.poll(() => shown.evaluate(({ style }: HTMLElement) => [style.left, style.top, style.width])).toEqual(['0%', '0%', '100%']);
  await page.evaluate(() => (globalThis as unknown as Given).call.layoutLayers$.next([]));
  await expect(shown).toHaveCount(0);
});

test('mirrors', async ({ show, page }) => {
  await show(PLACE.replace('<sw-self-media>', '<sw-self-media mirror>'));
  const self = page.locator('sw-self-media');
  await self.evaluate((self: Self, layer) => (self.call = new sim.SimulatedCall({ layoutLayers: [layer], localStream: sim.picture('teal') })), LAYER);
  expect(await self.locator('video').evaluate((video) => getComputedStyle(video).transform)).toBe('matrix(-1, 0, 0, 1, 0, 0)');
  await self.evaluate((self: Self) => (self.mirror = false));
  await expect(self).not.toHaveAttribute('mirror');
  await expect.poll(() => self.locator('video').evaluate((video) => getComputedStyle(video).transform)).toBe('none');
});

test('takes the call of the context, its own before it; lets go when it is removed', async ({ show, page }) => {
  await show(`<sw-call-provider>${PLACE}</sw-call-provider>`);
  const self = page.locator('sw-self-media');
  const shown = self.locator('[part=container]');
  await page.locator('sw-call-provider').evaluate((provider: Provider, layer) => {
    const call = new sim.SimulatedCall({ localStream: sim.picture('teal') });
    Object.assign(globalThis, { call });
    provider.call = call;
    return provider.updateComplete.then(() => call.layoutLayers$.next([layer]));
  }, LAYER);
  await expect(shown).toHaveCount(1);
  await self.evaluate((self: Self) => (self.call = new sim.SimulatedCall({ localStream: sim.picture('olive') })));
  await expect(shown).toHaveCount(0);
  await self.evaluate((self: Self) => (self.call = undefined));
  await expect(shown).toHaveCount(1);
  expect(await self.evaluate((self) => {
    const video = self.shadowRoot!.querySelector('video')!;
    Object.assign(globalThis, { kept: self });
    self.remove();
    return video.srcObject;
  })).toBe(null);
  await page.evaluate(() => document.querySelector('#stage div')!.append((globalThis as unknown as { kept: Self }).kept));
  await expect.poll(() => self.locator('video').evaluate((video: HTMLVideoElement) => video.paused)).toBe(false);
});
