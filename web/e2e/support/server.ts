/** The real server, as a process of its own with a data directory of its own. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
export const binary = process.env.OFFHOOK_BINARY ?? join(root, 'target/debug/offhook');
/** `embedded`: the pages in the binary, compressed. */
const webDir = process.env.OFFHOOK_WEB ?? join(root, 'target/web');

export interface Ready {
  http: string;
  https: string;
  /** UDP addresses, as clients are told. */
  media: string[];
  /** The same for UDP and TCP. */
  turn: string;
}
export interface Demo {
  embedToken: string;
  destination: string;
  room: string;
  agent: { email: string; password: string };
}

export interface Project {
  post(path: string, body: Record<string, unknown>): Promise<Record<string, unknown>>;
  token(reference: string, options?: string[]): string;
}

export class Server {
  #process: ChildProcess | undefined;
  ready!: Ready;

  private constructor(readonly data: string, private readonly options: string[]) {}

  static async start(options: string[] = []): Promise<Server> {
    const server = new Server(mkdtempSync(join(tmpdir(), 'offhook-e2e-')), options);
    await server.run();
    return server;
  }

  private async run(again?: Ready): Promise<void> {
    const any = '127.0.0.1:0';
    const [listen, listenTls] = again ? [new URL(again.http).host, new URL(again.https).host] : [any, any];
    const media = ['--media-listen', again?.media[0] ?? any, ...(again ? ['--turn-listen', again.turn] : [])];
    const flags = ['serve', '--demo', '--data', this.data, '--listen', listen, '--listen-tls', listenTls, ...(webDir === 'embedded' ? [] : ['--web-dir', webDir])];
    const child = spawn(binary, [...flags, ...media, ...this.options], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = child;
    let log = '';
    child.stderr.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-20_000)));
    const lines = createInterface({ input: child.stdout });
    this.ready = await new Promise<Ready>((resolve, reject) => {
      lines.once('line', (line) => resolve(JSON.parse(line) as Ready));
      child.once('exit', (code) => reject(new Error(`the server ended with ${code} before it was ready:\n${log}`)));
    });
  }

  /** Kills it, as a power cut would, and starts it again on the same ports and data. */
  killAndRestart(): Promise<void> {
    return this.restart('SIGKILL');
  }

  async restart(signal: NodeJS.Signals): Promise<void> {
    await this.end(signal);
    await this.run(this.ready);
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#process;
    if (!child || child.exitCode !== null) return child?.exitCode ?? null;
    const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
    child.kill(signal);
    return ended;
  }

  async stop(): Promise<void> {
    await this.end('SIGTERM');
    rmSync(this.data, { recursive: true, force: true });
  }

  /** The origin with the name that pages use: a secure context without TLS. */
  get origin(): string {
    return `http://localhost:${new URL(this.ready.http).port}`;
  }

  get tlsPort(): string {
    return new URL(this.ready.https).port;
  }

  async demo(): Promise<Demo> {
    return (await fetch(`${this.ready.http}/demo/config.json`)).json() as Promise<Demo>;
  }

  /** The public token of a new call button. */
  button(destination: string, options: string[] = []): string {
    const made = execFileSync(binary, ['token', 'embed', '--data', this.data, '--destination', destination, '--json', ...options]);
    return (JSON.parse(made.toString()) as { token: string }).token;
  }

  /** A project of its own, and its management API. */
  project(name: string): Project {
    const made = execFileSync(binary, ['project', 'create', '--data', this.data, '--name', name, '--json']);
    const { project_id, api_token } = JSON.parse(made.toString()) as { project_id: string; api_token: string };
    const authorization = `Basic ${Buffer.from(`${project_id}:${api_token}`).toString('base64')}`;
    return {
      post: async (path, body) => {
        const headers = { authorization, 'content-type': 'application/json' };
        const response = await fetch(`${this.ready.http}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
        if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
        return (await response.json()) as Record<string, unknown>;
      },
      token: (reference, options = []) => this.token(reference, ['--project', project_id, ...options])
    };
  }

  /** A token for a subscriber, made if unknown. */
  token(reference: string, options: string[] = []): string {
    const made = execFileSync(binary, ['token', 'subscriber', '--data', this.data, '--reference', reference, '--json', ...options]);
    return (JSON.parse(made.toString()) as { token: string }).token;
  }
}
