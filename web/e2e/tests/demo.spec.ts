import { expect, test } from '@playwright/test';
import { agent, answerInConsole } from '../support/console.js';
import { expectNotToHear, expectToHear, party, type Party } from '../support/party.js';
import { enter, server, setStage } from '../support/stage.js';

const VISITOR = 700;
const AGENT = 1300;

setStage();

async function visitor(): Promise<Party> {
  const opened = await enter(party(VISITOR, server.origin));
  await opened.page.evaluate(() => {
    Object.assign(globalThis, {
      __remote: () =>
        document.querySelector('sw-click-to-call')!.shadowRoot!.querySelector('sw-call-widget')?.shadowRoot!.querySelector('audio')
          ?.srcObject ?? null
    });
  });
  await expect(opened.page.locator('sw-click-to-call').first()).toHaveAttribute('token', /^c2c_/);
  return opened;
}
const agentOnline = () => enter(agent(server, AGENT));
const button = (party: Party) => party.page.getByRole('button', { name: 'Talk to a kettle person' });
const panel = (party: Party) => party.page.locator('sw-call-widget [data-phase]');

test('a visitor clicks the button, the agent answers, they hear each other, the visitor hangs up', async () => {
  const desk = await agentOnline();
  const shop = await visitor();
  await button(shop).click();
  await expect(desk.page.getByTestId('call')).toHaveAttribute('data-phase', 'ringing');
  await answerInConsole(desk.page);
  await expect(panel(shop)).toHaveAttribute('data-phase', 'talking');
  await Promise.all([expectToHear(shop.page, AGENT), expectToHear(desk.page, VISITOR)]);
  await shop.page.getByRole('button', { name: 'Hang up' }).click();
  await expect(desk.page.getByTestId('call')).toHaveCount(0);
  await expect(desk.page.getByTestId('history')).toContainText(/\d:\d\d/);
  await expect(panel(shop)).toHaveAttribute('data-phase', 'ended');
});

test('the agent mutes, sends digits and hangs up', async () => {
  const desk = await agentOnline();
  const shop = await visitor();
  await button(shop).click();
  await answerInConsole(desk.page);
  await expectToHear(shop.page, AGENT);
  await desk.page.getByRole('button', { name: 'Mute microphone' }).click();
  await expect(desk.page.getByRole('button', { name: 'Unmute microphone' })).toBeVisible();
  await expectNotToHear(shop.page, AGENT);
  await desk.page.getByRole('button', { name: 'Unmute microphone' }).click();
  await expect(desk.page.getByRole('button', { name: 'Mute microphone' })).toBeVisible();
  await expectToHear(shop.page, AGENT);
  await desk.page.getByTestId('keypad').click();
  // 1477 Hz is in the tone of 3, 6, 9 and #, and in nobody's voice here.
  await expect
    .poll(async () => {
      await desk.page.getByTestId('dialpad').getByRole('button', { name: '9, WXYZ' }).click();
      return shop.page.evaluate(() => (globalThis as never as { __level(s: unknown, hz: number): Promise<number> })
        .__level((globalThis as never as { __remote(): unknown }).__remote(), 1477));
    })
    .toBeGreaterThan(-45);
  await desk.page.getByRole('button', { name: 'Hang up' }).click();
  await expect(panel(shop)).toHaveAttribute('data-phase', 'ended');
  await expect(panel(shop)).toContainText('They hung up.');
});

test('the agent rejects, and the visitor is told in plain words', async () => {
  const desk = await agentOnline();
  const shop = await visitor();
  await button(shop).click();
  await desk.page.getByTestId('reject').click();
  await expect(panel(shop)).toContainText('They are busy right now.');
  await expect(desk.page.getByTestId('history')).toContainText('rejected');
});

test('the visitor gives up, and the agent stops ringing', async () => {
  const desk = await agentOnline();
  const shop = await visitor();
  await button(shop).click();
  await expect(desk.page.getByTestId('call')).toBeVisible();
  await shop.page.keyboard.press('Escape');
  await expect(desk.page.getByTestId('call')).toHaveCount(0);
  await expect(desk.page.getByTestId('history')).toContainText('missed');
});

test('with nobody online the visitor is told so', async () => {
  const shop = await visitor();
  await button(shop).click();
  await expect(panel(shop)).toContainText('Nobody is available right now.');
});

test('two consoles ring, the first answer wins', async () => {
  const [one, two] = [await agentOnline(), await agentOnline()];
  const shop = await visitor();
  await button(shop).click();
  await expect(one.page.getByTestId('call')).toBeVisible();
  await expect(two.page.getByTestId('call')).toBeVisible();
  await answerInConsole(two.page);
  await expect(one.page.getByTestId('call')).toHaveCount(0);
  await expectToHear(shop.page, AGENT);
});

test('the button loads nothing before the pointer comes, and nothing from anywhere else', async () => {
  const shop = await visitor();
  const asked: string[] = [];
  shop.page.on('request', (request) => asked.push(request.url()));
  const violations: string[] = [];
  shop.page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) violations.push(message.text());
  });
  await shop.page.reload({ waitUntil: 'networkidle' });
  expect(asked.filter((url) => /offhook-widget|offhook\.mjs|wasm/.test(url))).toEqual([]);
  await button(shop).hover();
  await expect.poll(() => asked.some((url) => url.endsWith('offhook.mjs'))).toBe(true);
  expect(asked.filter((url) => new URL(url).origin !== server.origin)).toEqual([]);
  expect(violations).toEqual([]);
});

test('the server is killed and comes back: the console is online again by itself, and a call works', async () => {
  const desk = await agentOnline();
  await server.killAndRestart();
  await expect(desk.page.getByTestId('connection')).toHaveText('Connected', { timeout: 30_000 });
  const shop = await visitor();
  await expect
    .poll(async () => {
      const again = shop.page.getByRole('button', { name: 'Call again' });
      await ((await again.isVisible()) ? again : button(shop)).click();
      await expect(panel(shop)).toHaveAttribute('data-phase', /ringing|talking|failed|ended/);
      return panel(shop).getAttribute('data-phase');
    })
    .toBe('ringing');
  await answerInConsole(desk.page);
  await Promise.all([expectToHear(shop.page, AGENT), expectToHear(desk.page, VISITOR)]);
});
