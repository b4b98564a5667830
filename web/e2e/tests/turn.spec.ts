import { expect, test, type Page } from '@playwright/test';
import { expectToHear } from '../support/party.js';
import { answer, connect, dial, hangup, rings, status } from '../support/sdk.js';
import { open, server, setStage } from '../support/stage.js';
import { told, watchCall } from '../support/watch.js';

setStage();

/** From now on peer connections of the page have no way but the relay, reached over this transport. */
async function relayOnly(page: Page, transport: 'udp' | 'tcp'): Promise<void> {
  await page.evaluate((transport) => {
    const g = globalThis as never as Record<string, any>;
    const through = (config: RTCConfiguration): RTCConfiguration => ({
      ...config,
      iceTransportPolicy: 'relay',
      iceServers: (config.iceServers ?? []).map((server) => ({ ...server, urls: [server.urls].flat().filter((url) => url.endsWith(`transport=${transport}`)) }))
        .filter(({ urls }) => urls.length)
    });
    g.connections = [];
    g.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(config: RTCConfiguration = {}) {
        super(through(config));
        g.connections.push(this);
      }
      override setConfiguration(config: RTCConfiguration): void {
        super.setConfiguration(through(config));
      }
    };
  }, transport);
}

/** The local candidate that media goes by. */
async function path(page: Page): Promise<unknown> {
  return page.evaluate(async () => {
    const { connections } = globalThis as never as { connections: RTCPeerConnection[] };
    const stats = new Map<string, any>(await connections.at(-1)!.getStats() as never);
    const transport = [...stats.values()].find(({ type }) => type === 'transport');
    return stats.get(stats.get(transport.selectedCandidatePairId).localCandidateId);
  });
}

test('a call through the relay comes back after the server was killed, through the relay', async () => {
  const [a, b] = [await open('ours', 800), await open('ours', 1300)];
  await relayOnly(a.page, 'udp');
  await connect(b.page, server.token('bob'), true);
  await connect(a.page, server.token('alice'));
  await dial(a.page, '/private/bob');
  await rings(b.page);
  await answer(b.page);
  await Promise.all([expectToHear(a.page, 1300), expectToHear(b.page, 800)]);
  await watchCall(a.page);
  await server.killAndRestart();
  await expect.poll(() => told(a.page), { timeout: 30_000 }).toEqual(['connected', 'recovering', 'connected']);
  await Promise.all([expectToHear(a.page, 1300), expectToHear(b.page, 800)]);
  expect(await path(a.page)).toMatchObject({ candidateType: 'relay', relayProtocol: 'udp' });
});

for (const which of ['ours', 'official'] as const) {
  for (const transport of ['udp', 'tcp'] as const) {
    test(`${which}: a page that reaches only the relay over ${transport} hears its echo`, async () => {
      const party = await open(which, 800);
      await relayOnly(party.page, transport);
      await connect(party.page, server.token('alice'));
      await dial(party.page, '/public/network-test');
      await status(party.page, 'connected');
      await expectToHear(party.page, 800);
      expect(await path(party.page)).toMatchObject({ candidateType: 'relay', relayProtocol: transport });
      await hangup(party.page);
    });
  }
}
