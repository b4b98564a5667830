import { LitElement, type PropertyDeclarations } from 'lit';
import { word, WordsController, type WordKey, type Words } from './words.js';

/** What every element with words has. */
export class SwElement extends LitElement {
  static override properties: PropertyDeclarations = { words: { attribute: false } };
  /** Words in place of the page's and the English ones, for this element. */
  declare words: Words | undefined;

  constructor() {
    super();
    new WordsController(this);
  }

  protected word(key: WordKey, values?: Record<string, string | number>): string {
    return word(key, this.words, values);
  }
}
