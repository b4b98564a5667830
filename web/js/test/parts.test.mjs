// The parts that need no browser: settings, capture, sentences, conversations, errors, operators, the driver's errors.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Subject, filter, firstValueFrom, of } from 'rxjs';
import { source } from './source.mjs';

const preferences = await source('preferences');
const { capture, easierThan } = await source('capture');
const { sentence, sentenceOf } = await source('sentences');
const { Conversation, opened } = await source('conversation');
const { Directory } = await source('address');
const { Resumable } = await source('storage');
const operators = await source('operators');
const errors = await source('errors');

test('settings in seconds are kept exactly and read rounded; every client sees the same', () => {
  const one = new preferences.ClientPreferences();
  const other = new preferences.ClientPreferences();
  assert.equal(one.connectionTimeout, 10);
  one.iceCandidateTimeout = 0.25;
  assert.equal(other.iceCandidateTimeout, 0.3);
  assert.equal(preferences.milliseconds('iceCandidateTimeout'), 250);
});

test('settings are saved as they change and loaded again', async () => {
  const kept = new Map([['sw:preferences', { receiveVideo: true, iceRestartTimeout: 7000, unknown: 1 }]]);
  const manager = { getItem: async (key) => kept.get(key) ?? null, setItem: async (key, value) => void kept.set(key, value) };
  const settings = new preferences.ClientPreferences();
  settings.enableSavePreferences(manager);
  await new Promise((next) => setTimeout(next));
  assert.equal(settings.receiveVideo, true);
  assert.equal(settings.iceRestartTimeout, 7);
  settings.maxRecoveryAttempts = 5;
  assert.equal(kept.get('sw:preferences').maxRecoveryAttempts, 5);
  assert.ok(!('preferredAudioInput' in kept.get('sw:preferences')));
});

test('the engine gets its settings in whole milliseconds', () => {
  const settings = new preferences.ClientPreferences();
  settings.reconnectDelayMin = 0.1234;
  settings.enableRelayFallback = false;
  settings.reinviteTimeout = 1500;
  const told = preferences.forEngine();
  assert.deepEqual([told.reconnectDelayMin, told.enableRelayFallback, told.reinviteTimeout], [123, false, 1500]);
  assert.ok(preferences.isForEngine('reconnectDelayMin') && !preferences.isForEngine('receiveVideo'));
});

test('every setting of the engine reaches it', () => {
  const settings = new preferences.ClientPreferences();
  const told = Object.keys(preferences.forEngine());
  for (const name of ['iceDisconnectedGracePeriod', 'enableNetworkChangeDetection', 'checkConnectionOnVisible', 'reinviteTimeout', 'reinviteMaxAttempts', 'reconnectCallsTimeout']) {
    assert.ok(told.includes(name), name);
    const before = settings[name];
    settings[name] = typeof before === 'boolean' ? !before : before + 1;
    assert.notDeepEqual(preferences.forEngine()[name], typeof before === 'boolean' ? before : undefined, name);
    settings[name] = before;
  }
});

test('a store of the application gives back what resumes a session, and nothing else', async () => {
  const kept = new Map();
  const store = {
    setItem: async (key, value, scope) => void kept.set(`${scope} ${key}`, value),
    getItem: async (key, scope) => kept.get(`${scope} ${key}`) ?? null,
    removeItem: async (key, scope) => void kept.delete(`${scope} ${key}`),
    clear: async () => kept.clear()
  };
  const before = new Resumable(store, false, true);
  await Promise.all([before.setItem('sw:u:as', '"state"', 'session'), before.setItem('sw:u:att', '{}', 'session'), before.setItem('sw:other', '1', 'session')]);
  await before.setItem('sw:u:pt', '"P"', 'session');
  await before.removeItem('sw:u:att', 'session');
  const next = new Resumable(store, false, true);
  assert.deepEqual(Object.fromEntries(await next.stored()), { 'sw:u:as': '"state"', 'sw:u:pt': '"P"' });
  kept.set('session sw:names', 'nonsense');
  assert.deepEqual(await next.stored(), []);
});

const named = (name) => Object.assign(new Error(name), { name });
const stream = (...kinds) => ({ getTracks: () => kinds.map((kind) => ({ kind })) });

test('what is easier than exact constraints', () => {
  assert.deepEqual(easierThan({ deviceId: { exact: 'x' }, width: { min: 3 }, echoCancellation: true }, false), [
    { deviceId: { ideal: 'x' }, width: { ideal: 3 }, echoCancellation: true }, true
  ]);
  assert.deepEqual(easierThan(true, true), [true]);
});

test('a device that is gone is replaced, and it is told why', async () => {
  const asked = [];
  const devices = {
    getUserMedia: async (ask) => {
      asked.push(ask);
      if (ask.audio.deviceId?.exact) throw named('OverconstrainedError');
      return stream('audio');
    }
  };
  const { tracks, fallback } = await capture(devices, { audio: { deviceId: { exact: 'x' } } });
  assert.deepEqual([tracks.length, fallback.name, asked.length], [1, 'OverconstrainedError', 2]);
});

test('a refusal is final', async () => {
  let asked = 0;
  const devices = {
    getUserMedia: async () => {
      asked++;
      throw named('NotAllowedError');
    }
  };
  await assert.rejects(capture(devices, { audio: true, video: true }), { name: 'NotAllowedError' });
  assert.equal(asked, 1);
});

test('a missing camera does not take the microphone along', async () => {
  const devices = {
    getUserMedia: async (ask) => {
      if (ask.video) throw named('NotFoundError');
      return stream('audio');
    }
  };
  const { tracks } = await capture(devices, { audio: true, video: true });
  assert.deepEqual(tracks.map(({ kind }) => kind), ['audio']);
});

test('the user is told which device is used now', () => {
  const [desk, ear] = [{ deviceId: 'a', label: 'Desk' }, { deviceId: 'b', label: 'Headset' }];
  assert.match(sentenceOf('audioinput', desk, ear), /Desk is gone.*Headset/);
  assert.match(sentenceOf('audioinput', desk, null), /choose/);
  assert.match(sentenceOf('audioinput', desk, desk), /back/);
  assert.match(sentence('video', named('NotReadableError')), /camera.*another program/);
});

/** A server's conversation in memory. */
function conversation(pages) {
  const requests = [];
  const live = new Subject();
  const host = {
    fetch: async (target, body) => {
      requests.push([target, body]);
      if (target.endsWith('/join')) return { status: 200, body: { group_id: 'g_1' } };
      if (target.endsWith('/api/fabric/messages')) return { status: 201, body: {} };
      const page = Number(new URL(target, 'http://x').searchParams.get('page') ?? 0);
      const next = page + 1 < pages.length ? `/api/fabric/conversations/g_1/messages?page=${page + 1}` : undefined;
      return { status: 200, body: { data: pages[page], links: { next } } };
    },
    own: () => ['me'],
    messages$: live,
    address$: (id) => of(id),
    onError: (operation, error) => assert.fail(`${operation}: ${error}`)
  };
  return { host, live, requests };
}
const text = (id, ts, more = {}) => ({ id, ts, text: id, subtype: 'chat', kind: 'message', group_id: 'g_1', from_fabric_address_id: 'them', ...more });

test('a conversation is joined once, and its messages stand in order of time however they come', async () => {
  const { host, live, requests } = conversation([[text('c', 3), text('b', 2)], [text('a', 1), text('b', 2)]]);
  const made = new Conversation(host, 'them');
  const texts = await firstValueFrom(opened(() => made.texts));
  assert.deepEqual(texts.values.map(({ id }) => id), ['b', 'c']);
  live.next(text('d', 4));
  live.next(text('d', 4, { text: 'again' }));
  live.next(text('x', 5, { group_id: 'g_2' }));
  live.next(text('call', 6, { subtype: 'log' }));
  const more = firstValueFrom(texts.hasMore$);
  assert.equal(await more, true);
  assert.ok(await texts.find$('id', 'a'));
  assert.deepEqual(texts.values.map(({ id, text, created }) => [id, text, created]), [['a', 'a', 1], ['b', 'b', 2], ['c', 'c', 3], ['d', 'again', 4]]);
  assert.equal(texts.hasMore, false);
  await made.send('hello');
  assert.equal(requests.filter(([target]) => target.endsWith('/join')).length, 1);
  assert.deepEqual(requests.find(([target]) => target.endsWith('/join'))[1], { from_fabric_address_id: 'me', fabric_address_ids: ['them', 'me'] });
  const [target, { id, ...message }] = requests.at(-1);
  assert.deepEqual([target, message], ['/api/fabric/messages', { group_id: 'g_1', from_fabric_address_id: 'me', text: 'hello' }]);
  assert.match(id, /^[0-9a-f-]{36}$/);
});

test('the log is a view of its own', async () => {
  const entry = text('l', 9, { subtype: 'log', kind: 'call', details: { status: 'completed', start_time: 5, end_time: 8 } });
  const { host } = conversation([[text('a', 1), entry]]);
  const log = await firstValueFrom(opened(() => new Conversation(host, 'them').log));
  const [{ kind, status, started, ended, fromAddress$ }] = log.values;
  assert.deepEqual([kind, status, started, ended, await firstValueFrom(fromAddress$)], ['call', 'completed', 5, 8, 'them']);
});

test('a conversation that is refused is an error, and can be tried again', async () => {
  const { host } = conversation([[]]);
  const { fetch } = host;
  let refuse = true;
  host.fetch = async (target, body) => (refuse && target.endsWith('/join') ? { status: 422, body: {} } : fetch(target, body));
  const made = new Conversation(host, 'them');
  const texts$ = opened(() => made.texts);
  await assert.rejects(firstValueFrom(texts$), { name: 'ConversationError' });
  await assert.rejects(made.send('x'), { name: 'ConversationError' });
  refuse = false;
  assert.deepEqual((await firstValueFrom(texts$)).values, []);
});

test('errors carry what the reference says', () => {
  const denied = new errors.MediaAccessError('acquireLocalMedia', 'audio', named('NotAllowedError'));
  assert.ok(denied instanceof Error && denied.denied && !denied.fatal && denied.cause.name === 'NotAllowedError');
  assert.equal(new errors.MediaAccessError('x', 'video', named('NotFoundError')).denied, false);
  const made = errors.fromEngine({ class: 'CallCreateError', message: 'no', code: null, details: { direction: 'outbound' }, cause: { class: 'RPCTimeoutError', message: '', code: null, details: { requestId: 'r', timeoutMs: 5 }, cause: null } });
  assert.ok(made instanceof errors.CallCreateError && made.error instanceof errors.RPCTimeoutError && made.error.timeoutMs === 5);
});

test('operators do what their names say', async () => {
  const { filterNull, filterAs, ifIsMap, throwOnRPCError } = operators;
  assert.equal(await firstValueFrom(of(null, undefined, 0).pipe(filterNull())), 0);
  assert.equal(await firstValueFrom(of(1, 'a').pipe(ifIsMap((value) => typeof value === 'string', (value) => value + 'b'))), 'ab');
  assert.equal(await firstValueFrom(of({ b: 1 }, { a: { b: 2 } }).pipe(filterAs((value) => 'a' in value, 'a.b'))), 2);
  await assert.rejects(firstValueFrom(of({ jsonrpc: '2.0', id: 'x', error: { code: '-32601', message: 'none' } }).pipe(throwOnRPCError())), { name: 'JSONRPCError' });
});

const { EmbedTokenCredentialProvider, StaticCredentialProvider } = await source('credentials');

/** Answers the provider's requests; an error is a network that fails. */
function answering(context, ...answers) {
  const { fetch } = globalThis;
  context.after(() => (globalThis.fetch = fetch));
  const asked = [];
  globalThis.fetch = async (url, init) => {
    asked.push([url, JSON.parse(init.body)]);
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    const { status, body = {}, headers = {} } = answer;
    return new Response(JSON.stringify(body), { status, headers: { date: new Date().toUTCString(), ...headers } });
  };
  return asked;
}

/** Runs what waits, and tells how long it was waited each time. */
async function waiting(context, work) {
  const waits = [];
  context.mock.method(globalThis, 'setTimeout', (next, ms) => void (waits.push(ms), setImmediate(next)));
  return [await work().then((value) => ({ value }), (error) => ({ error })), waits];
}

test('a static provider gives what it was given, each time', async () => {
  const given = { token: 't', expiry_at: 5 };
  const provider = new StaticCredentialProvider(given);
  assert.equal(await provider.authenticate(), given);
  assert.equal(await provider.authenticate(), given);
  assert.equal('refresh' in provider, false);
});

test('an embed token is exchanged at the host that was named, and refused for good at once', async (context) => {
  const asked = answering(context, { status: 200, body: { token: 'x.y.z', expires_in: 60 } }, { status: 403, body: { error: 'no' } });
  const provider = new EmbedTokenCredentialProvider('calls.example.com', 'c2c_1');
  const { token, expiry_at } = await provider.authenticate();
  assert.equal(token, 'x.y.z');
  assert.ok(expiry_at > Date.now() + 50_000 && expiry_at <= Date.now() + 61_000);
  assert.deepEqual(asked, [['https://calls.example.com/api/fabric/embeds/tokens', { token: 'c2c_1' }]]);
  await assert.rejects(provider.refresh(), { name: 'RequestError', status: 403 });
});

test('the host of an embed token may be a name, a name with a port, or an origin', async (context) => {
  for (const [host, origin] of [
    ['calls.example.com', 'https://calls.example.com'],
    ['calls.example.com:8443', 'https://calls.example.com:8443'],
    ['localhost:8787', 'https://localhost:8787'],
    ['http://localhost:8787', 'http://localhost:8787'],
    ['https://calls.example.com/', 'https://calls.example.com']
  ]) {
    const asked = answering(context, { status: 201, body: { token: 'x.y.z', expires_at: 5 } });
    const { expiry_at } = await new EmbedTokenCredentialProvider(host, 'c2c_1').authenticate();
    assert.equal(expiry_at, 5000);
    assert.equal(asked[0][0], `${origin}/api/fabric/embeds/tokens`);
  }
  const asked = answering(context);
  await assert.rejects(new EmbedTokenCredentialProvider('https://', 'c2c_1').authenticate(), { name: 'RequestError' });
  assert.equal(asked.length, 0);
});

test('an exchanged token is bound to the key whose thumbprint the client told, the next one too', async (context) => {
  const good = { status: 201, body: { token: 'x.y.z', expires_at: 5 } };
  const asked = answering(context, good, good);
  const provider = new EmbedTokenCredentialProvider('calls.example.com', 'c2c_1');
  await provider.authenticate({ fingerprint: 'thumb' });
  await provider.refresh();
  assert.deepEqual(asked.map(([, body]) => body), Array(2).fill({ token: 'c2c_1', fingerprint: 'thumb' }));
});

test('the life of an exchanged token is the one the server tells, and none is invented', async (context) => {
  const day = 86_400_000;
  // The device is a day ahead.
  const headers = { date: new Date(Date.now() - day).toUTCString() };
  answering(context, { status: 200, body: { token: 'a', expires_in: 60 }, headers }, { status: 200, body: { token: 'b' } });
  const provider = new EmbedTokenCredentialProvider('calls.example.com', 'c2c_1');
  const { expiry_at } = await provider.authenticate();
  assert.ok(Math.abs(expiry_at - (Date.now() - day + 60_000)) < 2_000);
  assert.equal((await provider.authenticate()).expiry_at, undefined);
});

test('an exchange is repeated after passing faults, when the server says so, and for a bounded time', async (context) => {
  const good = { status: 200, body: { token: 'x.y.z', expires_at: 5 } };
  const away = new TypeError('Failed to fetch');
  const limited = (after) => ({ status: 429, headers: { 'retry-after': after } });
  const exchange = () => new EmbedTokenCredentialProvider('calls.example.com', 'c2c_1').authenticate();
  answering(context, away, { status: 503 }, good);
  let [{ value }, waits] = await waiting(context, exchange);
  assert.equal(value.token, 'x.y.z');
  assert.ok(waits[0] >= 500 && waits[0] <= 1000 && waits[1] >= 1000 && waits[1] <= 2000, waits);

  answering(context, limited('7'), limited(new Date(Date.now() + 20_000).toUTCString()), good);
  [{ value }, waits] = await waiting(context, exchange);
  assert.equal(value.token, 'x.y.z');
  assert.equal(waits[0], 7000);
  assert.ok(Math.abs(waits[1] - 20_000) <= 1000, waits);

  const asked = answering(context, limited('3600'));
  let error;
  [{ error }, waits] = await waiting(context, exchange);
  assert.deepEqual([error.name, error.status, waits.length, asked.length], ['RequestError', 429, 0, 1]);

  const tries = answering(context, away, away, away, away);
  [{ error }, waits] = await waiting(context, exchange);
  assert.deepEqual([error.name, tries.length, waits.length], ['RequestError', 4, 3]);
});

test('an exchange that is refused for good is not repeated, and says why in the words of the server', async (context) => {
  for (const status of [400, 401, 403, 404]) {
    const asked = answering(context, { status, body: { error: 'No', message: 'this origin may not use the token' } });
    const [{ error }, waits] = await waiting(context, () => new EmbedTokenCredentialProvider('calls.example.com', 'c2c_1').authenticate());
    assert.deepEqual([error.name, error.status, asked.length, waits.length], ['RequestError', status, 1, 0]);
    assert.match(error.message, /this origin may not use the token/);
  }
});

test('the directory follows what the server says of addresses', async () => {
  const record = (name, more = {}) => ({ id: name, name: `/private/${name}`, display_name: name, channels: {}, type: 'subscriber', locked: false, ...more });
  const changes = new Subject();
  let pages = [{ data: [record('b')], links: { next: '/more' } }, { data: [record('d')], links: {} }];
  const directory = new Directory({
    fetch: async () => ({ status: 200, body: pages.shift() }),
    own: () => [],
    messages$: new Subject(),
    changes$: changes,
    calls$: new Subject(),
    calls: () => [],
    onError: (error) => assert.fail(error)
  });
  const names = () => directory.addresses.map(({ id }) => id);
  assert.equal(await firstValueFrom(directory.hasMore$), true);
  // It may be on a page that is yet to come.
  changes.next({ address: record('c') });
  assert.deepEqual(names(), ['b']);
  const b = directory.get('b');
  const seen = [];
  b.displayName$.subscribe((name) => seen.push(name));
  changes.next({ address: record('b', { display_name: 'Ben', locked: true }) });
  assert.deepEqual([seen, b.locked], [['b', 'Ben'], true]);
  directory.loadMore();
  await firstValueFrom(directory.hasMore$.pipe(filter((more) => !more)));
  changes.next({ address: record('c') });
  assert.deepEqual(names(), ['b', 'c', 'd']);
  let destroyed = false;
  b.destroyed$.subscribe({ complete: () => (destroyed = true) });
  changes.next({ address_id: 'b' });
  changes.next({ address_id: 'unknown' });
  assert.deepEqual([names(), destroyed], [['c', 'd'], true]);
  directory.destroy();
  assert.equal(changes.observed, false);
});
