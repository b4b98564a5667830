import { expect, test } from '../../test/harness.js';
import type { Locator } from '@playwright/test';

type Media = HTMLElementTagNameMap['sw-call-media'];
type Provider = HTMLElementTagNameMap['sw-call-provider'];
type Given = { calls: InstanceType<typeof sim.SimulatedCall>[]; streams: MediaStream[]; attached: number; kept: Media };

/** How loud the video's own output is, 0 while it is muted or paused. */
const loudness = (media: Locator) =>
  media.evaluate(async (media) => {
    const video = media.shadowRoot!.querySelector('video')!;
    if (video.muted || video.paused || video.volume === 0) return 0;
    const sound = (video as HTMLVideoElement & { captureStream(): MediaStream }).captureStream();
    if (sound.getAudioTracks().length === 0) return 0;
    const context = new AudioContext();
    const analyser = new AnalyserNode(context);
    new MediaStreamAudioSourceNode(context, { mediaStream: sound }).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    let loudest = 0;
    for (let look = 0; look < 30 && loudest < 0.3; look++) {
      await new Promise((done) => requestAnimationFrame(done));
      analyser.getFloatTimeDomainData(samples);
      loudest = Math.max(loudest, ...samples);
    }
    await context.close();
    return loudest;
  });
const heardAs = (media: Locator) => expect.poll(() => loudness(media));

for (const colorScheme of ['light', 'dark'] as const) {
  test(`plays picture and sound (${colorScheme})`, async ({ show, page, axe }) => {
    await page.emulateMedia({ colorScheme });
    await show('<div data-style="block-size: 200px"><sw-call-media></sw-call-media></div>');
    const media = page.locator('sw-call-media');
    await axe();
    await media.evaluate((media: Media) => {
      media.call = new sim.SimulatedCall({ remoteStream: new MediaStream([...sim.tone().getTracks(), ...sim.picture('navy').getTracks()]) });
    });
    await heardAs(media).toBeGreaterThan(0.3);
    const video = media.locator('[part=container] video[part=video]');
    expect(await video.evaluate((video: HTMLVideoElement) => [video.autoplay, video.hasAttribute('playsinline'), video.hasAttribute('muted')])).toEqual([true, true, true]);
    await expect.poll(() => video.evaluate((video: HTMLVideoElement) => video.videoWidth)).toBe(640);
    expect(await video.evaluate((video) => getComputedStyle(video).objectFit)).toBe('contain');
    await expect(page.getByRole('button')).toHaveCount(0);
    expect(await media.evaluate((media) => getComputedStyle(media).display)).toBe('block');
    await axe();
  });
}

test('plays a call that has sound only', async ({ show, page }) => {
  await show('<sw-call-media></sw-call-media>');
  const media = page.locator('sw-call-media');
  await media.evaluate((media: Media) => (media.stream = sim.tone()));
  await heardAs(media).toBeGreaterThan(0.3);
});

test('attaches the stream again when it has other tracks, and not otherwise', async ({ show, page }) => {
  await show('<sw-call-media></sw-call-media>');
  const media = page.locator('sw-call-media');
  await media.evaluate((media: Media) => {
    const given = globalThis as unknown as Given;
    given.attached = 0;
    const video = media.shadowRoot!.querySelector('video')!;
    const real = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, 'srcObject')!;
    Object.defineProperty(video, 'srcObject', {
      get: () => real.get!.call(video),
      set: (stream) => {
        given.attached++;
        real.set!.call(video, stream);
      }
    });
    given.streams = [sim.picture('navy')];
    given.calls = [new sim.SimulatedCall({ remoteStream: given.streams[0]! })];
    media.call = given.calls[0]!;
    return media.updateComplete;
  });
  const attached = () => page.evaluate(() => (globalThis as unknown as Given).attached);
  const emit = () => media.evaluate((media: Media) => {
    const { calls, streams } = globalThis as unknown as Given;
    calls[0]!.remoteStream$.next(streams[0]!);
    return media.updateComplete;
  });
  expect(await attached()).toBe(1);
  await emit();
  expect(await attached()).toBe(1);
  await page.evaluate(() => (globalThis as unknown as Given).streams[0]!.addTrack(sim.tone().getAudioTracks()[0]!));
  await emit();
  expect(await attached()).toBe(2);
  await heardAs(media).toBeGreaterThan(0.3);
  // The browser itself tells of a track that the far end added.
  await page.evaluate(() => {
    const [stream] = (globalThis as unknown as Given).streams;
    const [track] = stream!.getVideoTracks();
    stream!.removeTrack(track!);
    stream!.dispatchEvent(new MediaStreamTrackEvent('removetrack', { track: track! }));
  });
  expect(await attached()).toBe(3);
});

test('plays the stream, else the call, else the context, and lets go of the former', async ({ show, page }) => {
  await show('<sw-call-provider><sw-call-media></sw-call-media></sw-call-provider>');
  const media = page.locator('sw-call-media');
  const shown = () => media.evaluate((media) => {
    const { calls, streams } = globalThis as unknown as Given;
    const now = media.shadowRoot!.querySelector('video')!.srcObject;
    return now === null ? 'none' : now === streams[0] ? 'own' : calls.findIndex((call) => call.remoteStream$.value === now);
  });
  await page.locator('sw-call-provider').evaluate((provider: Provider) => {
    const given = globalThis as unknown as Given;
    given.streams = [sim.picture('olive')];
    given.calls = [1, 2].map(() => new sim.SimulatedCall({ remoteStream: sim.picture('navy') }));
    provider.call = given.calls[0]!;
  });
  await expect.poll(shown).toBe(0);
  await media.evaluate((media: Media) => (media.call = (globalThis as unknown as Given).calls[1]!));
  await expect.poll(shown).toBe(1);
  await media.evaluate((media: Media) => (media.stream = (globalThis as unknown as Given).streams[0]!));
  await expect.poll(shown).toBe('own');
  await media.evaluate((media: Media) => (media.stream = null));
  await expect.poll(shown).toBe(1);
  await media.evaluate((media: Media) => (media.call = new sim.SimulatedCall()));
  await expect.poll(shown).toBe('none');
  expect(await page.evaluate(() => {
    const [, call] = (globalThis as unknown as Given).calls;
    call!.remoteStream$.next(sim.picture('red'));
    return call!.remoteStream$.followers;
  })).toBe(0);
  expect(await shown()).toBe('none');
  await media.evaluate((media: Media) => (media.call = undefined));
  await expect.poll(shown).toBe(0);
  await media.evaluate((media: Media) => {
    (globalThis as unknown as Given).kept = media;
    media.remove();
  });
  expect(await page.evaluate(() => (globalThis as unknown as Given).kept.shadowRoot!.querySelector('video')!.srcObject)).toBe(null);
  await page.evaluate(() => document.querySelector('sw-call-provider')!.append((globalThis as unknown as Given).kept));
  await expect.poll(shown).toBe(0);
  await page.locator('sw-call-provider').evaluate((provider: Provider) => (provider.call = undefined));
  await expect.poll(shown).toBe('none');
});

test('the sound comes out of the chosen loudspeaker; a refusal changes nothing else', async ({ show, page }) => {
  const warned: string[] = [];
  page.on('console', (message) => message.type() === 'warning' && warned.push(message.text()));
  await page.evaluate(() => {
    const chosen: string[] = [];
    Object.assign(globalThis, { chosen });
    HTMLMediaElement.prototype.setSinkId = (id) => {
      chosen.push(id);
      return id === 'out-2' ? Promise.reject(new DOMException('gone', 'NotFoundError')) : Promise.resolve();
    };
  });
  await show('<sw-call-provider><sw-call-media></sw-call-media></sw-call-provider>');
  const chosen = () => page.evaluate(() => (globalThis as unknown as { chosen: string[] }).chosen);
  await page.locator('sw-call-provider').evaluate((provider: Provider) => {
    const devices = new sim.SimulatedDevices();
    Object.assign(globalThis, { devices });
    provider.deviceController = devices;
  });
  await expect.poll(chosen).toEqual(['out-1']);
  await page.evaluate(() => {
    const { devices } = globalThis as unknown as { devices: InstanceType<typeof sim.SimulatedDevices> };
    devices.selectAudioOutputDevice(devices.audioOutputDevices$.value[1]!);
  });
  await expect.poll(chosen).toEqual(['out-1', 'out-2']);
  await expect.poll(() => warned.filter((text) => text.includes('loudspeaker')).length).toBe(1);
  await page.evaluate(() => {
    const { devices } = globalThis as unknown as { devices: InstanceType<typeof sim.SimulatedDevices> };
    devices.selectAudioOutputDevice(null);
  });
  await expect.poll(chosen).toEqual(['out-1', 'out-2', '']);
  // Browsers without a choice of loudspeakers.
  await page.evaluate(() => {
    delete (HTMLMediaElement.prototype as Partial<HTMLMediaElement>).setSinkId;
    const { devices } = globalThis as unknown as { devices: InstanceType<typeof sim.SimulatedDevices> };
    devices.selectAudioOutputDevice(devices.audioOutputDevices$.value[0]!);
  });
  await page.locator('sw-call-media').evaluate((media: Media) => (media.stream = sim.tone()));
  await heardAs(page.locator('sw-call-media')).toBeGreaterThan(0.3);
});

test('what is slotted lies above the picture; the layer takes no clicks', async ({ show, page }) => {
  await show(`<div data-style="block-size: 200px"><sw-call-media><button data-style="pointer-events: auto">Above</button></sw-call-media></div>`);
  await page.getByRole('button', { name: 'Above' }).click();
  const at = await page.locator('sw-call-media').evaluate((media) => {
    const box = media.getBoundingClientRect();
    return media.shadowRoot!.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)!.localName;
  });
  expect(at).toBe('video');
});
