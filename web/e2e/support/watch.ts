/** What an application is told of its call, and when a tone is heard, in the page's own time. */
import { expect, type Page } from '@playwright/test';

/** The page keeps what its `call` tells from now on: statuses, the end, errors; and what its client does: ready or not. */
export async function watchCall(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const g = globalThis as never as Record<string, any>;
    g.told = [];
    const { call, client } = g;
    call.status$.subscribe((status: string) => g.told.push(status));
    call.ended$?.subscribe(({ cause, by }: any) => g.told.push(`ended ${cause} ${by}`));
    call.errors$.subscribe(({ fatal, error }: any) => g.told.push(`${fatal ? 'fatal ' : ''}${error.name}`));
    g.readies = [];
    client.ready$.subscribe((ready: boolean) => g.readies.at(-1) !== ready && g.readies.push(ready));
    // The official client replays statuses of the past.
    await new Promise((next) => setTimeout(next, 20));
    g.told.splice(0, g.told.length - 1);
  });
}

/** What it was told since then, the present state first. */
export function told(page: Page): Promise<string[]> {
  return page.evaluate(() => (globalThis as never as { told: string[] }).told);
}

/** Notes, from now on, when a tone is heard in a stream of the page: `__heard` are the times, epoch milliseconds. */
export async function noteTone(page: Page, hz: number): Promise<void> {
  await page.evaluate((hz) => {
    const g = globalThis as never as Record<string, any>;
    g.__heard = [];
    let stream: MediaStream | null = null;
    let analyser: AnalyserNode | undefined;
    const context = new AudioContext();
    const bins = new Float32Array(1024);
    const bin = Math.round((hz * 2048) / context.sampleRate);
    clearInterval(g.__noting);
    g.__noting = setInterval(() => {
      const now: MediaStream | null = g.__remote();
      if (now !== stream && now?.getAudioTracks().length) {
        stream = now;
        analyser = context.createAnalyser();
        analyser.fftSize = 2048;
        analyser.smoothingTimeConstant = 0;
        context.createMediaStreamSource(now).connect(analyser);
        // Chromium delivers silence to Web Audio unless an element plays the stream too.
        const element = (g.__element = new Audio());
        element.muted = true;
        element.srcObject = now;
        void element.play();
      }
      if (!analyser) return;
      analyser.getFloatFrequencyData(bins);
      if (Math.max(...bins.subarray(bin - 1, bin + 2)) > -45) g.__heard.push(Date.now());
    }, 20);
  }, hz);
}

/** The first time after `since` at which the tone was heard, once it is. */
export async function heardAfter(page: Page, since: number, timeout = 30_000): Promise<number> {
  const first = () => page.evaluate((since) => (globalThis as never as { __heard: number[] }).__heard.find((at) => at > since) ?? 0, since);
  await expect.poll(first, { message: 'the tone is heard again', timeout, intervals: [100] }).toBeGreaterThan(0);
  return first();
}

/** The end of the longest silence after `since`. A tone of the tests comes every half second. */
export async function silenceEnded(page: Page, since: number): Promise<number> {
  return page.evaluate((since) => {
    const heard = (globalThis as never as { __heard: number[] }).__heard.filter((at) => at > since - 1000);
    let [longest, end] = [0, 0];
    for (let at = 1; at < heard.length; at++) {
      const silence = heard[at]! - heard[at - 1]!;
      if (silence > longest) [longest, end] = [silence, heard[at]!];
    }
    return end;
  }, since);
}
