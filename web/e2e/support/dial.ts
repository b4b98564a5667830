/** `offhook dial`: a caller without a browser. */
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { toneFile } from './tone.js';
import { binary, type Server } from './server.js';

export interface Report {
  packets: number;
  lost: number;
  sent: number;
  ended_by: string;
}
export interface NativeCall {
  /** Resolves when the call is connected; rejects when it never is. */
  connected: Promise<void>;
  /** The report, when the call is over. */
  report: Promise<Report>;
  recording: string;
  hz: number;
}

/** Calls `to` as `reference`, playing a tone, for some seconds. */
export function nativeCall(server: Server, reference: string, to: string, hz: number, seconds: number, steady = false): NativeCall {
  const recording = join(mkdtempSync(join(server.data, 'dial-')), 'heard.wav');
  const child = spawn(
    binary,
    ['dial', to, '--server', server.origin, '--play', toneFile(hz, steady), '--repeat', '--record', recording, '--seconds', String(seconds), '--json'],
    { env: { ...process.env, OFFHOOK_TOKEN: server.token(reference) }, stdio: ['ignore', 'pipe', 'pipe'] }
  );
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  let up: () => void;
  let never: (error: Error) => void;
  const connected = new Promise<void>((resolve, reject) => ([up, never] = [resolve, reject]));
  const report = new Promise<Report>((resolve, reject) => {
    let found: Report | undefined;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const said = JSON.parse(line) as { state?: string; report?: Report };
      if (said.state === 'connected') up();
      found = said.report ?? found;
    });
    child.once('close', (code) => {
      const error = new Error(`offhook dial ended with ${code}: ${complaint}`);
      never(error);
      if (code === 0 && found) resolve(found);
      else reject(error);
    });
  });
  connected.catch(() => undefined);
  report.catch(() => undefined);
  return { connected, report, recording, hz };
}
