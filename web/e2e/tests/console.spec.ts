/** The agents' console as an agent uses it: several calls at once, notes, messages, colleagues, and the keyboard alone. */
import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import { agent, answerInConsole } from '../support/console.js';
import { expectNotToHear, expectToHear } from '../support/party.js';
import { answer, connect, dial, hangup, rings, status } from '../support/sdk.js';
import { enter, open, server, setStage } from '../support/stage.js';

const AGENT = 1300;
const FIRST = 600;
const SECOND = 900;
const HOSTILE = '<img src=x onerror="ran=true"><script>ran=true</script>';

setStage();

const desk = async (): Promise<Page> => (await enter(agent(server, AGENT))).page;
async function person(hz: number, reference: string, options: string[] = [], online = false): Promise<Page> {
  const { page } = await open('ours', hz);
  await connect(page, server.token(reference, options), online);
  return page;
}
const ringing = (page: Page, name: string) => page.getByTestId('calls').getByRole('article', { name: `${name} is calling` });
/** Nothing that keeps anybody out, in light and dark. */
async function accessible(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${colorScheme} ${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([]);
  }
}
const clean = (page: Page) => page.evaluate(() => 'ran' in globalThis);

test('a console that is loaded again goes on with its calls, the one on hold too', async () => {
  const console = await desk();
  const [one, two] = [await person(FIRST, 'one@example.com', ['--name', 'Ona First']), await person(SECOND, 'two@example.com', ['--name', 'Tuva Second'])];
  await dial(one, '/private/agent');
  await answerInConsole(console);
  await dial(two, '/private/agent');
  await ringing(console, 'Tuva Second').getByTestId('answer').click();
  await expectToHear(two, AGENT);
  console.on('dialog', (dialog) => void dialog.accept());
  await console.reload();
  await expect(console.getByTestId('call-status')).toHaveText('Talking');
  await expect(console.getByTestId('held-call')).toContainText('Ona First');
  await expect(console.getByTestId('availability')).toHaveText('Online');
  await Promise.all([expectToHear(console, SECOND), expectToHear(two, AGENT), expectNotToHear(one, AGENT)]);
  await console.getByTestId('resume').click();
  await Promise.all([expectToHear(console, FIRST), expectToHear(one, AGENT), expectNotToHear(two, AGENT)]);
  await hangup(one);
  await hangup(two);
  await expect(console.getByTestId('held-call')).toHaveCount(0);
});

test('two calls at once: the second waits, the first is held while it is talked to, and both end well', async () => {
  const console = await desk();
  const [one, two] = [await person(FIRST, 'one@example.com', ['--name', 'Ona First']), await person(SECOND, 'two@example.com', ['--name', 'Tuva Second'])];
  await dial(one, '/private/agent');
  await dial(two, '/private/agent');
  await expect(console.getByTestId('waiting')).toHaveText('2');
  await accessible(console);
  await ringing(console, 'Ona First').getByTestId('answer').click();
  await expect(console.getByTestId('call-status')).toHaveText('Talking');
  await Promise.all([expectToHear(console, FIRST), expectToHear(one, AGENT)]);
  await console.getByTestId('notes').fill('Wants a spare lid.');
  // The second is not lost while the first is talked to, and taking it puts the first on hold.
  await expect(console.getByTestId('waiting')).toHaveText('1');
  await ringing(console, 'Tuva Second').getByTestId('answer').click();
  await expect(console.getByTestId('held-call')).toContainText('On hold');
  await Promise.all([expectToHear(console, SECOND), expectToHear(two, AGENT), expectNotToHear(one, AGENT)]);
  // Back to the first, with its note.
  await console.getByTestId('resume').click();
  await expect(console.getByTestId('held-call')).toContainText('Tuva Second');
  await accessible(console);
  await Promise.all([expectToHear(console, FIRST), expectToHear(one, AGENT)]);
  await expect(console.getByTestId('notes')).toHaveValue('Wants a spare lid.');
  await hangup(one);
  await expect(console.getByTestId('wrap-up')).toContainText('Ona First');
  // What is written while a call is wrapped up is the caller's, whatever waits beside.
  await console.getByTestId('notes').fill('Wants a spare lid. Sent.');
  await console.getByTestId('resume').click();
  await expectToHear(two, AGENT);
  await console.getByRole('button', { name: 'Hang up' }).click();
  await console.getByTestId('done').click();
  const calls = console.getByTestId('history').getByRole('listitem');
  await expect(calls).toHaveCount(2);
  await expect(calls.filter({ hasText: 'Ona First' })).toContainText('Wants a spare lid. Sent.');
  // It is all there again after the page was left.
  await console.reload();
  await expect(console.getByTestId('availability')).toHaveText('Online');
  await expect(calls.filter({ hasText: 'Ona First' })).toContainText('Wants a spare lid. Sent.');
});

test('a colleague with a hostile name writes, is answered and called back; nothing of it runs', async () => {
  // The directory is what it is when the console signs in: a person made beside the server is told to nobody.
  const colleague = await person(FIRST, 'writer@example.com', ['--name', HOSTILE], true);
  const console = await desk();
  await console.getByTestId('directory').getByText(HOSTILE).first().click();
  await console.getByTestId('tab-messages').click();
  await console.getByTestId('message').fill('Are you there?');
  await console.getByTestId('send').click();
  await expect(console.getByTestId('messages')).toContainText('Are you there?');
  await colleague.evaluate(async (text) => {
    const { directory } = (globalThis as never as Record<string, any>).client;
    const id = await directory.findAddressIdByURI('/private/agent');
    const address = await new Promise<any>((resolve) => directory.get$(id).subscribe((found: unknown) => found && resolve(found)));
    await address.sendText(text);
  }, HOSTILE);
  const messages = console.getByTestId('messages');
  await expect(messages.locator('.message').nth(1)).toContainText(HOSTILE);
  await expect(messages.locator('.message.own')).toHaveCount(1);
  await dial(colleague, '/private/agent');
  await expect(console.getByTestId('caller')).toHaveText(HOSTILE);
  await answerInConsole(console);
  await console.getByTestId('notes').fill(HOSTILE);
  await expectToHear(console, FIRST);
  await console.getByRole('button', { name: 'Hang up' }).click();
  await console.getByTestId('done').click();
  await console.getByTestId('history').getByRole('button', { name: /^Call / }).first().click();
  await rings(colleague);
  await answer(colleague);
  await status(colleague, 'connected');
  await expectToHear(colleague, AGENT);
  expect(await clean(console)).toBe(false);
  expect(await console.locator('#console img').count()).toBe(0);
});

test('with the keyboard alone: sign in, answer, mute, hold, send a digit, write a note, hang up', async () => {
  const { page: console } = await open('ours', AGENT);
  await console.goto(`${server.origin}/console/`);
  await expect(console.getByLabel('Password')).not.toHaveValue('');
  await console.getByLabel('Password').focus();
  await console.keyboard.press('Enter');
  await expect(console.getByTestId('availability')).toHaveText('Online');
  const caller = await person(FIRST, 'one@example.com', ['--name', 'Ona First']);
  await dial(caller, '/private/agent');
  await expect(console.getByTestId('waiting')).toHaveText('1');
  await console.keyboard.press('Alt+Shift+A');
  await expect(console.getByTestId('call-status')).toHaveText('Talking');
  await expect(console.getByRole('heading', { name: 'Ona First' }).first()).toBeFocused();
  await expectToHear(caller, AGENT);
  await console.keyboard.press('Alt+Shift+M');
  await expectNotToHear(caller, AGENT);
  await console.keyboard.press('Alt+Shift+M');
  await expectToHear(caller, AGENT);
  await console.keyboard.press('Alt+Shift+H');
  await expect(console.getByTestId('call-status')).toHaveText('On hold');
  await expectNotToHear(caller, AGENT);
  await console.keyboard.press('Alt+Shift+H');
  await expect(console.getByTestId('call-status')).toHaveText('Talking');
  await console.keyboard.press('Alt+Shift+K');
  await expect(console.getByTestId('dialpad')).toBeVisible();
  await console.keyboard.press('Alt+Shift+N');
  await console.keyboard.type('Asked for the manager');
  await expect(console.getByTestId('notes')).toHaveValue('Asked for the manager');
  await console.keyboard.press('Alt+Shift+E');
  await expect(console.getByTestId('wrap-up')).toBeVisible();
});

test('a sign-in that fails says what failed, and the next one works; going offline is believed', async () => {
  const { page: console } = await open('ours', AGENT);
  await console.goto(`${server.origin}/console/`);
  await expect(console.getByLabel('Password')).not.toHaveValue('');
  const password = await console.getByLabel('Password').inputValue();
  await console.getByLabel('Password').fill('something else');
  await console.getByRole('button', { name: 'Sign in' }).click();
  await expect(console.getByTestId('sign-in-error')).toHaveText('This email and password do not belong together.');
  let broken = true;
  await console.route('**/js/offhook.mjs', (route) => (broken ? route.abort() : route.continue()));
  await console.getByLabel('Password').fill(password);
  await console.getByRole('button', { name: 'Sign in' }).click();
  await expect(console.getByTestId('sign-in-error')).toContainText('could not load what it needs');
  broken = false;
  // A module that could not be loaded is asked for again by a new page alone.
  await console.reload();
  await expect(console.getByLabel('Password')).not.toHaveValue('');
  await console.getByRole('button', { name: 'Sign in' }).click();
  await expect(console.getByTestId('availability')).toHaveText('Online');
  await console.getByTestId('online').click();
  await expect(console.getByTestId('availability')).toHaveText('Offline');
  const caller = await person(FIRST, 'one@example.com');
  const refused = await caller.evaluate(async () => {
    const g = globalThis as never as Record<string, any>;
    const call = await g.client.dial('/private/agent', { audio: true, video: false }).catch((error: Error) => error);
    return call instanceof Error ? call.message : new Promise((resolve) => call.ended$.subscribe((end: { cause: string }) => resolve(end.cause)));
  });
  expect(refused).toMatch(/USER_NOT_REGISTERED/);
});

test('a call is passed on to a colleague, and the caller goes on talking with them', async () => {
  const colleague = await person(SECOND, 'colleague@example.com', ['--name', 'Kim Colleague'], true);
  const console = await desk();
  const caller = await person(FIRST, 'one@example.com', ['--name', 'Ona First']);
  await dial(caller, '/private/agent');
  await answerInConsole(console);
  await expectToHear(caller, AGENT);
  await console.getByTestId('transfer').click();
  const dialog = console.getByTestId('transfer-dialog');
  await dialog.getByRole('option', { name: /Kim Colleague/ }).dblclick();
  await rings(colleague);
  await answer(colleague);
  await Promise.all([expectToHear(colleague, FIRST), expectToHear(caller, SECOND)]);
  await expect(console.getByTestId('wrap-up')).toContainText('Ona First');
});

test('with consent a call is told on the desktop while the console is not in front, once, and for as long as it rings', async () => {
  const { page: console, context } = await enter(agent(server, AGENT));
  await context.grantPermissions(['notifications', 'microphone']);
  await console.reload();
  await expect(console.getByTestId('availability')).toHaveText('Online');
  await console.evaluate(() => {
    const g = globalThis as never as { told: string[] };
    g.told = [];
    // What the browser shows, written down; and a window that is behind another one, which a headless browser has not.
    globalThis.Notification = class extends Notification {
      constructor(title: string, options?: NotificationOptions) {
        super(title, options);
        g.told.push(title);
      }
      override close(): void {
        super.close();
        g.told.push('closed');
      }
    };
    document.hasFocus = () => false;
  });
  const told = () => console.evaluate(() => (globalThis as never as { told: string[] }).told);
  const caller = await person(FIRST, 'one@example.com', ['--name', 'Ona First']);
  await dial(caller, '/private/agent');
  await expect(console.getByTestId('answer')).toBeVisible();
  // Not without consent.
  expect(await told()).toEqual([]);
  await console.getByTestId('settings').click();
  await console.getByTestId('notify').check();
  await expect.poll(told).toEqual(['Ona First is calling']);
  await hangup(caller);
  await expect.poll(told).toEqual(['Ona First is calling', 'closed']);
  await expect(console.getByTestId('history')).toContainText('missed');
});

test('on a phone a ringing call is in sight whatever is looked at', async () => {
  const console = await desk();
  await console.setViewportSize({ width: 390, height: 780 });
  await console.getByRole('button', { name: 'Directory' }).click();
  await expect(console.getByTestId('directory')).toBeVisible();
  const caller = await person(FIRST, 'one@example.com', ['--name', 'A very long name that nobody would fit into a narrow column of a telephone']);
  await dial(caller, '/private/agent');
  await expect(console.getByTestId('answer')).toBeInViewport();
  expect(await console.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  await console.getByTestId('reject').click();
  await expect(console.getByTestId('calls').getByRole('article')).toHaveCount(0);
});
