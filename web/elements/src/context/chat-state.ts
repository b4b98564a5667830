/** What was said in a call, from the events of its speech agent: a list of entries and what is being said right now. */

export interface DisplayContent {
  content: string;
  format: 'text' | 'markdown' | 'code' | 'html';
  title?: string | undefined;
  language?: string | undefined;
}
export interface TranscriptEntry {
  id: string;
  type: 'user' | 'agent' | 'system';
  state: 'partial' | 'complete';
  text: string;
  meta?: {
    links?: { label: string; url: string }[];
    code?: { language: string; content: string };
    displayContent?: DisplayContent;
  };
}
export interface Transcript {
  readonly entries: TranscriptEntry[];
}

/** Entries kept of one call; the oldest go first. */
export const MOST_ENTRIES = 1_000;
/** Characters kept of one entry. */
const LONGEST = 20_000;

const CONFIDENCE = /\s*\{confidence=[\d.]*\}\s*/g;
/** How a text-to-speech voice is told its language: `~LN(English)-;`. */
const VOICE = /\s*~[a-z]+\([^]*?\)-;\s*/i;

/** The text without the directive for the voice: what stands before it, else what follows. */
function spoken(text: string): string {
  const found = VOICE.exec(text);
  if (!found) return text;
  return text.slice(0, found.index) || text.slice(found.index + found[0].length);
}
function words(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, LONGEST) : '';
}

export class ChatState {
  #complete: TranscriptEntry[] = [];
  #partial = { user: '', ai: '' };
  #last: 'user' | 'ai' = 'ai';
  /** How many entries were ever completed: what ids are made of. */
  #count = 0;

  constructor(private readonly changed: () => void = () => undefined) {}

  /** Completed entries, then what is being said; of two, the last speaker's is last. */
  get entries(): TranscriptEntry[] {
    const order: ('user' | 'ai')[] = this.#last === 'user' ? ['ai', 'user'] : ['user', 'ai'];
    const speaking = order.filter((who) => this.#partial[who]).map((who, at) => this.#entry(who, 'partial', this.#partial[who], this.#count + at));
    return [...this.#complete, ...speaking];
  }

  /** Takes one event of the speech agent; others are ignored. */
  take(type: string, event: unknown): void {
    const outer = (event ?? {}) as { params?: unknown };
    const params = (outer.params && typeof outer.params === 'object' ? outer.params : outer) as Record<string, unknown>;
    if (type === 'ai.partial_result') this.#hearing(words(params.text));
    else if (type === 'ai.speech_detect') this.#heard(words(params.text).replace(CONFIDENCE, '').trim());
    else if (type === 'ai.response_utterance') this.#saying(spoken(words(params.utterance) || words(params.text)));
    else if (type === 'ai.completion') this.#said(spoken(words(params.text)), params.type === 'barged');
  }

  /** An entry of the page's own, kept in the place where it was put. */
  inject(entry: TranscriptEntry): void {
    // Behind everything complete so far, before what is said later.
    this.#complete.push(entry);
    this.#tell();
  }

  reset(): void {
    this.#complete = [];
    this.#partial = { user: '', ai: '' };
    this.#last = 'ai';
    this.#count = 0;
    this.changed();
  }

  #hearing(text: string): void {
    if (!text) return;
    this.#partial.user = text;
    this.#last = 'user';
    this.#tell();
  }

  #heard(text: string): void {
    this.#partial.user = '';
    if (text) this.#complete.push(this.#entry('user', 'complete', text, this.#count++));
    this.#tell();
  }

  #saying(text: string): void {
    if (!text) return;
    this.#partial.ai = `${this.#partial.ai} ${text}`.replace(/\s+/g, ' ').trim().slice(0, LONGEST);
    this.#last = 'ai';
    this.#tell();
  }

  #said(text: string, barged: boolean): void {
    const said = text || this.#partial.ai;
    this.#partial.ai = '';
    this.#last = barged ? 'user' : 'ai';
    if (said) this.#complete.push(this.#entry('ai', 'complete', said, this.#count++));
    this.#tell();
  }

  #entry(who: 'user' | 'ai', state: 'partial' | 'complete', text: string, at: number): TranscriptEntry {
    return { id: `chat-${at}-${who}-${state}`, type: who === 'ai' ? 'agent' : 'user', state, text };
  }

  #tell(): void {
    if (this.#complete.length > MOST_ENTRIES) this.#complete.splice(0, this.#complete.length - MOST_ENTRIES);
    this.changed();
  }
}
