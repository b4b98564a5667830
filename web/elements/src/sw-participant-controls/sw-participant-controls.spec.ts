import { expect, test } from '../../test/harness.js';
import type { Page } from '@playwright/test';

type Controls = HTMLElementTagNameMap['sw-participant-controls'];
type Provider = HTMLElementTagNameMap['sw-call-provider'];
type Given = { call: InstanceType<typeof sim.SimulatedCall>; ada: InstanceType<typeof sim.SimulatedParticipant>; kept: Controls };

const CARD = '<sw-participant-controls participant-id="ada" data-style="inline-size: 240px"></sw-participant-controls>';
const give = (page: Page, capabilities: string[] = ['member'], name = 'Ada') =>
  page.evaluate(({ capabilities, name }) => {
    const ada = new sim.SimulatedParticipant('ada', name);
    const call = new sim.SimulatedCall({ others: [ada], capabilities });
    Object.assign(globalThis, { call, ada });
    const element = document.querySelector('sw-participant-controls')!;
    element.call = call;
    return element.updateComplete;
  }, { capabilities, name });
const buttons = (page: Page) => page.getByRole('button').allTextContents().then((texts) => texts.map((text) => text.trim()));

for (const colorScheme of ['light', 'dark'] as const) {
  test(`a card with what may be done (${colorScheme})`, async ({ show, page, axe }) => {
    await page.emulateMedia({ colorScheme });
    await show(CARD.replace('participant-id', 'show-volume show-pin participant-id'));
    await expect(page.getByRole('group', { name: 'Participant not found' })).toBeVisible();
    await axe();
    await give(page);
    const card = page.getByRole('group', { name: 'Ada' });
    await expect(card).toHaveAttribute('part', 'panel');
    await expect(card.locator('[part=name]')).toHaveText('Ada');
    expect(await buttons(page)).toEqual(['Mute', 'Disable video', 'Pin', 'Remove']);
    await expect(page.getByRole('slider', { name: 'Volume' })).toHaveValue('100');
    await axe();
    await page.evaluate(() => {
      const { ada } = globalThis as unknown as Given;
      ada.audioMuted$.next(true);
      ada.videoMuted$.next(true);
    });
    await expect(page.getByRole('button', { name: 'Unmute' })).toHaveClass('audio active');
    await expect(page.getByRole('button', { name: 'Enable video' })).toHaveClass('video active');
    await axe();
    expect(await page.locator('sw-participant-controls').evaluate((card) => getComputedStyle(card).display)).toBe('block');
  });
}

test('attributes and properties', async ({ show, page }) => {
  await show('<sw-participant-controls></sw-participant-controls>');
  const card = page.locator('sw-participant-controls');
  expect(await card.evaluate((card: Controls) => [card.participantId, card.showVolume, card.showPin, card.call])).toEqual(['', false, false, undefined]);
  await give(page);
  await expect(page.getByText('Participant not found')).toBeVisible();
  await card.evaluate((card: Controls) => Object.assign(card, { participantId: 'ada', showVolume: true, showPin: true }));
  await expect(page.getByRole('slider')).toBeVisible();
  await expect(card).toHaveAttribute('show-volume');
  await expect(card).toHaveAttribute('show-pin');
  await expect(card).not.toHaveAttribute('participant-id');
  await give(page, ['member'], '');
  await expect(page.getByRole('group', { name: 'Participant' })).toBeVisible();
});

test('mutes, turns the picture off, removes, and tells it', async ({ show, page, listen }) => {
  await listen('sw-participant-mute-audio', 'sw-participant-mute-video', 'sw-participant-remove');
  await show(CARD);
  await give(page);
  for (const name of ['Mute', 'Unmute', 'Disable video', 'Enable video', 'Remove']) {
    await page.getByRole('button', { name, exact: true }).focus();
    await page.keyboard.press('Enter');
    await expect(page.locator('[aria-disabled=true]')).toHaveCount(0);
  }
  expect(await page.evaluate(() => (globalThis as unknown as Given).ada.asked)).toEqual(['mute', 'unmute', 'muteVideo', 'unmuteVideo', 'remove']);
  expect(await page.evaluate(() => heard.map(({ name, detail }) => {
    const { participant, memberId } = detail as { participant: unknown; memberId: string };
    return [name, participant === (globalThis as unknown as Given).ada, memberId];
  }))).toEqual(['mute-audio', 'mute-audio', 'mute-video', 'mute-video', 'remove'].map((what) => [`sw-participant-${what}`, true, 'ada']));
  // The focus is not lost with the member.
  await page.evaluate(() => (globalThis as unknown as Given).call.participants$.next([]));
  await expect(page.getByRole('group', { name: 'Participant not found' })).toBeFocused();
});

test('what did not work is told', async ({ show, page, listen, axe }) => {
  await listen('sw-participant-remove');
  await show(CARD);
  await give(page);
  await page.evaluate(() => ((globalThis as unknown as Given).ada.failing = 'remove'));
  await page.getByRole('button', { name: 'Remove' }).click();
  await expect(page.getByRole('status')).toHaveText('Remove: this did not work');
  await axe();
  expect(await page.evaluate(() => heard)).toEqual([]);
  await page.evaluate(() => ((globalThis as unknown as Given).ada.failing = undefined));
  await page.getByRole('button', { name: 'Remove' }).click();
  await expect(page.getByRole('status')).toHaveText('');
});

test('the volume by keyboard, and pinning, are told to the page', async ({ show, page, listen }) => {
  await listen('sw-participant-volume-change', 'sw-participant-pin-toggle');
  await show(CARD.replace('participant-id', 'show-volume show-pin participant-id'));
  await give(page, ['nothing']);
  const slider = page.getByRole('slider', { name: 'Volume' });
  await slider.focus();
  await page.keyboard.press('ArrowLeft');
  await expect(page.getByText('Volume: 99%')).toBeVisible();
  await expect(slider).toHaveAttribute('aria-valuetext', '99%');
  await page.getByRole('button', { name: 'Pin' }).click();
  await expect(page.getByRole('button', { name: 'Unpin' })).toHaveClass('pin active');
  await page.getByRole('button', { name: 'Unpin' }).click();
  expect(await page.evaluate(() => heard.map(({ name, detail, target }) => [name, detail, target]))).toEqual([
    ['sw-participant-volume-change', { participantId: 'ada', volume: 99 }, 'sw-participant-controls'],
    ['sw-participant-pin-toggle', { participantId: 'ada', pinned: true }, 'sw-participant-controls'],
    ['sw-participant-pin-toggle', { participantId: 'ada', pinned: false }, 'sw-participant-controls']
  ]);
  // Somebody else begins anew.
  await page.locator('sw-participant-controls').evaluate((card: Controls) => {
    card.participantId = 'self';
  });
  await expect(page.getByText('Volume: 100%')).toBeVisible();
});

test('offers only what the capabilities allow, in either spelling', async ({ show, page }) => {
  await show(CARD);
  for (const [capabilities, offered] of [
    [['self', 'room'], []], [['member.mute'], ['Mute', 'Disable video']], [['member.mute.audio.on'], ['Mute']], [['member.mute.audio.off'], []],
    [['memberMuteAudio', 'memberMuteVideo', 'memberRemove'], ['Mute', 'Disable video', 'Remove']], [['member.remove'], ['Remove']]
  ]) {
    await give(page, capabilities);
    expect(await buttons(page), String(capabilities)).toEqual(offered);
    await expect(page.getByText('No actions available')).toHaveCount(offered!.length ? 0 : 1);
  }
  // Of oneself, other capabilities speak.
  await page.locator('sw-participant-controls').evaluate((card: Controls) => {
    card.participantId = 'self';
    (globalThis as unknown as Given).call.capabilities$.next(['self.mute']);
    return card.updateComplete;
  });
  expect(await buttons(page)).toEqual(['Mute', 'Disable video']);
});

test('takes the call of the context, its own before it, and lets go when it is removed', async ({ show, page }) => {
  await show(`<sw-call-provider>${CARD}</sw-call-provider>`);
  await give(page);
  await page.evaluate(() => {
    const other = new sim.SimulatedCall({ others: [new sim.SimulatedParticipant('ada', 'Other Ada')], capabilities: ['member'] });
    (document.querySelector('sw-call-provider') as Provider).call = other;
  });
  await expect(page.getByRole('group', { name: 'Ada', exact: true })).toBeVisible();
  await page.locator('sw-participant-controls').evaluate((card: Controls) => (card.call = undefined));
  await expect(page.getByRole('group', { name: 'Other Ada' })).toBeVisible();
  expect(await page.evaluate(() => [(globalThis as unknown as Given).ada.audioMuted$.followers, (globalThis as unknown as Given).call.participants$.followers])).toEqual([0, 0]);
  await give(page);
  expect(await page.evaluate(() => (globalThis as unknown as Given).ada.audioMuted$.followers)).toBe(1);
  await page.evaluate(() => {
    const given = globalThis as unknown as Given;
    given.kept = document.querySelector('sw-participant-controls')!;
    given.kept.remove();
  });
  expect(await page.evaluate(() => (globalThis as unknown as Given).ada.audioMuted$.followers)).toBe(0);
  await page.evaluate(() => document.querySelector('#stage')!.append((globalThis as unknown as Given).kept));
  await page.evaluate(() => (globalThis as unknown as Given).ada.mute());
  await expect(page.getByRole('button', { name: 'Unmute' })).toBeVisible();
});

test('hostile and long names are text in little room', async ({ show, page }) => {
  await show(CARD);
  const name = `<img src=x onerror=alert(1)>${'long '.repeat(60)}`;
  await give(page, ['member'], name);
  await expect(page.locator('img')).toHaveCount(0);
  await expect(page.locator('[part=name]')).toHaveAttribute('title', name);
  expect((await page.locator('[part=panel]').boundingBox())!.width).toBeLessThanOrEqual(240);
});
