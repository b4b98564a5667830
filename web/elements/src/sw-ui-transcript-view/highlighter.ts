/** Keeps the highlighted code of the entries that are shown. */
import { loadContent } from '../content/load.js';
import type { Piece } from '../content/pieces.js';
import type { KeyedEntry } from './entries.js';

interface Kept {
  source: string;
  pieces: Piece[];
}

export class Highlighter {
  #kept = new Map<string, Kept>();

  /** `changed` is called when code has got its colours. */
  constructor(private readonly changed: () => void) {}

  /** What there is to show of an entry's code: plain text until the highlighter is there. */
  pieces({ key, meta }: KeyedEntry): Piece[] {
    const content = meta?.code?.content ?? '';
    const kept = this.#kept.get(key);
    return kept?.source === source(meta?.code) ? kept.pieces : [content];
  }

  /** Looks which code is new, and forgets what is not shown any more. */
  follow(entries: readonly KeyedEntry[]): void {
    const known = this.#kept;
    this.#kept = new Map();
    for (const { key, meta } of entries) {
      if (!meta?.code) continue;
      const was = known.get(key);
      if (was?.source === source(meta.code)) this.#kept.set(key, was);
      else void this.#highlight(key, meta.code);
    }
  }

  async #highlight(key: string, code: { language: string; content: string }): Promise<void> {
    const kept: Kept = { source: source(code), pieces: [code.content] };
    this.#kept.set(key, kept);
    try {
      const { highlight } = await loadContent();
      kept.pieces = highlight(code.content, code.language);
    } catch (error) {
      console.warn('code of the transcript stays without colours:', error);
      return;
    }
    if (this.#kept.get(key) === kept) this.changed();
  }
}

function source(code: { language: string; content: string } | undefined): string {
  return code ? `${code.language}\n${code.content}` : '';
}
