/** What the JavaScript face does with devices, tracks and its own end, in a real browser against the real server. */
import { expect, test, type Page } from '@playwright/test';
import { agent, answerInConsole } from '../support/console.js';
import { expectNotToHear, expectToHear } from '../support/party.js';
import { answer, connect, dial, inPage, rings, status } from '../support/sdk.js';
import { enter, open, server, setStage } from '../support/stage.js';

const CALLER = 600;
const CALLEE = 1100;

setStage();

/** The caller's page is prepared by `before`, which may say how to dial. */
async function talking(before: (page: Page) => Promise<unknown> = async () => undefined): Promise<[Page, Page]> {
  const [a, b] = [await open('ours', CALLER), await open('ours', CALLEE)];
  await connect(b.page, server.token('bob'), true);
  await connect(a.page, server.token('alice'));
  await before(a.page);
  if (!(await a.page.evaluate(() => 'call' in globalThis))) await dial(a.page, '/private/bob');
  await rings(b.page);
  await answer(b.page);
  await Promise.all([status(a.page, 'connected'), status(b.page, 'connected')]);
  return [a.page, b.page];
}

test('mute gives the microphone back and is seen by the other; unmute opens it again', async () => {
  const [a, b] = await talking();
  await expectToHear(b, CALLER);
  expect(
    await inPage(a, async ({ call }) => {
      const [track] = call.localStream.getTracks();
      await call.self.mute();
      return { state: track.readyState, stream: call.localStream, sending: call.rtcPeerConnection.getSenders()[0].track };
    })
  ).toEqual({ state: 'ended', stream: null, sending: null });
  await expect.poll(() => inPage(b, ({ call }) => call.participants.filter((one: any) => one.audioMuted).length)).toBe(1);
  expect(await inPage(a, ({ call }) => call.self.audioMuted)).toBe(true);
  await expectNotToHear(b, CALLER);
  await inPage(a, ({ call }) => call.self.toggleMute());
  await expectToHear(b, CALLER);
  expect(await inPage(a, ({ call }) => call.localStream.getTracks()[0].readyState)).toBe('live');
});

test("the application's own track is sent, and is the application's to stop", async () => {
  const [a, b] = await talking((page) =>
    inPage(page, async (g) => {
      g.own = await navigator.mediaDevices.getUserMedia({ audio: true });
      g.statuses = [];
      g.call = await g.client.dial('/private/bob', { inputAudioStream: g.own });
      g.call.status$.subscribe((status: string) => g.statuses.push(status));
    })
  );
  await expectToHear(b, CALLER);
  await inPage(a, ({ call }) => call.self.mute());
  await expectNotToHear(b, CALLER);
  expect(await inPage(a, ({ own }) => own.getTracks()[0].readyState)).toBe('live');
  await inPage(a, ({ call }) => call.self.unmute());
  await expectToHear(b, CALLER);
  expect(await inPage(a, ({ own, call }) => call.localStream.getTracks()[0] === own.getTracks()[0])).toBe(true);
  await inPage(a, ({ call }) => call.hangup());
  expect(await inPage(a, ({ own }) => own.getTracks()[0].readyState)).toBe('live');
});

test('without permission the call is receive-only, says so, and can be given a microphone later', async () => {
  const [a, b] = await talking((page) =>
    inPage(page, async (g) => {
      g.allow = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('Permission denied', 'NotAllowedError'));
      navigator.permissions.query = () => Promise.reject(new TypeError('unknown'));
      g.complaints = [];
      g.statuses = [];
      g.call = await g.client.dial('/private/bob');
      g.call.status$.subscribe((status: string) => g.statuses.push(status));
      g.call.errors$.subscribe(({ kind, fatal, error }: any) => g.complaints.push([kind, fatal, error.name, error.denied, error.media]));
    })
  );
  await expectToHear(a, CALLEE);
  expect(await inPage(a, ({ complaints }) => complaints)).toEqual([['media', false, 'MediaAccessError', true, 'audio']]);
  expect(await inPage(a, ({ call }) => call.mediaDirections)).toEqual({ audio: 'recvonly', video: 'inactive' });
  await inPage(a, async (g) => {
    navigator.mediaDevices.getUserMedia = g.allow;
    await g.call.self.addAudioInputDevice();
  });
  await expectToHear(b, CALLER);
  await expectToHear(a, CALLEE);
});

test('a call that must not fall back fails with the reason', async () => {
  const { page } = await open('ours', CALLER);
  await connect(page, server.token('alice'));
  const failure = await inPage(page, async (g) => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('Permission denied', 'NotAllowedError'));
    try {
      await g.client.dial('/private/bob', { fallbackToReceiveOnly: false });
      return undefined;
    } catch (error: any) {
      return [error.name, error instanceof g.sdk.CallCreateError, error.direction, error.error.name, error.error.denied, g.client.session.calls.length];
    }
  });
  expect(failure).toEqual(['CallCreateError', true, 'outbound', 'MediaAccessError', true, 0]);
});

test('push to talk is silent until it is pressed, also with another device', async () => {
  const [a, b] = await talking();
  await inPage(a, ({ call }) => call.enablePushToTalk());
  await expectNotToHear(b, CALLER);
  await inPage(a, async ({ client, call }) => {
    await client.enumerateDevices();
    const before = call.localStream.getTracks()[0];
    const other = client.audioInputDevices.find((device: any) => device.deviceId !== before.getSettings().deviceId);
    client.selectAudioInputDevice(other);
    while (call.localStream?.getTracks()[0] === before || !call.localStream) await new Promise((next) => setTimeout(next, 20));
  });
  await expectNotToHear(b, CALLER);
  await inPage(a, ({ call }) => call.setPushToTalkActive(true));
  await expectToHear(b, CALLER);
  await inPage(a, ({ call }) => call.setPushToTalkActive(false));
  await expectNotToHear(b, CALLER);
});

test('levels show who speaks', async () => {
  const [a] = await talking();
  const heard = await inPage(a, ({ call }) => {
    const loudest = { local: 0, remote: 0, spoke: false };
    const watching = [
      call.localAudioLevel$.subscribe((level: number) => (loudest.local = Math.max(loudest.local, level))),
      call.remoteAudioLevel$.subscribe((level: number) => (loudest.remote = Math.max(loudest.remote, level))),
      call.localSpeaking$.subscribe((speaking: boolean) => (loudest.spoke ||= speaking))
    ];
    return new Promise<typeof loudest>((resolve) => {
      const poll = setInterval(() => {
        if (loudest.local < 0.03 || loudest.remote < 0.03 || !loudest.spoke) return;
        clearInterval(poll);
        watching.forEach((one) => one.unsubscribe());
        resolve(loudest);
      }, 100);
    });
  });
  expect(heard.remote).toBeLessThanOrEqual(1);
});

test('the life of a call is told from its first ring, with the reason of its end', async () => {
  const [a, b] = [await open('ours', CALLER), await open('ours', CALLEE)];
  await connect(b.page, server.token('bob'), true);
  await connect(a.page, server.token('alice'));
  await dial(a.page, '/private/bob');
  await Promise.all([rings(b.page), status(a.page, 'ringing')]);
  const decisions = await inPage(b.page, async ({ call }) => {
    const decisions: boolean[] = [];
    call.answered$.subscribe((answered: boolean) => decisions.push(answered));
    call.reject();
    call.answer();
    await new Promise((next) => setTimeout(next));
    return decisions;
  });
  expect(decisions).toEqual([false]);
  await Promise.all([status(a.page, 'destroyed'), status(b.page, 'destroyed')]);
  const life = ({ call, statuses }: Record<string, any>) => ({ statuses, by: call.ended.by, cause: call.ended.cause, now: call.status });
  expect(await inPage(a.page, life)).toEqual({ statuses: ['trying', 'ringing', 'disconnected', 'destroyed'], by: 'remote', cause: 'USER_BUSY', now: 'destroyed' });
  expect(await inPage(b.page, life)).toMatchObject({ statuses: ['ringing', 'disconnected', 'destroyed'], by: 'local' });
  // Given up while it rings.
  await dial(a.page, '/private/bob');
  await rings(b.page);
  await inPage(a.page, ({ call }) => call.hangup());
  await Promise.all([status(a.page, 'destroyed'), status(b.page, 'destroyed')]);
  expect(await inPage(b.page, life)).toMatchObject({ statuses: ['ringing', 'disconnected', 'destroyed'], by: 'remote' });
  expect((await inPage(a.page, life)).statuses.slice(-2)).toEqual(['disconnecting', 'destroyed']);
});

test('a page that is left hangs up at once', async () => {
  const [a, b] = await talking();
  await a.goto('about:blank');
  await status(b, 'destroyed');
  expect(await inPage(b, ({ call }) => call.ended)).toMatchObject({ by: 'remote', cause: 'NORMAL_CLEARING' });
});

test('a client may be destroyed by a handler of its own, twice, and says goodbye all the same', async () => {
  const [a, b] = await talking();
  await expectToHear(b, CALLER);
  const told = await inPage(a, async ({ client, call }) => {
    const told: string[] = [];
    const watch = (name: string, observable: any) => observable.subscribe({ complete: () => told.push(name) });
    watch('ready$', client.ready$);
    watch('calls$', client.session.calls$);
    watch('participants$', call.participants$);
    watch('remoteStream$', call.remoteStream$);
    watch('audioInputDevices$', client.audioInputDevices$);
    client.destroyed$.subscribe(() => told.push('destroyed'));
    const [track] = call.localStream.getTracks();
    // Within the engine's own outputs.
    call.callEvent$.subscribe(() => {
      client.destroy();
      client.destroy();
    });
    const over = new Promise((resolve) => client.destroyed$.subscribe({ complete: () => setTimeout(resolve) }));
    await call.self.mute().catch((error: Error) => told.push(error.name));
    await over;
    return { told: told.sort(), track: track.readyState, status: call.status };
  });
  expect(told.status).toBe('destroyed');
  expect(told.track).toBe('ended');
  for (const name of ['audioInputDevices$', 'calls$', 'destroyed', 'participants$', 'ready$', 'remoteStream$']) expect(told.told).toContain(name);
  await status(b, 'destroyed');
  expect(await inPage(b, ({ call }) => call.ended)).toMatchObject({ by: 'remote', cause: 'NORMAL_CLEARING' });
});

test('digits are checked, and what is over says so', async () => {
  const [a] = await talking();
  const answers = await inPage(a, async ({ call }) => {
    const outcome = (promise: Promise<unknown>) => promise.then(() => 'ok', (error: Error) => error.name);
    const answers = [await outcome(call.sendDigits('12#')), await outcome(call.sendDigits('12x'))];
    await call.hangup();
    return [...answers, await outcome(call.hangup()), await outcome(call.sendDigits('1'))];
  });
  expect(answers).toEqual(['ok', 'InvalidParams', 'ok', 'DependencyError']);
});

test('permission brings the devices along', async () => {
  const { page } = await open('ours', CALLER);
  const granted = await inPage(page, async (g) => {
    const client = new g.sdk.SignalWire(new g.sdk.StaticCredentialProvider({ token: 'none' }), { skipConnection: true });
    const granted = await client.requestMediaPermissions({ audio: true });
    const same = client.selectedAudioInputDevice === granted.selectedAudioDevice;
    const output = await client.applySelectedAudioOutputDevice(new Audio());
    const { webrtc, getUserMedia, audioCodecs } = client.platformCapabilities;
    return { audio: granted.audio, video: granted.video, label: !!granted.selectedAudioDevice.label, same, output, webrtc, getUserMedia, opus: audioCodecs.includes('opus') };
  });
  expect(granted).toEqual({ audio: true, video: false, label: true, same: true, output: false, webrtc: true, getUserMedia: true, opus: true });
});

test('one function is a whole call', async () => {
  const answering = await enter(agent(server, CALLEE));
  const { page } = await open('ours', CALLER);
  const { embedToken, destination } = await server.demo();
  const missing = await page.evaluate(
    async ([host, embedToken, to]) => {
      const g = globalThis as never as Record<string, any>;
      const missing = await g.sdk.embeddableCall({ to: '', embedToken, host }).catch((error: Error) => [error.name, error.message]);
      g.statuses = [];
      g.call = await g.sdk.embeddableCall({ to, embedToken, host });
      g.call.status$.subscribe((status: string) => g.statuses.push(status));
      return missing;
    },
    [server.origin, embedToken, destination] as const
  );
  expect(missing).toEqual(['DependencyError', expect.stringContaining('to')]);
  await answerInConsole(answering.page);
  await status(page, 'connected');
  await Promise.all([expectToHear(page, CALLEE), expectToHear(answering.page, CALLER)]);
  await inPage(page, ({ call }) => call.hangup());
  await status(page, 'destroyed');
});
