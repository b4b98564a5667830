import { expect, test, type Page } from '@playwright/test';
import { connect, dial, hangup, rings } from '../support/sdk.js';
import { open, server, setStage } from '../support/stage.js';

setStage();

async function person(which: 'ours' | 'official', token: string, online = false): Promise<Page> {
  const { page } = await open(which, 600);
  await connect(page, token, online);
  return page;
}

type Globals = Record<string, any>;

/** Finds somebody in the directory, and opens what was said and called between the two. */
async function converse(page: Page, name: string): Promise<void> {
  await page.evaluate(async (name) => {
    const g = globalThis as never as Globals;
    const { directory } = g.client;
    const id = await directory.findAddressIdByURI(name);
    const value = <T>(observable: any) => new Promise<T>((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error(`nothing came for ${name}`)), 15_000);
      observable.subscribe({
        next: (value: T | undefined) => {
          if (value === undefined) return;
          clearTimeout(limit);
          resolve(value);
        },
        error: reject
      });
    });
    g.address = await value(directory.get$(id));
    Object.assign(g, { texts: [], senders: [], calls: [] });
    // The names of those who wrote are looked up in the directory.
    (await value<any>(g.address.textMessages$)).values$.subscribe((messages: any[]) => {
      g.texts = messages.map(({ text }) => text);
      messages.forEach((message, at) => message.fromAddress$?.subscribe((from: any) => (g.senders[at] = from?.name)));
    });
    (await value<any>(g.address.history$)).values$.subscribe((entries: any[]) => {
      g.calls = entries.map(({ kind, status, started, ended }) => ({ kind, status, lasted: ended - started >= 0 }));
    });
  }, name);
}

const say = (page: Page, text: string) => page.evaluate((text) => (globalThis as never as Globals).address.sendText(text), text);
const read = (page: Page, what: 'texts' | 'senders' | 'calls') =>
  page.evaluate((what) => [...(globalThis as never as Globals)[what]], what);

/** What is there and in which order; the official client keeps the order of arrival, and a page of history has the newest first. */
async function reads(page: Page, texts: string[]): Promise<void> {
  await expect.poll(() => read(page, 'texts')).toEqual(texts);
}

for (const other of ['ours', 'official'] as const) {
  test(`messages between ours and ${other} come live, and are read on another device and after a reload`, async () => {
    const [ann, ben] = [`ann-${other}`, `ben-${other}`];
    const tokens = { ann: server.token(ann), ben: server.token(ben) };
    const [a, b] = [await person('ours', tokens.ann), await person(other, tokens.ben)];
    await converse(a, `/private/${ben}`);
    await converse(b, `/private/${ann}`);
    await say(a, 'Hello Ben');
    for (const page of [a, b]) await reads(page, ['Hello Ben']);
    await say(b, 'Hello Ann 👋');
    await say(b, 'How are you?');
    const all = ['Hello Ben', 'Hello Ann 👋', 'How are you?'];
    for (const page of [a, b]) await reads(page, all);
    await expect.poll(() => read(a, 'senders')).toEqual([`/private/${ann}`, `/private/${ben}`, `/private/${ben}`]);

    // Another device of Ann's, which was not there; it hears what is said from now on too.
    const second = await person('ours', tokens.ann);
    await converse(second, `/private/${ben}`);
    await reads(second, all);
    await say(b, 'Still there?');
    for (const page of [a, b, second]) await reads(page, [...all, 'Still there?']);

    // And Ben's page, loaded again.
    await b.reload();
    await b.waitForFunction(() => 'sdk' in globalThis);
    await connect(b, tokens.ben);
    await converse(b, `/private/${ann}`);
    await expect.poll(async () => (await read(b, 'texts')).sort()).toEqual([...all, 'Still there?'].sort());
    await say(a, 'Yes');
    await expect.poll(() => read(b, 'texts')).toContain('Yes');
  });

  test(`a call between ours and ${other} that nobody took is in the history of both`, async () => {
    const [cat, dan] = [`cat-${other}`, `dan-${other}`];
    const tokens = { cat: server.token(cat), dan: server.token(dan) };
    const [c, d] = [await person('ours', tokens.cat), await person(other, tokens.dan, true)];
    await converse(c, `/private/${dan}`);
    await converse(d, `/private/${cat}`);
    await dial(c, `/private/${dan}`);
    await rings(d);
    await hangup(c);
    const entry = { kind: 'call', status: 'cancelled', lasted: true };
    for (const page of [c, d]) await expect.poll(() => read(page, 'calls')).toEqual([entry]);
    for (const page of [c, d]) expect(await read(page, 'texts')).toEqual([]);
  });
}
