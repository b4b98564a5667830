/** What else a call carries: pictures, screens with their sound, further devices; and calls of those who do not send. */
import { expect, test, type Page } from '@playwright/test';
import { expectNotToHear, expectToHear, leave, type Party } from '../support/party.js';
import { answer, connect, dial, hangup, inPage, rings, status } from '../support/sdk.js';
import { pages, server, setStage } from '../support/stage.js';

const [ALICE, BOB, TAB, FURTHER] = [600, 1100, 2500, 3300];
const ROOM = '/public/lobby';

setStage();

/** Frames of others' pictures that a page has decoded, and the width of the newest. */
const seen = (page: Page) =>
  inPage(page, async ({ call }) => {
    const report = [...(await call.rtcPeerConnection.getStats()).values()];
    const pictures = report.filter((one: any) => one.type === 'inbound-rtp' && one.kind === 'video');
    return { frames: pictures.reduce((sum: number, one: any) => sum + (one.framesDecoded ?? 0), 0), width: Math.max(0, ...pictures.map((one: any) => one.frameWidth ?? 0)) };
  });
async function sees(page: Page, more = 10): Promise<void> {
  const { frames } = await seen(page);
  await expect.poll(async () => (await seen(page)).frames).toBeGreaterThan(frames + more);
}
const kinds = (page: Page) => inPage(page, ({ call }) => call.participants.map(({ type }: any) => type).sort().join());

for (const which of ['ours', 'official'] as const) {
  test.describe(`${which}:`, () => {
    let parties: Party[] = [];
    /** Alice has the client in question, Bob has ours. */
    let alice: Page;
    let bob: Page;

    test.beforeAll(async () => {
      parties = await Promise.all([pages.open(which, ALICE, { args: ['--auto-accept-this-tab-capture'] }), pages.open('ours', BOB)]);
      [alice, bob] = parties.map(({ page }) => page) as [Page, Page];
      for (const [page, name] of [[alice, 'alice'], [bob, 'bob']] as const) await connect(page, server.token(name), true);
    });
    test.afterAll(async () => leave(parties));
    test.afterEach(async () => {
      for (const page of [alice, bob]) {
        await page.evaluate('Promise.all(client.session.calls.map((call) => call.hangup().catch(() => undefined)))');
        await page.waitForFunction('client.session.calls.length === 0');
      }
    });

    test('two see and hear each other; a picture is muted and comes back', async () => {
      await dial(alice, '/private/bob', { video: true, receiveVideo: true });
      await rings(bob);
      await answer(bob, { video: true, receiveVideo: true });
      await Promise.all([status(alice, 'connected'), status(bob, 'connected')]);
      await Promise.all([sees(alice), sees(bob), expectToHear(alice, BOB), expectToHear(bob, ALICE)]);
      await inPage(alice, ({ call }) => call.self.muteVideo());
      await expect.poll(() => inPage(bob, ({ call }) => call.participants.filter((one: any) => one.videoMuted).length)).toBe(1);
      await inPage(alice, ({ call }) => call.self.unmuteVideo());
      await Promise.all([sees(bob), expectToHear(bob, ALICE)]);
    });

    test('who is called by somebody with a picture answers with one, and both see and hear each other', async () => {
      await dial(bob, '/private/alice', { video: true, receiveVideo: true });
      await rings(alice);
      await answer(alice, { video: true, receiveVideo: true });
      await Promise.all([status(alice, 'connected'), status(bob, 'connected')]);
      await Promise.all([sees(alice), sees(bob), expectToHear(alice, BOB), expectToHear(bob, ALICE)]);
      // The official client's restart of ICE stalls in this browser.
      if (which === 'official') return;
      const name = () => inPage(alice, ({ call }) => /a=ice-ufrag:(\S+)/.exec(call.rtcPeerConnection.currentRemoteDescription.sdp)?.[1]);
      const before = await name();
      await inPage(alice, ({ call }) => call.requestIceRestart());
      await expect.poll(name).not.toBe(before);
      await Promise.all([sees(alice), sees(bob), expectToHear(alice, BOB), expectToHear(bob, ALICE)]);
    });

    test('who answers without a camera sees the caller all the same', async () => {
      await dial(bob, '/private/alice', { video: true, receiveVideo: true });
      await rings(alice);
      await answer(alice, { video: false, receiveVideo: true });
      await Promise.all([status(alice, 'connected'), status(bob, 'connected')]);
      await Promise.all([sees(alice), expectToHear(alice, BOB), expectToHear(bob, ALICE)]);
      expect(await inPage(alice, ({ call }) => call.remoteStream.getVideoTracks().length)).toBe(1);
    });

    test('a tab is shared with its sound; the stop button of the browser ends the share and nothing else', async () => {
      for (const page of [alice, bob]) {
        await dial(page, ROOM, { receiveVideo: true });
        await status(page, 'connected');
      }
      await inPage(alice, async (g) => {
        const context = new AudioContext();
        const tone = new OscillatorNode(context, { frequency: 2500 });
        const out = new MediaStreamAudioDestinationNode(context);
        tone.connect(new GainNode(context, { gain: 0.3 })).connect(out);
        tone.start();
        g.tone = [context, tone];
        const devices = navigator.mediaDevices;
        g.own ??= devices.getDisplayMedia.bind(devices);
        devices.getDisplayMedia = async (ask: any) => {
          const display: MediaStream = (g.display = await g.own({ ...ask, preferCurrentTab: true, selfBrowserSurface: 'include' }));
          g.captured = display.getTracks().map(({ kind }) => kind).sort();
          // A browser without a loudspeaker captures silence: something is heard in its place.
          for (const silent of display.getAudioTracks()) {
            display.removeTrack(silent);
            display.addTrack(out.stream.getAudioTracks()[0]!);
          }
          return display;
        };
        await g.call.self.startScreenShare();
      });
      expect(await inPage(alice, ({ call }) => call.self.screenShareStatus)).toBe('started');
      await expect.poll(() => kinds(bob)).toBe('member,member,screen');
      await sees(bob);
      const screen = await inPage(bob, ({ call }) => {
        const one = call.participants.find(({ type }: any) => type === 'screen');
        const own = call.participants.find(({ name, type }: any) => name === 'alice' && type === 'member');
        return { name: one.name, other: one.id !== own.id };
      });
      expect(screen).toEqual({ name: 'alice', other: true });
      if (which === 'ours') {
        expect(await inPage(alice, ({ captured }) => captured)).toEqual(['audio', 'video']);
        await expectToHear(bob, TAB);
        await expectNotToHear(alice, TAB);
        await inPage(alice, ({ display }) => {
          const [track] = display.getVideoTracks();
          track.stop();
          track.dispatchEvent(new Event('ended'));
        });
      } else await inPage(alice, ({ call }) => call.self.stopScreenShare());
      await expect.poll(() => kinds(bob)).toBe('member,member');
      expect(await inPage(alice, ({ call }) => call.self.screenShareStatus)).toBe('none');
      expect(await inPage(alice, ({ statuses }) => statuses)).not.toContain('disconnected');
      await inPage(alice, ({ tone }) => tone[0].close());
      await Promise.all([expectToHear(alice, BOB), expectToHear(bob, ALICE), expectNotToHear(bob, TAB)]);
    });

    test('a further camera is seen and a further microphone heard by the others', async () => {
      for (const page of [alice, bob]) {
        await dial(page, ROOM, { receiveVideo: true });
        await status(page, 'connected');
      }
      await inPage(alice, ({ call }) => call.self.addAdditionalDevice({ video: true }));
      await expect.poll(() => kinds(bob)).toBe('device,member,member');
      const leg = () => inPage(bob, ({ call }) => call.participants.find(({ type }: any) => type === 'device')?.callId);
      await inPage(alice, ({ call }, id) => call.self.removeAdditionalDevice(id), await leg());
      await expect.poll(() => kinds(bob)).toBe('member,member');
      await inPage(alice, async (g) => {
        const context = new AudioContext();
        const tone = new OscillatorNode(context, { frequency: 3300 });
        const out = new MediaStreamAudioDestinationNode(context);
        tone.connect(new GainNode(context, { gain: 0.3 })).connect(out);
        tone.start();
        g.further = [context, tone];
        await g.call.self.addAdditionalDevice({ audio: true, video: false, inputAudioStream: out.stream });
      });
      await expect.poll(() => kinds(bob)).toBe('device,member,member');
      await Promise.all([expectToHear(bob, FURTHER), expectToHear(bob, ALICE)]);
      await expectNotToHear(alice, FURTHER);
      await inPage(alice, ({ call }, id) => call.self.removeAdditionalDevice(id), await leg());
      await expect.poll(() => kinds(bob)).toBe('member,member');
      await Promise.all([expectNotToHear(bob, FURTHER), expectToHear(bob, ALICE), expectToHear(alice, BOB)]);
    });

    if (which === 'ours')
      test('a picture is added to a call of sound alone, seen by the other, and the sound goes on', async () => {
        await dial(alice, '/private/bob');
        await rings(bob);
        await answer(bob);
        await Promise.all([status(alice, 'connected'), status(bob, 'connected')]);
        await inPage(alice, ({ call }) => call.self.addVideoInputDevice());
        await inPage(bob, ({ call }) => call.toggleIncomingVideo());
        await sees(bob);
        expect(await inPage(alice, ({ call }) => call.mediaDirections.video)).toContain('send');
        expect(await inPage(bob, ({ call }) => call.mediaDirections.video)).toBe('recvonly');
        await Promise.all([expectToHear(alice, BOB), expectToHear(bob, ALICE)]);
      });

    // The official client of this version has no calls without sending.
    if (which === 'official') return;
    test('who only receives hears and is not heard', async () => {
      for (const [page, options] of [[alice, {}], [bob, { audio: false, receiveAudio: true }]] as const) {
        await dial(page, ROOM, options);
        await status(page, 'connected');
      }
      await Promise.all([expectToHear(bob, ALICE), expectNotToHear(alice, BOB)]);
      expect(await inPage(bob, ({ call }) => [call.mediaDirections.audio, call.localStream])).toEqual(['recvonly', null]);
      await inPage(bob, ({ call }) => call.self.addAudioInputDevice());
      await Promise.all([expectToHear(alice, BOB), expectToHear(bob, ALICE)]);
    });

    test('who refuses the microphone hears, is not heard, and is told why', async () => {
      const shy = await pages.open(which, 1900, { refuses: true });
      try {
        await dial(alice, ROOM);
        await connect(shy.page, server.token('shy'));
        const told = inPage(shy.page, async (g) => {
          g.statuses = [];
          g.call = await g.client.dial('/public/lobby', { audio: true });
          g.call.status$.subscribe((status: string) => g.statuses.push(status));
          const { kind, fatal, error } = await new Promise<any>((resolve) => g.call.errors$.subscribe(resolve));
          return { kind, fatal, name: error.name, known: error instanceof g.sdk.MediaAccessError, denied: error.denied };
        });
        expect(await told).toEqual({ kind: 'media', fatal: false, name: 'MediaAccessError', known: true, denied: true });
        await status(shy.page, 'connected');
        await Promise.all([expectToHear(shy.page, ALICE), expectNotToHear(alice, 1900)]);
        expect(await inPage(shy.page, ({ call }) => call.mediaDirections.audio)).toBe('recvonly');
        await hangup(shy.page);
      } finally {
        await leave([shy]);
      }
    });
  });
}
