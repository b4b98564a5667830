import { defineConfig } from '@playwright/test';

/** What measures gaps, moments and the time of recoveries: each has the machine for itself. */
const ALONE = /\/(credentials|credentials-life|staying|reload|restart|quality|flows-members|flows-media)\.spec\.ts$/;

export default defineConfig({
  testDir: 'tests',
  outputDir: 'results',
  // Each file has a server of its own. `cargo xtask test` runs those of `together` two at a time.
  workers: 1,
  fullyParallel: false,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  forbidOnly: true,
  // Real time and media on a machine that may be busy: what fails once is tried once more, and told as flaky.
  retries: process.env.CI ? 1 : 0,
  projects: [
    { name: 'together', testIgnore: ALONE },
    { name: 'alone', testMatch: ALONE }
  ]
});
