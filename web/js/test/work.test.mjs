// Proof of work: what is found is checked with another implementation of the hash.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { source } from './source.mjs';

const { solve } = await source('work');
const { EmbedTokenCredentialProvider } = await source('credentials');

function zeroBits(challenge, solution) {
  const hash = createHash('sha256').update(`${challenge}.${solution}`).digest();
  return Math.clz32(hash.readUInt32BE(0));
}
const soon = () => Date.now() + 60_000;

test('a solution has the bits that were asked for, whatever the length of the challenge', async () => {
  for (let length = 0; length < 200; length += 1) {
    const challenge = 'eyJ'.repeat(100).slice(0, length);
    const solution = await solve(challenge, 6, soon());
    assert.ok(zeroBits(challenge, solution) >= 6, `${length}: ${solution}`);
    assert.ok(solution.length <= 64);
  }
  const hard = await solve('ein Wort', 16, soon());
  assert.ok(zeroBits('ein Wort', hard) >= 16);
});

test('the page goes on while work is done', async () => {
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  });
  await solve('busy', 18, soon());
  clearInterval(timer);
  assert.ok(longest < 250, `${longest} ms`);
});

test('work that takes too long is given up', async () => {
  assert.equal(await solve('never', 32, Date.now() - 1), undefined);
});

/** A server that exchanges tokens for work, and what it was asked. */
async function server(bits, refuse = () => false) {
  const asked = [];
  const http = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => (text += chunk));
    request.on('end', () => {
      const { proof_of_work: work } = JSON.parse(text);
      asked.push(work);
      const good = work && zeroBits(work.challenge, work.solution) >= bits && !refuse(asked.length);
      const challenge = `challenge-${asked.length}`;
      response.writeHead(good ? 201 : 428, { 'content-type': 'application/json' });
      response.end(JSON.stringify(good
        ? { token: 'SAT', expires_in: 60 }
        : { code: 'work_needed', proof_of_work: { algorithm: 'sha-256', challenge, bits, expires_in: 60 } }));
    });
  });
  await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve));
  return { asked, origin: `http://127.0.0.1:${http.address().port}`, stop: () => http.close() };
}

test('an exchange that asks for work gets it', async () => {
  const { asked, origin, stop } = await server(10);
  const { token } = await new EmbedTokenCredentialProvider(origin, 'c2c_1').authenticate();
  stop();
  assert.equal(token, 'SAT');
  assert.deepEqual(asked.map((work) => work?.challenge), [undefined, 'challenge-1']);
});

test('work that came too late is done again for another challenge, and not for ever', async () => {
  const once = await server(4, (count) => count === 2);
  assert.equal((await new EmbedTokenCredentialProvider(once.origin, 'c2c_1').authenticate()).token, 'SAT');
  once.stop();
  assert.equal(once.asked.length, 3);
  const never = await server(4, () => true);
  await assert.rejects(new EmbedTokenCredentialProvider(never.origin, 'c2c_1').authenticate(), /HTTP 428/);
  never.stop();
  assert.equal(never.asked.length, 4);
});

test('work of an unknown kind is refused, not done', async () => {
  const { asked, origin, stop } = await server(40);
  await assert.rejects(new EmbedTokenCredentialProvider(origin, 'c2c_1').authenticate(), /not known here/);
  stop();
  assert.equal(asked.length, 1);
});
