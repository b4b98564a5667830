/** What the members of a call ask of the server: every method of a participant, in the shapes of the wire, and what comes of it. */
import { expect, test, type Page } from '@playwright/test';
import { connect, dial, inPage, status } from '../support/sdk.js';
import { open, server, setStage } from '../support/stage.js';

const ROOM = '/public/lobby';

setStage({ hangUp: true });

interface Request {
  method: string;
  params: Record<string, any>;
}

/** A member of the room, and every `call.*` request that the page sends. */
async function member(name: string, hz: number): Promise<{ page: Page; sent: Request[] }> {
  const { page } = await open('ours', hz);
  const sent: Request[] = [];
  page.on('websocket', (socket) =>
    socket.on('framesent', ({ payload }) => {
      const { method, params } = JSON.parse(payload.toString()) as Partial<Request>;
      if (method?.startsWith('call.') && params) sent.push({ method, params });
    })
  );
  await connect(page, server.token(name));
  await dial(page, ROOM);
  await status(page, 'connected');
  return { page, sent };
}

/** Every method of a participant, and its request without `self` and its target. */
const METHODS: [string, string, Record<string, unknown>][] = [
  ['mute()', 'call.mute', { channels: ['audio'] }],
  ['unmute()', 'call.unmute', { channels: ['audio'] }],
  ['muteVideo()', 'call.mute', { channels: ['video'] }],
  ['unmuteVideo()', 'call.unmute', { channels: ['video'] }],
  ['toggleDeaf()', 'call.deaf', {}],
  ['toggleHandraise()', 'call.raisehand', {}],
  ['toggleLowbitrate()', 'call.lowbitrate.set', { lowbitrate: true }],
  ['setAudioInputVolume(40)', 'call.microphone.volume.set', { volume: 40 }],
  ['setAudioOutputVolume(30)', 'call.speaker.volume.set', { volume: 30 }],
  ['setAudioInputSensitivity(20)', 'call.microphone.sensitivity.set', { sensitivity: 20 }],
  ['setMeta({ a: 1 })', 'call.member.set_meta', { meta: { a: 1 } }],
  ['updateMeta({ b: 2 })', 'call.member.update_meta', { meta: { b: 2 } }]
];

for (const [who, wanted] of [['oneself', 'alice'], ['another', 'bob']] as const) {
  test(`every method addresses ${who} as the wire wants it`, async () => {
    const { page, sent } = await member('alice', 600);
    await member('bob', 1100);
    await expect.poll(() => inPage(page, ({ call }) => call.participants.length)).toBe(2);
    const ids = await inPage(page, ({ call }, name) => {
      const target = call.participants.find((one: any) => one.name === name);
      return { me: call.selfId, call: call.id, node: call.nodeId, target: target.id, theirs: { member_id: target.id, call_id: target.callId, node_id: target.nodeId } };
    }, wanted);
    const triplet = (member: string) => ({ member_id: member, call_id: ids.call, node_id: ids.node });
    const act = (code: string) =>
      page.evaluate(`(async () => {
        const target = call.participants.find(({ name }) => name === ${JSON.stringify(wanted)});
        await target.${code}.catch(() => undefined);
      })()`);
    for (const [code, method, args] of METHODS) {
      sent.length = 0;
      await act(code);
      expect(sent, code).toContainEqual({ method, params: { ...args, self: triplet(ids.me), target: triplet(ids.target) } });
    }
    sent.length = 0;
    await act("setPosition('reserved-1')");
    expect(sent).toContainEqual({ method: 'call.member.position.set', params: { self: triplet(ids.me), targets: [{ target: ids.theirs, position: 'reserved-1' }] } });
    sent.length = 0;
    await act('toggleNoiseSuppression()');
    expect(Object.keys(sent.find(({ method }) => method === 'call.audioflags.set')!.params).sort()).toEqual(['auto_gain', 'echo_cancellation', 'noise_suppression', 'self', 'target']);
    sent.length = 0;
    await act('remove()');
    expect(sent.find(({ method }) => method === 'call.member.remove')).toEqual({ method: 'call.member.remove', params: { self: triplet(ids.me), targets: [ids.theirs] } });
  });
}

test('methods of the call go to the room', async () => {
  const { page, sent } = await member('alice', 600);
  const outcomes = await inPage(page, async ({ call }) => {
    const layout = call.layouts[0];
    const asked = [call.toggleLock(), call.setMeta({ topic: 'x' }), call.updateMeta({ more: 1 }), call.startRecording(), call.startStreaming(), call.setLayout('no such layout')];
    if (layout) asked.push(call.setLayout(layout));
    return (await Promise.allSettled(asked)).map((one: any) => one.reason?.name ?? 'ok');
  });
  expect(outcomes[5]).toBe('InvalidParams');
  for (const outcome of outcomes.filter((_, at) => at !== 5)) expect(['ok', 'JSONRPCError']).toContain(outcome);
  const names = sent.map(({ method }) => method);
  expect(names).toEqual(expect.arrayContaining(['call.lock', 'call.set_meta', 'call.update_meta', 'call.record.start', 'call.stream.start']));
  expect(sent.find(({ method }) => method === 'call.set_meta')!.params.meta).toEqual({ topic: 'x' });
});

test('what a method changes is told to both, or the method is refused', async () => {
  const [a, b] = [await member('alice', 600), await member('bob', 1100)];
  await expect.poll(() => inPage(b.page, ({ call }) => call.participants.length)).toBe(2);
  const steps: [string, string, unknown][] = [
    ['toggleDeaf()', 'deaf', true], ['toggleDeaf()', 'deaf', false], ['toggleHandraise()', 'handraised', true], ['toggleHandraise()', 'handraised', false],
    ['setAudioInputVolume(12)', 'inputVolume', 12], ['setAudioOutputVolume(-7)', 'outputVolume', -7], ['setAudioInputSensitivity(30)', 'inputSensitivity', 30],
    ['toggleLowbitrate()', 'lowbitrate', true], ['toggleNoiseSuppression()', 'noiseSuppression', false], ['setMeta({ a: 1 })', 'meta', { a: 1 }],
    ['updateMeta({ b: 2 })', 'meta', { a: 1, b: 2 }]
  ];
  for (const [code, field, value] of steps) {
    const read = ({ page }: { page: Page }) => inPage(page, ({ call }, field) => call.participants.find((one: any) => one.name === 'alice')[field as never], field);
    const before = await read(b);
    const refused = await a.page.evaluate(`call.self.${code}.then(() => null, (error) => error.name)`);
    if (refused) {
      expect(refused, code).toBe('JSONRPCError');
      expect(await read(b), code).toEqual(before);
      continue;
    }
    for (const party of [a, b]) await expect.poll(() => read(party), code).toEqual(value);
  }
});

test('mute is seen by everybody, and a toggle pressed twice ends where it began', async () => {
  const [a, b] = [await member('alice', 600), await member('bob', 1100)];
  const mutedAtB = () => inPage(b.page, ({ call }) => call.participants.find((one: any) => one.name === 'alice')?.audioMuted);
  await expect.poll(mutedAtB).toBe(false);
  await inPage(a.page, ({ call }) => call.self.toggleMute());
  await expect.poll(mutedAtB).toBe(true);
  a.sent.length = 0;
  await inPage(a.page, ({ call }) => Promise.all([call.self.toggleMute(), call.self.toggleMute()]));
  await expect.poll(mutedAtB).toBe(true);
  expect(a.sent.map(({ method }) => method)).toEqual(['call.unmute', 'call.mute']);
});

test('those who come and go are in the list, and oneself is a participant too', async () => {
  const a = await member('alice', 600);
  const changes = await inPage(a.page, (g) => {
    g.lists = [];
    g.call.participants$.subscribe((list: any[]) => g.lists.push(list.map(({ name }) => name).sort().join()));
    return [g.call.self instanceof g.sdk.Participant, g.sdk.isSelfParticipant(g.call.self), g.call.participants.filter(g.sdk.isSelfParticipant).length];
  });
  expect(changes).toEqual([true, true, 1]);
  const b = await member('bob', 1100);
  await expect.poll(() => inPage(a.page, ({ lists }) => lists.at(-1))).toBe('alice,bob');
  await inPage(b.page, ({ call }) => call.hangup());
  await expect.poll(() => inPage(a.page, ({ lists }) => lists.at(-1))).toBe('alice');
});
