/** What this browser keeps for one agent: settings, notes about callers, and the calls there were. */

export interface Settings {
  /** The sound of ringing, 0 to 1. */
  volume: number;
  /** Tell on the desktop when a call rings and the console is not in front. */
  notify: boolean;
  /** Go offline by itself while a call is wrapped up. */
  pauseAfterCall: boolean;
}
export interface Note {
  text: string;
  /** Epoch milliseconds. */
  at: number;
}
export type Outcome = 'answered' | 'missed' | 'rejected' | 'elsewhere' | 'unanswered' | 'failed';
export interface Entry {
  /** Of the call. */
  id: string;
  name: string;
  /** Whom the note is about. */
  contact: string;
  /** Where a call back goes, if that is known. */
  destination?: string;
  direction: 'inbound' | 'outbound';
  outcome: Outcome;
  /** Epoch milliseconds of its end. */
  at: number;
  /** Seconds talked. */
  seconds: number;
}

const MOST_ENTRIES = 300;
const MOST_NOTES = 500;
export const LONGEST_NOTE = 4_000;
const DEFAULTS: Settings = { volume: 0.6, notify: false, pauseAfterCall: false };

export class Kept {
  #settings: Settings;
  #notes: Map<string, Note>;
  #entries: Entry[];

  constructor(private readonly agent: string) {
    this.#settings = { ...DEFAULTS, ...(this.#read('settings', {}) as Partial<Settings>) };
    this.#notes = new Map(Object.entries(this.#read('notes', {}) as Record<string, Note>));
    const entries = this.#read('calls', []);
    this.#entries = Array.isArray(entries) ? (entries as Entry[]) : [];
  }

  get settings(): Readonly<Settings> {
    return this.#settings;
  }
  set(change: Partial<Settings>): void {
    this.#settings = { ...this.#settings, ...change };
    this.#write('settings', this.#settings);
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }
  add(entry: Entry): void {
    this.#entries = [entry, ...this.#entries.filter(({ id }) => id !== entry.id)].slice(0, MOST_ENTRIES);
    this.#write('calls', this.#entries);
  }

  note(contact: string): string {
    return this.#notes.get(contact)?.text ?? '';
  }
  write(contact: string, text: string): void {
    this.#notes.delete(contact);
    if (text.trim()) this.#notes.set(contact, { text: text.slice(0, LONGEST_NOTE), at: Date.now() });
    // The oldest go first: a map keeps the order of writing.
    for (const oldest of this.#notes.keys()) {
      if (this.#notes.size <= MOST_NOTES) break;
      this.#notes.delete(oldest);
    }
    this.#write('notes', Object.fromEntries(this.#notes));
  }

  #key(what: string): string {
    return `offhook-console:${this.agent}:${what}`;
  }
  #read(what: string, otherwise: unknown): unknown {
    try {
      return JSON.parse(localStorage.getItem(this.#key(what)) ?? 'null') ?? otherwise;
    } catch {
      return otherwise;
    }
  }
  #write(what: string, value: unknown): void {
    try {
      localStorage.setItem(this.#key(what), JSON.stringify(value));
    } catch (error) {
      console.warn(`the console cannot keep its ${what}:`, error);
    }
  }
}
