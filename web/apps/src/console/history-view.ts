/** The calls there were. */
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Desk } from './desk.js';
import type { Entry, Outcome } from './kept.js';
import { disc, duration, icon, moment } from './templates.js';

const OUTCOMES: Record<Outcome, string> = {
  answered: '', missed: 'missed', rejected: 'rejected', elsewhere: 'answered elsewhere', unanswered: 'not answered', failed: 'failed'
};

export function historyView(desk: Desk) {
  const { entries } = desk.kept;
  return html`<section class="card history" aria-labelledby="history-title">
    <h2 id="history-title">Recent calls</h2>
    <ol data-testid="history">${repeat(entries.slice(0, 50), ({ id }) => id, (entry) => line(desk, entry))}</ol>
    ${entries.length === 0 ? html`<p class="empty">None yet. What you answer, miss or reject is listed here.</p>` : nothing}
  </section>`;
}

function line(desk: Desk, entry: Entry) {
  const { name, direction, outcome, at, seconds, destination } = entry;
  const note = desk.kept.note(entry.contact);
  return html`<li data-outcome=${outcome}>
    ${disc(name)}
    <div class="who"><strong title=${name}>${name}</strong>
      <span>${direction === 'outbound' ? 'You called' : 'Called you'}, ${outcome === 'answered' ? duration(seconds) : OUTCOMES[outcome]}${note ? html`<br><q title=${note}>${note}</q>` : nothing}</span></div>
    <time class="number" datetime=${new Date(at).toISOString()}>${moment(at)}</time>
    ${destination
      ? html`<button class="round plain small" title="Call back" aria-label="Call ${name}" @click=${() => void desk.dial(destination, name)}>${icon('phone-call', 16)}</button>`
      : html`<span></span>`}
  </li>`;
}
