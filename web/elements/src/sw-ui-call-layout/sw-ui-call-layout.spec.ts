import { expect, test } from '../../test/harness.js';
import type { Page } from '@playwright/test';

const layout = (width: number, height: number, attributes = '', pip = '<div slot="floating-video" id="pip" data-style="background: #246; color: #fff; block-size: 90px">Me</div>') =>
  `<div id="frame" data-style="inline-size: ${width}px; block-size: ${height}px"><sw-ui-call-layout ${attributes}>
    <div slot="video" id="video" data-style="background: #123; color: #fff">Video</div><div slot="background" id="background">Back</div>${pip}
    <div slot="controls" id="controls" data-style="block-size: 50px"><button>Mute</button></div>
    <div slot="transcript" id="transcript" data-style="background: #fff; color: #000"><button id="load">Download</button></div></sw-ui-call-layout></div>`;

/** Width and height; null where it is not shown. */
const size = async (page: Page, id: string) => {
  const box = await page.locator(id).boundingBox();
  return box && [Math.round(box.width), Math.round(box.height)];
};

test('without a transcript: picture over controls', async ({ show, page, axe }) => {
  for (const [width, height] of [[1200, 600], [600, 600]] as const) {
    await show(layout(width, height));
    expect([await size(page, '#video'), await size(page, '#controls'), await size(page, '#transcript')]).toEqual([[width, height - 50], [width, 50], null]);
    expect(await size(page, '#background')).toEqual(await size(page, '#video'));
  }
  await axe();
});

for (const [width, height, video, pane] of [
  [1200, 600, [960, 550], [240, 550]],
  [1200, 400, [1040, 350], [160, 350]],
  [640, 400, [460, 350], [180, 350]],
  [600, 600, [600, 330], [600, 220]],
  [220, 300, [220, 130], [220, 120]],
  [180, 180, [180, 130], null],
  [800, 200, [800, 150], null]
] as const) {
  test(`with a transcript in ${width} by ${height}`, async ({ show, page }) => {
    await page.setViewportSize({ width: 1300, height: 800 });
    await show(layout(width, height, 'transcript'));
    expect([await size(page, '#video'), await size(page, '#transcript')]).toEqual([video, pane]);
    const controls = (await page.locator('#controls').boundingBox())!;
    expect([controls.width, controls.height]).toEqual([width, 50]);
    expect(await size(page, '#pip') !== null).toBe(width > 240);
  });
}

test('the picture in picture stands in its corner, in its limits', async ({ show, page }) => {
  await show(layout(800, 600));
  const [frame, pip] = [(await page.locator('#video').boundingBox())!, (await page.locator('#pip').boundingBox())!];
  expect(pip.width).toBe(160);
  expect([frame.x + frame.width - pip.x - pip.width, frame.y + frame.height - pip.y - pip.height]).toEqual([12, 12]);
  await page.locator('sw-ui-call-layout').evaluate((host: HTMLElement) => {
    host.style.cssText = '--sw-call-layout-pip-width: 900px; --sw-call-layout-pip-right: 30px; --sw-call-layout-pip-bottom: 20px';
    host.dir = 'rtl';
  });
  const other = (await page.locator('#pip').boundingBox())!;
  expect([other.x - frame.x, other.width, frame.y + frame.height - other.y - other.height]).toEqual([30, 740, 20]);
});

test('an empty place for it shows nothing', async ({ show, page }) => {
  await show(layout(800, 600, '', ''));
  const shown = () => page.locator('sw-ui-call-layout').evaluate((host) => getComputedStyle(host.shadowRoot!.querySelector('.pip')!).visibility);
  expect(await shown()).toBe('hidden');
  await page.locator('sw-ui-call-layout').evaluate((host) => host.append(Object.assign(document.createElement('i'), { slot: 'floating-video', textContent: 'Me' })));
  await expect.poll(shown).toBe('visible');
});

test('a drawer over the picture keeps its own width', async ({ show, page }) => {
  await show(layout(800, 600));
  await page.locator('sw-ui-call-layout').evaluate((host) => {
    host.append(Object.assign(document.createElement('sw-ui-content-drawer'), { slot: 'video', open: true, content: 'x' }));
  });
  await expect.poll(() => size(page, 'sw-ui-content-drawer')).toEqual([360, 550]);
});

test('attributes, properties and reflection', async ({ show, page }) => {
  await show(layout(600, 400));
  const host = page.locator('sw-ui-call-layout');
  const state = () => host.evaluate((one: HTMLElementTagNameMap['sw-ui-call-layout']) => [one.transcript, one.loading, one.shadow, one.fullscreen]);
  expect(await state()).toEqual([false, false, false, false]);
  await host.evaluate((one: HTMLElementTagNameMap['sw-ui-call-layout']) => Object.assign(one, { transcript: true, loading: true, shadow: true }));
  for (const name of ['transcript', 'loading', 'shadow']) await expect(host).toHaveAttribute(name, '');
  await host.evaluate((one) => ['transcript', 'loading', 'shadow'].forEach((name) => one.removeAttribute(name)));
  expect(await state()).toEqual([false, false, false, false]);
});

test('the shadow and the corners can be themed', async ({ show, page }) => {
  await show(layout(600, 400, 'shadow'));
  const host = page.locator('sw-ui-call-layout');
  const look = () => host.evaluate((one) => {
    const [outer, video] = [getComputedStyle(one), getComputedStyle(one.shadowRoot!.querySelector('.video')!)];
    return [outer.boxShadow, outer.borderRadius, video.borderTopLeftRadius, video.borderBottomLeftRadius];
  });
  expect((await look())[0]).not.toBe('none');
  await page.locator('#frame').evaluate((frame) => (frame.style.cssText += '; --sw-call-layout-radius: 21px; --sw-call-layout-shadow: rgb(1, 2, 3) 0px 0px 4px 0px'));
  expect(await look()).toEqual(['rgb(1, 2, 3) 0px 0px 4px 0px', '21px', '21px', '0px']);
  // Without controls the picture has the lower corners.
  await page.locator('#controls').evaluate((controls) => controls.remove());
  await expect.poll(async () => (await look())[3]).toBe('21px');
});

test('the transcript comes and goes, and nothing in it is reached while it is gone', async ({ show, page, axe }) => {
  await show(layout(600, 400));
  const host = page.locator('sw-ui-call-layout');
  const toggle = () => host.evaluate((one: HTMLElementTagNameMap['sw-ui-call-layout']) => one.toggleTranscript());
  await page.locator('#controls button').focus();
  await page.keyboard.press('Tab');
  await expect(page.locator('#load')).not.toBeFocused();
  await toggle();
  await expect(host).toHaveAttribute('transcript');
  await expect(page.locator('#load')).toBeVisible();
  await axe();
  await toggle();
  await expect(page.locator('#load')).toBeHidden();
});

test('waiting veils the picture and is told', async ({ show, page, axe }) => {
  await show(layout(600, 400, 'loading'));
  await expect(page.getByRole('status')).toHaveText('Loading');
  const host = page.locator('sw-ui-call-layout');
  const veil = () => host.evaluate((one) => {
    const [veil, ring] = [one.shadowRoot!.querySelector('.veil')!, one.shadowRoot!.querySelector('.turning')];
    return [getComputedStyle(veil).display, getComputedStyle(veil).backgroundColor, ring?.clientWidth ? Math.round((ring as HTMLElement).offsetWidth) : 0];
  });
  expect(await veil()).toEqual(['grid', 'rgba(0, 0, 0, 0.6)', 48]);
  await host.evaluate((one: HTMLElement) => (one.style.cssText = '--sw-call-layout-loading-bg: rgb(9, 9, 9); --loading-spinner-size: 30px'));
  expect(await veil()).toEqual(['grid', 'rgb(9, 9, 9)', 30]);
  await axe();
  await host.evaluate((one) => one.removeAttribute('loading'));
  await expect(page.getByRole('status')).toHaveText('');
  expect((await veil())[0]).toBe('none');
});

test('fills the screen and leaves it, inside another shadow root too', async ({ show, page }) => {
  await show(layout(300, 200, 'shadow'));
  await page.evaluate(() => {
    const outer = document.createElement('div');
    outer.attachShadow({ mode: 'open' }).append(document.querySelector('sw-ui-call-layout')!);
    document.querySelector('#frame')!.append(outer);
  });
  const host = page.locator('sw-ui-call-layout');
  const toggle = () => host.evaluate((one: HTMLElementTagNameMap['sw-ui-call-layout']) => one.toggleFullscreen());
  // Browsers want a gesture of the person for it.
  await page.locator('#controls button').click();
  await toggle();
  await expect(host).toHaveAttribute('fullscreen', '');
  expect(await host.evaluate((one: HTMLElementTagNameMap['sw-ui-call-layout']) => [one.fullscreen, getComputedStyle(one).boxShadow, getComputedStyle(one).borderRadius])).toEqual([true, 'none', '0px']);
  await toggle();
  await expect(host).not.toHaveAttribute('fullscreen');
});

test('another element’s full screen is not its own, and it ends that too', async ({ show, page }) => {
  await show(`<p id="other">Other</p>${layout(300, 200)}`);
  const host = page.locator('sw-ui-call-layout');
  await page.locator('#controls button').click();
  await page.locator('#other').evaluate((other) => other.requestFullscreen());
  await expect(host).not.toHaveAttribute('fullscreen');
  await host.evaluate((one: HTMLElementTagNameMap['sw-ui-call-layout']) => one.toggleFullscreen());
  await expect.poll(() => page.evaluate(() => document.fullscreenElement)).toBeNull();
});

test('a refused full screen changes nothing', async ({ show, page }) => {
  await show(layout(300, 200));
  const host = page.locator('sw-ui-call-layout');
  expect(
    await host.evaluate(async (one: HTMLElementTagNameMap['sw-ui-call-layout']) => {
      let asked = 0;
      one.requestFullscreen = () => Promise.reject(new Error(`refused ${++asked}`));
      one.toggleFullscreen();
      await new Promise((done) => setTimeout(done));
      return [asked, one.hasAttribute('fullscreen')];
    })
  ).toEqual([1, false]);
});
