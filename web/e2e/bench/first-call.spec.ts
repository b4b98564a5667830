/** Time from `dial()` to the first remote audio, for our client and the official one, against the same server in one run. */
import { test } from '@playwright/test';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { connect, Pages } from '../support/sdk.js';
import { leave, type Party } from '../support/party.js';
import { Server } from '../support/server.js';

const calls = Number(process.env.OFFHOOK_BENCH_CALLS ?? 20);

/** One call to the echo address; milliseconds until the receiver has got its first packet of audio. */
async function once({ page }: Party): Promise<number> {
  return page.evaluate(async () => {
    const g = globalThis as never as Record<string, any>;
    const started = performance.now();
    const call = (g.call = await g.client.dial('/public/network-test', { audio: true, video: false }));
    const first = await new Promise<number>((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error('no audio within 15 s')), 15_000);
      const look = async (): Promise<void> => {
        const receivers: RTCRtpReceiver[] = call.rtcPeerConnection?.getReceivers() ?? [];
        for (const receiver of receivers.filter(({ track }) => track.kind === 'audio')) {
          for (const entry of (await receiver.getStats()).values()) {
            if (entry.type === 'inbound-rtp' && entry.packetsReceived > 0) {
              clearTimeout(limit);
              return resolve(performance.now() - started);
            }
          }
        }
        setTimeout(() => void look(), 2);
      };
      void look();
    });
    await call.hangup();
    return first;
  });
}

function summary(times: number[]): { median: number; p95: number; calls: number } {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]!);
  return { median: at(0.5), p95: at(0.95), calls: times.length };
}

test('first call', async () => {
  const server = await Server.start();
  const pages = await Pages.start(() => server);
  const parties = { ours: await pages.open('ours', 700), official: await pages.open('official', 700) };
  const times = { ours: [] as number[], official: [] as number[] };
  for (const which of ['ours', 'official'] as const) {
    await connect(parties[which].page, server.token(which));
    // The first call of a page opens the microphone for the first time: not counted for either.
    await once(parties[which]);
  }
  for (let round = 0; round < calls; round++) {
    // In turns, so that whatever else the machine does weighs on both.
    for (const which of ['ours', 'official'] as const) times[which].push(await once(parties[which]));
  }
  await leave(Object.values(parties));
  pages.stop();
  await server.stop();
  const [ours, official] = [summary(times.ours), summary(times.official)];
  const ratio = Number((ours.median / official.median).toFixed(3));
  console.log(`\n                 median      p95   (${calls} calls each, dial() to first remote audio)`);
  console.log(`@offhook/js      ${String(ours.median).padStart(4)} ms  ${String(ours.p95).padStart(4)} ms`);
  console.log(`@signalwire/js   ${String(official.median).padStart(4)} ms  ${String(official.p95).padStart(4)} ms`);
  console.log(`ratio of the medians ${ratio}\n`);
  const out = process.env.OFFHOOK_BENCH_OUT;
  if (out) {
    mkdirSync(dirname(out), { recursive: true });
    writeFileSync(out, JSON.stringify({ ours, official, ratio, times }, null, 1));
  }
});
