import { expect, test } from '../../test/harness.js';
import type { Page } from '@playwright/test';

type Level = HTMLElementTagNameMap['sw-audio-level'];
declare global {
  /** Audio contexts that were opened since `spy`, and what was asked of getUserMedia. */
  var opened: AudioContext[];
  var requests: unknown[];
}

/** From here on, counts what the element opens. */
const spy = (page: Page) =>
  page.evaluate(() => {
    globalThis.opened = [];
    globalThis.requests = [];
    const Real = AudioContext;
    globalThis.AudioContext = class extends Real {
      constructor() {
        super();
        globalThis.opened.push(this);
      }
    };
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = (wanted) => {
      globalThis.requests.push(wanted);
      return ask(wanted);
    };
  });
const states = (page: Page) => page.evaluate(() => opened.map((context) => context.state));
const loudness = (page: Page) => page.getByRole('meter').getAttribute('aria-valuenow').then(Number);

for (const colorScheme of ['light', 'dark'] as const) {
  test(`shows the loudness of a stream (${colorScheme})`, async ({ show, page, axe }) => {
    await page.emulateMedia({ colorScheme });
    await show('<sw-audio-level></sw-audio-level>');
    const meter = page.getByRole('meter', { name: 'Audio input level' });
    await expect(meter).toHaveAttribute('part', 'container');
    expect(await meter.evaluate((element) => ['valuemin', 'valuemax', 'valuenow'].map((name) => element.getAttribute(`aria-${name}`)))).toEqual(['0', '100', '0']);
    await expect(meter.locator('[part~=bar]')).toHaveCount(5);
    await expect(meter.locator('[part~=bar-active]')).toHaveCount(0);
    await axe();
    await page.locator('sw-audio-level').evaluate((level: Level) => (level.stream = sim.tone(600, 0.8)));
    await expect.poll(() => loudness(page)).toBeGreaterThan(10);
    await expect(meter.locator('[part~=bar-active]').first()).toBeAttached();
    await expect(meter.locator('[part=bar]').last()).toHaveAttribute('aria-hidden', 'true');
    const [low, high] = await meter.locator('[part~=bar]').evaluateAll((bars) => [bars[0]!, bars.at(-1)!].map((bar) => bar.getBoundingClientRect().height));
    expect(low).toBeGreaterThan(high!);
    expect(high).toBe(4);
    await axe();
  });
}

test('bars, orientation and size, by attribute and by property', async ({ show, page }) => {
  await show('<sw-audio-level bars="8" orientation="horizontal" maxsize="60"></sw-audio-level><sw-audio-level bars="none"></sw-audio-level>');
  const first = page.locator('sw-audio-level').first();
  await expect(first.locator('[part~=bar]')).toHaveCount(8);
  const box = (await first.locator('[part~=bar]').first().boundingBox())!;
  expect([box.width, box.height]).toEqual([4, 4]);
  expect(await first.evaluate((level: Level) => [level.bars, level.orientation, level.maxSize, level.autoRequest])).toEqual([8, 'horizontal', 60, false]);
  await first.evaluate((level: Level) => {
    level.bars = 3;
    level.stream = sim.tone(300, 1);
  });
  await expect(first.locator('[part~=bar]')).toHaveCount(3);
  await expect.poll(async () => (await first.locator('[part~=bar]').first().boundingBox())!.width).toBeGreaterThan(6);
  const second = page.locator('sw-audio-level').last();
  await expect(second).toHaveAttribute('orientation', 'vertical');
  await expect(second.locator('[part~=bar]')).toHaveCount(5);
  await second.evaluate((level: Level) => (level.orientation = 'horizontal'));
  await expect(second).toHaveAttribute('orientation', 'horizontal');
});

test('its variables are its own, and can be set on it', async ({ show, page }) => {
  await show(`<sw-audio-level data-style="--sw-audio-bar-width: 10px; --sw-audio-bar-gap: 6px; --sw-audio-bar-radius: 5px; --sw-audio-bar-background: rgb(1, 2, 3)">
    </sw-audio-level>`);
  const bars = page.locator('[part~=bar]');
  const [first, second] = [(await bars.nth(0).boundingBox())!, (await bars.nth(1).boundingBox())!];
  expect([first.width, second.x - first.x - first.width]).toEqual([10, 6]);
  expect(await bars.first().evaluate((bar) => [getComputedStyle(bar).borderRadius, getComputedStyle(bar).backgroundColor])).toEqual(['5px', 'rgb(1, 2, 3)']);
});

test('a stream without sound opens nothing, and says so once', async ({ show, page }) => {
  const said: string[] = [];
  page.on('console', (message) => message.type() === 'warning' && said.push(message.text()));
  await show('<sw-audio-level></sw-audio-level>');
  await spy(page);
  await page.locator('sw-audio-level').evaluate(async (level: Level) => {
    level.stream = sim.picture('teal');
    await level.updateComplete;
    level.bars = 4;
    await level.updateComplete;
  });
  expect(await states(page)).toEqual([]);
  expect(said.filter((text) => text.includes('no sound'))).toHaveLength(1);
});

test('closes what it opened: when the stream changes, on release and when it is removed', async ({ show, page }) => {
  await show('<sw-audio-level></sw-audio-level>');
  await page.evaluate(() => Object.assign(globalThis, { tones: [sim.tone(), sim.tone(), sim.tone()] }));
  await spy(page);
  const level = page.locator('sw-audio-level');
  const give = (at: number) => level.evaluate((level: Level, at) => {
    level.stream = (globalThis as unknown as { tones: MediaStream[] }).tones[at];
    return level.updateComplete;
  }, at);
  await give(0);
  await give(0);
  expect(await states(page)).toEqual(['running']);
  await give(1);
  await expect.poll(() => states(page)).toEqual(['closed', 'running']);
  await level.evaluate((level: Level) => level.releaseResources());
  await expect.poll(() => states(page)).toEqual(['closed', 'closed']);
  expect(await level.evaluate((level: Level) => level.stream)).toBe(undefined);
  await expect.poll(() => loudness(page)).toBe(0);
  await give(2);
  await level.evaluate((level) => {
    Object.assign(globalThis, { kept: level });
    level.remove();
  });
  await expect.poll(() => states(page)).toEqual(['closed', 'closed', 'closed']);
  // The page's own stream is left alone, and measured again in another place.
  expect(await page.evaluate(() => (globalThis as unknown as { tones: MediaStream[] }).tones[2]!.active)).toBe(true);
  await page.evaluate(() => document.querySelector('#stage')!.append((globalThis as unknown as { kept: Node }).kept));
  await expect.poll(() => states(page)).toEqual(['closed', 'closed', 'closed', 'running']);
});

test('measures the call it was given, not the former one, and its new microphone', async ({ show, page }) => {
  await show('<sw-audio-level></sw-audio-level>');
  await page.evaluate(() => {
    const calls = [new sim.SimulatedCall({ localStream: sim.tone(600, 0.8) }), new sim.SimulatedCall()];
    Object.assign(globalThis, { calls, tones: [sim.tone(), sim.tone()] });
  });
  await spy(page);
  type Given = { calls: InstanceType<typeof sim.SimulatedCall>[]; tones: MediaStream[] };
  const level = page.locator('sw-audio-level');
  const give = (at: number) => level.evaluate((level: Level, at) => {
    level.call = (globalThis as unknown as Given).calls[at]!;
    return level.updateComplete;
  }, at);
  await give(0);
  await expect.poll(() => loudness(page)).toBeGreaterThan(10);
  await give(1);
  await expect.poll(() => loudness(page)).toBe(0);
  expect(await page.evaluate(() => {
    const { calls, tones } = globalThis as unknown as Given;
    calls[0]!.localStream$.next(tones[0]!);
    return calls[0]!.localStream$.followers;
  })).toBe(0);
  expect(await states(page)).toEqual(['closed']);
  // The same stream object again does nothing; its next microphone is measured.
  await level.evaluate(async (level: Level) => {
    const { calls, tones } = globalThis as unknown as Given;
    calls[1]!.localStream$.next(tones[0]!);
    await level.updateComplete;
    calls[1]!.localStream$.next(tones[0]!);
    await level.updateComplete;
  });
  await expect.poll(() => states(page)).toEqual(['closed', 'running']);
  await page.evaluate(() => {
    const [{ tones }] = [globalThis as unknown as Given];
    tones[0]!.removeTrack(tones[0]!.getAudioTracks()[0]!);
    tones[0]!.addTrack(tones[1]!.getAudioTracks()[0]!);
  });
  await expect.poll(() => states(page)).toEqual(['closed', 'closed', 'running']);
});

test('without a call of its own it measures that of the context', async ({ show, page }) => {
  await page.evaluate(() => {
    class Host extends elements.LitElement {
      readonly state = new elements.CallStateContextController(this);
      override render() {
        return elements.html`<slot></slot>`;
      }
    }
    customElements.define('test-host', Host);
  });
  await show('<test-host><sw-audio-level></sw-audio-level></test-host>');
  const host = page.locator('test-host');
  type Host = HTMLElement & { state: InstanceType<typeof elements.CallStateContextController> };
  await host.evaluate((host) => (host as Host).state.connect(new sim.SimulatedCall({ localStream: sim.tone(600, 0.8) })));
  await expect.poll(() => loudness(page)).toBeGreaterThan(10);
  // Its own call comes first, even while that has no stream.
  await page.locator('sw-audio-level').evaluate((level: Level) => (level.call = new sim.SimulatedCall()));
  await expect.poll(() => loudness(page)).toBe(0);
  await page.locator('sw-audio-level').evaluate((level: Level) => (level.call = undefined));
  await expect.poll(() => loudness(page)).toBeGreaterThan(10);
  await host.evaluate((host) => (host as Host).state.disconnect());
  await expect.poll(() => loudness(page)).toBe(0);
});

test('asks for the microphone once, and stops it when it goes', async ({ show, page }) => {
  await spy(page);
  await show('<sw-audio-level auto-request></sw-audio-level>');
  const level = page.locator('sw-audio-level');
  await expect.poll(() => level.evaluate((level: Level) => level.stream?.active)).toBe(true);
  expect(await page.evaluate(() => requests)).toEqual([{ audio: true }]);
  const track = await level.evaluateHandle((level: Level) => level.stream!.getAudioTracks()[0]!);
  await level.evaluate((level: Level) => level.releaseResources());
  expect(await track.evaluate((track) => track.readyState)).toBe('ended');
  await level.evaluate((level: Level) => level.updateComplete);
  expect(await page.evaluate(() => requests.length)).toBe(1);
  // Removed while the question is open: what comes is stopped at once.
  await page.evaluate(() => {
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wanted) => {
      const stream = await ask(wanted);
      Object.assign(globalThis, { late: stream });
      return stream;
    };
    const level = document.createElement('sw-audio-level');
    level.autoRequest = true;
    document.querySelector('#stage')!.append(level);
    return level.updateComplete.then(() => level.remove());
  });
  await expect.poll(() => page.evaluate(() => (globalThis as { late?: MediaStream }).late?.active)).toBe(false);
});

test('a stream that is there is not asked for; a refusal is told, and may be mended', async ({ show, page, axe }) => {
  await page.evaluate(() => {
    globalThis.requests = [];
    navigator.mediaDevices.getUserMedia = (wanted) => {
      globalThis.requests.push(wanted);
      return Promise.reject(new DOMException('no', 'NotAllowedError'));
    };
    const level = document.createElement('sw-audio-level');
    Object.assign(level, { stream: sim.tone(), autoRequest: true });
    document.querySelector('#stage')!.append(level);
    return level.updateComplete;
  });
  expect(await page.evaluate(() => requests)).toEqual([]);
  await show('<sw-audio-level auto-request></sw-audio-level>');
  await expect(page.getByRole('meter')).toHaveAttribute('aria-valuetext', 'No access to the microphone');
  await axe();
  await page.locator('sw-audio-level').evaluate((level: Level) => {
    level.autoRequest = false;
    return level.updateComplete.then(() => (level.autoRequest = true));
  });
  await expect.poll(() => page.evaluate(() => requests.length)).toBe(2);
  await page.locator('sw-audio-level').evaluate((level: Level) => (level.stream = sim.tone()));
  await expect(page.getByRole('meter')).not.toHaveAttribute('aria-valuetext');
});
