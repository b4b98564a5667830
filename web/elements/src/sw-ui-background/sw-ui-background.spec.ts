import { expect, test } from '../../test/harness.js';
import type { Page } from '@playwright/test';

const flat = (colour: string) => `data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='4' height='4'%3E%3Crect width='4' height='4' fill='${colour}'/%3E%3C/svg%3E`;
const background = (attributes: string) => `<div data-style="inline-size: 320px; block-size: 180px"><sw-ui-background ${attributes}></sw-ui-background></div>`;

/** Opacity of preview and picture; null where there is none. */
const opacity = (page: Page) =>
  page.locator('sw-ui-background').evaluate((host) =>
    ['.thumb', '.image'].map((name) => {
      const image = host.shadowRoot!.querySelector(name);
      return image && Number(getComputedStyle(image).opacity);
    })
  );
const sources = (page: Page) =>
  page.locator('sw-ui-background').evaluate((host) => [...host.shadowRoot!.querySelectorAll('img')].map((image) => [image.getAttribute('part'), image.getAttribute('src')!.slice(0, 40)]));

test.beforeEach(({ page }) => page.emulateMedia({ reducedMotion: 'reduce' }));

test('shows the picture once it is loaded, and the preview until then', async ({ show, page, axe }) => {
  let release = (): void => undefined;
  const held = new Promise<void>((done) => (release = done));
  await page.route('**/late.svg', async (route) => {
    await held;
    await route.fulfill({ contentType: 'image/svg+xml', body: "<svg xmlns='http://www.w3.org/2000/svg' width='4' height='4'/>" });
  });
  await show(background(`thumbnail="${flat('red')}" src="/late.svg"`));
  expect(await opacity(page)).toEqual([1, 0]);
  release();
  await expect.poll(() => opacity(page)).toEqual([0, 1]);
  await axe();
  const boxes = await page.locator('sw-ui-background').evaluate((host) => [...host.shadowRoot!.querySelectorAll('img')].map((image) => [image.alt, image.offsetWidth, image.offsetHeight, getComputedStyle(image).objectFit]));
  expect(boxes).toEqual([['', 320, 180, 'cover'], ['', 320, 180, 'cover']]);
});

test('a picture that cannot be loaded leaves the preview', async ({ show, page }) => {
  const failed = page.waitForResponse('**/missing.png');
  await show(background(`thumbnail="${flat('red')}" src="/missing.png"`));
  await failed;
  const broken = () => page.locator('sw-ui-background').evaluate((host) => {
    const image = host.shadowRoot!.querySelector<HTMLImageElement>('.image')!;
    return image.complete && image.naturalWidth === 0;
  });
  await expect.poll(broken).toBe(true);
  expect(await opacity(page)).toEqual([1, 0]);
});

test('another address begins again', async ({ show, page }) => {
  await show(background(`thumbnail="${flat('red')}" src="${flat('blue')}"`));
  await expect.poll(() => opacity(page)).toEqual([0, 1]);
  const host = page.locator('sw-ui-background');
  const failed = page.waitForResponse('**/missing.png');
  await host.evaluate((one: HTMLElementTagNameMap['sw-ui-background']) => (one.src = '/missing.png'));
  await failed;
  await expect.poll(() => opacity(page)).toEqual([1, 0]);
  await host.evaluate((one, src) => one.setAttribute('src', src), flat('green'));
  await expect.poll(() => opacity(page)).toEqual([0, 1]);
});

test('the bundled picture wins over every other, and is small', async ({ show, page }) => {
  await show(background(`default thumbnail="${flat('red')}" src="${flat('blue')}"`));
  await expect.poll(() => opacity(page)).toEqual([0, 1]);
  const drawn = await page.locator('sw-ui-background').evaluate((host) => [...host.shadowRoot!.querySelectorAll('img')].map((image) => [image.part.value, image.src, image.naturalWidth > 0] as const));
  expect(drawn.map(([part, , shown]) => [part, shown])).toEqual([['thumb', true], ['image', true]]);
  for (const [, src] of drawn) {
    expect(src).toMatch(/^data:image\/svg/);
    expect(src.length).toBeLessThan(2_000);
  }
  await page.locator('sw-ui-background').evaluate((host) => host.removeAttribute('default'));
  expect(await sources(page)).toEqual([['thumb', flat('red').slice(0, 40)], ['image', flat('blue').slice(0, 40)]]);
  await expect.poll(() => opacity(page)).toEqual([0, 1]);
});

test('without addresses there is nothing; properties, defaults and reflection', async ({ show, page }) => {
  await show(background(''));
  expect(await opacity(page)).toEqual([null, null]);
  const host = page.locator('sw-ui-background');
  expect(await host.evaluate((one: HTMLElementTagNameMap['sw-ui-background']) => [one.default, one.thumbnail, one.src, one.blurAmount])).toEqual([false, undefined, undefined, '20px']);
  await host.evaluate((one: HTMLElementTagNameMap['sw-ui-background']) => (one.default = true));
  await expect(host).toHaveAttribute('default', '');
  await host.evaluate((one: HTMLElement) => (one.hidden = true));
  await expect(host).toBeHidden();
});

test('the blur is a length, and nothing else comes in with it', async ({ show, page }) => {
  await show(background(`thumbnail="${flat('red')}" blur-amount="7px"`));
  const host = page.locator('sw-ui-background');
  const filter = () => host.evaluate((one) => getComputedStyle(one.shadowRoot!.querySelector('.thumb')!).filter);
  expect(await filter()).toBe('blur(7px)');
  await host.evaluate(async (one: HTMLElementTagNameMap['sw-ui-background']) => {
    one.setAttribute('blur-amount', '1px; background: url(/stolen)');
    await one.updateComplete;
  });
  expect(await host.evaluate((one) => getComputedStyle(one.shadowRoot!.querySelector('.thumb')!).backgroundImage)).toBe('none');
  await host.evaluate((one) => one.setAttribute('blur-amount', 'large'));
  await expect.poll(filter).toBe('none');
});

test('fades while motion is welcome', async ({ show, page }) => {
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  await show(background('default'));
  expect(await page.locator('sw-ui-background').evaluate((host) => getComputedStyle(host.shadowRoot!.querySelector('.image')!).transitionDuration)).toBe('0.6s, 0.7s');
  await expect.poll(() => opacity(page)).toEqual([0, 1]);
});
