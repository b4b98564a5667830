import { expect, test } from '../../test/harness.js';

type Camera = HTMLElementTagNameMap['sw-local-camera'];

for (const colorScheme of ['light', 'dark'] as const) {
  test(`shows the picture, and a cover while the camera is off (${colorScheme})`, async ({ show, page, axe }) => {
    await page.emulateMedia({ colorScheme });
    await show('<div data-style="inline-size: 320px"><sw-local-camera></sw-local-camera></div>');
    const camera = page.locator('sw-local-camera');
    await camera.evaluate((camera: Camera) => (camera.stream = sim.picture('teal')));
    const video = camera.locator('video[part=video]');
    await expect.poll(() => video.evaluate((video: HTMLVideoElement) => [video.paused, video.muted, video.videoWidth])).toEqual([false, true, 640]);
    expect(await video.evaluate((video: HTMLVideoElement) => [video.autoplay, video.hasAttribute('playsinline'), video.hasAttribute('muted')])).toEqual([true, true, true]);
    await expect(camera.locator('[part=placeholder]')).toHaveCount(0);
    expect(await camera.evaluate((camera: Camera) => [camera.videoMuted, camera.mirror, camera.hasAttribute('video-muted')])).toEqual([undefined, false, false]);
    await axe();
    await camera.evaluate((camera: Camera) => (camera.videoMuted = true));
    await expect(camera).toHaveAttribute('video-muted');
    await expect(page.getByRole('img', { name: 'Your camera is off' })).toBeVisible();
    await axe();
    await camera.evaluate((camera: Camera) => camera.removeAttribute('video-muted'));
    await expect(page.getByRole('img')).toHaveCount(0);
    expect(await camera.evaluate((camera: Camera) => camera.videoMuted)).toBe(false);
  });
}

test('takes the shape of the picture, and gives it up with it', async ({ show, page }) => {
  await show('<div data-style="inline-size: 300px"><sw-local-camera></sw-local-camera></div>');
  const camera = page.locator('sw-local-camera');
  expect((await camera.boundingBox())!.height).toBeCloseTo(168.75, 0);
  await camera.evaluate((camera: Camera) => (camera.stream = sim.picture('teal', 400, 300)));
  await expect.poll(() => camera.evaluate((camera: Camera) => camera.style.getPropertyValue('--sw-local-camera-aspect'))).toBe('400 / 300');
  expect((await camera.boundingBox())!.height).toBeCloseTo(225, 0);
  // Another camera in the same stream, a tall one.
  await camera.evaluate((camera: Camera) => {
    const stream = camera.stream!;
    stream.removeTrack(stream.getVideoTracks()[0]!);
    stream.addTrack(sim.picture('navy', 240, 320).getVideoTracks()[0]!);
  });
  await expect.poll(() => camera.evaluate((camera: Camera) => camera.style.getPropertyValue('--sw-local-camera-aspect'))).toBe('240 / 320');
  await camera.evaluate((camera: Camera) => (camera.stream = null));
  await expect.poll(() => camera.evaluate((camera: Camera) => camera.style.getPropertyValue('--sw-local-camera-aspect'))).toBe('');
});

test('mirrors', async ({ show, page }) => {
  await show('<sw-local-camera mirror></sw-local-camera>');
  const video = page.locator('video');
  expect(await video.evaluate((video) => getComputedStyle(video).transform)).toBe('matrix(-1, 0, 0, 1, 0, 0)');
  await page.locator('sw-local-camera').evaluate((camera: Camera) => (camera.mirror = false));
  await expect(page.locator('sw-local-camera')).not.toHaveAttribute('mirror');
  await expect.poll(() => video.evaluate((video) => getComputedStyle(video).transform)).toBe('none');
});

test('shows the stream, else the call, else the context; each switch on its own', async ({ show, page }) => {
  await page.evaluate(() => {
    class Host extends elements.LitElement {
      readonly state = new elements.CallStateContextController(this);
      readonly devices = new elements.DevicesContextController(this);
      override render() {
        return elements.html`<slot></slot>`;
      }
    }
    customElements.define('test-host', Host);
    Object.assign(globalThis, {
      calls: [1, 2].map(() => new sim.SimulatedCall({ localStream: sim.picture('teal') })),
      own: sim.picture('olive')
    });
  });
  await show('<test-host><sw-local-camera></sw-local-camera></test-host>');
  type Given = { calls: InstanceType<typeof sim.SimulatedCall>[]; own: MediaStream };
  type Host = HTMLElement & { state: InstanceType<typeof elements.CallStateContextController>; devices: InstanceType<typeof elements.DevicesContextController> };
  const camera = page.locator('sw-local-camera');
  /** Which of the streams is in the video. */
  const shown = () => camera.evaluate((camera) => {
    const { calls, own } = globalThis as unknown as Given;
    const now = camera.shadowRoot!.querySelector('video')!.srcObject;
    return now === null ? 'none' : now === own ? 'own' : calls.findIndex((call) => call.localStream$.value === now);
  });
  expect(await shown()).toBe('none');
  await page.locator('test-host').evaluate((host) => {
    const [call] = (globalThis as unknown as Given).calls;
    (host as Host).state.connect(call!);
    (host as Host).devices.connectCall(call!);
  });
  await expect.poll(shown).toBe(0);
  await camera.evaluate((camera: Camera) => (camera.call = (globalThis as unknown as Given).calls[1]!));
  await expect.poll(shown).toBe(1);
  await camera.evaluate((camera: Camera) => (camera.stream = (globalThis as unknown as Given).own));
  await expect.poll(shown).toBe('own');
  // The switch still comes from the context, until it is set here.
  await page.evaluate(() => (globalThis as unknown as Given).calls[0]!.self$.value!.muteVideo());
  await expect(camera.locator('[part=placeholder]')).toBeVisible();
  await camera.evaluate((camera: Camera) => (camera.videoMuted = false));
  await expect(camera.locator('[part=placeholder]')).toHaveCount(0);
  await camera.evaluate((camera: Camera) => Object.assign(camera, { stream: undefined, call: undefined }));
  await expect.poll(shown).toBe(0);
  expect(await page.evaluate(() => (globalThis as unknown as Given).calls[1]!.localStream$.followers)).toBe(0);
  // Out of the document it holds nothing; back in it, it shows what it did.
  await camera.evaluate((camera: Camera) => {
    camera.call = (globalThis as unknown as Given).calls[1]!;
    Object.assign(globalThis, { kept: camera });
    return camera.updateComplete.then(() => camera.remove());
  });
  expect(await page.evaluate(() => {
    const kept = (globalThis as unknown as { kept: Camera }).kept;
    return [kept.shadowRoot!.querySelector('video')!.srcObject, (globalThis as unknown as Given).calls[1]!.localStream$.followers];
  })).toEqual([null, 0]);
  await page.evaluate(() => document.querySelector('test-host')!.append((globalThis as unknown as { kept: Camera }).kept));
  await expect.poll(shown).toBe(1);
});

test('plays again when the browser pauses it, unless the camera is off', async ({ show, page }) => {
  await show('<sw-local-camera></sw-local-camera>');
  const camera = page.locator('sw-local-camera');
  await camera.evaluate((camera: Camera) => (camera.stream = sim.picture('teal')));
  const paused = () => camera.locator('video').evaluate((video: HTMLVideoElement) => video.paused);
  await expect.poll(paused).toBe(false);
  await camera.locator('video').evaluate((video: HTMLVideoElement) => new Promise((done) => {
    video.addEventListener('pause', done, { once: true });
    video.pause();
  }));
  await expect.poll(paused).toBe(false);
  await camera.evaluate((camera: Camera) => {
    camera.videoMuted = true;
    return camera.updateComplete;
  });
  await camera.locator('video').evaluate((video: HTMLVideoElement) => new Promise((done) => {
    video.addEventListener('pause', done, { once: true });
    video.pause();
  }));
  expect(await paused()).toBe(true);
  await camera.evaluate((camera: Camera) => (camera.videoMuted = false));
  await expect.poll(paused).toBe(false);
});

test('says that the camera is gone when it was unplugged', async ({ show, page, axe }) => {
  await show('<sw-local-camera></sw-local-camera>');
  await page.locator('sw-local-camera').evaluate((camera: Camera) => {
    camera.stream = sim.picture('teal');
    return camera.updateComplete.then(() => {
      const [track] = camera.stream!.getVideoTracks();
      track!.stop();
      track!.dispatchEvent(new Event('ended'));
    });
  });
  await expect(page.getByRole('img', { name: 'Your camera is not connected any more' })).toBeVisible();
  await axe();
});
