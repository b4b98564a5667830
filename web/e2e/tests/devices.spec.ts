/** Devices that change under a call, what is done to their sound and picture, and what is measured of the connection. */
import { expect, test, type Page } from '@playwright/test';
import { expectNotToHear, expectToHear, hears, type Party } from '../support/party.js';
import { answer, connect, dial, inPage, rings, status } from '../support/sdk.js';
import { open, server, setStage } from '../support/stage.js';

const CALLER = 600;
const CALLEE = 1100;

setStage({ hangUp: true });

/** Two who talk; the caller's page is prepared by `before`. */
async function talking(before: (page: Page) => Promise<unknown> = async () => undefined): Promise<[Page, Page]> {
  const [a, b] = [await open('ours', CALLER), await open('ours', CALLEE)];
  await connect(b.page, server.token('bob'), true);
  await before(a.page);
  await connect(a.page, server.token('alice'));
  await dial(a.page, '/private/bob');
  await rings(b.page);
  await answer(b.page);
  await Promise.all([status(a.page, 'connected'), status(b.page, 'connected')]);
  return [a.page, b.page];
}

test('the microphone’s own volume changes what the other hears', async () => {
  const [a, b] = await talking();
  await expectToHear(b, CALLER);
  const before = await hears(b, CALLER);
  await inPage(a, ({ call }) => call.setLocalMicrophoneGain(10));
  await expect.poll(() => hears(b, CALLER)).toBeLessThan(before - 12);
  await inPage(a, ({ call }) => call.setLocalMicrophoneGain(0));
  await expectNotToHear(b, CALLER);
  // Mute and unmute keep it.
  await inPage(a, async ({ call }) => {
    await call.self.mute();
    await call.self.unmute();
  });
  await expectNotToHear(b, CALLER);
  await inPage(a, ({ call }) => call.setLocalMicrophoneGain(100));
  await expectToHear(b, CALLER);
});

test('a device that is unplugged is replaced, the user can be told, and another that comes is taken', async () => {
  const [a, b] = await talking((page) =>
    inPage(page, (g) => {
      // What a browser does when a device is pulled out: the track ends, the list is shorter.
      const devices = navigator.mediaDevices;
      const [list, open] = [devices.enumerateDevices.bind(devices), devices.getUserMedia.bind(devices)];
      g.gone = [];
      devices.enumerateDevices = async () => (await list()).filter(({ deviceId }) => !g.gone.includes(deviceId));
      devices.getUserMedia = async (ask: any) => {
        const wanted = ask.audio?.deviceId?.exact;
        if (g.gone.includes(wanted) || g.gone === 'all') throw new DOMException('gone', 'NotFoundError');
        return open(ask);
      };
    })
  );
  await expectToHear(b, CALLER);
  const told = await inPage(a, async (g) => {
    const { client, call } = g;
    await client.requestMediaPermissions({ audio: true });
    const inputs = client.audioInputDevices;
    client.selectAudioInputDevice(inputs[0]);
    while (call.localStream?.getTracks()[0]?.getSettings().deviceId !== inputs[0].deviceId) await new Promise((next) => setTimeout(next, 20));
    const recovered = new Promise<any>((resolve) => client.deviceRecovered$.subscribe(resolve));
    const [track] = call.localStream.getTracks();
    g.gone = [inputs[0].deviceId];
    track.stop();
    track.dispatchEvent(new Event('ended'));
    const { reason, previousDevice, newDevice, message } = await recovered;
    while (call.localStream?.getTracks()[0]?.readyState !== 'live') await new Promise((next) => setTimeout(next, 20));
    return { reason, message, previous: previousDevice.label, other: newDevice.deviceId !== inputs[0].deviceId };
  });
  expect(told.other).toBe(true);
  expect(['fallback_to_default', 'device_disconnected']).toContain(told.reason);
  expect(told.message).toContain(told.previous);
  await expectToHear(b, CALLER);
});

test('a device that is missing from the list is replaced in the call; the choice is there again on the next visit', async () => {
  const [a, b] = await talking((page) =>
    inPage(page, (g) => {
      const devices = navigator.mediaDevices;
      const list = devices.enumerateDevices.bind(devices);
      g.gone = '';
      devices.enumerateDevices = async () => (await list()).filter(({ deviceId }) => deviceId !== g.gone);
    })
  );
  const told = await inPage(a, async (g) => {
    const { client, call } = g;
    const used = () => call.localStream?.getTracks()[0]?.getSettings().deviceId;
    const until = async (met: () => boolean) => {
      while (!met()) await new Promise((next) => setTimeout(next, 20));
    };
    await client.requestMediaPermissions({ audio: true });
    const chosen = client.audioInputDevices.at(-1);
    client.selectAudioInputDevice(chosen);
    await until(() => used() === chosen.deviceId);
    const recovered = new Promise<any>((resolve) => client.deviceRecovered$.subscribe(resolve));
    g.gone = chosen.deviceId;
    navigator.mediaDevices.dispatchEvent(new Event('devicechange'));
    const { newDevice, message } = await recovered;
    await until(() => used() === newDevice.deviceId && call.localStream.getTracks()[0].readyState === 'live');
    return { chosen: chosen.deviceId, label: chosen.label, message };
  });
  expect(told.message).toContain(`${told.label} is gone`);
  await expectToHear(b, CALLER);
  await a.reload();
  await a.waitForFunction(() => 'sdk' in globalThis);
  await connect(a, server.token('alice'));
  await expect.poll(() => inPage(a, ({ client }) => client.selectedAudioInputDevice?.deviceId)).toBe(told.chosen);
});

test('mute is an intent: another device while muted opens nothing', async () => {
  const [a, b] = await talking();
  await inPage(a, ({ call }) => call.self.mute());
  const opened = await inPage(a, async ({ client, call }) => {
    await client.enumerateDevices();
    client.selectAudioInputDevice(client.audioInputDevices.at(-1));
    await new Promise((next) => setTimeout(next, 300));
    return call.localStream;
  });
  expect(opened).toBeNull();
  await expectNotToHear(b, CALLER);
  await inPage(a, ({ call }) => call.self.unmute());
  await expectToHear(b, CALLER);
});

test('an exact device that cannot be had falls back to another, and that is told', async () => {
  const [a] = await talking();
  const error = await inPage(a, async ({ sdk, call }) => {
    const first = new Promise<any>((resolve) => call.errors$.subscribe(resolve));
    await call.self.mute();
    call.self.setAudioInputDeviceConstraints({ deviceId: { exact: 'no-such-device' } });
    await call.self.unmute();
    const { kind, fatal, error } = await first;
    return { kind, fatal, known: error instanceof sdk.OverconstrainedFallbackError, live: call.localStream?.getTracks()[0]?.readyState };
  });
  expect(error).toEqual({ kind: 'media', fatal: false, known: true, live: 'live' });
});

test('incoming sound can be switched off and on', async () => {
  const [a, b] = await talking();
  await expectToHear(a, CALLEE);
  await inPage(a, ({ call }) => call.toggleIncomingAudio());
  await expectNotToHear(a, CALLEE);
  await expectToHear(b, CALLER);
  await inPage(a, ({ call }) => call.toggleIncomingAudio());
  await expectToHear(a, CALLEE);
});

test('a connection is measured, a good one is found good, and all of it can be exported', async () => {
  const [a] = await talking();
  await expect.poll(() => inPage(a, ({ call }) => call.networkMetrics.length)).toBeGreaterThan(2);
  const measured = await inPage(a, async ({ client, call }) => {
    const value = (observable: any) => new Promise<any>((resolve) => observable.subscribe(resolve));
    const metrics = call.networkMetrics.at(-1);
    const found = {
      metrics, score: await value(call.qualityScore$), level: await value(call.qualityLevel$), healthy: call.isNetworkHealthy, issues: call.networkIssues,
      state: await value(call.recoveryState$)
    };
    const live = client.exportDiagnostics().calls;
    await call.hangup();
    const after = client.exportDiagnostics();
    return { ...found, live, after: after.calls, events: after.events.map(({ category, event }: any) => `${category} ${event}`) };
  });
  expect(measured.metrics.audio.packetsReceived).toBeGreaterThan(20);
  // Seconds: on the loopback, far below one.
  expect(measured.metrics.roundTripTime).toBeLessThan(0.5);
  expect(measured.score).toBeGreaterThan(4);
  expect(measured).toMatchObject({ level: 'excellent', healthy: true, issues: [], state: 'idle' });
  expect(measured.live).toHaveLength(1);
  expect(measured.after[0]).toMatchObject({ destination: '/private/bob', status: 'destroyed', direction: 'outbound' });
  expect(measured.after[0].duration).toBeGreaterThan(1);
  expect(measured.after[0].iceCandidateTypes.length).toBe(2);
  expect(measured.events).toEqual(expect.arrayContaining(['connection connected', 'call ended']));
});

test('preflight says what works', async () => {
  const { page } = await open('ours', CALLER);
  await connect(page, server.token('alice'));
  const result = await inPage(page, async ({ client }) => client.preflight('/public/lobby', { duration: 2 }));
  expect(result.ok).toBe(true);
  expect(result.signaling.reachable).toBe(true);
  expect(result.signaling.rttMs).toBeGreaterThan(0);
  expect(result.connectivity.type).toBe('direct');
  expect(result.devices.audioInput).toMatchObject({ working: true });
  expect(result.devices.audioInput.device).not.toBeNull();
  expect(result.bandwidth.uploadKbps).toBeGreaterThan(5);
  expect(result.bandwidth.downloadKbps).toBeGreaterThan(0);
});

test('a picture added to a call of sound alone is sent, or the camera is given back and that is told; the sound stays', async () => {
  const [a, b] = await talking();
  await expectToHear(b, CALLER);
  await inPage(a, async (g) => {
    g.complaints = [];
    g.call.errors$.subscribe(({ fatal, error }: any) => g.complaints.push([fatal, error.name, error.operation, error.kind]));
    await g.call.self.addVideoInputDevice();
  });
  const outcome = () =>
    inPage(a, async ({ call, complaints }) => {
      const report = await call.rtcPeerConnection.getStats();
      const frames = [...report.values()].filter((one: any) => one.type === 'outbound-rtp' && one.kind === 'video').reduce((sum: number, one: any) => sum + one.framesSent, 0);
      const camera = !!call.localStream.getVideoTracks().length;
      const sends = call.mediaDirections.video.includes('send');
      if (frames > 5 && camera && sends && !complaints.length) return 'sent';
      if (!camera && !sends && complaints.length) return JSON.stringify(complaints);
      return 'neither yet';
    });
  await expect.poll(outcome).not.toBe('neither yet');
  expect(['sent', JSON.stringify([[false, 'MediaTrackError', 'addInputDevice', 'video']])]).toContain(await outcome());
  await Promise.all([expectToHear(b, CALLER), expectToHear(a, CALLEE)]);
});

/** Two in a room who see and hear each other; the first one's page. */
async function inRoom(): Promise<[Page, Page]> {
  const [a, b] = [await open('ours', CALLER), await open('ours', CALLEE)];
  for (const [party, name] of [[a, 'alice'], [b, 'bob']] as const) {
    await connect(party.page, server.token(name));
    await dial(party.page, '/public/lobby');
    await status(party.page, 'connected');
  }
  return [a.page, b.page];
}
/** Types of the members that a page sees, oneself included. */
const kinds = (page: Page) => inPage(page, ({ call }) => call.participants.map(({ type }: any) => type).sort().join());

test('a shared screen is a member of its own with its sound, and its end leaves the call', async () => {
  const [a, b] = await inRoom();
  const share = () =>
    inPage(a, async (g) => {
      const { devices, own } = { devices: navigator.mediaDevices, own: navigator.mediaDevices.getDisplayMedia.bind(navigator.mediaDevices) };
      devices.getDisplayMedia = async (ask: any) => {
        g.asked = ask;
        return (g.display = await own(ask));
      };
      g.shared ??= [];
      g.call.self.screenShareStatus$.subscribe((status: string) => g.shared.at(-1) !== status && g.shared.push(status));
      await g.call.self.startScreenShare();
      devices.getDisplayMedia = own;
      return { audio: !!g.asked.audio, status: g.call.self.screenShareStatus };
    });
  expect(await share()).toEqual({ audio: true, status: 'started' });
  await expect.poll(() => kinds(b)).toBe('member,member,screen');
  expect(await inPage(a, ({ call }) => call.self.startScreenShare().catch((error: Error) => error.name))).toBe('InvalidParams');
  // The browser's own button.
  await inPage(a, ({ display }) => {
    const [track] = display.getVideoTracks();
    track.stop();
    track.dispatchEvent(new Event('ended'));
  });
  await expect.poll(() => kinds(b)).toBe('member,member');
  expect(await inPage(a, ({ call, shared }) => ({ shared, status: call.status }))).toEqual({ shared: ['none', 'starting', 'started', 'stopping', 'none'], status: 'connected' });
  expect(await inPage(a, ({ display }) => display.getTracks().map(({ readyState }: any) => readyState))).toEqual(['ended', 'ended']);
  await Promise.all([expectToHear(a, CALLEE), expectToHear(b, CALLER)]);
  // Again, and ended by the call.
  await share();
  await expect.poll(() => kinds(b)).toBe('member,member,screen');
  await inPage(a, ({ call }) => call.self.stopScreenShare());
  await expect.poll(() => kinds(b)).toBe('member,member');
});

test('a screen that the user does not share is told, and nothing is left of it', async () => {
  const [a, b] = await inRoom();
  const told = await inPage(a, async ({ sdk, call }) => {
    navigator.mediaDevices.getDisplayMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
    const complaint = new Promise<any>((resolve) => call.errors$.subscribe(resolve));
    const thrown = await call.self.startScreenShare().catch((error: Error) => error.name);
    const { fatal, error } = await complaint;
    return { thrown, fatal, media: error instanceof sdk.MediaAccessError && error.media, denied: error.denied, status: call.self.screenShareStatus };
  });
  expect(told).toEqual({ thrown: 'NotAllowedError', fatal: false, media: 'screen', denied: true, status: 'none' });
  expect(await kinds(b)).toBe('member,member');
});

test('another camera is a member of its own, and can be taken away', async () => {
  const [a, b] = await inRoom();
  const names = await inPage(a, async ({ call }) => {
    await call.self.addAdditionalDevice({ video: true });
    return call.self.additionalDevices;
  });
  expect(names).toHaveLength(1);
  await expect.poll(() => kinds(b)).toBe('device,member,member');
  expect(await inPage(b, ({ call }) => call.participants.find(({ type }: any) => type === 'device').callId)).toBe(names[0]);
  await inPage(a, ({ call }) => call.self.removeAdditionalDevice(call.self.additionalDevices[0]));
  await expect.poll(() => kinds(b)).toBe('member,member');
  await expectToHear(b, CALLER);
});

/** Frames of the other's picture that a page has decoded. */
const seen = (page: Page) =>
  inPage(page, async ({ call }) => {
    const report = await call.rtcPeerConnection.getStats();
    return [...report.values()].filter((one: any) => one.type === 'inbound-rtp' && one.kind === 'video').reduce((sum: number, one: any) => sum + (one.framesDecoded ?? 0), 0);
  });

test('two see each other; a picture that is muted stops and comes back; receiving can be switched off', async () => {
  const [a, b] = [await open('ours', CALLER), await open('ours', CALLEE)];
  await connect(b.page, server.token('bob'), true);
  await connect(a.page, server.token('alice'));
  await inPage(a.page, async (g) => {
    g.statuses = [];
    g.call = await g.client.dial('/private/bob', { audio: true, video: true });
    g.call.status$.subscribe((status: string) => g.statuses.push(status));
  });
  await rings(b.page);
  await inPage(b.page, ({ call }) => call.answer({ audio: true, video: true }));
  await Promise.all([status(a.page, 'connected'), status(b.page, 'connected')]);
  // A server may offer the callee sound alone: the picture is then added by the callee.
  await inPage(b.page, async ({ call }) => {
    if (call.mediaDirections.video === 'inactive') await call.self.addVideoInputDevice();
  });
  for (const { page } of [a, b]) await expect.poll(() => seen(page)).toBeGreaterThan(10);
  await inPage(a.page, ({ call }) => call.self.muteVideo());
  expect(await inPage(a.page, ({ call }) => call.localStream.getVideoTracks().length)).toBe(0);
  const stopped = async ({ page }: Party) => {
    const before = await seen(page);
    await new Promise((next) => setTimeout(next, 1000));
    return (await seen(page)) - before;
  };
  await expect.poll(() => stopped(b)).toBe(0);
  await inPage(a.page, ({ call }) => call.self.unmuteVideo());
  await expect.poll(() => stopped(b)).toBeGreaterThan(5);
  await inPage(b.page, ({ call }) => call.toggleIncomingVideo());
  await expect.poll(() => stopped(b)).toBe(0);
  await inPage(b.page, ({ call }) => call.toggleIncomingVideo());
  await expect.poll(() => stopped(b)).toBeGreaterThan(5);
  await Promise.all([expectToHear(a.page, CALLEE), expectToHear(b.page, CALLER)]);
});
