/**
 * Carries the engine's outputs to the browser and the browser's answers to the engine. It decides nothing: whatever
 * can be decided is decided in the engine.
 */
import { Engine, load, type Failure, type Json, type Output, type PeerCommand, type PeerReport } from './engine.js';
import { fromEngine } from './errors.js';
import { logTraffic } from './logger.js';
import type { CredentialProvider, SDKCredential, WebSocketAdapter } from './types.js';

export interface Store {
  setItem(key: string, value: string | null, scope: 'local' | 'session'): Promise<void> | void;
}
export interface DriverHost {
  provider: CredentialProvider | undefined;
  config: Json;
  store: Store;
  socket: WebSocketAdapter;
  onEvent(name: string, value: unknown): void;
  onPeer(leg: string, command: PeerCommand): void;
  onCredential(credential: SDKCredential): void;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export class Driver {
  #engine: Engine | undefined;
  #early: Json[] = [];
  #pumping = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sockets = new Map<number, WebSocket>();
  #commands = 0;
  #waiting = new Map<number, Waiting>();
  #listening = new AbortController();
  /** Settles when the engine is there; rejects when it cannot be loaded. */
  readonly loaded: Promise<void>;

  constructor(private readonly host: DriverHost) {
    this.loaded = load().then(() => {
      if (this.#listening.signal.aborted) return;
      const seed = Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => byte.toString(16).padStart(2, '0'));
      this.#engine = new Engine(JSON.stringify(host.config), seed.join(''), performance.now(), Date.now());
      for (const input of this.#early.splice(0)) this.input(input);
    });
    this.loaded.catch((error: Error) => {
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    });
    this.#listen();
  }

  /** Asks the engine for something. */
  command(name: string, body: Json = {}): Promise<unknown> {
    const id = ++this.#commands;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.input({ command: { id, command: { [name]: body } } });
    });
  }

  report(leg: string, report: PeerReport): void {
    this.input({ peer: { leg, report } });
  }

  input(input: Json): void {
    if (!this.#engine) {
      this.#early.push(input);
      return;
    }
    this.#engine.handle(performance.now(), Date.now(), JSON.stringify(input));
    this.#pump();
  }

  close(): void {
    this.#listening.abort();
    clearTimeout(this.#timer);
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
    for (const { reject } of this.#waiting.values()) reject(new Error('The client has been destroyed'));
    this.#waiting.clear();
    this.#engine?.free();
    this.#engine = undefined;
  }

  #pump(): void {
    // What an output leads to may be another input: it is handled, and its outputs come in this same loop.
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      for (let text; (text = this.#engine?.poll()) !== undefined; ) this.#perform(JSON.parse(text) as Output);
    } finally {
      this.#pumping = false;
    }
    clearTimeout(this.#timer);
    const deadline = this.#engine?.deadline() ?? -1;
    if (deadline >= 0) {
      // Timers of more than 24 days would fire at once.
      const wait = Math.min(Math.max(deadline - performance.now(), 0), 2 ** 31 - 1);
      this.#timer = setTimeout(() => this.input({ tick: {} }), Math.ceil(wait));
    }
  }

  #perform(output: Output): void {
    if ('event' in output) {
      for (const name in output.event) this.host.onEvent(name, output.event[name]);
    } else if ('send' in output) {
      logTraffic('send', output.send.text);
      this.#sockets.get(output.send.socket)?.send(output.send.text);
    } else if ('peer' in output) {
      this.host.onPeer(output.peer.leg, output.peer.command);
    } else if ('done' in output) {
      const { id, ok, error } = output.done;
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error) waiting?.reject(fromEngine(error));
      else waiting?.resolve(ok);
    } else if ('openSocket' in output) {
      this.#open(output.openSocket.socket, output.openSocket.url);
    } else if ('closeSocket' in output) {
      const { socket } = output.closeSocket;
      this.#sockets.get(socket)?.close();
      this.#sockets.delete(socket);
    } else if ('http' in output) {
      void this.#fetch(output.http);
    } else if ('authenticate' in output) {
      this.#provide(output.authenticate.request, () => this.host.provider!.authenticate({}));
    } else if ('refresh' in output) {
      this.#provide(output.refresh.request, () => this.host.provider!.refresh!());
    } else if ('store' in output) {
      const { key, value, scope } = output.store;
      void this.host.store.setItem(key, value, scope);
    } else if ('signProof' in output) {
      this.input({ proof: { request: output.signProof.request, error: { name: 'NotSupportedError', message: 'no key' } } });
    }
  }

  #open(id: number, url: string): void {
    const closed = (reason: string) => {
      if (this.#sockets.get(id)) {
        this.#sockets.delete(id);
        this.input({ socketClosed: { socket: id, reason } });
      }
    };
    let socket: WebSocket;
    try {
      socket = new this.host.socket(url);
    } catch (error) {
      this.input({ socketClosed: { socket: id, reason: (error as Error).message } });
      return;
    }
    this.#sockets.set(id, socket);
    socket.addEventListener('open', () => this.input({ socketOpened: { socket: id } }));
    socket.addEventListener('message', (event: MessageEvent) => {
      if (typeof event.data !== 'string') return;
      logTraffic('recv', event.data);
      this.input({ frame: { socket: id, text: event.data } });
    });
    socket.addEventListener('close', (event) => closed(event.reason));
    socket.addEventListener('error', () => closed('error'));
  }

  #provide(request: number, ask: () => Promise<SDKCredential>): void {
    new Promise<SDKCredential>((resolve) => resolve(ask())).then(
      (credential) => {
        this.host.onCredential(credential);
        const { token, authorizationState, expiry_at } = credential ?? {};
        const expiryAt = expiry_at === undefined ? undefined : Math.round(expiry_at);
        this.input({ credential: { request, ok: { token, authorizationState, expiryAt } } });
      },
      (error: unknown) => this.input({ credential: { request, error: failure(error) } })
    );
  }

  async #fetch(http: Extract<Output, { http: unknown }>['http']): Promise<void> {
    const { request, method, url, headers, body, timeoutMs } = http;
    let result: Json;
    try {
      const response = await fetch(url, { method, headers, body, signal: AbortSignal.timeout(timeoutMs) });
      const wanted = ['date', 'retry-after', 'content-type'].flatMap((name) => {
        const value = response.headers.get(name);
        return value === null ? [] : [[name, value]];
      });
      result = { ok: { status: response.status, headers: wanted, body: await response.text() } };
    } catch (error) {
      result = { error: failure(error) };
    }
    this.input({ http: { request, ...result } });
  }

  /** Whatever may mean that time has passed without timers: sleep, throttling, the back-forward cache, no network. */
  #listen(): void {
    const { signal } = this.#listening;
    const on = (target: EventTarget | undefined, name: string, input: () => Json) =>
      target?.addEventListener(name, () => this.input(input()), { signal });
    const page = globalThis.document;
    on(globalThis.window, 'online', () => ({ network: { online: true } }));
    on(globalThis.window, 'offline', () => ({ network: { online: false } }));
    on(globalThis.window, 'pageshow', () => ({ visible: { visible: true } }));
    on(page, 'visibilitychange', () => ({ visible: { visible: page.visibilityState === 'visible' } }));
    on(page, 'resume', () => ({ visible: { visible: true } }));
  }
}

/** What the engine is told of something thrown. */
export function failure(error: unknown): Failure {
  const { name, message } = (error ?? {}) as Partial<Failure>;
  return { name: name ?? 'Error', message: message ?? String(error) };
}
