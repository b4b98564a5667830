/**
 * The browser's key: one for the origin, made once, never deleted, its private half out of reach of any script. What makes
 * a stolen token worthless (RFC 9449).
 */
import type { Json } from './engine.js';

const DATABASE = 'offhook-keys';
const STORE = 'keys';
const NAME = 'dpop';
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** Signs proofs. */
export class ClientKey {
  private constructor(
    private readonly pair: CryptoKeyPair,
    private readonly jwk: Json,
    /** RFC 7638, 43 characters. */
    readonly thumbprint: string
  ) {}

  /** The origin's key; one of this page's own where nothing can be kept; nothing where there is no cryptography (no secure context). */
  static async open(): Promise<ClientKey | undefined> {
    try {
      const fresh = () => crypto.subtle.generateKey(ALGORITHM, false, ['sign', 'verify']);
      const pair = (await kept(fresh).catch(() => undefined)) ?? (await fresh());
      const { crv, kty, x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey);
      const jwk = { crv, kty, x, y };
      return new ClientKey(pair, jwk, await sha256(JSON.stringify(jwk)));
    } catch {
      return undefined;
    }
  }

  /** A proof of a payload; with the hash of the token where there is one. */
  async sign(payload: string, accessToken: string | null): Promise<string> {
    const claims = JSON.parse(payload) as Json;
    if (accessToken) claims.ath = await sha256(accessToken);
    const signed = [{ typ: 'dpop+jwt', alg: 'ES256', jwk: this.jwk }, claims].map((part) => base64url(bytes(JSON.stringify(part)))).join('.');
    const signature = await crypto.subtle.sign(ALGORITHM, this.pair.privateKey, bytes(signed));
    return `${signed}.${base64url(new Uint8Array(signature))}`;
  }
}

let opening: Promise<ClientKey | undefined> | undefined;

/** One key for all clients of the page. */
export function clientKey(): Promise<ClientKey | undefined> {
  return (opening ??= ClientKey.open());
}

/** The key in the database; if there is none, one is made. Of tabs that do this together one wins, and all take that. */
async function kept(fresh: () => Promise<CryptoKeyPair>): Promise<CryptoKeyPair> {
  const database = await done(indexedDB.open(DATABASE, 1), (opening) => opening.result.createObjectStore(STORE));
  try {
    const found = await done(database.transaction(STORE).objectStore(STORE).get(NAME));
    if (found) return found as CryptoKeyPair;
    const made = await fresh();
    // Looked at again: another tab may have been faster. Writing transactions come one after the other.
    const store = database.transaction(STORE, 'readwrite').objectStore(STORE);
    const first = await done(store.get(NAME));
    if (first) return first as CryptoKeyPair;
    await done(store.add(made, NAME));
    return made;
  } finally {
    database.close();
  }
}

function done<T>(request: IDBRequest<T>, upgrade?: (request: IDBOpenDBRequest) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error as Error);
    if (upgrade) {
      const opening = request as unknown as IDBOpenDBRequest;
      opening.onupgradeneeded = () => upgrade(opening);
      opening.onblocked = () => reject(new Error('the database is in use'));
    }
  });
}

async function sha256(text: string): Promise<string> {
  return base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes(text))));
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

function base64url(data: Uint8Array): string {
  return btoa(String.fromCharCode(...data)).replace(/[+/=]/g, (letter) => ({ '+': '-', '/': '_' })[letter] ?? '');
}
