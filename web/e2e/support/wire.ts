/**
 * The wire between a client and the server: relays in this process for signalling (TCP) and media (UDP), which can be cut,
 * mended, and moved to another network. Nothing is closed by a cut: packets vanish, as they do in a tunnel.
 */
import { createSocket, type Socket as Datagrams } from 'node:dgram';
import { createServer, connect as open, type Server as Listener, type Socket } from 'node:net';
import { Server } from './server.js';

/** Where clients are told to send media; everything of 127/8 is this machine. */
const MEDIA_HOST = '127.0.0.2';

/** How bad the wire is, each way. */
export interface Shape {
  delayMs?: number;
  /** Every so many-th packet of media is lost. */
  losesEvery?: number;
  /** kbit/s of media that get through from the clients; what is more is lost. */
  kbps?: number;
}

interface Line {
  client: Socket;
  server: Socket;
}

export class Wire {
  #cut = { signalling: false, media: false };
  #shape: Shape = {};
  #packets = 0;
  /** Of the bandwidth: bits that may pass now, and when that was so. */
  #bucket = { bits: 0, at: 0 };
  readonly #lines = new Set<Line>();
  /** Connections that wait for the wire to be mended. */
  readonly #held = new Set<Socket>();
  readonly #listeners: Listener[] = [];
  readonly #media: Datagrams[] = [];
  /** Of each sender, the socket by which the server knows it. */
  readonly #flows = new Map<string, Datagrams>();
  /** Senders whose network is gone. */
  readonly #gone = new Set<string>();

  private constructor() {}

  /** A wire, and the server at its other end. */
  static async lay(options: string[] = []): Promise<{ wire: Wire; server: Server }> {
    const wire = new Wire();
    let server: Server | undefined;
    const plain = await wire.#listen(() => Number(new URL(server!.ready.http).port));
    const tls = await wire.#listen(() => Number(server!.tlsPort));
    server = await Server.start([
      '--public-url', `http://localhost:${plain}`, '--relay-host', `puc.offhook.localhost:${tls}`, '--media-advertise', MEDIA_HOST, ...options
    ]);
    for (const address of server.ready.media) await wire.#relay(Number(address.split(':').at(-1)));
    return { wire, server };
  }

  async #listen(target: () => number): Promise<number> {
    const listener = createServer((client) => this.#accept(client, target));
    this.#listeners.push(listener);
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    return (listener.address() as { port: number }).port;
  }

  #accept(client: Socket, target: () => number): void {
    client.on('error', () => client.destroy());
    if (this.#cut.signalling) {
      // A connection that is never answered.
      client.pause();
      this.#held.add(client);
      client.once('close', () => this.#held.delete(client));
      client.once('go', () => this.#join(client, target));
      return;
    }
    this.#join(client, target);
  }

  #join(client: Socket, target: () => number): void {
    const server = open(target(), '127.0.0.1');
    const line = { client, server };
    this.#lines.add(line);
    for (const [from, to] of [[client, server], [server, client]] as const) {
      from.on('data', (chunk) => this.#after(() => to.write(chunk)));
      from.on('error', () => from.destroy());
      from.once('close', () => {
        this.#lines.delete(line);
        to.destroy();
      });
    }
    client.resume();
  }

  async #relay(port: number): Promise<void> {
    const outside = createSocket('udp4');
    this.#media.push(outside);
    outside.on('message', (packet, { address, port: from }) => {
      const sender = `${address}:${from}>${port}`;
      if (this.#cut.media || this.#gone.has(sender)) return;
      let flow = this.#flows.get(sender);
      if (!flow) {
        flow = createSocket('udp4');
        this.#flows.set(sender, flow);
        flow.on('message', (answer) => {
          if (this.#cut.media || this.#gone.has(sender) || this.#loses()) return;
          this.#after(() => outside.send(answer, from, address));
        });
        flow.on('error', () => undefined);
      }
      if (this.#loses() || this.#exceeds(packet.length)) return;
      const through = flow;
      this.#after(() => through.send(packet, port, '127.0.0.1'));
    });
    await new Promise<void>((resolve) => outside.bind(port, MEDIA_HOST, resolve));
  }

  #after(act: () => void): void {
    const { delayMs } = this.#shape;
    if (!delayMs) return act();
    setTimeout(() => {
      try {
        act();
      } catch {
        // Closed meanwhile.
      }
    }, delayMs);
  }

  #loses(): boolean {
    const { losesEvery } = this.#shape;
    return !!losesEvery && ++this.#packets % losesEvery === 0;
  }

  #exceeds(bytes: number): boolean {
    const { kbps } = this.#shape;
    if (!kbps) return false;
    const now = Date.now();
    // A tenth of a second may come at once.
    this.#bucket = { bits: Math.min(kbps * 100, this.#bucket.bits + (now - this.#bucket.at) * kbps), at: now };
    if (this.#bucket.bits < bytes * 8) return true;
    this.#bucket.bits -= bytes * 8;
    return false;
  }

  /** Makes it as bad as that, or good again. */
  shape(shape: Shape): void {
    this.#shape = shape;
  }

  /** Nothing gets through any more. */
  cut(what: { signalling: boolean; media: boolean } = { signalling: true, media: true }): void {
    this.#cut = what;
    if (what.signalling) for (const { client, server } of this.#lines) [client, server].forEach((end) => end.pause());
  }

  /** Everything gets through again; what TCP held back comes too. */
  mend(): void {
    this.#cut = { signalling: false, media: false };
    for (const { client, server } of this.#lines) [client, server].forEach((end) => end.resume());
    for (const client of this.#held) client.emit('go');
    this.#held.clear();
  }

  /** Another network: connections break, and what was sent from the addresses known so far gets nowhere. */
  move(): void {
    for (const sender of this.#flows.keys()) this.#gone.add(sender);
    this.breakSockets();
  }

  /** Connections break; media goes on. */
  breakSockets(): void {
    for (const { client, server } of this.#lines) [client, server].forEach((end) => end.resetAndDestroy());
  }

  close(): void {
    for (const { client, server } of this.#lines) [client, server].forEach((end) => end.destroy());
    for (const client of this.#held) client.destroy();
    for (const listener of this.#listeners) listener.close();
    for (const socket of [...this.#media, ...this.#flows.values()]) socket.close();
  }
}
