/** The elements on a real call: of our SDK, and of the official client, whose call and client they are given as they are. */
import { expect, test, type Page } from '@playwright/test';
import { expectNotToHear, expectToHear } from '../support/party.js';
import { answer, connect, dial, rings, status } from '../support/sdk.js';
import { open, server, setStage } from '../support/stage.js';

const CALLER = 650;
const CALLEE = 1150;

setStage();

/** Puts the elements on the page, around its call and its client. */
async function showElements(page: Page): Promise<void> {
  await page.setViewportSize({ width: 1100, height: 900 });
  await page.evaluate(async (origin) => {
    await import(`${origin}/js/offhook-elements.mjs`);
    const g = globalThis as never as Record<string, any>;
    const provider = document.createElement('sw-call-provider') as HTMLElement & Record<string, unknown>;
    provider.innerHTML = `<sw-call-status></sw-call-status><div style="height: 300px"><sw-call-media></sw-call-media></div>
      <sw-audio-level></sw-audio-level><sw-call-dialpad></sw-call-dialpad><sw-call-controls></sw-call-controls>`;
    provider.call = g.call;
    provider.deviceController = g.client;
    document.body.append(provider);
  }, server.origin);
}

for (const which of ['ours', 'official'] as const) {
  test(`a call of ${which === 'ours' ? 'our SDK' : 'the official client'}: rings, is heard, muted, given digits and another microphone, and hung up`, async () => {
    const [caller, callee] = [await open(which, CALLER), await open('ours', CALLEE)];
    await connect(callee.page, server.token('bob'), true);
    await connect(caller.page, server.token('alice'));
    await dial(caller.page, '/private/bob');
    await rings(callee.page);
    const { page } = caller;
    await showElements(page);
    const shown = page.locator('sw-call-status [part=status-text]');
    // The official client says `trying` until somebody answers.
    await expect(shown).toHaveText(which === 'ours' ? 'Ringing...' : /Trying|Ringing/);
    await answer(callee.page);
    await Promise.all([status(page, 'connected'), status(callee.page, 'connected')]);
    await expect(shown).toHaveText('Connected');
    await Promise.all([expectToHear(page, CALLEE), expectToHear(callee.page, CALLER)]);
    // The element plays it, and not in silence.
    await expect.poll(() => page.locator('sw-call-media video').evaluate((video: HTMLVideoElement) => ({ muted: video.muted, paused: video.paused, audio: (video.srcObject as MediaStream | null)?.getAudioTracks().length })))
      .toEqual({ muted: false, paused: false, audio: 1 });
    // Its own microphone moves the bars.
    await expect.poll(async () => Number(await page.getByRole('meter').getAttribute('aria-valuenow'))).toBeGreaterThan(5);

    await page.getByRole('button', { name: 'Mute microphone' }).click();
    await expectNotToHear(callee.page, CALLER);
    await expect(page.getByRole('button', { name: 'Unmute microphone' })).toBeVisible();
    await page.getByRole('button', { name: 'Unmute microphone' }).click();
    await expectToHear(callee.page, CALLER);

    await page.getByRole('button', { name: '5, JKL' }).click();
    await page.getByRole('button', { name: '#' }).click();
    await expect(page.getByText('The digit was not sent.')).toHaveCount(0);

    const before = await page.evaluate(() => (globalThis as never as Record<string, any>).client.selectedAudioInputDevice?.deviceId as string | undefined);
    await page.getByRole('button', { name: 'Choose microphone' }).click();
    await page.getByRole('menuitemradio', { checked: false }).first().click();
    await expect.poll(() => page.evaluate(() => (globalThis as never as Record<string, any>).client.selectedAudioInputDevice?.deviceId as string | undefined)).not.toBe(before);
    await page.keyboard.press('Escape');

    await page.getByRole('button', { name: 'Hang up' }).click();
    await status(callee.page, 'destroyed');
    await expect(shown).toHaveText(/Ended|Disconnected/);
    await expect(page.getByRole('button', { name: 'Hang up' })).toBeDisabled();
  });
}

test('the widget rings for a call to a client of the official package that a page gives it', async () => {
  const [agent, caller] = [await open('official', CALLEE), await open('ours', CALLER)];
  await connect(agent.page, server.token('bob'), true);
  await agent.page.evaluate(async (origin) => {
    await import(`${origin}/js/offhook-elements.mjs`);
    const widget = document.createElement('sw-call-widget') as HTMLElement & Record<string, unknown>;
    widget.client = (globalThis as never as Record<string, any>).client;
    widget.setAttribute('allow-incoming-calls', '');
    widget.setAttribute('audio-only', '');
    document.body.append(widget);
    (globalThis as never as Record<string, any>).__remote = () => widget.shadowRoot!.querySelector('audio')?.srcObject ?? null;
  }, server.origin);
  await connect(caller.page, server.token('alice'));
  await dial(caller.page, '/private/bob');
  const prompt = agent.page.getByText('is calling');
  await expect(prompt).toBeVisible();
  await agent.page.getByRole('button', { name: 'Accept' }).click();
  await status(caller.page, 'connected');
  await Promise.all([expectToHear(agent.page, CALLER), expectToHear(caller.page, CALLEE)]);
  await agent.page.getByRole('button', { name: 'Hang up' }).click();
  await status(caller.page, 'destroyed');
  await expect(agent.page.getByText('You hung up.').first()).toBeVisible();
});
