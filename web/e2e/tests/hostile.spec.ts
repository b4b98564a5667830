import { expect, test } from '@playwright/test';
import { connect as connectTcp } from 'node:net';
import { createSocket } from 'node:dgram';
import { randomBytes } from 'node:crypto';
import { WebSocket } from 'ws';
import { expectToHear } from '../support/party.js';
import { answer, connect, dial, rings, status } from '../support/sdk.js';
import { Server } from '../support/server.js';
import { open, server, setStage } from '../support/stage.js';

setStage();

/** Sends frames on a new socket; what came back until it closed or fell silent. */
async function say(frames: (string | Uint8Array)[]): Promise<{ answers: string[] }> {
  const socket = new WebSocket(server.ready.http.replace('http', 'ws'));
  const answers: string[] = [];
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve();
    socket.onerror = () => reject(new Error('no socket'));
  });
  const quiet = new Promise<void>((resolve) => {
    let timer = setTimeout(resolve, 1500);
    socket.onmessage = ({ data }) => {
      answers.push(String(data));
      clearTimeout(timer);
      timer = setTimeout(resolve, 700);
    };
    socket.onclose = () => resolve();
  });
  for (const frame of frames) if (socket.readyState === WebSocket.OPEN) socket.send(frame);
  await quiet;
  socket.close();
  return { answers };
}

const rpc = (id: unknown, method: string, params: unknown) => JSON.stringify({ jsonrpc: '2.0', id, method, params });
const greeting = (token: string) =>
  rpc('c1', 'signalwire.connect', {
    version: { major: 4, minor: 0, revision: 0 }, event_acks: true, authentication: { jwt_token: token }, agent: 'test', contexts: [], eventing: [], topics: []
  });
const invite = (sdp: string) =>
  rpc('i1', 'webrtc.verto', {
    callID: 'a0000000-0000-4000-8000-000000000001', node_id: '',
    message: { jsonrpc: '2.0', id: 'v1', method: 'verto.invite', params: { dialogParams: { callID: 'a0000000-0000-4000-8000-000000000001', destination_number: '/public/lobby' }, sdp } }
  });

test('while a call runs, bad input gets clear errors and the call goes on', async () => {
  const [a, b] = [await open('ours', 600), await open('ours', 1100)];
  await connect(b.page, server.token('bob'), true);
  await connect(a.page, server.token('alice'));
  await dial(a.page, '/private/bob');
  await rings(b.page);
  await answer(b.page);
  await Promise.all([status(a.page, 'connected'), status(b.page, 'connected')]);
  await expectToHear(a.page, 1100);

  const { http } = server.ready;
  const token = server.token('mallory');
  const post = (path: string, body: BodyInit, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
    fetch(`${http}${path}`, { method: 'POST', body, headers });

  await test.step('frames', async () => {
    await say(['', 'no json', '[]', '{}', '{"jsonrpc":"2.0"}', `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`, randomBytes(300)]);
    const wrongToken = await say([greeting('not.a.token')]);
    expect(wrongToken.answers.join()).toContain('-32002');
    const unknown = await say([greeting(token), rpc('u1', 'no.such.method', {}), rpc('u2', 'webrtc.verto', { callID: 7 })]);
    expect(unknown.answers.join()).toContain('-32601');
    expect(unknown.answers.join()).toContain('-32602');
    await say([greeting(token), 'x'.repeat(2 * 1024 * 1024)]);
  });
  await test.step('descriptions', async () => {
    for (const sdp of ['', 'v=0', 'v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n', 'm='.repeat(20_000)]) {
      const { answers } = await say([greeting(token), invite(sdp)]);
      const answer = answers.find((text) => text.includes('"i1"'));
      expect(answer, sdp.slice(0, 40)).toContain('error');
    }
  });
  await test.step('REST', async () => {
    expect((await post('/api/fabric/embeds/tokens', '{')).status).toBeGreaterThanOrEqual(400);
    expect((await post('/api/fabric/embeds/tokens', JSON.stringify({ token: 'c2c_nothing' }))).status).toBe(401);
    expect((await post('/api/fabric/embeds/tokens', JSON.stringify({ token: 'x'.repeat(1024 * 1024) }))).status).toBe(413);
    expect((await fetch(`${http}/api/fabric/subscriber/info`, { headers: { authorization: 'Bearer a.b.c' } })).status).toBe(401);
    expect((await fetch(`${http}/api/fabric/resources`, { headers: { authorization: 'Basic !!!' } })).status).toBe(401);
    expect((await fetch(`${http}/no/such/page`)).status).toBe(404);
  });
  await test.step('bytes at every port', async () => {
    const { ready } = server;
    const udp = createSocket('udp4');
    for (const address of [...ready.media, ready.turn]) {
      const [host, port] = address.split(':') as [string, string];
      for (let size = 1; size < 1400; size += 7) udp.send(randomBytes(size), Number(port), host);
    }
    await new Promise<void>((resolve) => udp.send(Buffer.from([0]), Number(ready.turn.split(':')[1]), '127.0.0.1', () => resolve()));
    udp.close();
    for (const address of [http, server.ready.https, `tcp://${ready.turn}`]) {
      const { hostname, port } = new URL(address);
      await new Promise<void>((resolve) => {
        const socket = connectTcp(Number(port), hostname, () => socket.end(randomBytes(4096)));
        socket.on('error', () => resolve());
        socket.on('close', () => resolve());
        socket.resume();
        socket.setTimeout(1500, () => socket.destroy());
      });
    }
  });

  expect((await fetch(`${http}/healthz`)).status).toBe(200);
  await Promise.all([expectToHear(a.page, 1100), expectToHear(b.page, 600)]);
  expect(await a.page.evaluate(() => (globalThis as never as Record<string, any>).call.status)).toBe('connected');
});

test('on SIGTERM the server ends with 0', async () => {
  const other = await Server.start();
  expect(await other.end('SIGTERM')).toBe(0);
});
