/** People at browsers: each has a browser of their own, with a microphone that plays their own tone. */
import { chromium, expect, type Browser, type BrowserContext, type Page } from '@playwright/test';
import { existsSync } from 'node:fs';
import { toneFile } from './tone.js';

/** The browser that the machine has; `undefined` is Playwright's own. */
export const CHROMIUM = [process.env.OFFHOOK_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome']
  .find((path) => path && existsSync(path));

export interface Party {
  browser: Browser;
  context: BrowserContext;
  page: Page;
  hz: number;
}

export interface PartyOptions {
  colorScheme?: 'light' | 'dark';
  /** A tone that never stops: for captures without noise suppression. */
  steady?: boolean;
  /** The user is asked for devices, and says no. */
  refuses?: boolean;
  args?: string[];
  /** Pages that are left are kept for whoever comes back, as browsers do outside of tests. */
  backForwardCache?: boolean;
}

/** Opens a browser whose microphone plays `hz`. */
export async function party(hz: number, url: string, { steady, refuses, backForwardCache, args = [], ...options }: PartyOptions = {}): Promise<Party> {
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    ignoreDefaultArgs: backForwardCache ? ['--disable-back-forward-cache'] : [],
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      ...(refuses ? ['--deny-permission-prompts'] : ['--use-fake-ui-for-media-stream']),
      '--use-fake-device-for-media-stream', `--use-file-for-fake-audio-capture=${toneFile(hz, steady)}`,
      '--autoplay-policy=no-user-gesture-required', '--ignore-certificate-errors', '--host-resolver-rules=MAP *.localhost 127.0.0.1', ...args
    ]
  });
  const context = await browser.newContext({ ignoreHTTPSErrors: true, ...options });
  return introduce({ browser, context, page: await context.newPage(), hz }, url);
}

/** Opens their first page, which can measure what it hears. */
export async function introduce(party: Party, url: string): Promise<Party> {
  const { page, hz } = party;
  page.on('pageerror', (error) => console.log(`[${hz} Hz] page error: ${error.message}`));
  if (process.env.OFFHOOK_TRACE) page.on('console', (message) => console.log(`[${hz} Hz]`, message.text()));
  await page.addInitScript(measure);
  await page.goto(url);
  return party;
}

/** In the page: `__level(stream, hz, ms)` is the loudest level of a frequency in dB over the next second or so. */
function measure(): void {
  // By track: a stream may be given another one.
  const levels = new Map<MediaStreamTrack, { analyser: AnalyserNode; rate: number }>();
  let context: AudioContext | undefined;
  (globalThis as Record<string, unknown>).__level = async (stream: MediaStream | null, hz: number, ms = 1200): Promise<number> => {
    const [track] = stream?.getAudioTracks() ?? [];
    if (!stream || !track) return -Infinity;
    context ??= new AudioContext();
    let found = levels.get(track);
    if (!found) {
      const analyser = context.createAnalyser();
      analyser.fftSize = 8192;
      analyser.smoothingTimeConstant = 0;
      context.createMediaStreamSource(stream).connect(analyser);
      // Chromium delivers silence to Web Audio unless an element plays the stream too.
      const element = new Audio();
      element.muted = true;
      element.srcObject = stream;
      await element.play();
      found = { analyser, rate: context.sampleRate };
      levels.set(track, found);
    }
    const { analyser, rate } = found;
    const bins = new Float32Array(analyser.frequencyBinCount);
    let best = -Infinity;
    const until = performance.now() + ms;
    while (performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      analyser.getFloatFrequencyData(bins);
      const bin = Math.round((hz * analyser.fftSize) / rate);
      for (let at = bin - 2; at <= bin + 2; at++) best = Math.max(best, bins[at]!);
    }
    return best;
  };
}

/** The level of a tone in what the page's call hears, at its loudest within a time: bursts need all of it, a steady tone less. */
export async function hears(page: Page, hz: number, ms = 1200): Promise<number> {
  return page.evaluate(
    ([hz, ms]) => (globalThis as never as { __level(stream: MediaStream | null, hz: number, ms: number): Promise<number> }).__level(
      (globalThis as never as { __remote(): MediaStream | null }).__remote(), hz, ms),
    [hz, ms] as const
  );
}

/** A tone that is there is far above one that is not. */
export const PRESENT_DB = -45;
export const ABSENT_DB = -60;

export async function expectToHear(page: Page, hz: number, ms?: number): Promise<void> {
  await expect.poll(() => hears(page, hz, ms), { message: `hears ${hz} Hz`, timeout: 15_000 }).toBeGreaterThan(PRESENT_DB);
}
export async function expectNotToHear(page: Page, hz: number, ms?: number): Promise<void> {
  await expect.poll(() => hears(page, hz, ms), { message: `does not hear ${hz} Hz`, timeout: 15_000 }).toBeLessThan(ABSENT_DB);
}

/** Everybody goes, as people do: their pages are left, so that nobody stays online, and their browsers are closed. */
export async function leave(parties: Party[]): Promise<void> {
  await Promise.all(
    parties.map(async ({ browser, page }) => {
      await page.goto('about:blank');
      await browser.close();
    })
  );
}
