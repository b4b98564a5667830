import { defineConfig } from '@playwright/test';

/** What measures gaps, moments and the time of recoveries: each has the machine for itself. */
const ALONE = /\/(credentials|staying|reload|restart|quality|flows-members|flows-media)\.spec\.ts$/;

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
  projects: [
    { name: 'together', testIgnore: ALONE },
    { name: 'alone', testMatch: ALONE }
  ]
});
