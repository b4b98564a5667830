/**
 * Carries the engine's outputs to the browser and the browser's answers to the engine. It decides nothing: whatever
 * can be decided is decided in the engine.
 */
import { load, make, type Failure, type Json, type Machine, type Output, type PeerCommand, type PeerReport } from './engine.js';
import { DependencyError, InvalidParams, fromEngine } from './errors.js';
import { clientKey, type ClientKey } from './keys.js';
import { getLogger } from './logger.js';
import { Tabs } from './tabs.js';
import type { CredentialProvider, SDKCredential, Storage, WebSocketAdapter } from './types.js';

/** Clocks may step and sleep without a timer noticing: the engine looks at them at least that often. */
const LOOK_MS = 60_000;

export interface DriverHost {
  provider: CredentialProvider | undefined;
  /** Read when the engine is made. */
  config(): Promise<Json>;
  store: Pick<Storage, 'setItem' | 'removeItem'>;
  /** Undefined where the environment has no WebSocket. */
  socket: WebSocketAdapter | undefined;
  onEvent(name: string, value: unknown): void;
  onPeer(leg: string, command: PeerCommand): void;
  onCredential(credential: KeptCredential): void;
  onError(error: Error): void;
  /** Nothing comes any more: after `close()`, or when the engine cannot go on. */
  onEnd(): void;
}

/** A credential for a later page to begin with. */
export interface KeptCredential extends SDKCredential {
  /** The token is bound to this browser's key. */
  bound?: boolean;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export class Driver {
  #engine: Machine | undefined;
  #early: Json[] = [];
  #pumping = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #sockets = new Map<number, WebSocket>();
  #commands = 0;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listening = new AbortController();
  readonly #tabs = new Tabs((name, text) => this.input({ shared: { name, text } }));
  #key: ClientKey | undefined;
  /** The end comes when the last output is out. */
  #closing = false;
  #closed = false;

  constructor(private readonly host: DriverHost) {
    this.#listen();
    void this.#start();
  }

  async #start(): Promise<void> {
    try {
      const [config, key] = await Promise.all([this.host.config(), clientKey(), load()]);
      if (this.#closed) return;
      this.#key = key;
      this.#engine = make({ ...config, fingerprint: key?.thumbprint ?? '' }, performance.now(), Date.now());
      if (globalThis.navigator?.onLine === false) this.input({ network: { online: false } });
      for (const input of this.#early.splice(0)) this.input(input);
    } catch (error) {
      this.#broken(error as Error);
    }
  }

  /** Asks the engine for something; `known` is told the command's number before the engine is. */
  command(name: string, body: Json = {}, known?: (id: number) => void): Promise<unknown> {
    const id = ++this.#commands;
    known?.(id);
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(gone());
      this.#waiting.set(id, { resolve, reject });
      this.input({ command: { id, command: { [name]: body } } });
    });
  }

  report(leg: string, report: PeerReport): void {
    this.input({ peer: { leg, report } });
  }

  input(input: Json): void {
    if (this.#closed) return;
    if (!this.#engine) {
      this.#early.push(input);
      return;
    }
    try {
      if (!this.#engine.handle(performance.now(), Date.now(), JSON.stringify(input))) {
        const { id } = (input.command ?? {}) as { id?: number };
        this.#settle(id, (waiting) => waiting.reject(new InvalidParams('The arguments make no sense')));
      }
      this.#pump();
    } catch (error) {
      this.#broken(error as Error);
    }
  }

  /** The end, as soon as every output is out. */
  close(): void {
    this.#closing = true;
    if (!this.#pumping) this.#end();
  }

  #end(): void {
    if (this.#closed) return this.host.onEnd();
    this.#closed = true;
    this.#listening.abort();
    this.#tabs.close();
    clearTimeout(this.#timer);
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
    this.#engine?.free();
    this.#engine = undefined;
    for (const { reject } of this.#waiting.values()) reject(gone());
    this.#waiting.clear();
    this.host.onEnd();
  }

  /** The engine cannot be loaded, or has met a fault of its own: nothing can go on. */
  #broken(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    this.host.onError(error);
    // What has failed inside is not to be touched again.
    this.#engine = undefined;
    this.#end();
  }

  #pump(): void {
    // What an output leads to may be another input: it is handled, and its outputs come in this same loop.
    if (this.#pumping) return;
    this.#pumping = true;
    for (let text; (text = this.#engine?.poll()) !== undefined; ) {
      try {
        this.#perform(JSON.parse(text) as Output);
      } catch (error) {
        // One thing that failed does not keep the others from being done.
        this.host.onError(error as Error);
      }
    }
    this.#pumping = false;
    if (this.#closing) return this.#end();
    clearTimeout(this.#timer);
    const deadline = this.#engine?.deadline() ?? -1;
    if (deadline >= 0) {
      const wait = Math.min(Math.max(deadline - performance.now(), 0), LOOK_MS);
      this.#timer = setTimeout(() => this.input({ tick: {} }), Math.ceil(wait));
    }
  }

  #perform(output: Output): void {
    if ('event' in output) {
      for (const name in output.event) this.host.onEvent(name, output.event[name]);
    } else if ('send' in output) {
      getLogger().wsTraffic({ type: 'send', raw: output.send.text });
      this.#sockets.get(output.send.socket)?.send(output.send.text);
    } else if ('peer' in output) {
      this.host.onPeer(output.peer.leg, output.peer.command);
    } else if ('done' in output) {
      const { id, ok, error } = output.done;
      this.#settle(id, (waiting) => (error ? waiting.reject(fromEngine(error)) : waiting.resolve(ok)));
    } else if ('openSocket' in output) {
      this.#open(output.openSocket.socket, output.openSocket.url);
    } else if ('closeSocket' in output) {
      const { socket } = output.closeSocket;
      this.#sockets.get(socket)?.close();
      this.#sockets.delete(socket);
    } else if ('http' in output) {
      void this.#fetch(output.http);
    } else if ('authenticate' in output) {
      this.#provide(output.authenticate.request, (provider) => provider.authenticate({ fingerprint: this.#key?.thumbprint }));
    } else if ('refresh' in output) {
      this.#provide(output.refresh.request, (provider) => provider.refresh!());
    } else if ('store' in output) {
      const { key, value, scope } = output.store;
      const { store } = this.host;
      (value === null ? store.removeItem(key, scope) : store.setItem(key, value, scope)).catch(this.host.onError);
    } else if ('signProof' in output) {
      void this.#sign(output.signProof);
    } else if ('lock' in output) {
      const { request, name } = output.lock;
      this.#tabs.lock(request, name, () => this.input({ locked: { request } }));
    } else if ('unlock' in output) {
      this.#tabs.unlock(output.unlock.request, output.unlock.share);
    } else if ('keepCredential' in output) {
      const { token, authorizationState, expiryAt, bound } = output.keepCredential;
      if (token) this.host.onCredential({ token, authorizationState: authorizationState ?? undefined, expiry_at: expiryAt ?? undefined, bound });
    }
  }

  #settle(id: number | undefined, how: (waiting: Waiting) => void): void {
    const waiting = this.#waiting.get(id ?? 0);
    this.#waiting.delete(id ?? 0);
    if (waiting) how(waiting);
  }

  #open(id: number, url: string): void {
    const closed = (reason: string) => {
      if (this.#sockets.delete(id)) this.input({ socketClosed: { socket: id, reason } });
    };
    let socket: WebSocket;
    try {
      if (!this.host.socket) throw new DependencyError('This environment has no WebSocket');
      socket = new this.host.socket(url) as WebSocket;
    } catch (error) {
      this.host.onError(error as Error);
      this.input({ socketClosed: { socket: id, reason: (error as Error).message } });
      return;
    }
    this.#sockets.set(id, socket);
    socket.addEventListener('open', () => this.input({ socketOpened: { socket: id } }));
    socket.addEventListener('message', (event: MessageEvent) => {
      if (typeof event.data !== 'string') return;
      getLogger().wsTraffic({ type: 'recv', raw: event.data });
      this.input({ frame: { socket: id, text: event.data } });
    });
    socket.addEventListener('close', (event) => closed(event.reason));
    socket.addEventListener('error', () => closed('error'));
  }

  #provide(request: number, ask: (provider: CredentialProvider) => Promise<SDKCredential>): void {
    const { provider } = this.host;
    new Promise<SDKCredential>((resolve) => {
      if (!provider) throw new DependencyError('There is neither a credential provider nor a credential of an earlier page');
      resolve(ask(provider));
    }).then(
      (credential) => {
        const { token, authorizationState, expiry_at } = credential ?? {};
        const expiryAt = expiry_at === undefined ? undefined : Math.round(expiry_at);
        this.input({ credential: { request, ok: { token, authorizationState, expiryAt } } });
      },
      (error: unknown) => this.input({ credential: { request, error: failure(error) } })
    );
  }

  async #sign({ request, payload, accessToken }: Extract<Output, { signProof: unknown }>['signProof']): Promise<void> {
    let result: Json;
    try {
      if (!this.#key) throw new DependencyError('There is no key');
      result = { ok: await this.#key.sign(payload, accessToken) };
    } catch (error) {
      result = { error: failure(error) };
    }
    this.input({ proof: { request, ...result } });
  }

  async #fetch(http: Extract<Output, { http: unknown }>['http']): Promise<void> {
    const { request, method, url, headers, body, timeoutMs } = http;
    let result: Json;
    try {
      const response = await fetch(url, { method, headers, body, signal: AbortSignal.timeout(timeoutMs) });
      const wanted = ['date', 'retry-after', 'dpop-nonce', 'content-type'].flatMap((name) => {
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
    const { window, document } = globalThis;
    on(window, 'online', () => ({ network: { online: true } }));
    on(window, 'offline', () => ({ network: { online: false } }));
    // Another network, without having been offline; not every browser tells.
    on((globalThis.navigator as { connection?: EventTarget } | undefined)?.connection, 'change', () => ({ network: { online: navigator.onLine } }));
    on(window, 'pageshow', () => ({ visible: { visible: true } }));
    on(document, 'visibilitychange', () => ({ visible: { visible: document.visibilityState === 'visible' } }));
    on(document, 'resume', () => ({ visible: { visible: true } }));
  }
}

function gone(): Error {
  return new DependencyError('The client has been destroyed');
}

/** What the engine is told of something thrown. */
export function failure(error: unknown): Failure {
  const { name, message } = (error ?? {}) as Partial<Failure>;
  return { name: name ?? 'Error', message: message ?? String(error) };
}
