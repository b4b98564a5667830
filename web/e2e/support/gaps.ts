/** Holes in what a page hears of a tone that never stops. */
import type { Page } from '@playwright/test';

export interface Gap {
  /** Epoch milliseconds of its end. */
  at: number;
  ms: number;
}

const METER = `registerProcessor('gaps', class extends AudioWorkletProcessor {
  silent = 0;
  process([[samples]]) {
    let loudest = 0;
    for (const sample of samples ?? []) loudest = Math.max(loudest, Math.abs(sample));
    if (loudest < 0.01) this.silent += 128;
    else if (this.silent) {
      this.port.postMessage(this.silent / sampleRate * 1000);
      this.silent = 0;
    }
    return true;
  }
});`;

/** Begins to measure the remote stream of the page's call. */
export async function measureGaps(page: Page): Promise<void> {
  await page.evaluate(async (meter) => {
    const g = globalThis as never as Record<string, any>;
    const context = new AudioContext();
    await context.audioWorklet.addModule(URL.createObjectURL(new Blob([meter], { type: 'text/javascript' })));
    const stream = g.__remote() as MediaStream;
    // Chromium delivers silence to Web Audio unless an element plays the stream too.
    const element = new Audio();
    element.muted = true;
    element.srcObject = stream;
    await element.play();
    const node = new AudioWorkletNode(context, 'gaps');
    g.__gaps = [];
    node.port.onmessage = ({ data }) => g.__gaps.push({ at: Date.now(), ms: data });
    context.createMediaStreamSource(stream).connect(node).connect(context.destination);
    g.__keep = [context, element, node];
  }, METER);
}

/** Those since it began, the silence before the first sound left out. */
export async function gaps(page: Page): Promise<Gap[]> {
  const all = await page.evaluate(() => (globalThis as never as { __gaps: Gap[] }).__gaps);
  return all.slice(1);
}
