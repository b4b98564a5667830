import { expect, test } from '../../test/harness.js';
import type { Page } from '@playwright/test';

type Bar = HTMLElementTagNameMap['sw-ui-control-bar'];
const ALL = 'show-screen-share show-hand-raise show-transcript show-settings';
const at = (width: string, attributes = '') =>
  `<div data-style="inline-size: ${width}; padding-block-start: 20rem"><sw-ui-control-bar ${attributes}></sw-ui-control-bar></div>`;
const names = (page: Page) => page.getByRole('button').evaluateAll((all) => all.filter((button) => (button as HTMLElement).checkVisibility()).map((button) => button.getAttribute('aria-label')));
/** Gives it devices and settings. */
const furnish = (page: Page) =>
  page.locator('sw-ui-control-bar').evaluate((bar: Bar) => {
    bar.micDevices = [{ id: 'm1', label: 'Desk', selected: true }, { id: 'm2', label: 'Head' }];
    bar.cameraDevices = [{ id: 'c1', label: 'Lens' }];
    bar.speakerDevices = [{ id: 's1', label: 'Box' }];
    bar.settingsItems = [{ id: 'echo', label: 'Echo', selected: true }, { id: 'gain', label: 'Gain', selected: false }];
    return bar.updateComplete;
  });

for (const colorScheme of ['light', 'dark'] as const) {
  test(`every state, wide and narrow (${colorScheme})`, async ({ show, page, axe }) => {
    await page.emulateMedia({ colorScheme });
    for (const width of ['900px', '500px', '340px']) {
      for (const state of ['', 'mic-muted camera-muted speaker-muted screen-sharing hand-raised transcript-active fullscreen']) {
        await show(at(width, `${ALL} ${state}`));
        await furnish(page);
        await axe();
      }
    }
    await page.getByRole('button', { name: 'More' }).click();
    await expect(page.getByRole('menu')).toBeVisible();
    await axe();
  });
}

test('buttons: four of them by default, the others as told, in their order', async ({ show, page }) => {
  const [head, tail] = [['Mute microphone', 'Turn camera off', 'Mute sound'], ['Hang up']];
  await show(at('900px'));
  expect(await names(page)).toEqual([...head, 'Fullscreen', ...tail]);
  await show(at('900px', ALL));
  expect(await names(page)).toEqual([...head, 'Share screen', 'Raise hand', 'Transcript', 'Settings', 'Fullscreen', ...tail]);
  await show(at('900px', 'show-fullscreen="false"'));
  expect(await names(page)).toEqual([...head, ...tail]);
  expect(await page.locator('sw-ui-control-bar').evaluate((bar: Bar) => bar.showFullscreen)).toBe(false);
  await expect(page.locator('[part=logo] svg')).toHaveAttribute('aria-hidden', 'true');
});

test('defaults and reflection', async ({ show, page }) => {
  await show(at('900px'));
  const flags = [
    'micMuted', 'cameraMuted', 'speakerMuted', 'fullscreen', 'screenSharing', 'handRaised', 'transcriptActive', 'showScreenShare', 'showHandRaise', 'showTranscript', 'showSettings'
  ] as const;
  const bar = page.locator('sw-ui-control-bar');
  expect(await bar.evaluate((bar: Bar, flags) => flags.map((flag) => bar[flag]), flags)).toEqual(flags.map(() => false));
  expect(await bar.evaluate((bar: Bar) => [bar.showFullscreen, bar.getAttributeNames(), bar.micDevices, bar.cameraDevices, bar.speakerDevices, bar.settingsItems]))
    .toEqual([true, ['show-fullscreen'], [], [], [], []]);
  for (const flag of flags) {
    const attribute = flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    await bar.evaluate((bar: Bar, flag) => (bar[flag] = true), flag);
    await expect(bar).toHaveAttribute(attribute, '');
    await bar.evaluate((bar, attribute) => bar.removeAttribute(attribute), attribute);
    expect(await bar.evaluate((bar: Bar, flag) => bar[flag], flag)).toBe(false);
  }
});

test('each button tells its new state and names the next press', async ({ show, page, listen }) => {
  const events = ['sw-mic-toggle', 'sw-camera-toggle', 'sw-speaker-toggle', 'sw-screen-share-toggle', 'sw-hand-raise-toggle', 'sw-transcript-toggle', 'sw-fullscreen-toggle'];
  await listen(...events, 'sw-call-hangup');
  await show(at('900px', ALL));
  for (const [before, after] of [
    ['Mute microphone', 'Unmute microphone'], ['Turn camera off', 'Turn camera on'], ['Mute sound', 'Unmute sound'], ['Share screen', 'Stop sharing'],
    ['Raise hand', 'Lower hand'], ['Transcript', 'Transcript'], ['Fullscreen', 'Exit fullscreen']
  ]) {
    await page.getByRole('button', { name: before!, exact: true }).click();
    await page.getByRole('button', { name: after!, exact: true }).click();
  }
  await page.getByRole('button', { name: 'Hang up' }).click();
  const both = (name: string, key: string, first: boolean) => [first, !first].map((value) => ({ name, detail: { [key]: value }, target: 'sw-ui-control-bar' }));
  expect(await page.evaluate(() => heard)).toEqual([
    ...both('sw-mic-toggle', 'muted', true), ...both('sw-camera-toggle', 'muted', true), ...both('sw-speaker-toggle', 'muted', true),
    ...both('sw-screen-share-toggle', 'active', true), ...both('sw-hand-raise-toggle', 'raised', true),
    ...[1, 2].map(() => ({ name: 'sw-transcript-toggle', detail: null, target: 'sw-ui-control-bar' })),
    ...both('sw-fullscreen-toggle', 'fullscreen', true), { name: 'sw-call-hangup', detail: null, target: 'sw-ui-control-bar' }
  ]);
});

test('what its owner writes after a press is what it shows', async ({ show, page }) => {
  await show(at('900px'));
  const bar = page.locator('sw-ui-control-bar');
  await bar.evaluate((bar: Bar) => bar.addEventListener('sw-mic-toggle', () => (bar.micMuted = false)));
  await page.getByRole('button', { name: 'Mute microphone' }).click();
  await bar.evaluate((bar: Bar) => bar.updateComplete);
  await expect(page.getByRole('button', { name: 'Mute microphone' })).toBeVisible();
  await expect(bar).not.toHaveAttribute('mic-muted');
  await bar.evaluate((bar: Bar) => (bar.transcriptActive = bar.showTranscript = true));
  await expect(page.getByRole('button', { name: 'Transcript', pressed: true })).toBeVisible();
});

test('devices and settings are chosen in menus', async ({ show, page, listen }) => {
  await show(at('900px', ALL));
  await furnish(page);
  await listen('sw-device-change', 'sw-settings-change');
  for (const [menu, item] of [['Choose microphone', 'Head'], ['Choose camera', 'Lens'], ['Choose speaker', 'Box']]) {
    await page.getByRole('button', { name: menu! }).press('Enter');
    await page.getByRole('menu', { name: menu! }).getByRole('menuitemradio', { name: item! }).press('Enter');
    await expect(page.getByRole('button', { name: menu! })).toBeFocused();
  }
  await page.getByRole('button', { name: 'Settings' }).click();
  await expect(page.getByRole('menuitemcheckbox', { checked: true })).toHaveText('Echo');
  await page.getByRole('menuitemcheckbox', { name: 'Gain' }).click();
  expect((await page.evaluate(() => heard)).map(({ detail }) => detail)).toEqual([
    { kind: 'mic', deviceId: 'm2', label: 'Head' }, { kind: 'camera', deviceId: 'c1', label: 'Lens' }, { kind: 'speaker', deviceId: 's1', label: 'Box' }, { settingId: 'gain' }
  ]);
});

test('where it is narrow, one menu holds what is optional', async ({ show, page, listen }) => {
  await show(at('700px', ALL));
  await furnish(page);
  await listen('sw-screen-share-toggle', 'sw-hand-raise-toggle', 'sw-transcript-toggle', 'sw-fullscreen-toggle', 'sw-settings-change');
  expect((await names(page)).filter((name) => !name?.startsWith('Choose'))).toEqual(['Mute microphone', 'Turn camera off', 'Mute sound', 'More', 'Hang up']);
  const more = page.getByRole('button', { name: 'More' });
  for (const item of ['Share screen', 'Raise hand', 'Transcript', 'Gain', 'Fullscreen', 'Stop sharing', 'Lower hand', 'Exit fullscreen']) {
    if ((await more.getAttribute('aria-expanded')) === 'false') await more.click();
    await page.getByRole('menu', { name: 'More' }).getByText(item, { exact: true }).click();
  }
  expect((await page.evaluate(() => heard)).map(({ name, detail }) => [name, detail])).toEqual([
    ['sw-screen-share-toggle', { active: true }], ['sw-hand-raise-toggle', { raised: true }], ['sw-transcript-toggle', null], ['sw-settings-change', { settingId: 'gain' }],
    ['sw-fullscreen-toggle', { fullscreen: true }], ['sw-screen-share-toggle', { active: false }], ['sw-hand-raise-toggle', { raised: false }], ['sw-fullscreen-toggle', { fullscreen: false }]
  ]);
  await show(at('700px', 'show-fullscreen="false"'));
  await expect(page.getByRole('button', { name: 'More' })).toHaveCount(0);
});

test('fits into a phone without being cut, and large text wraps', async ({ show, page }) => {
  for (const width of [320, 360, 540, 720]) {
    await show(at(`${width}px`, ALL));
    await furnish(page);
    const bar = page.locator('[part=bar]');
    expect(await bar.evaluate((row) => row.scrollWidth <= row.clientWidth), `${width}`).toBe(true);
    const tops = await page.locator('sw-ui-split-button').evaluateAll((all) => all.filter((button) => button.getBoundingClientRect().width > 0).map((button) => button.getBoundingClientRect().top));
    expect(new Set(tops).size, `${width}: one row`).toBe(1);
    const sizes = await page.getByRole('button').evaluateAll((all) => all.map((button) => button.getBoundingClientRect()).filter(({ width }) => width > 0).map(({ width, height }) => Math.min(width, height)));
    expect(Math.min(...sizes), `${width}: targets`).toBeGreaterThanOrEqual(24);
  }
});

test('buttons can be disabled, and their devices still be chosen', async ({ show, page, listen }) => {
  await show(at('900px', ALL));
  await furnish(page);
  await listen('sw-mic-toggle', 'sw-device-change');
  await page.locator('sw-ui-control-bar').evaluate((bar: Bar) => (bar.disabledControls = ['mic', 'hand-raise', 'settings', 'hangup']));
  for (const name of ['Mute microphone', 'Raise hand', 'Settings', 'Hang up']) await expect(page.getByRole('button', { name, exact: true })).toBeDisabled();
  await page.getByRole('button', { name: 'Choose microphone' }).click();
  await page.getByRole('menuitemradio', { name: 'Head' }).click();
  expect((await page.evaluate(() => heard)).map(({ name }) => name)).toEqual(['sw-device-change']);
});

test('variables, parts and words', async ({ show, page }) => {
  await show(`<sw-ui-control-bar data-style="--sw-control-bar-bg: rgb(1, 2, 3); --sw-control-bar-padding: 20px; --sw-control-bar-gap: 30px; --sw-control-bar-radius: 9px;
    --sw-control-bar-hangup-bg: rgb(4, 5, 6); --sw-control-bar-hangup-color: rgb(250, 1, 1); --sw-split-button-size: 52px"></sw-ui-control-bar>`);
  const look = await page.locator('[part=bar]').evaluate((bar) => {
    const { backgroundColor, paddingTop, columnGap, borderTopLeftRadius } = getComputedStyle(bar);
    return [backgroundColor, paddingTop, columnGap, borderTopLeftRadius];
  });
  expect(look).toEqual(['rgb(1, 2, 3)', '20px', '30px', '9px']);
  const hangup = page.getByRole('button', { name: 'Hang up' });
  expect(await hangup.evaluate((button) => [getComputedStyle(button).backgroundColor, getComputedStyle(button).color])).toEqual(['rgb(4, 5, 6)', 'rgb(250, 1, 1)']);
  expect((await hangup.boundingBox())!.height).toBe(52);
  await page.locator('sw-ui-control-bar').evaluate((bar: Bar) => (bar.words = { 'call.hangup': 'Auflegen' }));
  await expect(page.getByRole('button', { name: 'Auflegen' })).toBeVisible();
});
