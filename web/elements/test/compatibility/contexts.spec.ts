/** The context keys and the protocol between providers and consumers, as an element of another package speaks it. */
import { expect, test } from '../harness.js';
import { LISTED } from './listed.js';

interface Ask extends Event {
  context: string;
  contextTarget: Element;
  subscribe: boolean;
  callback: (value: unknown, unsubscribe?: () => void) => void;
}

for (const [tag, { contexts }] of Object.entries(LISTED)) {
  const { consumes, provides } = contexts;
  if (consumes.length > 0) {
    test(`${tag} asks for ${consumes.join(' and ')}, and takes what a provider of another package gives`, async ({ page }) => {
      const asked = await page.evaluate(async (tag) => {
        const asks: { context: string; subscribe: boolean; own: boolean; bubbles: boolean; composed: boolean; ended: boolean }[] = [];
        const place = document.createElement('div');
        document.querySelector('#stage')!.append(place);
        place.addEventListener('context-request', (event) => {
          const ask = event as Event as Ask;
          const { context, subscribe, contextTarget, bubbles, composed } = ask;
          const noted = { context, subscribe, own: contextTarget === element, bubbles, composed, ended: false };
          if (contextTarget !== element) return;
          asks.push(noted);
          ask.stopPropagation();
          ask.callback(undefined, () => (noted.ended = true));
        });
        const element = document.createElement(tag) as HTMLElement & { updateComplete: Promise<unknown> };
        place.append(element);
        await element.updateComplete;
        element.remove();
        place.remove();
        return asks;
      }, tag);
      const known = asked.filter(({ context }) => consumes.includes(context));
      expect([...new Set(known.map(({ context }) => context))].sort()).toEqual([...consumes].sort());
      for (const ask of known) expect(ask).toMatchObject({ subscribe: true, own: true, bubbles: true, composed: true, ended: true });
    });
  }

  if (provides.length > 0) {
    test(`${tag} provides ${provides.join(', ')}`, async ({ page, show }) => {
      await show(`<${tag}><p id="asker"></p></${tag}>`);
      const given = await page.evaluate(
        ({ provides }) =>
          provides.map((context) => {
            const got: { value: unknown; unsubscribe: string }[] = [];
            let reached = false;
            const listener = (): void => void (reached = true);
            document.addEventListener('context-request', listener);
            for (const subscribe of [false, true]) {
              const asker = document.querySelector('#asker')!;
              const ask = Object.assign(new Event('context-request', { bubbles: true, composed: true }), {
                context, contextTarget: asker, subscribe, callback: (value: unknown, unsubscribe?: () => void) => void got.push({ value, unsubscribe: typeof unsubscribe })
              });
              asker.dispatchEvent(ask);
            }
            document.removeEventListener('context-request', listener);
            return { context, reached, got: got.map(({ value, unsubscribe }) => ({ fields: Object.keys(value as object).sort(), unsubscribe })) };
          }),
        { provides }
      );
      const FIELDS: Record<string, string[]> = {
        'sw-call-state': ['id', 'direction', 'to', 'status', 'recording', 'streaming', 'locked', 'raiseHandPriority', 'meta', 'participants', 'self', 'remoteStream', 'localStream', 'mediaDirections', 'layout', 'layouts', 'layoutLayers', 'address', 'capabilities', 'hangup', 'toggleLock', 'toggleHold', 'startRecording', 'startStreaming', 'setLayout', 'sendDigits', 'answer', 'reject'],
        'sw-devices': ['audioInputDevices', 'audioOutputDevices', 'videoInputDevices', 'selectedAudioInput', 'selectedAudioOutput', 'selectedVideoInput', 'audioMuted', 'videoMuted', 'speakerMuted', 'selectAudioInput', 'selectAudioOutput', 'selectVideoInput', 'toggleAudioMute', 'toggleVideoMute', 'toggleSpeakerMute', 'echoCancellation', 'autoGain', 'noiseSuppression', 'toggleEchoCancellation', 'toggleAutoGain', 'toggleNoiseSuppression'],
        transcript: ['entries']
      };
      for (const { context, reached, got } of given) {
        expect(reached, `${context}: the request stops at the provider`).toBe(false);
        expect(got.map(({ unsubscribe }) => unsubscribe), 'a way to end it for subscribers alone').toEqual(['undefined', 'function']);
        for (const { fields } of got) expect(fields).toEqual(expect.arrayContaining(FIELDS[context]!));
      }
    });
  }
}

test('a provider that arrives late, and nearer, takes over those inside it', async ({ page, show }) => {
  await show('<sw-call-provider id="outer"><div id="between"><sw-call-status></sw-call-status></div></sw-call-provider>');
  const text = page.locator('[part=status-text]');
  await page.evaluate(() => ((document.querySelector('#outer') as any).call = new sim.SimulatedCall({ status: 'ringing' })));
  await expect(text).toHaveText('Ringing...');
  await page.evaluate(() => {
    const inner = document.createElement('sw-call-provider') as any;
    inner.call = new sim.SimulatedCall({ status: 'recovering' });
    const between = document.querySelector('#between')!;
    inner.append(...between.childNodes);
    between.append(inner);
  });
  await expect(text).toHaveText('Reconnecting...');
});

test('a provider of another package tells an element of ours each new value', async ({ page, show }) => {
  await show('<div id="theirs"></div>');
  await page.evaluate(() => {
    const theirs = document.querySelector('#theirs')!;
    const subscribers: ((value: unknown, unsubscribe?: () => void) => void)[] = [];
    theirs.addEventListener('context-request', (event) => {
      const ask = event as Event as Ask & { callback: (value: unknown, unsubscribe?: () => void) => void };
      if (ask.context !== 'sw-call-state') return;
      ask.stopPropagation();
      subscribers.push(ask.callback);
      ask.callback({ id: 'x', status: 'ringing', capabilities: [], participants: [] }, () => undefined);
    });
    theirs.append(document.createElement('sw-call-status'));
    Object.assign(globalThis, { publish: (status: string) => subscribers.forEach((tell) => tell({ id: 'x', status, capabilities: [], participants: [] }, () => undefined)) });
  });
  const text = page.locator('[part=status-text]');
  await expect(text).toHaveText('Ringing...');
  await page.evaluate(() => (globalThis as never as { publish(status: string): void }).publish('failed'));
  await expect(text).toHaveText('Failed');
});
