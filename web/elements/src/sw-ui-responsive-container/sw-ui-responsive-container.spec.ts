import { expect, test } from '../../test/harness.js';

const MARKUP = '<sw-ui-modal open><sw-ui-responsive-container><div id="in" data-style="block-size: 100%">Call</div></sw-ui-responsive-container></sw-ui-modal>';

for (const [what, width, height, wide, high] of [
  ['a large window', 1280, 900, 1024, 576],
  ['a wide and low window', 1920, 800, 1536, 768],
  ['a small desk', 1000, 800, 900, 506.25],
  ['a phone', 390, 844, 350, 717.4],
  ['a phone on its side', 844, 390, 759.6, 351],
  ['a small tablet on its side', 880, 620, 792, 558]
] as const) {
  test(`fits ${what}`, async ({ show, page }) => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height });
    await show(MARKUP);
    const box = (await page.locator('#in').boundingBox())!;
    expect(box.width).toBeCloseTo(wide, 0);
    expect(box.height).toBeCloseTo(high, 0);
    // In the middle of the window.
    expect(box.x + box.width / 2).toBeCloseTo(width / 2, 0);
    expect(box.y + box.height / 2).toBeCloseTo(height / 2, 0);
  });
}

test('content that is larger is cut, and does not widen it', async ({ show, page }) => {
  await page.setViewportSize({ width: 1000, height: 800 });
  await show('<sw-ui-responsive-container><div data-style="inline-size: 3000px; block-size: 3000px">x</div></sw-ui-responsive-container>');
  const box = await page.locator('sw-ui-responsive-container').evaluate((host) => {
    const { width, height } = host.shadowRoot!.querySelector('div')!.getBoundingClientRect();
    return [width, Math.round(height)];
  });
  expect(box).toEqual([900, 506]);
  await page.locator('sw-ui-responsive-container').evaluate((host: HTMLElement) => (host.hidden = true));
  await expect(page.locator('sw-ui-responsive-container')).toBeHidden();
});
