/** When exactly a tone begins and ceases to be heard. */
import type { Page } from '@playwright/test';

/** Says, on the wall clock, when what comes in grows loud and when it was loud last. */
const METER = `registerProcessor('edges', class extends AudioWorkletProcessor {
  loudAt = 0;
  loud = false;
  process([[samples]]) {
    let loudest = 0;
    for (const sample of samples ?? []) loudest = Math.max(loudest, Math.abs(sample));
    const now = Date.now();
    if (loudest > 0.05) {
      this.loudAt = now;
      if (!this.loud) this.port.postMessage({ loud: (this.loud = true), at: now });
    } else if (this.loud && now - this.loudAt > 60) this.port.postMessage({ loud: (this.loud = false), at: this.loudAt });
    return true;
  }
});`;

/** Begins to listen for one steady tone in what the page's call hears. */
export async function listenFor(page: Page, hz: number): Promise<void> {
  await page.evaluate(
    async ([meter, hz]) => {
      const g = globalThis as never as Record<string, any>;
      const context = new AudioContext();
      await context.audioWorklet.addModule(URL.createObjectURL(new Blob([meter], { type: 'text/javascript' })));
      const stream = g.__remote() as MediaStream;
      // Chromium delivers silence to Web Audio unless an element plays the stream too.
      const element = new Audio();
      element.muted = true;
      element.srcObject = stream;
      await element.play();
      // Narrow enough for the others' tones, wide enough to fall silent within milliseconds.
      const filter = new BiquadFilterNode(context, { type: 'bandpass', frequency: hz, Q: 20 });
      const node = new AudioWorkletNode(context, 'edges');
      g.__edges = [];
      node.port.onmessage = ({ data }) => g.__edges.push(data);
      context.createMediaStreamSource(stream).connect(filter).connect(node).connect(context.destination);
      g.__listening = [context, element, filter, node];
    },
    [METER, hz] as const
  );
  await heard(page, true, 0);
}

/** Waits until the tone has begun, or ceased, after a moment; when that was. Epoch milliseconds. */
export async function heard(page: Page, loud: boolean, since: number): Promise<number> {
  const found = await page.waitForFunction(
    ([loud, since]) => {
      const { __edges } = globalThis as never as { __edges: { loud: boolean; at: number }[] };
      // Of a silence the last sound may lie just before the moment.
      const last = __edges.at(-1);
      return last?.loud === loud && last.at >= since - 100 ? last.at : undefined;
    },
    [loud, since] as const,
    { polling: 20 }
  );
  return (await found.jsonValue()) as number;
}

/** Does something that silences the tone, several times, and undoes it: how long each time it was still heard, in ms. */
export async function silenceAfter(page: Page, times: number, act: () => Promise<number>, undo: () => Promise<unknown>): Promise<number[]> {
  const took: number[] = [];
  for (let time = 0; time < times; time++) {
    const asked = await act();
    took.push((await heard(page, false, asked)) - asked);
    const before = Date.now();
    await undo();
    await heard(page, true, before);
  }
  return took.sort((a, b) => a - b);
}

/** How long what comes in waits, on average since it began, before the page's browser plays it, in ms: its own guard against jitter. */
export async function buffered(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const { call } = globalThis as never as { call: { rtcPeerConnection: RTCPeerConnection } };
    const report = [...((await call.rtcPeerConnection.getStats()) as never as Map<string, any>).values()];
    const { jitterBufferDelay, jitterBufferEmittedCount } = report.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio');
    return (jitterBufferDelay / jitterBufferEmittedCount) * 1000;
  });
}
