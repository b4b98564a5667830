/** A machine that sleeps: every process of a browser is stopped, and none notices but by the clock. */
import type { Browser } from '@playwright/test';

/** Stops the browser until `meanwhile` is over. */
export async function asleep(browser: Browser, meanwhile: () => Promise<void>): Promise<void> {
  const devtools = await browser.newBrowserCDPSession();
  const { processInfo } = await devtools.send('SystemInfo.getProcessInfo');
  const all = processInfo.map(({ id }) => id);
  try {
    for (const id of all) process.kill(id, 'SIGSTOP');
    await meanwhile();
  } finally {
    for (const id of all) process.kill(id, 'SIGCONT');
  }
}
