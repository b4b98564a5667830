import { expect, test } from '../../test/harness.js';
import type { Page } from '@playwright/test';

// A context that is used again can bring an error of the clock of the test before.
test.use({ reuseContext: false });

type Participants = HTMLElementTagNameMap['sw-participants'];
type Provider = HTMLElementTagNameMap['sw-call-provider'];
type Given = {
  call: InstanceType<typeof sim.SimulatedCall>;
  ada: InstanceType<typeof sim.SimulatedParticipant>;
  bob: InstanceType<typeof sim.SimulatedParticipant>;
  kept: Participants;
};

const ROOM = (inside = '') =>
  `<button id="before">Before</button><div data-style="position: relative; inline-size: 640px; block-size: 360px"><sw-participants>${inside}</sw-participants></div>`;
/** Three members: oneself, Ada and Bob. */
const give = (page: Page, capabilities: string[] = ['member']) =>
  page.evaluate((capabilities) => {
    const layer = (member_id: string, x: number) => ({ member_id, x, y: 10, width: 30, height: 80, visible: true });
    const [ada, bob] = [new sim.SimulatedParticipant('ada', 'Ada Lovelace'), new sim.SimulatedParticipant('bob', 'Bob')];
    const call = new sim.SimulatedCall({
      others: [ada, bob], capabilities,
      layoutLayers: [layer('self', 0), layer('ada', 33), layer('bob', 66), { x: 0, y: 0, width: 100, height: 100 }]
    });
    Object.assign(globalThis, { call, ada, bob });
    const element = document.querySelector('sw-participants')!;
    element.call = call;
    return element.updateComplete;
  }, capabilities);
const member = (page: Page, name: string) => page.getByRole('group', { name });
const trigger = (page: Page, name: string) => member(page, name).getByRole('button', { name: 'Participant menu' });
const menu = (page: Page) => page.getByRole('menu', { name: 'Participant actions' });
const focused = (page: Page) =>
  page.evaluate(() => {
    let now = document.activeElement;
    while (now?.shadowRoot?.activeElement) now = now.shadowRoot.activeElement;
    return now?.getAttribute('aria-label') ?? now?.textContent?.trim() ?? '';
  });

for (const colorScheme of ['light', 'dark'] as const) {
  test(`a rectangle over each member, with a menu for the others (${colorScheme})`, async ({ show, page, axe }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await show(ROOM());
    await give(page);
    const overlays = page.locator('sw-participants [part=overlay]');
    await expect(overlays).toHaveCount(3);
    expect(await overlays.evaluateAll((all) => all.map((overlay) => overlay.classList.contains('is-self')))).toEqual([true, false, false]);
    expect(await overlays.nth(1).evaluate(({ style }: HTMLElement) => [style.left, style.top, style.width, style.height, style.opacity])).toEqual(['33%', '10%', '30%', '80%', '1']);
    // Nothing is drawn over a picture that nobody points at.
    expect(await overlays.first().evaluate((overlay) => {
      const { backgroundColor, boxShadow, borderTopWidth, pointerEvents } = getComputedStyle(overlay);
      return [backgroundColor, boxShadow, borderTopWidth, pointerEvents];
    })).toEqual(['rgba(0, 0, 0, 0)', 'none', '0px', 'auto']);
    await expect(trigger(page, 'You')).toHaveCount(0);
    await expect(trigger(page, 'Ada Lovelace')).toHaveAttribute('part', 'menu-trigger');
    await axe();
    await expect(menu(page)).toHaveCount(0);
    await trigger(page, 'Ada Lovelace').click();
    await expect(trigger(page, 'Ada Lovelace')).toHaveAttribute('aria-expanded', 'true');
    await expect(menu(page).getByRole('menuitem')).toHaveText(['Mute', 'Disable video', 'Remove']);
    await expect(menu(page).getByRole('menuitem', { name: 'Mute audio' })).toBeFocused();
    await expect(menu(page).getByRole('menuitem', { name: 'Remove participant' })).toBeVisible();
    await axe();
    await page.evaluate(() => (globalThis as unknown as Given).bob.mute());
    await expect(member(page, 'Bob').getByRole('img', { name: 'Muted' })).toBeVisible();
    await axe();
  });
}

test('one menu at a time; a click on its button, outside or Escape closes it', async ({ show, page }) => {
  await show(ROOM());
  await give(page);
  await trigger(page, 'Ada Lovelace').click();
  await trigger(page, 'Bob').click();
  await expect(trigger(page, 'Ada Lovelace')).toHaveAttribute('aria-expanded', 'false');
  await expect(trigger(page, 'Bob')).toHaveAttribute('aria-expanded', 'true');
  await expect(menu(page)).toHaveCount(1);
  await trigger(page, 'Bob').click();
  await expect(menu(page)).toHaveCount(0);
  await expect(trigger(page, 'Bob')).toBeFocused();
  await trigger(page, 'Bob').click();
  await page.keyboard.press('Escape');
  await expect(menu(page)).toHaveCount(0);
  await expect(trigger(page, 'Bob')).toBeFocused();
  await trigger(page, 'Bob').click();
  await page.locator('#before').click();
  await expect(menu(page)).toHaveCount(0);
  await expect(page.locator('#before')).toBeFocused();
  await trigger(page, 'Bob').click();
  await page.evaluate(() => document.body.click());
  await expect(menu(page)).toHaveCount(0);
});

test('the keyboard opens it, walks through it and comes back', async ({ show, page }) => {
  await show(ROOM());
  await give(page);
  await page.locator('#before').focus();
  await page.keyboard.press('Tab');
  await expect(trigger(page, 'Ada Lovelace')).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect.poll(() => focused(page)).toBe('Remove participant');
  for (const [key, label] of [
    ['ArrowDown', 'Mute audio'], ['ArrowDown', 'Disable video'], ['ArrowUp', 'Mute audio'], ['ArrowUp', 'Remove participant'], ['Home', 'Mute audio'],
    ['End', 'Remove participant'], ['d', 'Disable video'], ['x', 'Disable video'], ['m', 'Mute audio']
  ]) {
    await page.keyboard.press(key!);
    expect(await focused(page), key).toBe(label);
  }
  await page.keyboard.press('Escape');
  await expect(trigger(page, 'Ada Lovelace')).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect.poll(() => focused(page)).toBe('Mute audio');
  await page.keyboard.press('Enter');
  await expect(menu(page)).toHaveCount(0);
  await expect(trigger(page, 'Ada Lovelace')).toBeFocused();
  expect(await page.evaluate(() => (globalThis as unknown as Given).ada.asked)).toEqual(['mute']);
  await page.keyboard.press('Enter');
  await expect.poll(() => focused(page)).toBe('Unmute audio');
  await page.keyboard.press('Tab');
  await expect(menu(page)).toHaveCount(0);
});

test('does what the menu says, then tells it', async ({ show, page, listen }) => {
  await listen('sw-participant-mute-audio', 'sw-participant-mute-video', 'sw-participant-remove');
  await show(ROOM());
  await give(page);
  for (const name of ['Mute audio', 'Unmute audio', 'Disable video', 'Enable video', 'Remove participant']) {
    await trigger(page, 'Ada Lovelace').click();
    await menu(page).getByRole('menuitem', { name }).click();
    await expect(menu(page)).toHaveCount(0);
  }
  expect(await page.evaluate(() => (globalThis as unknown as Given).ada.asked)).toEqual(['mute', 'unmute', 'muteVideo', 'unmuteVideo', 'remove']);
  const told = await page.evaluate(() => heard.map(({ name, detail, target }) => {
    const { participant, memberId } = detail as { participant: unknown; memberId: string };
    return [name, participant === (globalThis as unknown as Given).ada, memberId, target];
  }));
  expect(told).toEqual(['mute-audio', 'mute-audio', 'mute-video', 'mute-video', 'remove'].map((what) => [`sw-participant-${what}`, true, 'ada', 'sw-participants']));
});

test('what did not work is told to the person, not as an event', async ({ show, page, listen, axe }) => {
  await page.clock.install();
  await listen('sw-participant-mute-audio');
  await show(ROOM());
  await give(page);
  await page.evaluate(() => ((globalThis as unknown as Given).ada.failing = 'mute'));
  await trigger(page, 'Ada Lovelace').click();
  await menu(page).getByRole('menuitem', { name: 'Mute audio' }).click();
  const failure = member(page, 'Ada Lovelace').getByRole('status');
  await expect(failure).toHaveText('Mute audio: this did not work');
  await expect(menu(page)).toHaveCount(0);
  await expect(trigger(page, 'Ada Lovelace')).toBeFocused();
  await axe();
  expect(await page.evaluate(() => heard)).toEqual([]);
  await page.clock.fastForward(7_000);
  await expect(failure).toHaveText('');
});

test('offers only what the capabilities allow', async ({ show, page }) => {
  await show(ROOM());
  const offered = async (capabilities: string[]) => {
    await give(page, capabilities);
    if ((await trigger(page, 'Bob').count()) === 0) return [];
    await trigger(page, 'Bob').click();
    const items = await menu(page).getByRole('menuitem').allTextContents();
    await page.keyboard.press('Escape');
    return items.map((text) => text.trim());
  };
  expect(await offered(['self'])).toEqual([]);
  expect(await offered(['member.mute'])).toEqual(['Mute', 'Disable video']);
  expect(await offered(['member.mute.video'])).toEqual(['Disable video']);
  expect(await offered(['member.mute.audio.off'])).toEqual([]);
  expect(await offered(['member.mute.audio.on', 'member.remove'])).toEqual(['Mute', 'Remove']);
  expect(await offered(['memberMuteAudio', 'memberMuteVideo', 'memberRemove'])).toEqual(['Mute', 'Disable video', 'Remove']);
  expect(await offered([])).toEqual(['Mute', 'Disable video', 'Remove']);
});

test('shows live what members tell of themselves', async ({ show, page }) => {
  await show(ROOM());
  await give(page);
  await trigger(page, 'Bob').click();
  await page.evaluate(() => {
    const { bob } = globalThis as unknown as Given;
    bob.audioMuted$.next(true);
    bob.videoMuted$.next(true);
    bob.isTalking$.next(true);
  });
  await expect(menu(page).getByRole('menuitem')).toHaveText(['Unmute', 'Enable video', 'Remove']);
  expect(await member(page, 'Bob').evaluate((overlay) => getComputedStyle(overlay).boxShadow)).not.toBe('none');
  await page.evaluate(() => (globalThis as unknown as Given).call.participants$.next([]));
  expect(await page.evaluate(() => (globalThis as unknown as Given).bob.audioMuted$.followers)).toBe(0);
  // Of somebody unknown nothing is asked, and the menu stays.
  await menu(page).getByRole('menuitem').first().click();
  await expect(menu(page)).toBeVisible();
  expect(await page.evaluate(() => (globalThis as unknown as Given).bob.asked)).toEqual([]);
});

test('who was removed takes the menu with them; the focus goes to the next', async ({ show, page }) => {
  await show(ROOM());
  await give(page);
  await trigger(page, 'Ada Lovelace').click();
  await expect(menu(page)).toBeVisible();
  await page.evaluate(() => {
    const { call } = globalThis as unknown as Given;
    call.layoutLayers$.next(call.layoutLayers$.value.filter(({ member_id }) => member_id !== 'ada'));
  });
  await expect(menu(page)).toHaveCount(0);
  await expect(trigger(page, 'Bob')).toBeFocused();
  await page.evaluate(() => {
    const { call } = globalThis as unknown as Given;
    call.layoutLayers$.next(call.layoutLayers$.value.map((layer) => ({ ...layer, visible: false })));
  });
  await expect(page.getByRole('button', { name: 'Participant menu' })).toHaveCount(0);
});

test('slotted controls are in the menu, the rest lies above the picture', async ({ show, page, axe }) => {
  await show(ROOM('<button slot="controls-ada">Spotlight</button><button slot="controls-self">Mine</button><p>Above</p>'));
  await give(page);
  await expect(page.getByText('Above')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Mine' })).toBeVisible();
  const spotlight = page.getByRole('button', { name: 'Spotlight' });
  await expect(spotlight).toBeHidden();
  await trigger(page, 'Ada Lovelace').click();
  await expect(spotlight).toBeVisible();
  await axe();
  await page.keyboard.press('Tab');
  await expect(spotlight).toBeFocused();
  await expect(menu(page)).toBeVisible();
  await spotlight.click();
  await expect(menu(page)).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(spotlight).toBeHidden();
  await expect(trigger(page, 'Ada Lovelace')).toBeFocused();
  // Nothing but the slotted controls.
  await give(page, ['self']);
  await expect(trigger(page, 'Bob')).toHaveCount(0);
  await expect(trigger(page, 'Ada Lovelace')).toHaveAttribute('aria-haspopup', 'dialog');
  await trigger(page, 'Ada Lovelace').click();
  await expect(page.getByRole('dialog', { name: 'Participant actions' })).toBeFocused();
  await expect(spotlight).toBeVisible();
  await axe();
});

test('takes the call of the context; removed, it leaves nothing behind on the page', async ({ show, page }) => {
  await show(`<sw-call-provider>${ROOM()}</sw-call-provider>`);
  await give(page);
  await page.evaluate(() => {
    const { call } = globalThis as unknown as Given;
    document.querySelector('sw-participants')!.call = undefined;
    (document.querySelector('sw-call-provider') as Provider).call = call;
  });
  await expect(page.getByRole('group')).toHaveCount(3);
  await trigger(page, 'Bob').click();
  const left = await page.evaluate(() => {
    const given = globalThis as unknown as Given;
    let [added, removed] = [0, 0];
    const remove = document.removeEventListener.bind(document);
    document.removeEventListener = (...rest: Parameters<typeof remove>) => {
      removed++;
      remove(...rest);
    };
    const add = document.addEventListener.bind(document);
    document.addEventListener = (...rest: Parameters<typeof add>) => {
      added++;
      add(...rest);
    };
    given.kept = document.querySelector('sw-participants')!;
    given.kept.remove();
    return [added, removed, given.bob.audioMuted$.followers];
  });
  expect(left).toEqual([0, 2, 0]);
  await page.evaluate(() => document.querySelector('#stage div')!.append((globalThis as unknown as Given).kept));
  await expect(page.getByRole('group')).toHaveCount(3);
  await expect(menu(page)).toHaveCount(0);
});

test('hostile and long names, twice the same member, small pictures, right to left', async ({ show, page }) => {
  await show(`<div dir="rtl">${ROOM()}</div>`);
  await page.evaluate(() => {
    const name = `<img src=x onerror=alert(1)>${'long '.repeat(100)}`;
    const layer = { member_id: 'ada"]', x: 0, y: 0, width: 12, height: 20, visible: true };
    const call = new sim.SimulatedCall({ others: [new sim.SimulatedParticipant('ada"]', name)], layoutLayers: [layer, { ...layer, x: 50 }], capabilities: ['member'] });
    document.querySelector('sw-participants')!.call = call;
  });
  const overlay = page.locator('[part=overlay]');
  await expect(overlay).toHaveCount(1);
  await expect(page.locator('img')).toHaveCount(0);
  const [box, tag] = [(await overlay.boundingBox())!, (await overlay.locator('[part=name]').boundingBox())!];
  expect(tag.width).toBeLessThanOrEqual(box.width);
  await overlay.getByRole('button').click();
  await expect(menu(page)).toBeVisible();
  const at = (await menu(page).boundingBox())!;
  expect(at.x).toBeGreaterThanOrEqual(0);
  await page.keyboard.press('Escape');
  await expect(overlay.getByRole('button')).toBeFocused();
});
