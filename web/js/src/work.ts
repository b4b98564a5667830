/**
 * Proof of work for public tokens (docs/public-tokens.md): a text, so that SHA-256 of the challenge, a full stop and the text
 * begins with so many zero bits. Looked for in short pieces on the page's own thread: a worker of another origin is something
 * that no page's policy lets in.
 */

/** A piece lasts so long, milliseconds: less than a frame of the screen. */
const PIECE_MS = 6;
/** Attempts between two looks at the clock. */
const ROUND = 512;

/** The first 32 bits of the fractional parts of the roots of the first primes (FIPS 180-4, 4.2.2 and 5.3.3). */
const [INITIAL, ROUNDS] = constants();

function constants(): [Int32Array, Int32Array] {
  const primes: number[] = [];
  for (let at = 2; primes.length < 64; at++) if (primes.every((prime) => at % prime)) primes.push(at);
  const fraction = (root: number) => ((root % 1) * 2 ** 32) | 0;
  return [Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime))), Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime)))];
}

const schedule = new Int32Array(64);

/** One block of 64 bytes into the state (FIPS 180-4, 6.2.2). */
function compress(state: Int32Array, block: DataView, offset: number): void {
  const w = schedule;
  for (let i = 0; i < 16; i++) w[i] = block.getInt32(offset + i * 4);
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15]!;
    const y = w[i - 2]!;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = (w[i - 16]! + s0 + w[i - 7]! + s1) | 0;
  }
  let a = state[0]!, b = state[1]!, c = state[2]!, d = state[3]!, e = state[4]!, f = state[5]!, g = state[6]!, h = state[7]!;
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const one = (h + s1 + ((e & f) ^ (~e & g)) + ROUNDS[i]! + w[i]!) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const two = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + one) | 0;
    d = c;
    c = b;
    b = a;
    a = (one + two) | 0;
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
  state[4]! += e;
  state[5]! += f;
  state[6]! += g;
  state[7]! += h;
}

/** Lets the page do what it has to, and goes on: not slowed down in the background, as timers are. */
function breathe(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}

/**
 * Looks for a text that solves the challenge; `undefined` when `until` (epoch milliseconds) has passed before.
 * `bits` is 1 to 32.
 */
export async function solve(challenge: string, bits: number, until: number): Promise<string | undefined> {
  const prefix = new TextEncoder().encode(`${challenge}.`);
  const whole = prefix.length - (prefix.length % 64);
  const start = INITIAL.slice();
  const head = new DataView(prefix.buffer, prefix.byteOffset);
  for (let at = 0; at < whole; at += 64) compress(start, head, at);

  // What is left of the prefix, the text, and the padding.
  const tail = prefix.subarray(whole);
  const bytes = new Uint8Array(128);
  const view = new DataView(bytes.buffer);
  const state = new Int32Array(8);
  let attempt = 0;
  for (;;) {
    const piece = performance.now() + PIECE_MS;
    do {
      for (const end = attempt + ROUND; attempt < end; attempt++) {
        const text = String(attempt);
        const length = tail.length + text.length;
        bytes.fill(0);
        bytes.set(tail);
        for (let at = 0; at < text.length; at++) bytes[tail.length + at] = text.charCodeAt(at);
        bytes[length] = 0x80;
        const size = length < 56 ? 64 : 128;
        view.setUint32(size - 4, (whole + length) * 8);
        state.set(start);
        for (let at = 0; at < size; at += 64) compress(state, view, at);
        if (Math.clz32(state[0]!) >= bits) return text;
      }
    } while (performance.now() < piece);
    if (Date.now() >= until) return undefined;
    await breathe();
  }
}
