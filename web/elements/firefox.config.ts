/**
 * The same tests in the Firefox of the system (Debian's `firefox-esr`): `npx playwright test -c firefox.config.ts`. It
 * takes some four minutes; the checks run `test/compatibility/behaviour`, what each element does, and `test/keyboard`.
 */
import { defineConfig } from '@playwright/test';
import chromium from './playwright.config.js';
import { firefoxWith } from './test/firefox/browser.js';

export default defineConfig({
  ...chromium,
  // Pictures are compared in one browser; see `test/firefox` for what needs another word here.
  testMatch: ['elements/src/**/*.spec.ts', 'elements/test/**/*.spec.ts', 'samples/test/**/*.spec.ts'],
  outputDir: 'results/firefox',
  use: {
    browserName: 'firefox',
    channel: 'moz-firefox',
    launchOptions: firefoxWith({
      'dom.serviceWorkers.enabled': true,
      // Its driver cannot say so test by test, and most tests want it.
      'ui.prefersReducedMotion': 1
    })
  }
});
