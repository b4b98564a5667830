/** The call in front: who, how far, its controls; what is to be written up after it; or that there is none. */
import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Participant } from '@offhook/js';
import type { Desk } from './desk.js';
import type { DeskCall } from './desk-call.js';
import { disc, duration, icon } from './templates.js';

export interface StageState {
  keypad: boolean;
  /** The dialog with the directory, to pass the call on. */
  passing: boolean;
}

export function stageView(desk: Desk, state: StageState, changed: () => void) {
  if (desk.active) return callView(desk, desk.active, state, changed);
  return desk.wrapUp ? wrapUpView(desk) : idleView(desk);
}

function callView(desk: Desk, call: DeskCall, state: StageState, changed: () => void) {
  const talking = call.phase === 'talking' || call.phase === 'held';
  const others = call.call.participants.filter(({ id }) => id !== call.call.self?.id) as Participant[];
  const pictured = call.call.remoteStream?.getVideoTracks().some((track) => track.readyState === 'live' && !track.muted) === true;
  return html`<section class="card stage" data-testid="call" data-phase=${talking ? 'talking' : call.phase} aria-labelledby="stage-title">
    <sw-call-provider .call=${call.call} .deviceController=${desk.client}>
      <header>
        ${disc(call.name, 'large')}
        <div class="who">
          <h2 id="stage-title" data-testid="caller" tabindex="-1" title=${call.name}>${call.name}</h2>
          <span class="unseen" role="status" data-testid="call-status">${call.status}</span>
          <div class="row"><sw-call-status .call=${call.call}></sw-call-status>
            <sw-audio-level class="heard" bars="7" maxsize="22" title="How loud the caller is" .stream=${call.call.remoteStream ?? undefined}></sw-audio-level></div>
        </div>
        <span class="number time" data-testid="time" aria-hidden="true">${call.answeredAt ? duration(call.seconds) : ''}</span>
      </header>
      <p class="error" role="alert" data-testid="call-error">${call.fault}</p>
      <div class="picture" ?data-shown=${pictured}><sw-call-media></sw-call-media></div>
      <div class="controls">
        ${talking
          ? html`<sw-call-controls show-screen-share="false" show-hand-raise="false" show-fullscreen="false"></sw-call-controls>`
          : html`<button class="bad pill" data-testid="cancel" @click=${() => void call.hangup()}>${icon('phone-end')} Hang up</button>`}
      </div>
      <div class="actions">
        <button data-testid="hold" aria-pressed=${call.phase === 'held'} title="Hold (Alt+Shift+H)" ?disabled=${!talking}
          @click=${() => void call.hold(call.phase !== 'held')}>${call.phase === 'held' ? 'Resume' : 'Hold'}</button>
        <button data-testid="keypad" aria-expanded=${state.keypad} title="Keypad (Alt+Shift+K)" ?disabled=${!talking} @click=${() => {
          state.keypad = !state.keypad;
          changed();
        }}>Keypad</button>
        <button data-testid="transfer" ?disabled=${call.phase !== 'talking'} @click=${() => {
          state.passing = true;
          changed();
        }}>Transfer…</button>
      </div>
      ${state.keypad && talking ? html`<sw-call-dialpad data-testid="dialpad"></sw-call-dialpad>` : nothing}
      ${others.length > 0
        ? html`<section class="people" aria-labelledby="people-title"><h3 id="people-title">In this call</h3>
            <ul data-testid="participants"><li>${disc(desk.account.email)}<span class="who">You</span></li>${repeat(others, ({ id }) => id, (other) => participant(call, other))}</ul></section>`
        : nothing}
    </sw-call-provider>
  </section>`;
}

function participant(call: DeskCall, other: Participant) {
  const name = other.name || call.name;
  const removable = call.call.capabilities.some((capability) => /^member/.test(capability));
  return html`<li>${disc(name)}<span class="who">${name}${other.audioMuted ? ' (muted)' : ''}</span>
    ${removable ? html`<details><summary>Actions</summary><sw-participant-controls participant-id=${other.id}></sw-participant-controls></details>` : nothing}</li>`;
}

function wrapUpView(desk: Desk) {
  const { entry, paused } = desk.wrapUp!;
  return html`<section class="card stage wrap-up" data-testid="wrap-up" aria-labelledby="stage-title">
    <header>
      ${disc(entry.name, 'large')}
      <div class="who"><h2 id="stage-title" tabindex="-1">${entry.name}</h2><p>The call has ended after <span class="number">${duration(entry.seconds)}</span>. Write down what is worth keeping.</p></div>
    </header>
    <p class="hint">${paused ? 'You are offline until this is done.' : desk.online ? 'You are online: calls go on ringing.' : 'You are offline.'}</p>
    <div class="actions">
      <button class="primary" data-testid="done" @click=${() => desk.done()}>Done${paused ? ', back online' : ''}</button>
      ${entry.destination ? html`<button @click=${() => void desk.dial(entry.destination!, entry.name)}>${icon('phone-call', 16)} Call back</button>` : nothing}
    </div>
  </section>`;
}

function idleView(desk: Desk) {
  const today = desk.kept.entries.filter(({ at }) => new Date(at).toDateString() === new Date().toDateString());
  const answered = today.filter(({ outcome }) => outcome === 'answered');
  const missed = today.filter(({ outcome }) => outcome === 'missed');
  const talked = answered.reduce((sum, { seconds }) => sum + seconds, 0);
  return html`<section class="card stage idle" aria-labelledby="stage-title">
    <div class="today">
      <h2 id="stage-title">${desk.online ? 'Ready for the next call' : 'You are offline'}</h2>
      <p>${desk.online ? 'Calls ring on the left. Or call somebody yourself.' : 'Go online, and calls ring here.'}</p>
      <dl>
        <div><dt>Answered today</dt><dd class="number">${answered.length}</dd></div>
        <div><dt>Missed today</dt><dd class="number">${missed.length}</dd></div>
        <div><dt>Time talked</dt><dd class="number">${duration(talked)}</dd></div>
      </dl>
    </div>
    <sw-ui-dialpad data-testid="dial" show-call-button allow-text placeholder="Address or number"
      @sw-dial=${({ detail }: CustomEvent<{ digits: string }>) => void desk.dial(detail.digits, detail.digits)}></sw-ui-dialpad>
  </section>`;
}
