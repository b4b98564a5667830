/** Call buttons, for whoever owns the sites: what there is, and what to paste into a page. */
import { html, nothing, render } from 'lit';
import { policy, snippets, type Snippet } from './snippets.js';

interface Button {
  id: string;
  name: string;
  enabled: boolean;
  destination: string;
  allowed_origins: string[];
  proof_of_work?: number;
}
interface Resource {
  id: string;
  click_to_call?: Button & { token?: string };
}
interface Usage {
  token: { calls_at_once: number; calls_last_hour: number; minutes_last_day: number; refused: number };
}

const PLACEHOLDER = 'c2c_YOUR_TOKEN';
const BUTTONS = '/api/fabric/resources/click_to_call';
const root = document.querySelector<HTMLElement>('#buttons')!;
const state = {
  /** Basic credentials; of this page alone, never kept. */
  key: '',
  list: undefined as Button[] | undefined,
  chosen: undefined as Button | undefined,
  usage: undefined as Usage | undefined,
  /** Tokens that this page knows, by button. */
  tokens: new Map<string, string>(),
  which: 'module' as Snippet['id'],
  label: 'Talk to us',
  audioOnly: true,
  message: '',
  copied: '',
  busy: false
};

function draw(): void {
  render(html`<header class="bar"><a class="brand" href="/console/"><strong>Agent console</strong></a><span class="spring"></span><h1>Call buttons</h1></header>
    <main class="pane">${state.list ? listView(state.list) : doorView()}${state.chosen ? buttonView(state.chosen) : nothing}</main>`, root);
}

async function ask<T>(path: string, method = 'GET', body?: unknown): Promise<T> {
  const response = await fetch(path, {
    method,
    headers: { authorization: `Basic ${state.key}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) })
  });
  if (response.ok) return (await response.json()) as T;
  if (response.status === 401) throw new Error('This project and token do not belong together.');
  const told = (await response.json().catch(() => ({}))) as { errors?: { message?: string }[]; message?: string };
  throw new Error(told.errors?.map(({ message }) => message).join(' ') || told.message || `The server refused that (HTTP ${response.status}).`);
}

/** Does what a person asked for, and tells what went wrong. */
async function attempt(act: () => Promise<void>): Promise<void> {
  state.busy = true;
  state.message = '';
  draw();
  try {
    await act();
  } catch (error) {
    state.message = error instanceof TypeError ? 'The server cannot be reached. Check the connection, then try again.' : (error as Error).message;
  }
  state.busy = false;
  draw();
}

async function load(): Promise<void> {
  const list: Button[] = [];
  let next: string | undefined = `${BUTTONS}?page_size=100`;
  while (next && list.length < 1000) {
    const page: { data: Resource[]; links?: { next?: string } } = await ask(next);
    list.push(...page.data.flatMap(({ click_to_call: button }) => (button ? [button] : [])));
    const more: URL | undefined = page.links?.next ? new URL(page.links.next, location.href) : undefined;
    // The path alone: the key goes to this server and nowhere else.
    next = more && more.pathname + more.search;
  }
  state.list = list;
}

function choose(button: Button): void {
  state.chosen = button;
  state.usage = undefined;
  state.copied = '';
  if (state.key) void attempt(async () => void (state.usage = await ask<Usage>(`/api/offhook/click_to_call/${button.id}/usage`)));
  draw();
}

function doorView() {
  const submit = (event: Event): void => {
    event.preventDefault();
    const data = new FormData(event.target as HTMLFormElement);
    const bytes = new TextEncoder().encode(`${String(data.get('project')).trim()}:${String(data.get('key')).trim()}`);
    state.key = btoa(String.fromCharCode(...bytes));
    void attempt(load).then(() => {
      if (!state.list) state.key = '';
    });
  };
  return html`<form class="card" data-testid="door" @submit=${submit}>
    <h2>The project's buttons</h2>
    <p class="hint">With the project's id and API token (<code>offhook project create</code>). They are forgotten with this page.</p>
    <label class="field">Project <input name="project" autocomplete="off" spellcheck="false" required></label>
    <label class="field">API token <input name="key" type="password" autocomplete="off" required></label>
    <p class="error" role="alert">${state.message}</p>
    <p><button class="primary" ?disabled=${state.busy}>Show the buttons</button></p>
  </form>`;
}

function listView(list: Button[]) {
  const create = (event: Event): void => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const data = new FormData(form);
    const origins = String(data.get('origins')).split(/\s+/).filter(Boolean);
    void attempt(async () => {
      const made = await ask<Resource>(BUTTONS, 'POST', {
        name: String(data.get('name')), destination: String(data.get('destination')), ...(origins.length > 0 && { allowed_origins: origins })
      });
      if (!made.click_to_call) return;
      state.tokens.set(made.click_to_call.id, made.click_to_call.token ?? '');
      form.reset();
      await load();
      choose(made.click_to_call);
    });
  };
  return html`<section class="card" aria-labelledby="list-title"><h2 id="list-title">Buttons</h2>
      ${list.length === 0 ? html`<p class="empty">There is none yet. Make the first one below.</p>` : nothing}
      <ul class="buttons" data-testid="list">${list.map((button) => html`<li><button class="plain wide" aria-current=${state.chosen?.id === button.id ? 'true' : nothing} @click=${() => choose(button)}>
        <span class="who"><strong>${button.name}</strong><span>${button.destination}</span></span>${button.enabled ? nothing : html`<span class="count">off</span>`}</button></li>`)}</ul>
      <p class="error" role="alert">${state.message}</p></section>
    <form class="card" @submit=${create} data-testid="create"><h2>A new button</h2>
      <label class="field">Name <input name="name" required maxlength="200" placeholder="Shop"></label>
      <label class="field">Calls <input name="destination" required maxlength="200" placeholder="/private/agent" spellcheck="false"></label>
      <label class="field">Sites that may show it, one a line <textarea name="origins" rows="3" placeholder="https://shop.example.com" spellcheck="false"></textarea></label>
      <p class="hint">Without one, every site may.</p>
      <p><button class="primary" ?disabled=${state.busy}>Make it</button></p></form>`;
}

function buttonView(button: Button) {
  const { origin } = location;
  const token = state.tokens.get(button.id) || PLACEHOLDER;
  const all = snippets({ origin, token, label: state.label, audioOnly: state.audioOnly });
  const shown = all.find(({ id }) => id === state.which)!;
  const change = (set: (input: HTMLInputElement) => void) => ({ target }: Event): void => {
    set(target as HTMLInputElement);
    state.copied = '';
    draw();
  };
  const flip = (): void =>
    void attempt(async () => {
      const changed = await ask<Resource>(`${BUTTONS}/${button.id}`, 'PATCH', { enabled: !button.enabled });
      await load();
      if (changed.click_to_call) state.chosen = changed.click_to_call;
    });
  return html`<section class="card button" data-testid="button" aria-labelledby="button-title">
    <header><div class="who"><h2 id="button-title">${button.name}</h2><span>Calls ${button.destination}; shown by ${button.allowed_origins.includes('*') ? 'every site' : button.allowed_origins.join(', ')}</span></div>
      ${state.key ? html`<button class=${button.enabled ? 'bad' : 'good'} @click=${flip} ?disabled=${state.busy}>${button.enabled ? 'Switch off' : 'Switch on'}</button>` : nothing}</header>
    ${state.usage ? html`<p class="hint">Now ${state.usage.token.calls_at_once} in calls; ${state.usage.token.calls_last_hour} calls in the last hour, ${state.usage.token.minutes_last_day} minutes in the last day, ${state.usage.token.refused} refused.</p>` : nothing}
    ${state.tokens.get(button.id) && state.key
      ? html`<p class="banner" role="status">Copy it now: the token is told once, when the button is made.</p>`
      : nothing}
    <div class="fields">
      <label class="field">Token <input data-testid="token" spellcheck="false" autocomplete="off" placeholder=${PLACEHOLDER} .value=${state.tokens.get(button.id) ?? ''} @input=${change((input) => state.tokens.set(button.id, input.value.trim()))}></label>
      <label class="field">Text on the button <input data-testid="label" maxlength="80" .value=${state.label} @input=${change((input) => (state.label = input.value))}></label>
      <label class="check"><input type="checkbox" .checked=${state.audioOnly} @change=${change((input) => (state.audioOnly = input.checked))}><span>Sound only</span></label>
    </div>
    <div class="tabs" role="tablist" aria-label="Snippets">${all.map(({ id, title }) => html`<button role="tab" id="tab-${id}" aria-controls="snippet" aria-selected=${id === state.which} data-testid="snippet-${id}" @click=${() => {
      state.which = id;
      state.copied = '';
      draw();
    }}>${title}</button>`)}</div>
    <div id="snippet" role="tabpanel" aria-labelledby="tab-${shown.id}">
      <p class="hint">${shown.when}</p>
      ${codeView('snippet', shown.code)}
      <h3>What the page's Content-Security-Policy must allow, if it has one</h3>
      ${codeView('policy', policy(shown.id, origin))}
    </div>
  </section>`;
}

function codeView(name: string, code: string) {
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(code);
      state.copied = name;
    } catch {
      state.copied = '';
      state.message = 'Copying is not possible here: mark the text instead.';
    }
    draw();
  };
  return html`<div class="code"><pre tabindex="0" data-testid=${name}>${code}</pre><button class="plain" @click=${() => void copy()}>${state.copied === name ? 'Copied' : 'Copy'}</button></div>`;
}

draw();
// A demonstration server tells its own button.
const demo = await fetch('/demo/config.json').catch(() => undefined);
if (demo?.ok) {
  const { embedToken, destination } = (await demo.json()) as { embedToken: string; destination: string };
  state.tokens.set('demo', embedToken);
  choose({ id: 'demo', name: 'Demo shop', enabled: true, destination, allowed_origins: ['*'] });
}
