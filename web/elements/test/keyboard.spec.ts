/** A whole call with the keyboard alone, and what is said of it to those who do not see it. */
import type { Page } from '@playwright/test';
import { expect, test } from './harness.js';

/** Presses Tab until the element with this name has the focus; a person would give up at some point. */
async function tabTo(page: Page, name: string | RegExp, role: 'button' | 'textbox' = 'button'): Promise<void> {
  const wanted = page.getByRole(role, { name, exact: typeof name === 'string' });
  for (let at = 0; at < 25; at++) {
    if (await wanted.evaluateAll((all) => all.some((one) => one === (one.getRootNode() as ShadowRoot).activeElement))) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`the keyboard does not reach ${name}`);
}
/** What a screen reader is told by live regions, in order and without repetition. */
async function listenToAnnouncements(page: Page): Promise<void> {
  await page.evaluate(() => {
    const said: string[] = [];
    const all = (root: ParentNode): Element[] => [...root.querySelectorAll('*')].flatMap((one) => [one, ...(one.shadowRoot ? all(one.shadowRoot) : [])]);
    const look = (): void => {
      for (const region of all(document).filter((one) => one.matches('[role=status], [role=alert]') && one.closest('[aria-hidden=true]') === null)) {
        const text = region.textContent!.trim();
        if (text && said.at(-1) !== text) said.push(text);
      }
      requestAnimationFrame(look);
    };
    look();
    Object.assign(globalThis, { said });
  });
}
const said = (page: Page): Promise<string[]> => page.evaluate(() => (globalThis as never as { said: string[] }).said);
interface World {
  client: InstanceType<typeof sim.SimulatedClient>;
  incoming: InstanceType<typeof sim.SimulatedCall>;
}
declare const client: World['client'];

async function withClient(page: Page): Promise<void> {
  await page.evaluate(() => {
    const client = new sim.SimulatedClient();
    client.next = () => new sim.SimulatedCall({ status: 'ringing' });
    Object.assign(document.querySelector('sw-call-widget')!, { client });
    Object.assign(globalThis, { client });
  });
}

test('place, mute, dial digits, hang up; the focus returns to where the call was placed', async ({ page, show, axe }) => {
  test.slow();
  await show('<input aria-label="Before"><sw-call-widget modal audio-only destination="/public/support" heading="Support"><button>Call us</button></sw-call-widget>');
  await withClient(page);
  await listenToAnnouncements(page);
  await tabTo(page, 'Call us');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Call with Support' });
  await expect(dialog).toBeVisible();
  await expect(page.getByRole('button', { name: 'Hang up' })).toBeFocused();
  await expect.poll(() => said(page)).toContain('Ringing...');
  await page.evaluate(() => client.dialled[0]!.call.status$.next('connected'));
  await expect.poll(() => said(page)).toContain('Connected');
  await tabTo(page, 'Mute microphone');
  await page.keyboard.press('Space');
  await expect(page.getByRole('button', { name: 'Mute microphone' })).toHaveAttribute('aria-pressed', 'true');
  expect(await page.evaluate(() => (client.dialled[0]!.call.self$.value as never as { asked: string[] }).asked)).toEqual(['mute']);
  await tabTo(page, 'Keypad');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Keypad' })).toHaveAttribute('aria-expanded', 'true');
  await tabTo(page, 'Phone number input', 'textbox');
  await page.keyboard.type('12#');
  await expect.poll(() => page.evaluate(() => client.dialled[0]!.call.sent)).toEqual(['1', '2', '#']);
  await tabTo(page, '5, JKL');
  await page.keyboard.press('Enter');
  await expect.poll(() => page.evaluate(() => client.dialled[0]!.call.sent.at(-1))).toBe('5');
  await axe();
  await tabTo(page, 'Hang up');
  await page.keyboard.press('Enter');
  await expect.poll(() => said(page)).toContain('You hung up.');
  await expect(page.getByRole('button', { name: 'Call again' })).toBeFocused();
  await tabTo(page, 'Close');
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('button', { name: 'Call us' })).toBeFocused();
});

test('Escape ends the attempt and gives the focus back', async ({ page, show }) => {
  await show('<sw-call-widget modal audio-only destination="/public/support"><button>Call us</button></sw-call-widget>');
  await withClient(page);
  await tabTo(page, 'Call us');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Hang up' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
  await expect(page.getByRole('button', { name: 'Call us' })).toBeFocused();
  expect(await page.evaluate(() => client.dialled[0]!.call.status)).toBe('destroyed');
});

for (const [answer, asked] of [['Accept', 'answer'], ['Reject', 'reject']] as const) {
  test(`${answer}: a call that comes in is a dialog, and the focus returns to what the person was doing`, async ({ page, show, axe }) => {
    await show('<input aria-label="Notes"><sw-call-widget modal allow-incoming-calls audio-only></sw-call-widget>');
    await withClient(page);
    await listenToAnnouncements(page);
    await page.getByLabel('Notes').focus();
    await page.evaluate(() => {
      const incoming = new sim.SimulatedCall({ direction: 'inbound', status: 'ringing', fromName: 'Ada', from: '+15550100' });
      Object.assign(globalThis, { incoming });
      client.incomingCalls$.next([incoming]);
    });
    const prompt = page.getByRole('alertdialog', { name: 'Incoming Call' }).or(page.getByRole('dialog', { name: 'Incoming Call' }));
    await expect(prompt).toBeVisible();
    await expect(prompt).toContainText('Ada is calling');
    await axe();
    await tabTo(page, answer);
    await page.keyboard.press('Enter');
    await expect(prompt).toBeHidden();
    expect(await page.evaluate(() => (globalThis as never as World).incoming.asked)).toContain(asked);
    if (answer === 'Accept') {
      await expect.poll(() => said(page)).toContain('Connected');
      await tabTo(page, 'Hang up');
      await page.keyboard.press('Enter');
      await tabTo(page, 'Close');
      await page.keyboard.press('Enter');
    }
    await expect(page.getByLabel('Notes')).toBeFocused();
  });
}

test('on the stage: mute, change the microphone, raise a hand, hang up', async ({ page, show, axe }) => {
  test.slow();
  await page.setViewportSize({ width: 1100, height: 800 });
  await show('<sw-call-widget destination="/public/support" heading="Support"><button>Call us</button></sw-call-widget>');
  await withClient(page);
  await page.evaluate(() => (client.next = () => new sim.SimulatedCall({ status: 'connected', remoteStream: sim.picture('#234', 320, 180) })));
  await tabTo(page, 'Call us');
  await page.keyboard.press('Enter');
  await tabTo(page, 'Mute microphone');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Unmute microphone' })).toBeFocused();
  await tabTo(page, 'Choose microphone');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menuitemradio', { name: 'Desk microphone' })).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  expect(await page.evaluate(() => client.selectedAudioInputDevice$.value?.deviceId)).toBe('mic-2');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('menu')).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Choose microphone' })).toBeFocused();
  await tabTo(page, 'Raise hand');
  await page.keyboard.press('Space');
  await expect(page.getByRole('button', { name: 'Lower hand' })).toBeFocused();
  await axe();
  await tabTo(page, 'Hang up');
  await page.keyboard.press('Enter');
  await expect.poll(() => page.evaluate(() => client.dialled[0]!.call.asked.filter((what) => what === 'hangup'))).toEqual(['hangup']);
  await expect(page.getByRole('button', { name: 'Call again' })).toBeVisible();
});

test('what the call is doing is said: on hold, a weak network, a lost connection, its end', async ({ page, show }) => {
  await show('<sw-call-widget audio-only destination="/public/support" heading="Support"><button>Call us</button></sw-call-widget>');
  await withClient(page);
  await listenToAnnouncements(page);
  await page.getByRole('button', { name: 'Call us' }).click();
  const steps: [act: () => unknown, text: string][] = [
    [() => client.dialled[0]!.call.status$.next('connected'), 'Connected'],
    [() => client.dialled[0]!.call.toggleHold(), 'On hold'],
    [() => client.dialled[0]!.call.toggleHold(), 'Connected'],
    [() => client.dialled[0]!.call.isNetworkHealthy$.next(false), 'Weak network'],
    [() => client.dialled[0]!.call.status$.next('recovering'), 'Reconnecting...'],
    [() => client.dialled[0]!.call.end('remote'), 'They hung up.']
  ];
  for (const [act, text] of steps) {
    await page.evaluate(`(${act})()`);
    await expect.poll(() => said(page), { message: text }).toContain(text);
  }
});
