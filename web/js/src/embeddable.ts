/** A call in one step, for pages that want nothing else (sdk-api reference, 17.1). */
import { SignalWire } from './client.js';
import type { WebRTCCall } from './call.js';
import { EmbedTokenCredentialProvider } from './credentials.js';
import { DependencyError } from './errors.js';
import type { EmbeddableCallOptions } from './types.js';

/** Dials `to` with a client of its own, which ends with the call; also when dialling fails. */
export async function embeddableCall({ to, embedToken, host }: EmbeddableCallOptions): Promise<WebRTCCall> {
  const missing = Object.entries({ to, embedToken, host }).filter(([, value]) => !value).map(([name]) => name);
  if (missing.length) throw new DependencyError(`embeddableCall needs ${missing.join(', ')}`);
  const client = new SignalWire(new EmbedTokenCredentialProvider(host, embedToken), { skipRegister: true });
  try {
    const call = await client.dial(to);
    call.destroyed$.subscribe(() => client.destroy());
    return call;
  } catch (error) {
    client.destroy();
    throw error;
  }
}
