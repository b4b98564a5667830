/** What a spec plays on: a server of its own, pages with an SDK on them, and the people who come in during a test. */
import { test } from '@playwright/test';
import { leave, type Party, type PartyOptions } from './party.js';
import { Pages } from './sdk.js';
import { Server } from './server.js';
import { Wire } from './wire.js';

/** These are the running file's, from before its first test until after its last. */
export let server: Server;
export let pages: Pages;
/** Between people and the server, where the file asks for one. */
export let wire: Wire;
/** Who came in during the test that runs. */
export let parties: Party[] = [];

export interface StageOptions {
  /** Of the server, as on its command line. */
  flags?: string[];
  /** A wire is laid to the server; it is whole again after every test. */
  wired?: boolean;
  /** Everybody hangs up before they leave: the room is the same in every test, and nobody stays. */
  hangUp?: boolean;
}

/** Called once, at the top of a file: starts what is above, with fresh data, and lets people go after each test. */
export function setStage({ flags, wired, hangUp }: StageOptions = {}): void {
  test.beforeAll(async () => {
    if (wired) ({ wire, server } = await Wire.lay(flags));
    else server = await Server.start(flags);
    pages = await Pages.start(() => server);
  });
  test.afterAll(async () => {
    pages.stop();
    if (wired) wire.close();
    await server.stop();
  });
  test.afterEach(async () => {
    if (wired) {
      wire.shape({});
      wire.mend();
    }
    if (hangUp) await Promise.all(parties.map(({ page }) => page.evaluate('globalThis.call?.hangup().catch(() => undefined)')));
    await leave(parties);
    parties = [];
  });
}

/** Somebody comes in, and leaves after the test. */
export async function enter(coming: Promise<Party>): Promise<Party> {
  const party = await coming;
  parties.push(party);
  return party;
}

/** Somebody comes in at a page with an SDK. */
export function open(which: 'ours' | 'official', hz: number, options?: PartyOptions): Promise<Party> {
  return enter(pages.open(which, hz, options));
}
