/** The client of all samples: a real one for a token, or a simulated one that answers after a moment. */
import type { Client } from '@offhook/web-components';

export async function openClient(asked = new URLSearchParams(location.search)): Promise<Client> {
  if (asked.has('simulated')) {
    const { SimulatedCall, SimulatedClient } = await import('@offhook/web-components/simulation');
    const client = new SimulatedClient();
    client.next = () => new SimulatedCall({ status: 'ringing' });
    Object.assign(globalThis, { client });
    return client;
  }
  const { SignalWire, StaticCredentialProvider, EmbedTokenCredentialProvider } = await import('@offhook/js');
  const token = asked.get('token') ?? '';
  const host = asked.get('host') ?? location.origin;
  const provider = token.startsWith('c2c_') ? new EmbedTokenCredentialProvider(host, token) : new StaticCredentialProvider({ token });
  return new SignalWire(provider, { skipRegister: true }) as unknown as Client;
}
