import type { Page } from '@playwright/test';
import { expect, test } from '../../test/harness.js';
import type { SimulatedCall, SimulatedClient } from '../simulation/index.js';
import type { SwCallWidget } from './sw-call-widget.js';

interface World {
  client: SimulatedClient;
  call: SimulatedCall;
}

/** A widget whose client is simulated; `status` is that of the calls it will make. */
async function give(page: Page, status: 'trying' | 'ringing' | 'connected' = 'connected', connected = true): Promise<void> {
  await page.evaluate(
    async ({ status, connected }) => {
      const client = new globalThis.sim.SimulatedClient();
      client.isConnected$.next(connected);
      client.next = () => ((globalThis as unknown as World).call = new globalThis.sim.SimulatedCall({ status }));
      Object.assign(globalThis, { client });
      const widget = document.querySelector('sw-call-widget') as SwCallWidget;
      widget.client = client;
      await widget.updateComplete;
    },
    { status, connected }
  );
}
const dial = (page: Page) => page.evaluate(() => void (document.querySelector('sw-call-widget') as SwCallWidget).dial());
const panel = (page: Page) => page.locator('sw-call-widget [data-phase]');
const PLAIN = '<sw-call-widget destination="/public/support" heading="Support" audio-only><button>Call us</button></sw-call-widget>';

test('a click on what is slotted dials, with what the attributes say', async ({ page, show, listen }) => {
  await show(PLAIN);
  await page.locator('sw-call-widget').evaluate((widget) => widget.setAttribute('user-variables', '{"order": 7, "metadata": {"widget": {"opened_at": "then"}}}'));
  await give(page);
  await listen('sw-dial', 'sw-call-started');
  await page.getByRole('button', { name: 'Call us' }).click();
  await expect(panel(page)).toHaveAttribute('data-phase', 'talking');
  expect(await page.evaluate(() => globalThis.heard)).toEqual([
    { name: 'sw-dial', detail: { destination: '/public/support' }, target: 'sw-call-widget' },
    { name: 'sw-call-started', detail: null, target: 'sw-call-widget' }
  ]);
  const { destination, options } = await page.evaluate(() => {
    const { destination, options } = (globalThis as unknown as World).client.dialled[0]!;
    return { destination, options };
  });
  expect(destination).toBe('/public/support');
  expect(options).toEqual({
    audio: true, video: false, receiveAudio: true, receiveVideo: false,
    userVariables: { order: 7, capabilities: { display_content: { formats: ['text', 'markdown', 'code', 'html'] } }, metadata: { widget: { opened_at: 'then' } } }
  });
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`every state is told in words (${colorScheme})`, async ({ page, show, axe }) => {
    await page.emulateMedia({ colorScheme });
    await show(PLAIN);
    await give(page, 'trying');
    await dial(page);
    const spoken = page.locator('sw-call-widget').getByRole('status').first();
    await expect(spoken).toHaveText('Ringing...');
    await axe();
    await page.evaluate(() => (globalThis as unknown as World).call.status$.next('connected'));
    await expect(spoken).toHaveText('Connected');
    await expect(page.getByText('0:00')).toBeVisible();
    await axe();
    await page.evaluate(() => (globalThis as unknown as World).call.isNetworkHealthy$.next(false));
    await expect(page.getByRole('alert').filter({ hasText: 'Weak network' })).toBeVisible();
    await page.evaluate(() => (globalThis as unknown as World).call.toggleHold());
    await expect(spoken).toHaveText('On hold');
    await page.evaluate(() => (globalThis as unknown as World).call.status$.next('recovering'));
    await expect(spoken).toHaveText('Reconnecting...');
    await axe();
    await page.evaluate(() => (globalThis as unknown as World).call.end('remote', 'USER_BUSY'));
    await expect(spoken).toHaveText('They are busy right now.');
    await axe();
  });
}

test('mute, keys and hang-up: each once, by keyboard', async ({ page, show, listen }) => {
  await show(PLAIN);
  await give(page);
  await listen('sw-call-hangup', 'sw-call-ended', 'sw-digit-press');
  await dial(page);
  const mute = page.getByRole('button', { name: 'Mute microphone' });
  await mute.focus();
  await page.keyboard.press('Enter');
  await expect(mute).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: '5, JKL' }).press('Enter');
  expect(await page.evaluate(() => (globalThis as unknown as World).call.sent)).toEqual(['5']);
  await page.getByRole('button', { name: 'Hang up' }).press('Enter');
  await expect(panel(page)).toHaveAttribute('data-phase', 'ended');
  expect(await page.evaluate(() => (globalThis as unknown as World).call.asked.filter((what) => what === 'hangup'))).toEqual(['hangup']);
  expect(await page.evaluate(() => globalThis.heard.map(({ name }) => name))).toEqual(['sw-digit-press', 'sw-call-hangup', 'sw-call-ended']);
});

test('a page may keep the call when the person hangs up', async ({ page, show }) => {
  await show(PLAIN);
  await give(page);
  await page.evaluate(() => void ((document.querySelector('sw-call-widget') as SwCallWidget).beforeHangup = () => false));
  await dial(page);
  await page.getByRole('button', { name: 'Hang up' }).click();
  await expect(panel(page)).toHaveAttribute('data-phase', 'talking');
  expect(await page.evaluate(() => (globalThis as unknown as World).call.asked)).not.toContain('hangup');
});

test('what fails is said, with a way to try again, and no dialog of the browser', async ({ page, show, listen }) => {
  page.on('dialog', () => expect(false, 'a dialog of the browser').toBe(true));
  await show(PLAIN);
  await give(page);
  await listen('sw-call-error');
  await page.evaluate(() => {
    (globalThis as unknown as World).client.next = () => {
      throw new DOMException('denied', 'NotAllowedError');
    };
  });
  await dial(page);
  await expect(panel(page)).toContainText('The microphone is blocked.');
  expect(await page.evaluate(() => (globalThis.heard[0]!.detail as { reason: string }).reason)).toBe('failed.microphone-blocked');
  await page.evaluate(() => void ((globalThis as unknown as World).client.next = () => new globalThis.sim.SimulatedCall()));
  await page.getByRole('button', { name: 'Call again' }).click();
  await expect(panel(page)).toHaveAttribute('data-phase', 'talking');
});

test('without a token, or without a destination, it says so', async ({ page, show }) => {
  await show('<sw-call-widget></sw-call-widget>');
  await dial(page);
  await expect(panel(page)).toContainText('This call button has no token.');
  await page.getByRole('button', { name: 'Close' }).click();
  await page.locator('sw-call-widget').evaluate((widget) => widget.setAttribute('token', 'eyJ'));
  await dial(page);
  await expect(panel(page)).toContainText('No destination configured.');
});

test('closing the dialog while it connects gives the call up: it does not run on unseen', async ({ page, show }) => {
  await show('<sw-call-widget modal destination="/public/support" audio-only><button>Call us</button></sw-call-widget>');
  await give(page, 'connected', false);
  await page.getByRole('button', { name: 'Call us' }).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
  await expect(page.getByRole('button', { name: 'Call us' })).toBeFocused();
  await page.evaluate(() => (globalThis as unknown as World).client.isConnected$.next(true));
  // Either no call was made, or it was ended at once.
  await expect.poll(() => page.evaluate(() => (globalThis as unknown as World).client.dialled.every(({ call }) => call.asked.includes('hangup')))).toBe(true);
});

test('a dialog whose closing is prevented stays, and so does the call', async ({ page, show }) => {
  await show('<sw-call-widget modal destination="/public/support" audio-only></sw-call-widget>');
  await give(page);
  await page.evaluate(() => document.querySelector('sw-call-widget')!.addEventListener('sw-modal-close', (event) => event.preventDefault()));
  await dial(page);
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(panel(page)).toHaveAttribute('data-phase', 'talking');
  expect(await page.evaluate(() => (globalThis as unknown as World).call.asked)).not.toContain('hangup');
});

test('a call that comes in is asked about, and the question goes when the caller does', async ({ page, show }) => {
  await show('<sw-call-widget allow-incoming-calls audio-only></sw-call-widget>');
  await give(page);
  const ring = (id: string) =>
    page.evaluate((id) => {
      const call = new globalThis.sim.SimulatedCall({ id, direction: 'inbound', status: 'ringing', fromName: 'Ada' });
      Object.assign(globalThis, { call });
      const { incomingCalls$ } = (globalThis as unknown as World).client;
      incomingCalls$.next([...incomingCalls$.value, call]);
    }, id);
  await ring('1');
  const question = page.getByRole('alertdialog').or(page.getByRole('dialog'));
  await expect(question).toContainText('Ada is calling');
  await page.evaluate(() => (globalThis as unknown as World).call.end('remote'));
  await expect(question).toHaveCount(0);
  await ring('2');
  await page.getByRole('button', { name: 'Reject' }).click();
  await expect.poll(() => page.evaluate(() => (globalThis as unknown as World).call.asked)).toContain('reject');
  await ring('3');
  await page.getByRole('button', { name: 'Accept' }).click();
  await expect(panel(page)).toHaveAttribute('data-phase', 'talking');
  expect(await page.evaluate(() => (globalThis as unknown as World).call.asked)).toContain('answer');
});

test('a picture, the talk, and content from the agent are shown', async ({ page, show, listen }) => {
  await show('<sw-call-widget destination="/public/support" transcription data-style="width: 900px; height: 560px"></sw-call-widget>');
  await give(page);
  await listen('sw-display-content', 'signalwire-address:event');
  await page.evaluate(() => {
    const { SimulatedCall, picture } = globalThis.sim;
    (globalThis as unknown as World).client.next = () => ((globalThis as unknown as World).call = new SimulatedCall({ remoteStream: picture('#246') }));
  });
  await dial(page);
  await expect(page.locator('sw-call-widget sw-call-controls')).toBeVisible();
  await page.evaluate(() => {
    const { call } = globalThis as unknown as World;
    call.event('ai.completion', { text: 'Good morning' });
    call.event('user_event', { type: 'display_content', format: 'markdown', title: 'Care', content: '**Rinse**' });
    call.event('user_event', { type: 'order', number: 7 });
  });
  await expect(page.locator('sw-ui-transcript-view')).toContainText('Good morning');
  await expect(page.locator('sw-ui-content-drawer').locator('strong')).toHaveText('Rinse');
  expect(await page.evaluate(() => globalThis.heard.map(({ name, detail }) => [name, (detail as { type?: string }).type]))).toEqual([['sw-display-content', undefined], ['signalwire-address:event', 'order']]);
});

test('until the other side\'s picture comes, and when it stays away, the person is shown', async ({ page, show }) => {
  await show('<sw-call-widget destination="/public/support" data-style="width: 900px; height: 560px"></sw-call-widget>');
  await give(page);
  // A real connection whose video is agreed on and not sent yet.
  await page.evaluate(async () => {
    const [near, far] = [new RTCPeerConnection(), new RTCPeerConnection()];
    near.onicecandidate = ({ candidate }) => void far.addIceCandidate(candidate ?? undefined);
    far.onicecandidate = ({ candidate }) => void near.addIceCandidate(candidate ?? undefined);
    const sending = near.addTransceiver('video', { direction: 'sendonly' });
    const remoteStream = new MediaStream();
    far.ontrack = ({ track }) => remoteStream.addTrack(track);
    const agree = async (): Promise<void> => {
      await near.setLocalDescription();
      await far.setRemoteDescription(near.localDescription!);
      await far.setLocalDescription();
      await near.setRemoteDescription(far.localDescription!);
    };
    await agree();
    const [track] = globalThis.sim.picture('#246').getVideoTracks();
    const stop = (): Promise<void> => {
      sending.direction = 'inactive';
      return agree();
    };
    Object.assign(globalThis, { send: () => sending.sender.replaceTrack(track!), stop, quiet: remoteStream.getVideoTracks()[0]!.muted });
    (globalThis as unknown as World).client.next = () => new globalThis.sim.SimulatedCall({ remoteStream, localStream: globalThis.sim.picture('#642') });
  });
  expect(await page.evaluate(() => (globalThis as unknown as { quiet: boolean }).quiet)).toBe(true);
  await dial(page);
  const person = page.locator('sw-call-widget .picture .person');
  await expect(person).toContainText('/public/support');
  await expect(page.locator('sw-call-widget sw-call-controls')).toBeVisible();
  await page.evaluate(() => (globalThis as unknown as { send(): Promise<void> }).send());
  await expect(person).toHaveCount(0);
  await page.evaluate(() => (globalThis as unknown as { stop(): Promise<void> }).stop());
  await expect(person).toContainText('/public/support');
});

test('moved in the document it goes on; removed, it hangs up and lets go', async ({ page, show }) => {
  await show(`<div id="a">${PLAIN}</div><div id="b"></div>`);
  await give(page);
  await dial(page);
  await expect(panel(page)).toHaveAttribute('data-phase', 'talking');
  await page.evaluate(() => document.querySelector('#b')!.append(document.querySelector('sw-call-widget')!));
  await expect(panel(page)).toHaveAttribute('data-phase', 'talking');
  expect(await page.evaluate(() => (globalThis as unknown as World).call.asked)).not.toContain('hangup');
  await page.evaluate(() => document.querySelector('sw-call-widget')!.remove());
  await expect.poll(() => page.evaluate(() => (globalThis as unknown as World).call.asked)).toContain('hangup');
  expect(await page.evaluate(() => (globalThis as unknown as World).call.status$.followers)).toBe(0);
  expect(await page.evaluate(() => (globalThis as unknown as World).client.asked), "the page's own client is the page's").not.toContain('destroy');
});

test('what is inside hears of the call and of the transcript', async ({ page, show }) => {
  await show('<sw-call-widget destination="/x" audio-only><button>Call us</button></sw-call-widget>');
  await give(page);
  const given = await page.evaluate(async () => {
    const values: Record<string, unknown> = {};
    for (const context of ['sw-call-state', 'sw-devices', 'transcript']) {
      const event = Object.assign(new Event('context-request', { bubbles: true, composed: true }), {
        context, contextTarget: document.querySelector('button'), subscribe: true, callback: (value: unknown) => (values[context] = value)
      });
      document.querySelector('sw-call-widget button')!.dispatchEvent(event);
    }
    Object.assign(globalThis, { values });
    return Object.keys(values);
  });
  expect(given).toEqual(['sw-call-state', 'sw-devices', 'transcript']);
  await dial(page);
  await expect.poll(() => page.evaluate(() => (globalThis as unknown as { values: Record<string, { status?: string }> }).values['sw-call-state']!.status)).toBe('connected');
});
