import { html, nothing, type PropertyValues } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { define } from '../base/define.js';
import { SwElement } from '../base/element.js';
import { safeLink } from '../content/links.js';
import { pieces } from '../content/pieces.js';
import type { TranscriptEntry } from '../context/chat-state.js';
import { readEntries, type KeyedEntry } from './entries.js';
import { transcriptMarkdown } from './export.js';
import { Highlighter } from './highlighter.js';
import { styles } from './styles.js';
import '../sw-ui-icon/sw-ui-icon.js';

/** Who is this near to the end, in CSS pixels, is taken along to it. */
const NEAR = 120;
const TITLE = 'Transcript';

/**
 * What was said in a call, as bubbles, to be read, heard as it comes, and kept as a file. Everything in it is shown as
 * text, whatever it contains.
 *
 * @element sw-ui-transcript-view
 * @attr {string} header - title above it
 * @attr {string} empty-text - shown while there are no entries
 * @prop {TranscriptEntry[]} entries - what was said, the oldest first
 * @csspart header - title row
 * @csspart download-btn - download button
 * @csspart empty - text while there are no entries
 * @csspart messages - what scrolls
 * @csspart bubble - every entry
 * @csspart bubble-user - entry of the person
 * @csspart bubble-agent - entry of the agent
 * @csspart bubble-system - entry of the system
 * @csspart code - code in an entry
 * @cssprop --bg-page - panel
 * @cssprop --bg-surface - bubble of the agent
 * @cssprop --bg-surface-raised - button under the pointer, scrollbar
 * @cssprop --fg-default - text
 * @cssprop --border-default - lines
 * @cssprop --interactive-button-primary-bg - bubble of the person, links
 * @cssprop --type-family-body - font
 * @cssprop --type-size-small - size of the text
 * @cssprop --transition-fast - of the button
 */
export class SwUiTranscriptView extends SwElement {
  static override properties = { header: {}, emptyText: { attribute: 'empty-text' }, entries: { attribute: false } };
  declare header: string;
  declare emptyText: string;
  declare entries: TranscriptEntry[];
  #shown: KeyedEntry[] = [];
  readonly #highlighter = new Highlighter(() => {
    this.#ended = this.#nearEnd();
    this.requestUpdate();
  });
  /** Whether the end was in sight before this render. */
  #ended = true;
  /** On the way to the end, smoothly. */
  #moving = false;
  #count = 0;

  constructor() {
    super();
    this.header = TITLE;
    this.emptyText = '';
    this.entries = [];
  }

  static override styles = styles;

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('entries')) return;
    this.#ended = this.#nearEnd();
    this.#shown = readEntries(this.entries);
    this.#highlighter.follow(this.#shown);
  }

  override render() {
    // The default title is a word like the others; any other is the page's own.
    const title = this.header === TITLE ? this.word('transcript.title') : this.header;
    const complete = this.#shown.filter(({ state }) => state === 'complete');
    const partial = this.#shown.filter(({ state }) => state === 'partial');
    const download = this.word('transcript.download');
    return html`<div class="header" part="header">
        <span class="title" title=${title}>${title}</span>
        <button type="button" part="download-btn" title=${download} aria-label=${download} ?disabled=${complete.length === 0} @click=${this.#download}>
          <sw-ui-icon name="download" size="15"></sw-ui-icon>
        </button>
      </div>
      ${this.#shown.length === 0 ? html`<p class="empty" part="empty">${this.emptyText}</p>` : nothing}
      <div class="messages" part="messages" role="log" aria-live="polite" aria-relevant="additions" aria-label=${title} tabindex="0"
        @scrollend=${this.#arrived} @wheel=${this.#arrived} @pointerdown=${this.#arrived} @keydown=${this.#arrived}>
        ${repeat(complete, ({ key }) => key, this.#bubble)}
        <div class="now" aria-live="off">${repeat(partial, ({ key }) => key, this.#bubble)}</div>
      </div>`;
  }

  protected override updated(): void {
    const messages = this.#messages;
    const more = this.#count > 0 && this.#shown.length !== this.#count;
    this.#count = this.#shown.length;
    if (!messages || !this.#ended) return;
    this.#ended = false;
    const end = messages.scrollHeight - messages.clientHeight;
    if (end - messages.scrollTop < 1) return;
    const smooth = more && !matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.#moving = smooth;
    messages.scrollTo({ top: end, behavior: smooth ? 'smooth' : 'instant' });
  }

  readonly #bubble = (entry: KeyedEntry) => {
    const { type, state, text, meta } = entry;
    const who = type === 'user' ? this.word('transcript.you') : type === 'agent' ? this.word('transcript.agent') : undefined;
    return html`<div class="bubble ${type} ${state}" part="bubble bubble-${type}">
      ${who ? html`<span class="unseen">${who}: </span>` : nothing}<div class="text" dir="auto">${text}</div>
      ${meta?.links ? html`<div class="links">${meta.links.map(link)}</div>` : nothing}
      ${meta?.code
        ? html`<pre class="code" part="code" tabindex="0" role="group" aria-label=${`${this.word('transcript.code')} ${meta.code.language}`.trim()}><code>${pieces(this.#highlighter.pieces(entry))}</code></pre>`
        : nothing}
    </div>`;
  };

  get #messages(): HTMLElement | null {
    return this.renderRoot?.querySelector('.messages') ?? null;
  }

  #nearEnd(): boolean {
    const messages = this.#messages;
    return !messages || this.#moving || messages.scrollHeight - messages.scrollTop - messages.clientHeight <= NEAR;
  }

  // Arrived, or the person scrolls on their own.
  readonly #arrived = (): void => {
    this.#moving = false;
  };

  readonly #download = (): void => {
    const date = new Date();
    const when = date.toLocaleString(undefined, { year: 'numeric', month: 'long', day: 'numeric', hour: '2-digit', minute: '2-digit' });
    const text = transcriptMarkdown(this.#shown, {
      title: this.word('transcript.title'),
      generated: this.word('transcript.generated', { date: when }),
      you: this.word('transcript.you'),
      agent: this.word('transcript.agent')
    });
    const url = URL.createObjectURL(new Blob([text], { type: 'text/markdown;charset=utf-8' }));
    Object.assign(document.createElement('a'), { href: url, download: `transcript-${date.toISOString().slice(0, 10)}.md` }).click();
    // Not before the browser has taken it.
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  };
}

function link({ label, url }: { label: string; url: string }) {
  const address = safeLink(url);
  return address ? html`<a href=${address} target="_blank" rel="noopener noreferrer" dir="auto">${label}</a>` : html`<span dir="auto">${label}</span>`;
}

define('sw-ui-transcript-view', SwUiTranscriptView);
declare global {
  interface HTMLElementTagNameMap {
    'sw-ui-transcript-view': SwUiTranscriptView;
  }
}
