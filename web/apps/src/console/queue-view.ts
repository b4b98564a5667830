/** What rings, what waits on hold, and whom one can call. */
import type { Address } from '@offhook/js';
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Desk } from './desk.js';
import type { DeskCall } from './desk-call.js';
import { disc, duration, icon } from './templates.js';

export function queueView(desk: Desk) {
  const { ringing, aside } = desk;
  return html`<section class="card queue" aria-labelledby="queue-title">
    <h2 id="queue-title">Waiting <span class="count" data-testid="waiting">${ringing.length}</span></h2>
    <div data-testid="calls">
      ${repeat(ringing, ({ id }) => id, (call) => ringingView(desk, call))}
      ${repeat(aside, ({ id }) => id, (call) => asideView(desk, call))}
    </div>
    ${ringing.length + aside.length === 0
      ? html`<p class="empty">${desk.online ? 'No call is waiting. New ones ring here.' : 'You are offline: calls do not ring here.'}</p>`
      : nothing}
  </section>`;
}

function ringingView(desk: Desk, call: DeskCall) {
  const waited = Math.floor((Date.now() - call.since) / 1000);
  return html`<article class="line ringing" data-testid="call" data-phase="ringing" aria-label="${call.name} is calling">
    ${disc(call.name)}
    <div class="who"><strong data-testid="caller" title=${call.name}>${call.name}</strong><span><span data-testid="ring-status">${call.status}</span>, <span class="number">${duration(waited)}</span></span></div>
    <div class="buttons">
      <button class="round good" data-testid="answer" title="Answer (Alt+Shift+A)" aria-label="Answer ${call.name}" @click=${() => void desk.answer(call)}>${icon('phone-call', 20)}</button>
      <button class="round bad" data-testid="reject" title="Reject (Alt+Shift+R)" aria-label="Reject ${call.name}" @click=${() => call.reject()}>${icon('phone-end', 20)}</button>
    </div>
  </article>`;
}

function asideView(desk: Desk, call: DeskCall) {
  return html`<article class="line" data-testid="held-call" data-phase=${call.phase}>
    ${disc(call.name)}
    <div class="who"><strong title=${call.name}>${call.name}</strong><span>${call.status}, <span class="number">${duration(call.seconds)}</span></span></div>
    <div class="buttons">
      <button class="plain" data-testid="resume" @click=${() => void desk.resume(call)} aria-label="Resume ${call.name}">Resume</button>
      <button class="round bad small" aria-label="Hang up ${call.name}" title="Hang up" @click=${() => void call.hangup()}>${icon('phone-end', 16)}</button>
    </div>
  </article>`;
}

export function directoryView(desk: Desk) {
  const { directory } = desk.client ?? {};
  const dial = ({ detail }: CustomEvent<{ address: Address }>): void => {
    const { address } = detail;
    void desk.dial(address.defaultChannel ?? address.name, address.displayName, address);
  };
  return html`<section class="card directory" aria-labelledby="directory-title">
    <h2 id="directory-title">Directory</h2>
    ${directory
      ? html`<sw-directory data-testid="directory" .directory=${directory} @sw-dial=${dial}
          @sw-address-select=${({ detail }: CustomEvent<{ address: Address }>) => desk.show(detail.address)}></sw-directory>`
      : html`<p class="empty">${desk.connection === 'lost' ? 'It comes back with the connection.' : 'Loading…'}</p>`}
    ${unreadView(desk)}
  </section>`;
}

function unreadView(desk: Desk) {
  const { directory } = desk.client ?? {};
  const waiting = [...desk.unread].map(([id, count]) => ({ address: directory?.get(id), count }));
  return waiting.map(({ address, count }) =>
    address
      ? html`<button class="plain wide" data-testid="unread" @click=${() => desk.show(address)}>${icon('transcript', 16)}<span>${address.displayName}</span><span class="count">${count}</span></button>`
      : nothing
  );
}
