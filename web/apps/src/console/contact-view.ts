/** About whom the agent talks to: notes, messages, what is being said, and earlier calls. */
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Desk } from './desk.js';
import { LONGEST_NOTE } from './kept.js';
import { disc, duration, icon, moment } from './templates.js';

export const TABS = { notes: 'Notes', messages: 'Messages', transcript: 'Transcript', log: 'Earlier calls' } as const;
export type Tab = keyof typeof TABS;

export function contactView(desk: Desk, tab: Tab, choose: (tab: Tab) => void) {
  const { contact } = desk;
  const key = (event: KeyboardEvent): void => {
    const all = Object.keys(TABS) as Tab[];
    const at = all.indexOf(tab);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const wanted = all[(to + all.length) % all.length]!;
    choose(wanted);
    (event.currentTarget as HTMLElement).querySelector<HTMLElement>(`#tab-${wanted}`)?.focus();
  };
  return html`<section class="card contact" aria-label="About this contact">
    <header>${contact
      ? html`${disc(contact.name)}<div class="who"><h2 title=${contact.name}>${contact.name}</h2><span>${contact.address ? kind(contact.address.type) : 'Not in the directory'}</span></div>
          ${contact.address && !desk.active
            ? html`<button class="round good small" title="Call" aria-label="Call ${contact.name}" @click=${() =>
                void desk.dial(contact.address!.defaultChannel ?? contact.address!.name, contact.name, contact.address)}>${icon('phone-call', 16)}</button>`
            : nothing}`
      : html`<div class="who"><h2>Nobody chosen</h2><span>A call or an entry of the directory shows here.</span></div>`}</header>
    <div class="tabs" role="tablist" aria-label="About this contact" @keydown=${key}>${(Object.entries(TABS) as [Tab, string][]).map(
      ([name, text]) => html`<button role="tab" id="tab-${name}" aria-selected=${tab === name} aria-controls="panel" tabindex=${tab === name ? 0 : -1}
        data-testid="tab-${name}" @click=${() => choose(name)}>${text}</button>`
    )}</div>
    <div id="panel" class="panel" role="tabpanel" aria-labelledby="tab-${tab}" tabindex="-1">${panel(desk, tab)}</div>
  </section>`;
}

const kind = (type: string | undefined): string => ({ subscriber: 'Colleague', room: 'Room', app: 'Application' })[type ?? ''] ?? 'Address';

function panel(desk: Desk, tab: Tab) {
  if (tab === 'notes') return notesView(desk);
  if (tab === 'messages') return messagesView(desk);
  if (tab === 'log') return logView(desk);
  return html`<console-transcript .call=${desk.active?.call}></console-transcript>`;
}

function notesView(desk: Desk) {
  const { contact } = desk;
  if (!contact) return html`<p class="empty">Notes belong to a caller: they are here again with the next call.</p>`;
  const keep = ({ target }: Event): void => desk.kept.write(contact.key, (target as HTMLTextAreaElement).value);
  return html`<label class="note">Notes about ${contact.name}
      <textarea data-testid="notes" maxlength=${LONGEST_NOTE} placeholder="What is it about? What was promised?" .value=${desk.kept.note(contact.key)} @input=${keep}></textarea></label>
    <p class="hint">Kept in this browser as you write.</p>`;
}

function messagesView(desk: Desk) {
  const { thread } = desk;
  if (!thread) return html`<p class="empty">${desk.contact ? 'A visitor of the web site cannot be written to. Call, or write a note.' : 'Choose somebody in the directory to write to.'}</p>`;
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    const input = (event.target as HTMLFormElement).elements.namedItem('text') as HTMLInputElement;
    const text = input.value.trim();
    if (!text) return;
    input.disabled = true;
    if (await thread.send(text)) input.value = '';
    input.disabled = false;
    input.focus();
  };
  return html`<div class="messages" role="log" aria-label="Messages" tabindex="0" data-testid="messages">
      ${thread.hasMore ? html`<button class="plain" @click=${() => thread.loadMore()}>Earlier ones</button>` : nothing}
      ${thread.texts === undefined ? html`<p class="empty">Loading…</p>` : thread.texts.length === 0 ? html`<p class="empty">No messages yet.</p>` : nothing}
      ${repeat(thread.texts ?? [], ({ id }) => id, ({ id, text, created }) => html`<div class="message ${thread.isOwn(id) ? 'own' : ''}"><p dir="auto">${text}</p><time class="number">${moment(created)}</time></div>`)}
    </div>
    <p class="error" role="alert">${thread.fault}</p>
    <form class="write" @submit=${(event: Event) => void send(event)}>
      <input name="text" autocomplete="off" maxlength="2000" placeholder="Write a message" aria-label="Message to ${thread.address.displayName}" data-testid="message">
      <button class="round good" aria-label="Send" title="Send" data-testid="send">${icon('send-icon', 18)}</button>
    </form>`;
}

function logView(desk: Desk) {
  const { thread, contact } = desk;
  const entries = contact ? desk.kept.entries.filter((entry) => entry.contact === contact.key) : [];
  if (thread?.calls?.length) {
    return html`<ol class="log" data-testid="log">${thread.calls.map(({ status, started, ended }) => html`<li><span>${status.replaceAll('_', ' ') || 'call'}</span>
      <span class="number">${ended ? duration(Math.round((ended - started) / 1000)) : ''}</span><time class="number">${moment(started)}</time></li>`)}</ol>`;
  }
  return entries.length > 0
    ? html`<ol class="log" data-testid="log">${entries.map(({ outcome, seconds, at }) => html`<li><span>${outcome}</span><span class="number">${seconds ? duration(seconds) : ''}</span><time class="number">${moment(at)}</time></li>`)}</ol>`
    : html`<p class="empty">No earlier calls.</p>`;
}
