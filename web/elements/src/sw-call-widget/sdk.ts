/** The SDK, loaded when the first call wants it, and a client made of a token. */
import type { Client } from '../base/interfaces.js';
import { late } from '../base/late.js';

interface Sdk {
  SignalWire: new (provider: unknown, options?: Record<string, unknown>) => Client;
  EmbedTokenCredentialProvider: new (host: string, token: string) => unknown;
  StaticCredentialProvider: new (credential: { token: string }) => unknown;
}

/** Where this script came from: the server, unless the page names another. */
const home = new URL(import.meta.url).origin;

/** Loads the SDK, once. */
export const loadSdk = late<Sdk>('./offhook.mjs', import.meta.url);

/** Whether a token is public, and so exchanged for one of a session, and pinned to its destination. */
export function isEmbedToken(token: string): boolean {
  return /^c2[ct]_/.test(token);
}

/** A client for this token. `reachable`: calls may come in. */
export async function makeClient(token: string, host: string, reachable: boolean): Promise<Client> {
  const sdk = await loadSdk();
  const provider = isEmbedToken(token)
    ? new sdk.EmbedTokenCredentialProvider(host || home, token)
    : new sdk.StaticCredentialProvider({ token });
  return new sdk.SignalWire(provider, { skipRegister: !reachable });
}
