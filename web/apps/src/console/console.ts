/** The agents' console: sign in, take calls, talk. */
import type { SignalWire as Client, WebRTCCall } from '@offhook/js';
import { Account, SignInError } from './account.js';
import { CallCard } from './call-card.js';
import { Ringer } from './ringer.js';

const sdkUrl = '/js/offhook.mjs';
const find = <T extends HTMLElement>(id: string) => document.querySelector<T>(`[data-testid=${id}]`)!;
const form = document.querySelector('form')!;
const online = find<HTMLButtonElement>('online');
const ringer = new Ringer();
const cards = new Map<string, CallCard>();
let client: Client | undefined;

function show(signedIn: boolean): void {
  form.hidden = signedIn;
  find('desk').hidden = !signedIn;
  find('sign-out').hidden = !signedIn;
}

function banner(text: string): void {
  find('banner').hidden = !text;
  find('banner').textContent = text;
}

function connection(state: 'off' | 'waiting' | 'ready', text: string): void {
  const dot = find('connection');
  dot.dataset.state = state;
  dot.textContent = text;
}

function availability(on: boolean): void {
  online.setAttribute('aria-checked', String(on));
  find('availability').textContent = on ? 'Online' : 'Offline';
  find('availability-hint').textContent = on ? 'Calls ring here.' : 'Go online, and calls ring here.';
}

async function begin(account: Account): Promise<void> {
  show(true);
  find('who').textContent = account.email;
  connection('waiting', 'Connecting…');
  const { SignalWire } = (await import(/* @vite-ignore */ sdkUrl)) as typeof import('@offhook/js');
  client = new SignalWire(account, { skipRegister: sessionStorage.getItem('offhook-console-offline') === 'yes' });
  const started = client;
  let wasReady = false;
  started.ready$.subscribe((ready) => {
    if (client !== started) return;
    connection(ready ? 'ready' : 'waiting', ready ? 'Connected' : wasReady ? 'Reconnecting…' : 'Connecting…');
    banner(!ready && wasReady ? 'The connection was lost. Calls that are up go on; reconnecting…' : '');
    wasReady ||= ready;
  });
  started.isRegistered$.subscribe((registered) => client === started && availability(registered));
  started.errors$.subscribe((error) => {
    if (client !== started) return;
    if (error.name === 'InvalidCredentialsError') signOut('Your sign-in has ended. Please sign in again.');
    else if (error.name === 'TokenRefreshError') banner('The sign-in could not be renewed; it will end soon. Sign out and in again when no call is up.');
  });
  started.session.incomingCalls$.subscribe((calls) => calls.forEach(ring));
}

function ring(call: WebRTCCall): void {
  if (cards.has(call.id) || !client) return;
  const card = new CallCard(call, {
    changed: () => ringer.set([...cards.values()].some(({ ringing }) => ringing)),
    // One conversation at a time: whoever answers another call ends the one before.
    answering: () => [...cards.values()].filter((other) => other !== card && other.talking).forEach((other) => void other.call.hangup()),
    ended: (summary) => {
      cards.delete(call.id);
      remember(card.name, summary);
    }
  });
  cards.set(call.id, card);
  find('calls').append(card.element);
  card.start();
}

function remember(name: string, summary: string): void {
  const entry = document.createElement('li');
  for (const text of [name, `${summary}, ${new Date().toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}`]) {
    entry.append(Object.assign(document.createElement('span'), { textContent: text }));
  }
  find('history').prepend(entry);
  find('no-history').hidden = true;
}

function signOut(message = ''): void {
  client?.destroy();
  client = undefined;
  Account.forget();
  ringer.set(false);
  cards.clear();
  find('calls').replaceChildren();
  show(false);
  availability(false);
  banner('');
  connection('off', 'Signed out');
  find('who').textContent = '';
  find('sign-in-error').textContent = message;
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  const data = new FormData(form);
  find('sign-in-error').textContent = '';
  Account.signIn(String(data.get('email')), String(data.get('password')))
    .then(begin)
    .catch((error: Error) => {
      show(false);
      find('sign-in-error').textContent = error instanceof SignInError ? error.message : 'The console could not start. Reload the page.';
    });
});
find('sign-out').addEventListener('click', () => signOut());
online.addEventListener('click', () => {
  const on = online.getAttribute('aria-checked') !== 'true';
  sessionStorage.setItem('offhook-console-offline', on ? 'no' : 'yes');
  const change = on ? client?.register() : client?.unregister();
  change?.catch(() => banner('The server did not take that. Please try again.'));
});

const kept = Account.resume();
if (kept) void begin(kept);
else {
  show(false);
  // Only a demonstration server tells its password.
  const response = await fetch('/demo/config.json').catch(() => undefined);
  if (response?.ok) {
    const { agent } = (await response.json()) as { agent: { email: string; password: string } };
    form.querySelector<HTMLInputElement>('[name=email]')!.value = agent.email;
    form.querySelector<HTMLInputElement>('[name=password]')!.value = agent.password;
  }
}
// For measurements in tests: what this page's call hears.
Object.assign(globalThis, { __remote: () => [...cards.values()].find(({ talking }) => talking)?.call.remoteStream ?? null });
