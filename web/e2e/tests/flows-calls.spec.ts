/** Calls between two, as both sides see and hear them: hold, keys, transfers, variables, events, and why they end. */
import { expect, test, type Page } from '@playwright/test';
import { ABSENT_DB, expectNotToHear, expectToHear, hears, leave, type Party } from '../support/party.js';
import { answer, connect, dial, hangup, inPage, rings, status } from '../support/sdk.js';
import { pages, server, setStage } from '../support/stage.js';

const [ALICE, BOB, CAROL] = [600, 1100, 1900];
const ROOM = '/public/lobby';
/** Frequencies of keys (ITU-T Q.23). */
const KEYS = { '5': [770, 1336], '#': [941, 1477], '1': [697, 1209] } as const;

setStage({ flags: ['--ring-seconds', '5'] });

for (const which of ['ours', 'official'] as const) {
  test.describe(`${which}:`, () => {
    let parties: Party[] = [];
    /** Alice and Bob have the client in question, Carol has ours. */
    let alice: Page;
    let bob: Page;
    let carol: Page;

    test.beforeAll(async () => {
      parties = await Promise.all([pages.open(which, ALICE), pages.open(which, BOB), pages.open('ours', CAROL)]);
      [alice, bob, carol] = parties.map(({ page }) => page) as [Page, Page, Page];
      for (const [page, name] of [[alice, 'alice'], [bob, 'bob'], [carol, 'carol']] as const) await connect(page, server.token(name), true);
    });
    test.afterAll(async () => leave(parties));
    test.afterEach(async () => {
      for (const page of [alice, bob, carol]) {
        await page.evaluate('Promise.all(client.session.calls.map((call) => call.hangup().catch(() => undefined)))');
        await page.waitForFunction('client.session.calls.length === 0');
      }
    });

    /** Alice calls Bob, who answers. */
    async function talk(options: Record<string, unknown> = {}): Promise<void> {
      await dial(alice, '/private/bob', options);
      await rings(bob);
      await answer(bob);
      await Promise.all([status(alice, 'connected'), status(bob, 'connected')]);
      await Promise.all([expectToHear(alice, BOB), expectToHear(bob, ALICE)]);
    }
    const both = (page: Page, field: string) => inPage(page, ({ call }, field) => call.participants.map((one: any) => [one.name, one[field]]).sort(), field);

    test('hold is known to both, lets nothing through, plays music to the held, and is undone', async () => {
      await talk();
      await inPage(bob, (g) => {
        g.updates = [];
        g.call.memberUpdated$.subscribe(({ member }: any) => member.updated?.includes('held') && g.updates.push(member.held));
      });
      await inPage(alice, ({ call }) => call.toggleHold());
      await expect.poll(() => inPage(bob, ({ updates }) => updates)).toEqual([true]);
      if (which === 'ours') for (const page of [alice, bob]) await expect.poll(() => both(page, 'held')).toEqual([['alice', true], ['bob', false]]);
      await Promise.all([expectNotToHear(bob, ALICE), expectNotToHear(alice, BOB)]);
      // Music: something at many frequencies, where there was the other's tone alone.
      const music = () => inPage(bob, async (g) => {
        const notes = [220, 262, 294, 330, 349, 392, 440, 494, 523];
        return Math.max(...(await Promise.all(notes.map((hz) => g.__level(g.__remote(), hz, 800)))));
      });
      await expect.poll(music).toBeGreaterThan(-45);
      await inPage(alice, ({ call }) => call.toggleHold());
      await expect.poll(() => inPage(bob, ({ updates }) => updates)).toEqual([true, false]);
      if (which === 'ours') await expect.poll(() => both(bob, 'held')).toEqual([['alice', false], ['bob', false]]);
      await Promise.all([expectToHear(alice, BOB), expectToHear(bob, ALICE)]);
      await expect.poll(music).toBeLessThan(-45);
    });

    test('keys are heard, both ways, by signalling and as telephone events', async () => {
      await talk();
      const tones = (page: Page, key: keyof typeof KEYS, ms: number) => Promise.all(KEYS[key].map((hz) => hears(page, hz, ms)));
      const press = async (from: Page, at: Page, key: keyof typeof KEYS, how: (page: Page, key: string) => Promise<unknown>) => {
        const [[low, high]] = await Promise.all([tones(at, key, 1200), how(from, key)]);
        expect(Math.min(low!, high!), `${key}: ${low}, ${high}`).toBeGreaterThan(-40);
        await expect.poll(async () => Math.max(...(await tones(at, key, 400)))).toBeLessThan(ABSENT_DB);
      };
      const signalled = (page: Page, key: string) => inPage(page, ({ call }, key) => call.sendDigits(key), key);
      const inBand = (page: Page, key: string) => inPage(page, ({ call }, key) => {
        const { dtmf } = call.rtcPeerConnection.getSenders().find(({ track }: RTCRtpSender) => track?.kind === 'audio');
        return dtmf.insertDTMF(key, 200);
      }, key);
      await press(alice, bob, '5', signalled);
      await press(bob, alice, '#', signalled);
      await press(alice, bob, '1', inBand);
      await press(bob, alice, '5', inBand);
    });

    test('variables go to the other side; custom events and raw methods work', async () => {
      await inPage(alice, ({ client }) => (client.preferences.userVariables = { everywhere: 'yes', both: 'preference' }));
      await dial(alice, '/private/bob?both=query&asked=1', { userVariables: { both: 'option', own: { deep: true } } });
      await rings(bob);
      const wanted = { everywhere: 'yes', both: 'option', asked: '1', own: { deep: true } };
      expect(await inPage(alice, ({ call }) => call.userVariables)).toMatchObject(wanted);
      await expect.poll(() => inPage(bob, ({ call }) => call.userVariables)).toMatchObject(wanted);
      await inPage(alice, ({ client, call }) => {
        client.preferences.userVariables = {};
        call.userVariables = { later: 2 };
      });
      expect(await inPage(alice, ({ call }) => call.userVariables)).toMatchObject({ ...wanted, later: 2 });
      await answer(bob);
      await status(alice, 'connected');
      const outcome = await inPage(alice, async ({ call }) => {
        const same = call.subscribe('member.updated') === call.subscribe('member.updated');
        const event = new Promise<any>((resolve) => call.subscribe('member.updated').subscribe(resolve));
        while (!call.selfId || !call.self) await new Promise((next) => setTimeout(next, 20));
        const response = await call.executeMethod(call.selfId, 'call.raisehand', {});
        const { event_type, params } = await event;
        const refused = await call.executeMethod(call.selfId, 'call.lock', {}).then(() => null, ({ name, code }: any) => [name, Number(code)]);
        const unknown = await call.executeMethod(call.selfId, 'call.denoise', {}).then(() => null, ({ name, code }: any) => [name, Number(code)]);
        const raw = await call.execute({ jsonrpc: '2.0', id: 'mine', method: 'call.lowerhand', params: { self: { member_id: call.selfId, call_id: call.id, node_id: call.nodeId }, target: { member_id: call.selfId, call_id: call.id, node_id: call.nodeId } } });
        return { same, code: response.result.code, event_type, raised: params.member.handraised, refused, unknown, raw: raw.result.code };
      });
      expect(outcome).toEqual({ same: true, code: '200', event_type: 'member.updated', raised: true, refused: ['JSONRPCError', 403], unknown: ['JSONRPCError', -32601], raw: '200' });
    });

    test('a call is handed over to a room', async () => {
      await dial(carol, ROOM);
      await status(carol, 'connected');
      await talk();
      await inPage(alice, ({ call }, destination) => call.transfer({ destination }), ROOM);
      await status(alice, 'destroyed');
      await Promise.all([expectToHear(bob, CAROL), expectToHear(carol, BOB), expectNotToHear(carol, ALICE)]);
      for (const page of [bob, carol]) await expect.poll(() => inPage(page, ({ call }) => call.participants.map(({ name }: any) => name).sort())).toEqual(['bob', 'carol']);
      expect(await inPage(bob, ({ call }) => call.status)).toBe('connected');
    });

    test('a call is handed over to somebody else, with music while they ring', async () => {
      await talk();
      await inPage(alice, ({ call }) => call.transfer({ destination: '/private/carol' }));
      await status(alice, 'destroyed');
      await rings(carol);
      await answer(carol);
      await status(carol, 'connected');
      await Promise.all([expectToHear(bob, CAROL), expectToHear(carol, BOB), expectNotToHear(bob, ALICE)]);
      if (which === 'ours') {
        await hangup(bob);
        await status(carol, 'destroyed');
      }
    });

    test('two calls become one', async () => {
      await talk();
      await inPage(alice, (g) => {
        g.first = g.call;
        return g.first.toggleHold();
      });
      await dial(alice, '/private/carol');
      await rings(carol);
      await answer(carol);
      await Promise.all([expectToHear(alice, CAROL), expectToHear(carol, ALICE)]);
      await inPage(alice, ({ first, call }) => first.transfer({ destination: call.id }));
      await alice.waitForFunction('client.session.calls.length === 0');
      await Promise.all([expectToHear(bob, CAROL), expectToHear(carol, BOB), expectNotToHear(carol, ALICE)]);
      for (const page of [bob, carol]) await expect.poll(() => inPage(page, ({ call }) => call.participants.map(({ name }: any) => name).sort())).toEqual(['bob', 'carol']);
    });

    test('a transfer to nowhere is refused and the call goes on', async () => {
      await talk();
      expect(await inPage(alice, ({ call }) => call.transfer({ destination: '/private/nobody' }).then(() => null, ({ name }: Error) => name))).toBe('JSONRPCError');
      await Promise.all([expectToHear(alice, BOB), expectToHear(bob, ALICE)]);
    });

    test('why a call ended is told: rejected, cancelled, not answered, nobody there, hung up', async () => {
      const life = (page: Page) => inPage(page, ({ call, statuses }) => ({ statuses, ended: call.ended && { by: call.ended.by, cause: call.ended.cause } }));
      const told = async (page: Page, by: string, cause: string, last: string[]) => {
        await status(page, 'destroyed');
        const { statuses, ended } = await life(page);
        expect((statuses as string[]).slice(-last.length)).toEqual(last);
        // The official client does not tell the cause.
        if (which === 'ours') expect(ended).toEqual({ by, cause });
      };
      // Rejected.
      await dial(alice, '/private/bob');
      await rings(bob);
      if (which === 'ours') await status(alice, 'ringing');
      await inPage(bob, ({ call }) => call.reject());
      await told(alice, 'remote', 'USER_BUSY', ['disconnected', 'destroyed']);
      await told(bob, 'local', 'USER_BUSY', ['ringing', 'disconnected', 'destroyed']);
      // Given up by the caller.
      await dial(alice, '/private/bob');
      await rings(bob);
      await hangup(alice);
      await told(alice, 'local', 'NORMAL_CLEARING', ['disconnecting', 'destroyed']);
      await told(bob, 'remote', 'ORIGINATOR_CANCEL', ['ringing', 'disconnected', 'destroyed']);
      // Nobody answers for as long as it rings.
      await dial(alice, '/private/bob');
      await rings(bob);
      await Promise.all([told(alice, 'remote', 'NO_ANSWER', ['disconnected', 'destroyed']), told(bob, 'remote', 'NO_ANSWER', ['ringing', 'disconnected', 'destroyed'])]);
      // Nobody is there.
      const refused = await inPage(alice, ({ client }) => client.dial('/private/nobody').then(() => null, ({ name, error }: any) => [name, error?.message]));
      expect(refused![0]).toBe('CallCreateError');
      if (which === 'ours') expect(refused![1]).toBe('INVALID_DESTINATION');
      // Hung up by the other.
      await talk();
      await hangup(bob);
      await told(alice, 'remote', 'NORMAL_CLEARING', ['connected', 'disconnected', 'destroyed']);
      await told(bob, 'local', 'NORMAL_CLEARING', ['connected', 'disconnecting', 'destroyed']);
    });
  });
}
