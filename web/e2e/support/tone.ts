/** Fake microphones: bursts of a tone, which pass the browser's noise suppression. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const RATE = 48_000;

/** A WAV file of 250 ms on, 250 ms off, that can be looped; or of a tone that never stops, for those who have no noise suppression. */
export function toneFile(hz: number, steady = false): string {
  const samples = RATE;
  const wav = Buffer.alloc(44 + samples * 2);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(36 + samples * 2, 4);
  wav.write('WAVEfmt ', 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(RATE, 24);
  wav.writeUInt32LE(RATE * 2, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36);
  wav.writeUInt32LE(samples * 2, 40);
  for (let at = 0; at < samples; at++) {
    const within = at % (RATE / 2);
    // Soft edges: a tone that is switched on and off hard is heard at every frequency.
    const edge = Math.min(Math.max(Math.min(within, RATE / 4 - within) / (RATE / 50), 0), 1);
    const loudness = steady ? 12_000 : ((1 - Math.cos(Math.PI * edge)) / 2) * 12_000;
    wav.writeInt16LE(Math.round(Math.sin((2 * Math.PI * hz * at) / RATE) * loudness), 44 + at * 2);
  }
  const path = join(mkdtempSync(join(tmpdir(), 'offhook-tone-')), `${hz}.wav`);
  writeFileSync(path, wav);
  return path;
}

/**
 * Level of a frequency in a recording, in dB below full scale, in the quarter second where it is loudest. Goertzel behind a
 * Hann window: without it the edges of the others' bursts leak into every frequency.
 */
export function levelInFile(path: string, hz: number): number {
  const wav = readFileSync(path);
  const rate = wav.readUInt32LE(24);
  const data = wav.indexOf('data') + 8;
  const samples = new Int16Array(wav.buffer.slice(wav.byteOffset + data, wav.byteOffset + wav.length - ((wav.length - data) % 2)));
  const window = rate / 4;
  let best = 0;
  for (let start = 0; start + window <= samples.length; start += window / 2) {
    const coefficient = 2 * Math.cos((2 * Math.PI * hz) / rate);
    let [one, two] = [0, 0];
    for (let at = 0; at < window; at++) {
      const sample = (samples[start + at]! / 32768) * (1 - Math.cos((2 * Math.PI * at) / window));
      [one, two] = [sample + coefficient * one - two, one];
    }
    const power = one * one + two * two - coefficient * one * two;
    best = Math.max(best, (2 * Math.sqrt(Math.max(power, 0))) / window);
  }
  return best > 0 ? 20 * Math.log10(best) : -Infinity;
}
