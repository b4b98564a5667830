/** The agents' console, as an agent uses it. */
import { expect, type Page } from '@playwright/test';
import { party, type Party } from './party.js';
import type { Server } from './server.js';

/** Opens the console in a browser of its own, signs in with what the demo fills in, and is online. */
export async function agent(server: Server, hz: number, enter = party): Promise<Party> {
  const opened = await enter(hz, `${server.origin}/console/`);
  const { page } = opened;
  await expect(page.getByLabel('Password')).not.toHaveValue('');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByTestId('availability')).toHaveText('Online');
  return opened;
}

export async function answerInConsole(page: Page): Promise<void> {
  await page.getByTestId('answer').click();
  await expect(page.getByTestId('call-status')).toHaveText('Talking');
}
