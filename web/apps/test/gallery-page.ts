/** The gallery as the server serves it, without the server: on simulated calls it needs none. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from '@playwright/test';
import { findings } from '../../elements/test/axe.js';
import { expect } from '../../elements/test/harness.js';

/** What a page of the gallery shows: one element, and how. */
export interface View {
  only: string;
  theme?: 'light' | 'dark';
  dir?: 'rtl';
  text?: '1.5' | '2';
  width?: '20rem' | '12rem';
}

const font = readFileSync(createRequire(import.meta.url).resolve('@fontsource-variable/inter/files/inter-latin-wght-normal.woff2')).toString('base64');
/** One font for every machine, and a page that does not cover what is looked at. */
const LOOKS = `:root { --type-family-body: Pinned; --type-family-code: Pinned; }
body, button, select, input, code, textarea { font-family: Pinned !important; }
header { position: static !important; }`;

/** Opens it, with clocks that stand and pictures that do not move, and waits until all scenes are arranged. */
export async function openGallery(page: Page, view: View): Promise<void> {
  await page.clock.setFixedTime(new Date('2026-01-05T10:00:00Z'));
  await page.addInitScript(({ font, looks }) => {
    // Before anything is laid out: what has scrolled to its end would not stand there any more in letters that come later.
    document.fonts.add(new FontFace('Pinned', Uint8Array.from(atob(font), (letter) => letter.charCodeAt(0)), { weight: '100 900' }));
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(looks);
    document.adoptedStyleSheets.push(sheet);
    // A sound that stands too, loud and low to soft and high.
    AnalyserNode.prototype.getByteFrequencyData = (bands) => void bands.forEach((_, at) => (bands[at] = 240 * (1 - at / bands.length)));
  }, { font, looks: LOOKS });
  await page.goto(new URL(`/elements/index.html?${new URLSearchParams({ ...view })}`, page.url()).href);
  await page.waitForFunction(() => 'ready' in document.documentElement.dataset);
  expect(await page.locator('figure[data-failed]').count(), 'scenes that could not be arranged').toBe(0);
  await settled(page);
}

/** Fonts are there, and every stream that is shown has its first picture. */
export async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await document.fonts.load('16px Pinned');
    await document.fonts.ready;
    const all = (root: ParentNode): HTMLVideoElement[] =>
      [...root.querySelectorAll('*')].flatMap((one) => [...(one instanceof HTMLVideoElement ? [one] : []), ...(one.shadowRoot ? all(one.shadowRoot) : [])]);
    const waiting = all(document).filter((video) => (video.srcObject as MediaStream | null)?.getVideoTracks().some(({ readyState }) => readyState === 'live') && video.readyState < 2);
    await Promise.all(waiting.map((video) => new Promise((seen) => video.addEventListener('loadeddata', seen, { once: true }))));
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  });
}

/** Fails on any finding of axe-core in what is shown. */
export async function expectAccessible(page: Page, what: string): Promise<void> {
  expect(await findings(page), what).toEqual([]);
}

/** Fails on what can come with other colours, sizes and directions alone: contrast, small targets, hidden scrolling. */
export async function expectReadable(page: Page, what: string): Promise<void> {
  expect(await findings(page, { within: 'main', only: ['color-contrast', 'target-size', 'scrollable-region-focusable'] }), what).toEqual([]);
}
