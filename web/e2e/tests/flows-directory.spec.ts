/** Whom one can reach: listed, paged, found, and as it changes. */
import { expect, test, type Page } from '@playwright/test';
import { connect, dial, hangup, inPage, status } from '../support/sdk.js';
import type { Project } from '../support/server.js';
import { open, server, setStage } from '../support/stage.js';

/** More than a page of 50. */
const MANY = 55;

let project: Project;
const person = (reference: string) => project.post('/api/fabric/subscribers/tokens', { reference });
setStage();
test.beforeAll(async () => {
  project = server.project('Directory');
  await project.post('/api/fabric/resources/conference_rooms', { name: 'lobby' });
  for (let at = 0; at < MANY; at++) await person(`person-${String(at).padStart(2, '0')}`);
});

for (const which of ['ours', 'official'] as const) {
  test(`${which}: the directory in pages, by name, by id, and as it changes`, async () => {
    const [{ page }, { page: other }] = await Promise.all([open(which, 600), open('ours', 1100)]);
    await connect(page, project.token('reader'));
    const names = (page: Page) => inPage(page, ({ client }) => client.directory.addresses.map(({ name }: any) => name));
    await inPage(page, (g) => {
      g.more = [];
      g.client.directory.hasMore$.subscribe((more: boolean) => g.more.push(more));
    });
    await expect.poll(async () => (await names(page)).length).toBe(50);
    expect(await inPage(page, ({ more }) => more)).toEqual([true]);
    await inPage(page, ({ client }) => client.directory.loadMore());
    await expect.poll(() => inPage(page, ({ more }) => more.at(-1))).toBe(false);
    const all: string[] = await names(page);
    expect(all).toEqual(expect.arrayContaining(['/public/lobby', '/private/person-00', `/private/person-${MANY - 1}`]));
    expect(new Set(all).size).toBe(all.length);
    expect(all).toEqual([...all].sort());
    const found = await inPage(page, async ({ client }) => {
      const { directory } = client;
      const id = await directory.findAddressIdByURI('/public/lobby');
      const { name, type, displayName, defaultChannel, channels, locked } = directory.get(id);
      const nobody = await directory.findAddressIdByURI('/public/no-such-room');
      const streamed = await new Promise<any>((resolve) => directory.get$(id).subscribe(resolve));
      return { name, type, displayName, defaultChannel, channels, locked, nobody, same: streamed === directory.get(id) };
    });
    expect(found).toMatchObject({ name: '/public/lobby', type: 'room', defaultChannel: '/public/lobby?channel=video', locked: false, same: true });
    expect(found.nobody).toBeUndefined();
    if (which === 'official') return;

    // Told as it happens: who is new, and a room that is locked.
    await person('newcomer');
    await expect.poll(() => names(page)).toContain('/private/newcomer');
    const locked = () => inPage(page, ({ client }) => client.directory.addresses.find(({ name }: any) => name === '/public/lobby').locked);
    await connect(other, project.token('may', ['--scope', 'room:moderate']));
    await dial(other, '/public/lobby');
    await status(other, 'connected');
    await inPage(other, ({ call }) => call.toggleLock());
    await expect.poll(locked).toBe(true);
    await hangup(other);
    await expect.poll(locked).toBe(false);
    // An address in place of a destination, and what goes on with it.
    const activity = await inPage(page, async (g) => {
      const address = g.client.directory.addresses.find(({ name }: any) => name === '/public/lobby');
      const counts: number[] = [];
      address.activity$.subscribe((calls: unknown[]) => counts.at(-1) !== calls.length && counts.push(calls.length));
      g.call = await g.client.dial(address, { video: false });
      const same = g.call.address === address && address.activity[0] === g.call;
      await g.call.hangup();
      return { counts, same };
    });
    expect(activity).toEqual({ counts: [0, 1, 0], same: true });
  });
}
