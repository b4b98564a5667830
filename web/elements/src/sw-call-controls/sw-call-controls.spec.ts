import { expect, test } from '../../test/harness.js';
import type { Page } from '@playwright/test';

type Controls = HTMLElementTagNameMap['sw-call-controls'];
type Simulation = typeof import('../../src/simulation/index.js');
declare global {
  var call: InstanceType<Simulation['SimulatedCall']>;
  var devices: InstanceType<Simulation['SimulatedDevices']>;
}
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const controls = (page: Page) => page.locator('sw-call-controls');
const asked = (page: Page) => page.evaluate(() => (globalThis as unknown as { me: InstanceType<Simulation['SimulatedSelf']> }).me.asked);

/** A call of its own, `me` its member, and the devices of a provider around it. */
async function inCall(page: Page, show: (markup: string) => Promise<void>, { provider = true, capabilities = ['self', 'screenshare'], attributes = '' } = {}): Promise<void> {
  await show(`<div data-style="padding-block-start: 16rem">${provider ? '<sw-call-provider>' : ''}<sw-call-controls ${attributes}></sw-call-controls>${provider ? '</sw-call-provider>' : ''}</div>`);
  await page.evaluate(async ([provider, capabilities]) => {
    const me = new sim.SimulatedSelf('self', 'You');
    const call = new sim.SimulatedCall({ self: me, capabilities: capabilities as string[] });
    const devices = new sim.SimulatedDevices();
    Object.assign(globalThis, { me, call, devices });
    const element = document.querySelector('sw-call-controls')!;
    if (provider) Object.assign(document.querySelector('sw-call-provider')!, { call, deviceController: devices });
    else element.call = call;
    await document.querySelector('sw-call-provider')?.updateComplete;
    await element.updateComplete;
  }, [provider, capabilities] as const);
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`in call, muted, refused and ended (${colorScheme})`, async ({ show, page, axe }) => {
    await page.emulateMedia({ colorScheme });
    await inCall(page, show, { attributes: 'show-transcript' });
    await axe();
    await page.evaluate(() => {
      const { me } = globalThis as unknown as { me: InstanceType<Simulation['SimulatedSelf']> };
      me.failing = 'toggleHandraise';
      return Promise.all([me.toggleMute(), me.toggleMuteVideo(), me.startScreenShare()]);
    });
    await button(page, 'Raise hand').click();
    await expect(page.getByRole('status')).toHaveText('The hand could not be raised or lowered.');
    await axe();
    await page.evaluate(() => Object.assign(document.querySelector('sw-call-controls')!, { call }));
    await page.evaluate(() => call.end('remote'));
    await expect(button(page, 'Hang up')).toBeDisabled();
    await axe();
  });
}

test('shows nothing without devices and call', async ({ show, page }) => {
  await show('<sw-call-controls></sw-call-controls>');
  await expect(controls(page).locator('sw-ui-control-bar')).toHaveCount(0);
  await page.evaluate(() => (document.querySelector('sw-call-controls')!.call = new sim.SimulatedCall()));
  await expect(button(page, 'Hang up')).toBeVisible();
  await expect(button(page, 'Settings')).toHaveCount(0);
  await expect(button(page, 'Choose microphone')).toHaveCount(0);
});

test('attributes: true at first, and turned off in markup', async ({ show, page }) => {
  await inCall(page, show);
  expect((await controls(page).evaluate((element) => element.getAttributeNames())).sort()).toEqual(['show-fullscreen', 'show-hand-raise', 'show-screen-share', 'show-settings']);
  for (const name of ['Share screen', 'Raise hand', 'Settings', 'Fullscreen']) await expect(button(page, name)).toBeVisible();
  await expect(button(page, 'Transcript')).toHaveCount(0);
  await inCall(page, show, { attributes: 'show-screen-share="false" show-hand-raise="false" show-settings="false" show-fullscreen="false" show-transcript transcript-active' });
  for (const name of ['Share screen', 'Raise hand', 'Settings', 'Fullscreen']) await expect(button(page, name)).toHaveCount(0);
  await expect(button(page, 'Transcript')).toHaveAttribute('aria-pressed', 'true');
  await controls(page).evaluate((element: Controls) => Object.assign(element, { showFullscreen: true, transcriptActive: false, showTranscript: false }));
  await expect(button(page, 'Fullscreen')).toBeVisible();
  await expect(button(page, 'Transcript')).toHaveCount(0);
  await expect(controls(page)).not.toHaveAttribute('transcript-active');
});

for (const provider of [true, false]) {
  test(`its switches turn the own member, and follow it (${provider ? 'context' : 'own call'})`, async ({ show, page, listen }) => {
    await listen('sw-mic-toggle', 'sw-camera-toggle', 'sw-speaker-toggle', 'sw-screen-share-toggle', 'sw-hand-raise-toggle');
    await inCall(page, show, { provider });
    const switches = [
      ['Mute microphone', 'Unmute microphone'], ['Turn camera off', 'Turn camera on'], ['Mute sound', 'Unmute sound'], ['Share screen', 'Stop sharing'], ['Raise hand', 'Lower hand']
    ];
    for (const [off, on] of switches) {
      await button(page, off!).click();
      await button(page, on!).click();
      await expect(button(page, off!)).toBeVisible();
    }
    await expect.poll(() => asked(page)).toEqual([
      'toggleMute', 'toggleMute', 'toggleMuteVideo', 'toggleMuteVideo', 'toggleDeaf', 'toggleDeaf', 'startScreenShare', 'stopScreenShare', 'toggleHandraise', 'toggleHandraise'
    ]);
    expect(await page.evaluate(() => heard.length)).toBe(10);
    // What changes elsewhere is shown too.
    await page.evaluate(() => {
      const { me } = globalThis as unknown as { me: InstanceType<Simulation['SimulatedSelf']> };
      return Promise.all([me.toggleMute(), me.toggleMuteVideo(), me.toggleDeaf(), me.startScreenShare(), me.toggleHandraise()]);
    });
    for (const [, on] of switches) await expect(button(page, on!)).toBeVisible();
  });
}

test('a failure is told, and the switch goes back to where it is', async ({ show, page }) => {
  await inCall(page, show);
  for (const [failing, name, said] of [
    ['toggleMute', 'Mute microphone', 'The microphone could not be switched.'], ['toggleMuteVideo', 'Turn camera off', 'The camera could not be switched.'],
    ['toggleDeaf', 'Mute sound', 'The sound could not be switched.'], ['startScreenShare', 'Share screen', 'The screen could not be shared.'],
    ['toggleHandraise', 'Raise hand', 'The hand could not be raised or lowered.']
  ]) {
    await page.evaluate((failing) => ((globalThis as unknown as { me: { failing: string | undefined } }).me.failing = failing), failing);
    await button(page, name!).click();
    await expect(page.getByRole('status')).toHaveText(said!);
    await expect(button(page, name!)).toBeVisible();
  }
  await page.evaluate(() => delete (globalThis as unknown as { me: { failing?: string } }).me.failing);
  await button(page, 'Mute microphone').click();
  await expect(page.getByRole('status')).toBeEmpty();
  await expect(button(page, 'Unmute microphone')).toBeVisible();
});

test('closing the browser\'s question about the screen is no failure', async ({ show, page }) => {
  await inCall(page, show);
  await page.evaluate(() => {
    const { me } = globalThis as unknown as { me: { startScreenShare(): Promise<void> } };
    me.startScreenShare = () => Promise.reject(new DOMException('closed', 'NotAllowedError'));
  });
  await button(page, 'Share screen').click();
  await expect(button(page, 'Share screen')).toBeVisible();
  await expect(page.getByRole('status')).toBeEmpty();
});

test('two quick presses do not cross: the second waits for what came of the first', async ({ show, page }) => {
  await inCall(page, show);
  await page.evaluate(() => {
    const { me } = globalThis as unknown as { me: InstanceType<Simulation['SimulatedSelf']> };
    const real = me.toggleMute.bind(me);
    let running = 0;
    Object.assign(globalThis, { most: 0, released: [] as (() => void)[] });
    const world = globalThis as unknown as { most: number; released: (() => void)[] };
    me.toggleMute = async () => {
      world.most = Math.max(world.most, ++running);
      await new Promise<void>((done) => world.released.push(done));
      await real();
      running--;
    };
  });
  await button(page, 'Mute microphone').click();
  await button(page, 'Unmute microphone').click();
  await expect(button(page, 'Mute microphone')).toBeVisible();
  const release = () => page.evaluate(() => (globalThis as unknown as { released: (() => void)[] }).released.shift()?.());
  await release();
  await expect.poll(() => page.evaluate(() => (globalThis as unknown as { released: unknown[] }).released.length)).toBe(1);
  await release();
  await expect.poll(() => asked(page)).toEqual(['toggleMute', 'toggleMute']);
  expect(await page.evaluate(() => (globalThis as unknown as { most: number }).most)).toBe(1);
  await expect(button(page, 'Mute microphone')).toBeVisible();
});

test('what was accepted and never told goes back', async ({ show, page }) => {
  await inCall(page, show);
  await page.evaluate(() => {
    const { me } = globalThis as unknown as { me: { toggleMute(): Promise<void> } };
    me.toggleMute = () => Promise.resolve();
  });
  await button(page, 'Mute microphone').click();
  await expect(button(page, 'Unmute microphone')).toBeVisible();
  await expect(button(page, 'Mute microphone')).toBeVisible();
});

for (const provider of [true, false]) {
  test(`one press on hang-up is one event and one request (${provider ? 'context' : 'own call'})`, async ({ show, page, listen }) => {
    await inCall(page, show, { provider });
    await listen('sw-call-hangup');
    await button(page, 'Hang up').click();
    await expect.poll(() => page.evaluate(() => call.asked)).toEqual(['hangup']);
    expect(await page.evaluate(() => heard)).toEqual([{ name: 'sw-call-hangup', detail: null, target: 'sw-call-controls' }]);
  });
}

test('hanging up: pressed twice while under way, and failing', async ({ show, page, listen }) => {
  await inCall(page, show, { provider: false });
  await listen('sw-call-hangup');
  await page.evaluate(() => {
    const world = globalThis as unknown as { fail: () => void };
    call.hangup = () => {
      call.asked.push('hangup');
      return new Promise((_, fail) => (world.fail = () => fail(new Error('no'))));
    };
  });
  await button(page, 'Hang up').dblclick();
  expect(await page.evaluate(() => [call.asked.length, heard.length])).toEqual([1, 1]);
  await page.evaluate(() => (globalThis as unknown as { fail: () => void }).fail());
  await expect(page.getByRole('status')).toHaveText('The call could not be ended. Try again.');
  await button(page, 'Hang up').click();
  expect(await page.evaluate(() => [call.asked.length, heard.length])).toEqual([2, 2]);
});

test('capabilities: what is not allowed is missing or cannot be pressed', async ({ show, page }) => {
  const look = async (capabilities: string[]) => {
    await inCall(page, show, { capabilities });
    const state: string[] = [];
    for (const name of ['Mute microphone', 'Turn camera off', 'Mute sound', 'Share screen', 'Raise hand']) {
      state.push((await button(page, name).count()) === 0 ? '-' : (await button(page, name).isDisabled()) ? '0' : '1');
    }
    return state.join('');
  };
  for (const [capabilities, seen] of [
    [[], '11111'], [['self', 'screenshare'], '11111'], [['self'], '111-1'], [['self.mute'], '110--'], [['self.mute.audio'], '100--'], [['self.mute.video.on'], '010--'],
    [['self.mute.audio.off'], '000--'], [['self.deaf', 'screenshare'], '0011-'], [['self.raisehand'], '000-1'], [['selfMuteAudio', 'screenShare'], '1001-'],
    [['selfMute', 'selfDeaf', 'selfRaiseHand'], '111-1'], [['member', 'selfish', 'room'], '000--']
  ] as const) expect(await look([...capabilities]), capabilities.join(' ')).toBe(seen);
  await expect(button(page, 'Hang up')).toBeEnabled();
  await page.evaluate(() => call.capabilities$.next(['self', 'screenshare']));
  await expect(button(page, 'Mute microphone')).toBeEnabled();
  await expect(button(page, 'Share screen')).toBeVisible();
});

test('who may mute and not unmute, can do just that', async ({ show, page }) => {
  await inCall(page, show, { capabilities: ['self.mute.audio.on'] });
  await button(page, 'Mute microphone').click();
  await expect(button(page, 'Unmute microphone')).toBeDisabled();
});

test('menus of devices: names, what is chosen, changes', async ({ show, page, listen }) => {
  await inCall(page, show);
  await listen('sw-device-change');
  await button(page, 'Choose microphone').click();
  const items = page.getByRole('menuitemradio');
  await expect(items).toHaveText(['Desk microphone', 'Headset microphone']);
  await expect(page.getByRole('menuitemradio', { checked: true })).toHaveText('Desk microphone');
  await items.nth(1).click();
  await expect(page.getByRole('menuitemradio', { checked: true })).toHaveText('Headset microphone');
  expect(await page.evaluate(() => devices.selectedAudioInputDevice$.value?.deviceId)).toBe('mic-2');
  await page.evaluate(() => {
    const { device } = sim;
    devices.audioInputDevices$.next([device('audioinput', '', ''), device('audioinput', '', ''), device('audioinput', 'abcdefghijklmnop', ''), device('audioinput', 'x', '<i>x</i>')]);
  });
  await expect(items).toHaveText(['Default', 'abcdefghijkl', '<i>x</i>']);
  await page.keyboard.press('Escape');
  for (const [menu, index, id] of [['Choose speaker', 1, 'out-2'], ['Choose camera', 0, 'cam-1']] as const) {
    await button(page, menu).click();
    await items.nth(index).click();
    await page.keyboard.press('Escape');
    expect((await page.evaluate(() => heard.at(-1)!.detail as { deviceId: string })).deviceId).toBe(id);
  }
  expect(await page.evaluate(() => [devices.selectedAudioOutputDevice$.value?.deviceId, devices.selectedVideoInputDevice$.value?.deviceId])).toEqual(['out-2', 'cam-1']);
});

test('a device that cannot be chosen is told, and the menu shows the real one', async ({ show, page }) => {
  await inCall(page, show);
  await page.evaluate(() => {
    devices.selectAudioInputDevice = () => {
      throw new Error('gone');
    };
  });
  await button(page, 'Choose microphone').click();
  await page.getByRole('menuitemradio').nth(1).click();
  await expect(page.getByRole('status')).toHaveText('The device could not be changed.');
  await expect(page.getByRole('menuitemradio', { checked: true })).toHaveText('Desk microphone');
});

test('settings: in their order, turned, and back after a failure', async ({ show, page, listen }) => {
  await inCall(page, show);
  await listen('sw-settings-change');
  await button(page, 'Settings').click();
  const items = page.getByRole('menuitemcheckbox');
  await expect(items).toHaveText(['Echo Cancellation', 'Auto Gain', 'Noise Suppression']);
  for (const item of await items.all()) {
    await item.click();
    await expect(item).not.toBeChecked();
  }
  expect(await asked(page)).toEqual(['toggleEchoCancellation', 'toggleAudioInputAutoGain', 'toggleNoiseSuppression']);
  expect((await page.evaluate(() => heard)).map(({ detail }) => detail)).toEqual([{ settingId: 'echo-cancellation' }, { settingId: 'auto-gain' }, { settingId: 'noise-suppression' }]);
  await page.evaluate(() => ((globalThis as unknown as { me: { failing: string } }).me.failing = 'toggleEchoCancellation'));
  await items.first().click();
  await expect(page.getByRole('status')).toHaveText('The setting could not be changed.');
  await expect(items.first()).not.toBeChecked();
});

test('transcript and whole screen: told to the page; leaving the screen by Escape is noticed', async ({ show, page, listen }) => {
  await inCall(page, show, { attributes: 'show-transcript' });
  await listen('sw-transcript-toggle', 'sw-fullscreen-toggle');
  await button(page, 'Transcript').click();
  await expect(controls(page)).toHaveAttribute('transcript-active', '');
  await page.evaluate(() => document.addEventListener('sw-fullscreen-toggle', () => void document.body.requestFullscreen()));
  await button(page, 'Fullscreen').click();
  await expect(button(page, 'Exit fullscreen')).toBeVisible();
  expect((await page.evaluate(() => heard)).map(({ detail }) => detail)).toEqual([null, { fullscreen: true }]);
  await expect.poll(() => page.evaluate(() => document.fullscreenElement !== null)).toBe(true);
  await page.evaluate(() => document.exitFullscreen());
  await expect(button(page, 'Fullscreen')).toBeVisible();
});

test('its own call wins over the context; a call that changes, and moving about', async ({ show, page }) => {
  await inCall(page, show);
  await page.evaluate(async () => {
    const world = globalThis as unknown as { other: InstanceType<Simulation['SimulatedSelf']> };
    world.other = new sim.SimulatedSelf('o', 'Other');
    document.querySelector('sw-call-controls')!.call = new sim.SimulatedCall({ self: world.other });
    await world.other.toggleHandraise();
  });
  await expect(button(page, 'Lower hand')).toBeVisible();
  await page.evaluate(() => {
    const element = document.querySelector('sw-call-controls')!;
    element.remove();
    document.querySelector('sw-call-provider')!.append(element);
  });
  await expect(button(page, 'Lower hand')).toBeVisible();
  const followers = () => page.evaluate(() => (globalThis as unknown as { other: InstanceType<Simulation['SimulatedSelf']> }).other.handraised$.followers);
  expect(await followers()).toBe(1);
  await page.evaluate(() => (document.querySelector('sw-call-controls')!.call = undefined));
  await expect(button(page, 'Raise hand')).toBeVisible();
  expect(await followers()).toBe(0);
  // Out of the provider there is nothing that it could act on.
  await page.evaluate(() => document.querySelector('#stage')!.append(document.querySelector('sw-call-controls')!));
  await expect(button(page, 'Hang up')).toHaveCount(0);
});

test('what a former call answers counts no more', async ({ show, page }) => {
  await inCall(page, show, { provider: false });
  await page.evaluate(() => {
    const world = globalThis as unknown as { me: { toggleHandraise(): Promise<void> }; refuse: () => void };
    world.me.toggleHandraise = () => new Promise((_, fail) => (world.refuse = () => fail(new Error('late'))));
  });
  await button(page, 'Raise hand').click();
  await expect(button(page, 'Lower hand')).toBeVisible();
  await page.evaluate(() => (document.querySelector('sw-call-controls')!.call = new sim.SimulatedCall()));
  await expect(button(page, 'Raise hand')).toBeVisible();
  await page.evaluate(() => (globalThis as unknown as { refuse: () => void }).refuse());
  await controls(page).evaluate((element: Controls) => element.updateComplete);
  await expect(page.getByRole('status')).toBeEmpty();
});

test('keyboard alone: mute, choose a device, hang up', async ({ show, page }) => {
  await inCall(page, show);
  await page.keyboard.press('Tab');
  await expect(button(page, 'Mute microphone')).toBeFocused();
  await page.keyboard.press('Space');
  await expect(button(page, 'Unmute microphone')).toBeFocused();
  await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('menuitemradio', { name: 'Desk microphone' })).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(button(page, 'Choose microphone')).toBeFocused();
  expect(await page.evaluate(() => devices.selectedAudioInputDevice$.value?.deviceId)).toBe('mic-2');
  await button(page, 'Hang up').press('Enter');
  await expect.poll(() => page.evaluate(() => call.asked)).toEqual(['hangup']);
});

test('parts reach the page', async ({ show, page }) => {
  await inCall(page, show);
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('sw-call-controls::part(bar) { background: rgb(1, 2, 3) } sw-call-controls::part(logo) { opacity: 1 } sw-call-controls::part(chevron) { color: rgb(4, 5, 6) }');
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  });
  expect(await page.locator('[part=bar]').evaluate((bar) => getComputedStyle(bar).backgroundColor)).toBe('rgb(1, 2, 3)');
  expect(await page.locator('[part=logo]').evaluate((logo) => getComputedStyle(logo).opacity)).toBe('1');
  expect(await button(page, 'Choose microphone').evaluate((chevron) => getComputedStyle(chevron).color)).toBe('rgb(4, 5, 6)');
});
