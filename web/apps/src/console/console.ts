/** The agents' console: sign in, take calls, talk, write down. */
import '@offhook/web-components';
import type { Address } from '@offhook/js';
import { html, nothing, render } from 'lit';
import { Account, SignInError } from './account.js';
import { contactView, type Tab } from './contact-view.js';
import { Desk } from './desk.js';
import { historyView } from './history-view.js';
import { directoryView, queueView } from './queue-view.js';
import { bannersView, barView, settingsView, type ShellActions } from './shell-view.js';
import { stageView, type StageState } from './stage-view.js';
import './transcript.js';

type View = 'calls' | 'directory' | 'contact';
const VIEWS: Record<View, string> = { calls: 'Calls', directory: 'Directory', contact: 'Contact' };

const root = document.querySelector<HTMLElement>('#console')!;
let desk: Desk | undefined;
let tab: Tab = 'notes';
let view: View = 'calls';
let settings = false;
const stage: StageState = { keypad: false, passing: false };
const signIn = { email: '', password: '', busy: false, message: '' };
/** Of the call in front, to notice another one. */
let inFront: string | undefined;

let drawing = false;
function draw(): void {
  if (drawing) return;
  drawing = true;
  // Not bound to frames: a page in the background goes on telling.
  queueMicrotask(() => {
    drawing = false;
    render(desk ? deskView(desk) : signInView(), root);
    settle();
  });
}

/** What follows a change of the call in front. */
function settle(): void {
  const now = desk?.active?.id;
  if (now === inFront) return;
  inFront = now;
  stage.keypad = stage.passing = false;
  if (!now) return;
  view = 'calls';
  tab = 'notes';
  draw();
  queueMicrotask(() => root.querySelector<HTMLElement>('#stage-title')?.focus({ preventScroll: true }));
}

const actions: ShellActions = {
  signOut: () => signOut(),
  settings(open) {
    settings = open;
    draw();
  },
  changed: draw
};

function deskView(desk: Desk) {
  return html`${barView(desk, actions)}${bannersView(desk)}
    <main class="desk" data-testid="desk" data-view=${view}>
      <div class="column left">${queueView(desk)}${directoryView(desk)}</div>
      <div class="column middle">${stageView(desk, stage, draw)}${historyView(desk)}</div>
      <div class="column right">${contactView(desk, tab, (chosen) => {
        tab = chosen;
        draw();
      })}</div>
    </main>
    <nav class="views" aria-label="Views">${(Object.entries(VIEWS) as [View, string][]).map(
      ([name, text]) => html`<button aria-current=${view === name ? 'page' : nothing} @click=${() => {
        view = name;
        draw();
      }}>${text}${name === 'calls' && desk.ringing.length > 0 ? html` <span class="count">${desk.ringing.length}</span>` : nothing}</button>`
    )}</nav>
    ${settingsView(desk, settings, actions)}${passView(desk)}`;
}

function passView(desk: Desk) {
  const open = stage.passing && desk.active !== undefined;
  const close = (): void => {
    stage.passing = false;
    draw();
  };
  const pass = async ({ address }: { address: Address }): Promise<void> => {
    close();
    await desk.transfer(address.defaultChannel ?? address.name, address.displayName);
  };
  return html`<sw-ui-modal label="Transfer the call" .open=${open} @sw-modal-close=${close}>
    ${open
      ? html`<div class="card settings" data-testid="transfer-dialog"><div class="head"><h2>Transfer to…</h2><button class="round plain small" aria-label="Close" @click=${close}><sw-ui-icon name="close" size="16"></sw-ui-icon></button></div>
          <p class="hint">Choose who takes the call over; it leaves your desk.</p>
          <sw-directory .directory=${desk.client?.directory} @sw-dial=${({ detail }: CustomEvent<{ address: Address }>) => void pass(detail)}></sw-directory></div>`
      : nothing}
  </sw-ui-modal>`;
}

function signInView() {
  const { email, password, busy, message } = signIn;
  const submit = (event: Event): void => {
    event.preventDefault();
    const data = new FormData(event.target as HTMLFormElement);
    signIn.email = String(data.get('email'));
    signIn.password = String(data.get('password'));
    void attempt();
  };
  return html`<main class="door"><form class="card sign-in" data-testid="sign-in" @submit=${submit}>
    <div class="mark"><sw-ui-icon name="sw-logo" size="30" aria-hidden="true"></sw-ui-icon></div>
    <h1>Agent console</h1>
    <p>Sign in to take calls.</p>
    <label class="field">Email <input name="email" type="email" autocomplete="username" required .value=${email}></label>
    <label class="field">Password <input name="password" type="password" autocomplete="current-password" required .value=${password}></label>
    <p class="error" data-testid="sign-in-error" role="alert">${message}</p>
    <button class="primary" type="submit" ?disabled=${busy}>${busy ? 'Signing in…' : 'Sign in'}</button>
  </form></main>`;
}

async function attempt(): Promise<void> {
  signIn.busy = true;
  signIn.message = '';
  draw();
  try {
    await begin(await Account.signIn(signIn.email, signIn.password));
    signIn.password = '';
  } catch (error) {
    if (desk) signOut();
    signIn.message = error instanceof SignInError ? error.message : 'The console could not load what it needs. Check the connection, then sign in again.';
  } finally {
    signIn.busy = false;
    draw();
  }
}

async function begin(account: Account): Promise<void> {
  desk = new Desk(account, { changed: draw, ended: signOut });
  draw();
  await desk.start();
}

function signOut(message = ''): void {
  desk?.end();
  desk = undefined;
  settings = false;
  Account.forget();
  signIn.message = message;
  draw();
}

addEventListener('keydown', (event) => {
  if (!desk || !event.altKey || !event.shiftKey || event.ctrlKey || event.metaKey) return;
  const { active } = desk;
  const [first] = desk.ringing;
  const show = (name: View, what: string): void => {
    view = name;
    draw();
    queueMicrotask(() => root.querySelector<HTMLElement>(what)?.focus());
  };
  const does: Record<string, (() => void) | undefined> = {
    KeyA: first && (() => void desk?.answer(first)),
    KeyR: first && (() => first.reject()),
    KeyM: active && (() => void active.call.self?.toggleMute().catch(() => undefined)),
    KeyH: active && (() => void active.hold(active.phase !== 'held')),
    KeyE: active && (() => void active.hangup()),
    KeyK: active && (() => {
      stage.keypad = !stage.keypad;
      draw();
    }),
    KeyN: () => {
      tab = 'notes';
      show('contact', 'textarea');
    },
    KeyD: () => show('directory', 'sw-directory'),
    KeyO: () => void desk?.goOnline(!desk.wanted)
  };
  // By the key's place: with Alt its letter differs from system to system.
  const act = does[event.code];
  if (!act) return;
  event.preventDefault();
  act();
});

// A page that is left hangs up: the agent is asked first.
addEventListener('beforeunload', (event) => {
  if (desk?.calls.some(({ isUp }) => isUp)) event.preventDefault();
});
// Durations on the page.
setInterval(() => desk && desk.calls.length > 0 && draw(), 1000);

// For measurements in tests: what this page's call hears.
Object.assign(globalThis, { __remote: () => desk?.active?.call.remoteStream ?? null });

const kept = Account.resume();
if (kept) {
  begin(kept).catch(() => signOut('The console could not load what it needs. Check the connection, then sign in again.'));
} else {
  draw();
  // Only a demonstration server tells its password.
  const response = await fetch('/demo/config.json').catch(() => undefined);
  if (response?.ok) {
    const { agent } = (await response.json()) as { agent: { email: string; password: string } };
    Object.assign(signIn, agent);
    draw();
  }
}
