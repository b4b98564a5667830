/** What is done about a bad connection, what is measured of one, and the settings that say how. */
import { expect, test, type Page } from '@playwright/test';
import { expectToHear } from '../support/party.js';
import { connect, dial, inPage, status } from '../support/sdk.js';
import { open, parties, server, setStage, wire } from '../support/stage.js';

const TONE = 600;

setStage({ flags: ['--turn-listen', 'off'], wired: true, hangUp: true });

async function person(): Promise<Page> {
  const { page } = await open('ours', TONE);
  await connect(page, server.token(`user${parties.length}`));
  return page;
}
/** In the room, with a picture. */
async function seen(page: Page): Promise<void> {
  await inPage(page, async (g) => {
    g.statuses = [];
    g.recoveries = [];
    g.call = await g.client.dial('/public/lobby', { audio: true, video: true });
    g.call.status$.subscribe((status: string) => g.statuses.push(status));
    g.call.recoveryEvent$.subscribe(({ action }: any) => g.recoveries.push(action));
  });
  await status(page, 'connected');
}
const pictureOf = (page: Page) => inPage(page, ({ call }) => call.participants.find(({ id }: any) => id !== call.selfId)?.videoMuted);

test('on a thin line the picture goes before the sound, the others are told, and both come back', async () => {
  const [a, b] = [await person(), await person()];
  await inPage(a, ({ client }) => Object.assign(client.preferences, { degradationBitrateThreshold: 250, degradationRecoveryThreshold: 280 }));
  await seen(a);
  await seen(b);
  await expect.poll(() => inPage(a, ({ call }) => call.networkMetrics.at(-1)?.availableOutgoingBitrate ?? 0), { timeout: 20_000 }).toBeGreaterThan(300_000);
  expect(await pictureOf(b)).toBe(false);
  wire.shape({ kbps: 150 });
  await expect.poll(() => inPage(a, ({ recoveries }) => recoveries.includes('video_disabled')), { timeout: 30_000 }).toBe(true);
  await expect.poll(() => pictureOf(b)).toBe(true);
  await expectToHear(b, TONE);
  wire.shape({});
  await expect.poll(() => inPage(a, ({ recoveries }) => recoveries.includes('video_restored')), { timeout: 30_000 }).toBe(true);
  await expect.poll(() => pictureOf(b)).toBe(false);
  expect(await inPage(a, ({ call }) => call.status)).toBe('connected');
});

test('preflight measures what is known of the line', async () => {
  const page = await person();
  wire.shape({ delayMs: 60, losesEvery: 8 });
  const result = await inPage(page, ({ client }) => client.preflight('/public/network-test', { duration: 3 }));
  expect(result.signaling.rttMs).toBeGreaterThanOrEqual(118);
  expect(result.signaling.rttMs).toBeLessThan(400);
  // One in eight, in each direction; what was lost on the way out is missing on the way back as well.
  const { upload, download } = result.media;
  expect(upload.loss).toBeGreaterThan(0.05);
  expect(upload.loss).toBeLessThan(0.25);
  expect(download.loss).toBeGreaterThan(0.05);
  expect(download.loss).toBeLessThan(0.4);
  expect(result.bandwidth.downloadKbps).toBeGreaterThan(5);
  expect(result.bandwidth.uploadKbps).toBeGreaterThan(5);
  expect(result.connectivity).toMatchObject({ type: 'direct', turnReachable: false });
  expect(result.warnings.join('\n')).toMatch(/% of the sound that was sent was lost/);
  expect(result.warnings.join('\n')).toMatch(/No relay \(TURN\) can be reached/);
  expect(result.ok).toBe(true);
});

test('metrics and score tell of a line that is slow and loses', async () => {
  const page = await person();
  wire.shape({ delayMs: 100, losesEvery: 12 });
  await dial(page, '/public/network-test');
  await status(page, 'connected');
  const found = () =>
    inPage(page, async ({ call }) => {
      const [metrics, score] = [call.networkMetrics.at(-1), await new Promise<number>((resolve) => call.qualityScore$.subscribe(resolve))];
      return { rtt: metrics?.roundTripTime ?? 0, lost: metrics?.audio.packetsLost ?? 0, jitter: metrics?.audio.jitter ?? 0, score, issues: call.networkIssues.map(({ type }: any) => type) };
    });
  // Seconds, as documented.
  await expect.poll(async () => (await found()).rtt).toBeGreaterThan(0.195);
  expect((await found()).rtt).toBeLessThan(1);
  await expect.poll(async () => (await found()).lost).toBeGreaterThan(3);
  await expect.poll(async () => (await found()).issues).toContain('high_packet_loss');
  expect((await found()).jitter).toBeLessThan(0.5);
  expect((await found()).score).toBeLessThan(4.2);
});

// Settings that have no effect in the package this one stands in for, as far as a browser is needed to see it.

test('default constraints lie under all others, and the servers for ICE are those set where the server names none', async () => {
  const page = await person();
  const asked = await inPage(page, async (g) => {
    const { client } = g;
    const asked: MediaStreamConstraints[] = [];
    const own = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = (ask) => {
      asked.push(ask!);
      return own(ask);
    };
    client.preferences.defaultAudioConstraints = { echoCancellation: false, noiseSuppression: false };
    client.preferences.defaultVideoConstraints = { width: { ideal: 320 }, frameRate: { ideal: 10 } };
    client.preferences.inputAudioConstraints = { noiseSuppression: true };
    client.preferences.iceServers = [{ urls: 'stun:127.0.0.1:9' }];
    g.statuses = [];
    g.call = await client.dial('/public/lobby', { audio: true, video: true, inputVideoDeviceConstraints: { width: { ideal: 480 } } });
    g.call.status$.subscribe((status: string) => g.statuses.push(status));
    return { asked, servers: g.call.rtcPeerConnection.getConfiguration().iceServers.map(({ urls }: RTCIceServer) => [urls].flat()) };
  });
  expect(asked.asked[0]).toMatchObject({
    audio: { echoCancellation: false, noiseSuppression: true },
    video: { width: { ideal: 480 }, frameRate: { ideal: 10 } }
  });
  expect(asked.servers).toEqual([['stun:127.0.0.1:9']]);
  await status(page, 'connected');
});

test('the picture of a page that is hidden is muted if that is wanted, and only what was muted so comes back', async () => {
  const page = await person();
  await seen(page);
  await inPage(page, (g) => {
    g.show = (state: string) => {
      Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    };
  });
  const muted = () => inPage(page, ({ call }) => call.self.videoMuted);
  await inPage(page, ({ show }) => show('hidden'));
  await inPage(page, ({ show, client }) => {
    show('visible');
    client.preferences.autoMuteVideoOnHidden = true;
  });
  expect(await muted(), 'not unless it is wanted').toBe(false);
  await inPage(page, ({ show }) => show('hidden'));
  await expect.poll(muted).toBe(true);
  expect(await inPage(page, ({ call }) => call.localStream?.getVideoTracks().length ?? 0), 'the camera is given back').toBe(0);
  await inPage(page, ({ show }) => show('visible'));
  await expect.poll(muted).toBe(false);
  // The user's own mute stays.
  await inPage(page, ({ call }) => call.self.muteVideo());
  await expect.poll(muted).toBe(true);
  await inPage(page, ({ show }) => show('hidden'));
  await inPage(page, ({ show }) => show('visible'));
  await inPage(page, ({ call }) => call.self.toggleHandraise());
  await expect.poll(() => inPage(page, ({ call }) => call.self.handraised)).toBe(true);
  expect(await muted()).toBe(true);
});

test('a microphone that the system silences is told to the user, with a sentence', async () => {
  const page = await person();
  await dial(page, '/public/network-test');
  await status(page, 'connected');
  await expectToHear(page, TONE);
  const told = await inPage(page, async ({ sdk, call }) => {
    const first = new Promise<any>((resolve) => call.errors$.subscribe(resolve));
    call.localStream.getAudioTracks()[0].dispatchEvent(new Event('mute'));
    const { kind, fatal, error } = await first;
    return { kind, fatal, known: error instanceof sdk.MediaTrackError, operation: error.operation, sentence: error.originalError.message };
  });
  expect(told).toEqual({
    kind: 'media', fatal: false, known: true, operation: 'muted by the system',
    sentence: 'The microphone was switched off by the system or on the device itself: nobody hears you.'
  });
  expect(await inPage(page, ({ call }) => call.status)).toBe('connected');
});
