/** What an agent has on the desk: the session, the calls, whom they are with, and what remains to be written down. */
import type { Address, SignalWire as Client, WebRTCCall } from '@offhook/js';
import type { Account } from './account.js';
import { type CarriedCall, DeskCall } from './desk-call.js';
import { Kept, type Entry } from './kept.js';
import { Notices } from './notices.js';
import { Ringer } from './ringer.js';
import { Thread } from './thread.js';

const sdkUrl = '/js/offhook.mjs';
const OFFLINE = 'offhook-console-offline';
const CARRIED = 'offhook-console-calls';

export type Connection = 'connecting' | 'ready' | 'lost';
/** A call that has ended and is not written up yet. */
export interface WrapUp {
  entry: Entry;
  address: Address | undefined;
  /** Back online when it is done. */
  paused: boolean;
}
export interface Told {
  changed(): void;
  /** The credentials are of no more use. */
  ended(reason: string): void;
}
interface Message {
  subtype?: string;
  from_fabric_address_id?: string;
  text?: string;
}

export class Desk {
  readonly kept: Kept;
  readonly calls: DeskCall[] = [];
  connection: Connection = 'connecting';
  online = false;
  /** The agent wants calls; the server may not know yet. */
  wanted = sessionStorage.getItem(OFFLINE) !== 'yes';
  /** The call in front. */
  active: DeskCall | undefined;
  wrapUp: WrapUp | undefined;
  /** The address whose messages are shown. */
  thread: Thread | undefined;
  /** Address ids with messages that nobody has looked at. */
  readonly unread = new Map<string, number>();
  microphone: PermissionState | 'unknown' = 'unknown';
  /** For the agent, until the next thing happens. */
  notice = '';
  readonly #ringer = new Ringer();
  readonly #notices = new Notices();
  /** Calls of the page as it was before it was loaded again. */
  readonly #carried = new Map(carried().map((call) => [call.id, call]));
  #client: Client | undefined;
  #ended = false;
  #written = '';

  constructor(readonly account: Account, private readonly told: Told) {
    this.kept = new Kept(account.email);
    this.#ringer.volume = this.kept.settings.volume;
  }

  /** Loads the SDK and connects. Rejects when the SDK cannot be loaded. */
  async start(): Promise<void> {
    const { SignalWire } = (await import(/* @vite-ignore */ sdkUrl)) as typeof import('@offhook/js');
    if (this.#ended) return;
    const client = (this.#client = new SignalWire(this.account, { skipRegister: !this.wanted, savePreferences: true, reconnectAttachedCalls: true }));
    client.ready$.subscribe((ready) => {
      if (ready) this.connection = 'ready';
      else if (this.connection === 'ready') this.connection = 'lost';
      this.#changed();
    });
    client.isRegistered$.subscribe((online) => {
      this.online = online;
      this.#changed();
    });
    client.errors$.subscribe((error) => {
      if (error.name === 'InvalidCredentialsError') this.told.ended('Your sign-in has ended. Please sign in again.');
      else if (error.name === 'RecoveryError') {
        this.#carried.clear();
        this.#say('A call ended while this page was away.');
      } else if (error.name === 'TokenRefreshError') this.#say('The sign-in could not be renewed; it will end soon. Sign out and in again when no call is up.');
    });
    client.deviceRecovered$.subscribe(({ message }) => this.#say(message ?? 'Another device is used now.'));
    client.directory$.subscribe((directory) => {
      this.#changed();
      directory?.addresses$.subscribe(() => this.#recognise());
    });
    client.session.calls$.subscribe((calls) => {
      // Those that are dialled here are there before they are answered for.
      for (const call of calls) if (call.direction === 'inbound' || this.#carried.has(call.id)) this.#take(call as WebRTCCall);
    });
    client.session.signalingEvent$.subscribe((event) => {
      if ((event.event_type as string) === 'conversation.message') this.#message(event.params as unknown as Message);
    });
    void this.#watchMicrophone();
    this.#changed();
  }

  get client(): Client | undefined {
    return this.#client;
  }
  get ringing(): DeskCall[] {
    return this.calls.filter(({ waits }) => waits);
  }
  /** Calls that are up beside the one in front. */
  get aside(): DeskCall[] {
    return this.calls.filter((call) => call.isUp && call !== this.active);
  }
  /** Whom the panel beside is about. */
  get contact(): { key: string; name: string; address: Address | undefined } | undefined {
    const { active, wrapUp, thread } = this;
    if (thread && !active && !wrapUp) return { key: thread.address.id, name: thread.address.displayName, address: thread.address };
    if (active) return { key: active.contact, name: active.name, address: active.address };
    return wrapUp && { key: wrapUp.entry.contact, name: wrapUp.entry.name, address: wrapUp.address };
  }

  async goOnline(on: boolean): Promise<void> {
    this.wanted = on;
    sessionStorage.setItem(OFFLINE, on ? 'no' : 'yes');
    this.#changed();
    try {
      await (on ? this.#client?.register() : this.#client?.unregister());
    } catch {
      this.#say('The server did not take that. Please try again.');
    }
  }

  async dial(destination: string, name: string, address?: Address): Promise<void> {
    const client = this.#client;
    if (!client || !destination.trim()) return;
    this.notice = '';
    await this.active?.hold(true);
    try {
      const call = (await client.dial(destination.trim(), { audio: true, video: false, receiveAudio: true, receiveVideo: true })) as WebRTCCall;
      this.#add(new DeskCall(call, name || destination, address ?? this.#addressOf(call), (changed) => this.#follow(changed)), true);
    } catch (error) {
      console.warn('the call could not be placed:', error);
      this.#say(/NOT_FOUND|INVALID|UNALLOCATED|404/.test(String(error)) ? `There is nobody at ${destination}.` : `${name || destination} could not be called. Try again.`);
    }
  }

  /** Takes a call that rings; the one in front waits on hold. */
  async answer(call: DeskCall): Promise<void> {
    if (!call.waits) return;
    const before = this.active;
    this.active = call;
    if (before?.isUp) void before.hold(true);
    call.answer();
    this.#see(call.address);
    this.#changed();
  }

  /** Brings a call that waits to the front. */
  async resume(call: DeskCall): Promise<void> {
    const before = this.active;
    this.active = call;
    this.#changed();
    if (before && before !== call) await before.hold(true);
    await call.hold(false);
    this.#see(call.address);
  }

  async transfer(destination: string, name: string): Promise<boolean> {
    const call = this.active;
    if (!call || !(await call.transfer(destination))) return false;
    this.#say(`${call.name} was passed on to ${name}.`);
    return true;
  }

  /** The call is written up. */
  done(): void {
    const paused = this.wrapUp?.paused;
    this.wrapUp = undefined;
    if (paused) void this.goOnline(true);
    this.#changed();
  }

  show(address: Address | undefined): void {
    if (this.wrapUp && !this.active) this.done();
    this.#see(address);
    this.#changed();
  }

  settle(): void {
    this.#ringer.volume = this.kept.settings.volume;
    this.#changed();
  }
  chime(): void {
    this.#ringer.chime();
  }

  async allowMicrophone(): Promise<void> {
    await this.#client?.requestMediaPermissions({ audio: true, video: false }).catch(() => undefined);
  }

  /** Hangs up and forgets everything. */
  end(): void {
    this.#ended = true;
    this.thread?.end();
    sessionStorage.removeItem(CARRIED);
    this.#client?.destroy();
    this.#ringer.set(0, false);
    this.#notices.ring([], false);
  }

  #take(call: WebRTCCall): void {
    if (this.calls.some(({ id }) => id === call.id) || call.status === 'destroyed') return;
    const carried = this.#carried.get(call.id);
    this.#carried.delete(call.id);
    const name = carried?.name ?? DeskCall.nameOf(call);
    this.#add(new DeskCall(call, name, this.#addressOf(call), (changed) => this.#follow(changed), carried), carried?.inFront === true && carried.answeredAt > 0);
  }

  /** The directory knows more: whom the calls are with, perhaps. */
  #recognise(): void {
    for (const call of this.calls) {
      call.address ??= this.#addressOf(call.call);
      if (call === this.active) this.#see(call.address);
    }
    this.#changed();
  }

  #add(call: DeskCall, inFront: boolean): void {
    this.calls.push(call);
    if (inFront) {
      this.active = call;
      this.#see(call.address);
    }
    call.follow();
    this.#changed();
  }

  #follow(call: DeskCall): void {
    if (call.phase === 'over') this.#over(call);
    this.#changed();
  }

  #over(call: DeskCall): void {
    const at = this.calls.indexOf(call);
    if (at < 0) return;
    this.calls.splice(at, 1);
    const entry = call.entry();
    this.kept.add(entry);
    if (this.active !== call) return;
    this.active = undefined;
    if (entry.outcome !== 'answered') {
      this.#say(entry.outcome === 'failed' ? `The call with ${entry.name} could not be made.` : entry.direction === 'outbound' ? `${entry.name} did not take the call.` : '');
      return;
    }
    const pause = this.kept.settings.pauseAfterCall && this.online;
    this.wrapUp = { entry, address: call.address, paused: pause };
    if (pause) {
      void this.goOnline(false);
    }
  }

  /** Whom a call is with, as far as the directory knows. */
  #addressOf(call: WebRTCCall): Address | undefined {
    const own = this.#own();
    const directory = this.#client?.directory;
    const names = [call.from, call.fromName].filter((name) => name !== undefined && name !== '');
    const known = call.direction === 'outbound' ? call.address : undefined;
    return known ?? directory?.addresses.find(({ id, name, displayName }) => !own.includes(id) && names.some((one) => one === name || one === displayName || one === id));
  }

  #own(): string[] {
    return this.#client?.user?.addresses?.map(({ id }) => id) ?? [];
  }

  /** Opens what was written with an address. */
  #see(address: Address | undefined): void {
    if (address && this.thread?.address.id === address.id) return;
    this.thread?.end();
    this.thread = address && new Thread(address, () => this.#own(), () => this.#changed());
    if (address) this.unread.delete(address.id);
  }

  #message({ subtype, from_fabric_address_id: from = '', text = '' }: Message): void {
    if (subtype !== 'chat' || !from || this.#own().includes(from) || this.thread?.address.id === from) return;
    this.unread.set(from, (this.unread.get(from) ?? 0) + 1);
    const name = this.#client?.directory?.get(from)?.displayName ?? 'Somebody';
    this.#say(`${name} wrote: ${text.slice(0, 120)}`);
  }

  async #watchMicrophone(): Promise<void> {
    try {
      const status = await navigator.permissions.query({ name: 'microphone' as PermissionName });
      const look = (): void => {
        this.microphone = status.state;
        this.#changed();
      };
      status.addEventListener('change', look);
      look();
    } catch {
      // Not every browser tells.
    }
  }

  #say(notice: string): void {
    this.notice = notice;
    this.#changed();
  }

  #changed(): void {
    if (this.#ended) return;
    const { ringing } = this;
    this.#ringer.set(ringing.length, this.active?.isUp === true);
    this.#notices.ring(ringing, this.kept.settings.notify);
    this.#carry();
    this.told.changed();
  }

  /** For this tab, should it be loaded again. */
  #carry(): void {
    const up = [...this.#carried.values(), ...this.calls.filter((call) => call.isUp).map((call) => call.carried(call === this.active))];
    const text = JSON.stringify(up);
    if (text === this.#written) return;
    this.#written = text;
    sessionStorage.setItem(CARRIED, text);
  }
}

function carried(): CarriedCall[] {
  try {
    return JSON.parse(sessionStorage.getItem(CARRIED) ?? '[]') as CarriedCall[];
  } catch {
    return [];
  }
}
