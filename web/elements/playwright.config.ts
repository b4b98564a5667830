import { defineConfig } from '@playwright/test';
import { existsSync } from 'node:fs';

const chromium = [process.env.OFFHOOK_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'].find((path) => path && existsSync(path));

export default defineConfig({
  // The elements, the gallery that shows them, and the samples that use them.
  testDir: '..',
  testMatch: ['elements/src/**/*.spec.ts', 'elements/test/**/*.spec.ts', 'apps/test/**/*.spec.ts', 'samples/test/**/*.spec.ts'],
  outputDir: 'results',
  snapshotPathTemplate: '../{testFileDir}/pictures/{arg}{ext}',
  // They are bound by the processor: more of them at a time take longer, all in all.
  workers: 2,
  fullyParallel: true,
  timeout: 45_000,
  expect: { timeout: 8_000, toHaveScreenshot: { threshold: 0.25, maxDiffPixels: 250, animations: 'disabled' } },
  reporter: [['dot']],
  // Pictures that are missing are a fault, not taken on the way.
  updateSnapshots: 'none',
  forbidOnly: true,
  retries: process.env.CI ? 1 : 0,
  use: {
    // A context of its own for every test takes longer than most tests. Each opens its page anew.
    reuseContext: true,
    launchOptions: {
      ...(chromium ? { executablePath: chromium } : {}),
      args: [
        '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--font-render-hinting=none', '--disable-lcd-text', '--force-color-profile=srgb',
        '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--autoplay-policy=no-user-gesture-required']
    }
  }
});
