/** The frame of the desk: who is signed in, whether calls ring, what is amiss, and settings. */
import { html, nothing } from 'lit';
import type { Desk } from './desk.js';
import { Notices } from './notices.js';
import { icon } from './templates.js';

export const SHORTCUTS: [keys: string, what: string][] = [
  ['Alt + Shift + A', 'Answer the call that has waited longest'], ['Alt + Shift + R', 'Reject it'], ['Alt + Shift + M', 'Mute or unmute the microphone'],
  ['Alt + Shift + H', 'Hold, or take back'], ['Alt + Shift + E', 'Hang up'], ['Alt + Shift + K', 'Keypad'], ['Alt + Shift + N', 'Notes'],
  ['Alt + Shift + D', 'Directory'], ['Alt + Shift + O', 'Online or offline']
];

const CONNECTIONS = { connecting: 'Connecting…', ready: 'Connected', lost: 'Reconnecting…' } as const;

export interface ShellActions {
  signOut(): void;
  settings(open: boolean): void;
  changed(): void;
}

export function barView(desk: Desk, actions: ShellActions) {
  const { connection, online, wanted, ringing } = desk;
  return html`<header class="bar">
    <h1><a class="brand" href="/console/">${icon('sw-logo', 22)}<strong>Agent console</strong></a></h1>
    <span class="dot" data-testid="connection" data-state=${connection} role="status">${CONNECTIONS[connection]}</span>
    <div class="spring"></div>
    <label class="availability"><span data-testid="availability" data-on=${online}>${online ? 'Online' : 'Offline'}</span>
      <button class="switch" role="switch" aria-checked=${wanted} data-testid="online" aria-label="Take calls" title="Take calls (Alt+Shift+O)" @click=${() => void desk.goOnline(!wanted)}><span></span></button></label>
    ${desk.client ? html`<sw-device-selector data-testid="devices" show-preview .deviceController=${desk.client}></sw-device-selector>` : nothing}
    <button class="plain" data-testid="settings" @click=${() => actions.settings(true)}>Settings</button>
    <span class="who" data-testid="who" title=${desk.account.email}>${desk.account.email}</span>
    <button class="plain" data-testid="sign-out" @click=${actions.signOut}>Sign out</button>
    <span class="unseen" role="status">${ringing.length > 0 ? ringing.map(({ name }) => `${name} is calling`).join(', ') : ''}</span>
  </header>`;
}

export function bannersView(desk: Desk) {
  const { connection, microphone, notice, wanted, online } = desk;
  const lost = connection === 'lost'
    ? `The connection was lost; it is being made again. ${desk.calls.length > 0 ? 'Calls that are up go on.' : 'Calls that come now wait for it.'}`
    : connection === 'ready' && wanted && !online && !desk.wrapUp?.paused
      ? 'Going online…'
      : '';
  return html`<div class="banners">
    <p class="banner warn" data-testid="banner" role="alert" ?hidden=${!lost}>${lost}</p>
    ${microphone === 'denied'
      ? html`<p class="banner bad" role="alert">The microphone is blocked: callers will not hear you. Allow it beside the address of this page.</p>`
      : microphone === 'prompt'
        ? html`<p class="banner">Callers hear you once this page may use the microphone. <button class="plain" @click=${() => void desk.allowMicrophone()}>Allow it now</button></p>`
        : nothing}
    <p class="banner" role="status" data-testid="notice" ?hidden=${!notice}><span>${notice}</span>
      <button class="plain" aria-label="Close" @click=${() => {
        desk.notice = '';
        desk.settle();
      }}>${icon('close', 14)}</button></p>
  </div>`;
}

export function settingsView(desk: Desk, open: boolean, actions: ShellActions) {
  const { volume, notify, pauseAfterCall } = desk.kept.settings;
  const set = (change: Parameters<Desk['kept']['set']>[0]): void => {
    desk.kept.set(change);
    desk.settle();
  };
  const agree = async ({ target }: Event): Promise<void> => {
    const box = target as HTMLInputElement;
    const on = box.checked && (await Notices.agree());
    box.checked = on;
    set({ notify: on });
  };
  return html`<sw-ui-modal label="Settings" .open=${open} @sw-modal-close=${() => actions.settings(false)}>
    <div class="card settings" data-testid="settings-dialog">
      <div class="head"><h2>Settings</h2><button class="round plain small" aria-label="Close" @click=${() => actions.settings(false)}>${icon('close', 16)}</button></div>
      <label class="field">Loudness of the ringing
        <span class="row"><input type="range" min="0" max="1" step="0.05" .value=${String(volume)} data-testid="volume" @input=${({ target }: Event) => set({ volume: Number((target as HTMLInputElement).value) })}>
          <button class="plain" @click=${() => desk.chime()}>Try it</button></span></label>
      <label class="check"><input type="checkbox" .checked=${notify} ?disabled=${!Notices.possible || Notices.blocked} data-testid="notify" @change=${(event: Event) => void agree(event)}>
        <span>Tell me on the desktop when a call rings and this page is not in front${Notices.blocked ? html`<br><small>Notifications are blocked. Allow them beside the address of this page.</small>` : nothing}</span></label>
      <label class="check"><input type="checkbox" .checked=${pauseAfterCall} data-testid="pause" @change=${({ target }: Event) => set({ pauseAfterCall: (target as HTMLInputElement).checked })}>
        <span>Go offline after each call, until it is written up</span></label>
      <h3>Keys</h3>
      <dl class="keys">${SHORTCUTS.map(([keys, what]) => html`<div><dt>${what}</dt><dd><kbd>${keys}</kbd></dd></div>`)}</dl>
      <p class="hint"><a href="/console/buttons/">Call buttons: what to paste into a web site</a></p>
    </div>
  </sw-ui-modal>`;
}
