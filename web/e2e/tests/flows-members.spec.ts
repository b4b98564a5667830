/** What a member does to oneself and a moderator to others, as the others see and hear it; and what the rest may not do. */
import { expect, test, type Page } from '@playwright/test';
import { expectNotToHear, expectToHear, hears, leave, type Party } from '../support/party.js';
import { ask, connect, dial, hangup, inPage, ofMember, status } from '../support/sdk.js';
import { buffered, listenFor, silenceAfter } from '../support/silence.js';
import { pages, server, setStage } from '../support/stage.js';

const ROOM = '/public/lobby';
const [MAY, BOB, CAROL] = [600, 1100, 1900];
/** A steady tone is a noise to be taken away, unless nobody takes noise away. */
const RAW = { inputAudioDeviceConstraints: { noiseSuppression: false, echoCancellation: false, autoGainControl: false } };
/** Between the wish and silence at a listener, besides what the listener's browser keeps of all sound against jitter. */
const MUTED_WITHIN_MS = 100;

interface Layer {
  member_id?: string;
  x: number;
  y: number;
  width: number;
  height: number;
}
interface Layout {
  id: string;
  layers: Layer[];
}

/** The newest layout that came over the page's socket. */
function announcements(page: Page): () => Layout {
  let newest: Layout | undefined;
  page.on('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => {
      const { event_type, params } = (JSON.parse(payload.toString()) as { params?: { event_type?: string; params?: { layout: Layout } } }).params ?? {};
      if (event_type === 'layout.changed') newest = params!.layout;
    })
  );
  return () => newest!;
}

/** Of tones that never stop, a moment tells. */
const toHear = (page: Page, hz: number) => expectToHear(page, hz, 400);
const notToHear = (page: Page, hz: number) => expectNotToHear(page, hz, 400);

setStage();

for (const which of ['ours', 'official'] as const) {
  test.describe(`${which}:`, () => {
    let parties: Party[] = [];
    /** A moderator, and two others. */
    let may: Page;
    let bob: Page;
    let carol: Page;
    /** What each was told last of the layout. */
    let layouts: (() => Layout)[] = [];

    test.beforeAll(async () => {
      parties = await Promise.all([pages.open(which, MAY, { steady: true }), pages.open(which, BOB, { steady: true }), pages.open('ours', CAROL, { steady: true })]);
      [may, bob, carol] = parties.map(({ page }) => page) as [Page, Page, Page];
      layouts = [may, bob, carol].map(announcements);
      await connect(may, server.token('may', ['--scope', 'room:moderate']));
      await connect(bob, server.token('bob'));
      await connect(carol, server.token('carol'));
      for (const page of [may, bob, carol]) {
        await dial(page, ROOM, RAW);
        await status(page, 'connected');
      }
      await listenFor(carol, BOB);
    });
    test.afterAll(async () => {
      await Promise.all(parties.map(({ page }) => hangup(page).catch(() => undefined)));
      await leave(parties);
    });

    /** The level of Bob's tone at Carol's, when it has come to rest. */
    const level = (page = carol, hz = BOB) => hears(page, hz, 400);
    async function levelBecomes(wanted: number, page = carol, hz = BOB): Promise<void> {
      await expect.poll(async () => Math.abs((await level(page, hz)) - wanted), `${wanted.toFixed(1)} dB`).toBeLessThan(1.5);
    }
    /** What everybody is told of Bob. */
    async function told(field: string, value: unknown): Promise<void> {
      for (const page of [may, bob, carol]) await expect.poll(() => ofMember(page, 'bob', field), field).toEqual(value);
    }
    async function bobDoes(by: Page, code: string): Promise<void> {
      expect(await ask(by, 'bob', code), code).toBeNull();
    }

    const BY = [['oneself', () => bob], ['a moderator', () => may]] as const;
    for (const [who, by] of BY) {
      test(`mute by ${who} silences within ${MUTED_WITHIN_MS} ms, and unmute brings the sound back`, async () => {
        const act = (code: string) => by().evaluate(`(() => {
          const asked = Date.now();
          call.participants.find(({ name }) => name === 'bob').${code}.catch((error) => console.error(error));
          return asked;
        })()`) as Promise<number>;
        const took = await silenceAfter(carol, 5, () => act('mute()'), () => bobDoes(by(), 'unmute()'));
        const kept = await buffered(carol);
        test.info().annotations.push({ type: 'measured', description: `muted by ${who}: ${took.join(', ')} ms, ${kept.toFixed()} of them in the listener's buffer` });
        expect(took[2]! - kept, took.join()).toBeLessThan(MUTED_WITHIN_MS);
        await bobDoes(by(), 'mute()');
        await told('audioMuted', true);
        await notToHear(carol, BOB);
        await bobDoes(by(), 'toggleMute()');
        await told('audioMuted', false);
        await toHear(carol, BOB);
      });
    }

    for (const [who, by] of BY) {
      test(`the deaf, by ${who}, hear nothing and are heard`, async () => {
        await toHear(bob, CAROL);
        await bobDoes(by(), 'toggleDeaf()');
        await told('deaf', true);
        await Promise.all([notToHear(bob, CAROL), notToHear(bob, MAY), toHear(carol, BOB)]);
        await bobDoes(by(), 'toggleDeaf()');
        await told('deaf', false);
        await toHear(bob, CAROL);
      });

      test(`volumes and the gate, set by ${who}, change what is heard by as much as they say`, async () => {
        await toHear(carol, BOB);
        const spoken = await level();
        // One decibel a step below unity, 0.4 above it.
        for (const [volume, decibels] of [[-12, -12], [10, 4], [0, 0]] as const) {
          await bobDoes(by(), `setAudioInputVolume(${volume})`);
          await told('inputVolume', volume);
          await levelBecomes(spoken + decibels);
        }
        await toHear(bob, CAROL);
        const heard = await level(bob, CAROL);
        for (const [volume, decibels] of [[-18, -18], [0, 0]] as const) {
          await bobDoes(by(), `setAudioOutputVolume(${volume})`);
          await told('outputVolume', volume);
          await levelBecomes(heard + decibels, bob, CAROL);
        }
        const before = await ofMember<number>(carol, 'bob', 'inputSensitivity');
        // Quieter than 2 dB below full scale for each step is silenced: the tone is at about -12.
        await bobDoes(by(), 'setAudioInputSensitivity(2)');
        await told('inputSensitivity', 2);
        await notToHear(carol, BOB);
        await bobDoes(by(), `setAudioInputSensitivity(${before})`);
        await told('inputSensitivity', before);
        await levelBecomes(spoken);
      });
    }
    // After all that is measured: it leaves the browser's own processing on, under which the level of a tone drifts.
    for (const [who, by] of BY) {
      test(`a hand, low bitrate, the processing of the microphone and a place, changed by ${who}, are seen by everybody`, async () => {
        const switches = [['toggleHandraise()', 'handraised'], ['toggleLowbitrate()', 'lowbitrate']] as const;
        // The official client of this version has no low bitrate.
        for (const [code, field] of switches.slice(0, which === 'ours' ? 2 : 1)) {
          for (const value of [true, false]) {
            await bobDoes(by(), code);
            await told(field, value);
          }
        }
        // For a moment there is none: the official client opens it anew.
        const track = () => inPage(bob, ({ call }) => call.localStream.getAudioTracks()[0]?.getSettings() ?? {});
        for (const [code, field, setting] of [['toggleEchoCancellation()', 'echoCancellation', 'echoCancellation'], ['toggleAudioInputAutoGain()', 'autoGain', 'autoGainControl']] as const) {
          const first = await ofMember<boolean>(carol, 'bob', field);
          for (const value of [!first, first]) {
            await bobDoes(by(), code);
            await told(field, value);
            // And the browser does it.
            await expect.poll(async () => (await track())[setting], setting).toBe(value);
          }
        }
        await bobDoes(by(), "setPosition('off-canvas')");
        await told('visible', false);
        await bobDoes(by(), "setPosition('auto')");
        await told('visible', true);
        for (const page of [may, bob, carol]) await expect.poll(() => ofMember<{ member_id?: string }>(page, 'bob', 'position')).toMatchObject({ member_id: await ofMember(page, 'bob', 'id') });
        // Undo what the processing takes away of a steady tone.
        await bobDoes(by(), 'toggleNoiseSuppression()');
        await told('noiseSuppression', false);
        await bobDoes(by(), 'toggleNoiseSuppression()');
        await told('noiseSuppression', true);
        await inPage(bob, ({ call }) => call.setNoiseSuppression(false));
      });
    }

    test('who is no moderator is refused everything that is about another, and nothing changes', async () => {
      const seen = () => inPage(may, ({ call }) => call.participants.map(({ name, audioMuted, videoMuted, deaf, handraised, inputVolume, outputVolume }: any) => ({ name, audioMuted, videoMuted, deaf, handraised, inputVolume, outputVolume })));
      const before = await seen();
      for (const code of [
        'mute()', 'muteVideo()', 'toggleDeaf()', 'toggleHandraise()', 'toggleLowbitrate()', 'toggleEchoCancellation()', 'setAudioInputVolume(5)', 'setAudioOutputVolume(5)',
        'setAudioInputSensitivity(5)', "setPosition('off-canvas')", 'remove()', 'end()'
      ]) if (which === 'ours' || !code.includes('Lowbitrate')) expect(await ask(bob, 'carol', code), code).toMatchObject({ name: 'JSONRPCError', code: 403 });
      for (const act of ['toggleLock()', "executeMethod(call.selfId, 'call.vmuted.hide.set', { hide_video_muted: true })"]) {
        expect(await inPage(bob, ({ call }) => call.locked)).toBe(false);
        expect(await bob.evaluate(`call.${act}.then(() => null, ({ name, code }) => ({ name, code }))`), act).toEqual({ name: 'JSONRPCError', code: 403 });
      }
      expect(await seen()).toEqual(before);
      const allowed = (page: Page) => inPage(page, ({ call }) => {
        const { lock, end, member, self } = call.self.capabilities;
        return { lock: lock.on, end, others: member.muteAudio.on, remove: member.remove, own: self.muteAudio.on };
      });
      expect(await allowed(bob)).toEqual({ lock: false, end: false, others: false, remove: false, own: true });
      expect(await allowed(may)).toEqual({ lock: true, end: true, others: true, remove: true, own: true });
    });

    test('layouts: names, layers and places are those that were announced, the same for everybody', async () => {
      const announced = layouts;
      const names: string[] = await inPage(may, ({ call }) => call.layouts);
      expect(names).toEqual(expect.arrayContaining(['grid-responsive', 'highlight-1-responsive', '1x1', '2x2', '5up']));
      const area = ({ x, y, width, height }: Layer) => [x, y, width, height].map((value) => Math.round(value));
      const shapes: Record<string, number[][]> = {
        'grid-responsive': [[0, 0, 50, 50], [50, 0, 50, 50], [0, 50, 50, 50]],
        'highlight-1-responsive': [[0, 0, 100, 80], ...[0, 20, 40, 60, 80].map((x) => [x, 80, 20, 20])],
        '2x1': [[0, 0, 50, 100], [50, 0, 50, 100]],
        '1x1': [[0, 0, 100, 100]]
      };
      const settled = (page: Page, name: string) =>
        inPage(page, ({ call }) => ({ layout: call.layout, layers: call.layoutLayers, places: call.participants.map(({ id, position, visible }: any) => ({ id, position, visible })) })).then(
          (state: any) => (state.layout === name ? state : undefined)
        );
      for (const name of [...names.filter((name) => name !== 'grid-responsive'), 'grid-responsive']) {
        await inPage(may, ({ call }, name) => call.setLayout(name), name);
        for (const [at, page] of [may, bob, carol].entries()) {
          let state: any;
          await expect.poll(async () => (state = await settled(page, name)), name).toBeDefined();
          expect(state.layers, name).toEqual(announced[at]!().layers);
          expect(announced[at]!().id).toBe(name);
          for (const { id, position, visible } of state.places) {
            const layer = state.layers.find(({ member_id }: Layer) => member_id === id);
            expect(visible, name).toBe(!!layer);
            // The official client keeps a place that is no longer one's own.
            if (layer || page === carol || which === 'ours') expect(position, name).toEqual(layer);
          }
          if (shapes[name]) expect(state.layers.map(area), name).toEqual(shapes[name]);
        }
      }
      // A layout together with a place in it. The official client of this version sets the layout alone.
      await inPage(may, ({ call }) => {
        const { id } = call.participants.find(({ name }: any) => name === 'carol');
        return call.setLayout('highlight-1-responsive', { [id]: 'reserved-1' });
      });
      if (which === 'official') expect(await ask(may, 'carol', "setPosition('reserved-1')")).toBeNull();
      for (const page of [may, bob, carol]) await expect.poll(() => ofMember(page, 'carol', 'position')).toMatchObject({ position: 'reserved-1', x: 0, y: 0, width: 100, height: 80 });
      // Whoever has a hand up comes first, when the moderator says so.
      await inPage(may, ({ call }) => call.setLayout('grid-responsive'));
      await inPage(may, ({ call }) => call.executeMethod(call.selfId, 'call.prioritize_handraise.set', { prioritize_handraise: true }));
      expect(await ask(bob, 'bob', 'toggleHandraise()')).toBeNull();
      for (const page of [may, bob, carol]) {
        await expect.poll(() => inPage(page, ({ call }) => call.raiseHandPriority)).toBe(true);
        await expect.poll(() => ofMember(page, 'bob', 'position')).toMatchObject({ position: 'standard-1' });
      }
      expect(await ask(bob, 'bob', 'toggleHandraise()')).toBeNull();
      expect(await inPage(may, ({ call }) => call.setLayout('no such layout').catch(({ name }: Error) => name))).toBe('InvalidParams');
    });

    test('a moderator removes somebody: their call is over, and they are gone for the others, who go on', async () => {
      await bobDoes(may, 'remove()');
      await status(bob, 'destroyed');
      for (const page of [may, carol]) await expect.poll(() => inPage(page, ({ call }) => call.participants.map(({ name }: any) => name).sort())).toEqual(['carol', 'may']);
      await Promise.all([toHear(may, CAROL), toHear(carol, MAY), notToHear(carol, BOB)]);
      if (which === 'ours') expect(await inPage(bob, ({ call }) => call.ended)).toMatchObject({ by: 'remote' });
    });

    test('a locked room takes nobody in and says so; an open one does; a moderator ends a call', async () => {
      await hangup(bob).catch(() => undefined);
      await inPage(may, ({ call }) => call.toggleLock());
      for (const page of [may, carol]) await expect.poll(() => inPage(page, ({ call }) => call.locked)).toBe(true);
      const refused = await inPage(bob, ({ client }, to) => client.dial(to, { audio: true }).then(
        () => null,
        (error: any) => ({ name: error.name, direction: error.direction, inner: error.error.name, code: error.error.code, message: error.error.message, data: error.error.data })
      ), ROOM);
      expect(refused).toMatchObject({ name: 'CallCreateError', direction: 'outbound' });
      // The official client tells its applications nothing of a fatal refusal.
      if (which === 'ours') expect(refused).toMatchObject({ inner: 'JSONRPCError', code: -32000, message: 'ROOM_LOCKED', data: { cause: 'ROOM_LOCKED', causeCode: '21' } });
      await inPage(may, ({ call }) => call.toggleLock());
      for (const page of [may, carol]) await expect.poll(() => inPage(page, ({ call }) => call.locked)).toBe(false);
      await dial(bob, ROOM, RAW);
      await status(bob, 'connected');
      await Promise.all([toHear(bob, CAROL), toHear(carol, BOB)]);
      expect(await ask(may, 'carol', 'end()')).toBeNull();
      await status(carol, 'destroyed');
      await expect.poll(() => inPage(bob, ({ call }) => call.participants.map(({ name }: any) => name).sort())).toEqual(['bob', 'may']);
    });
  });
}
