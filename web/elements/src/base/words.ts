/**
 * Every word that the elements show or speak. English is built in; a page gives others once for all elements
 * (`setWords`), or for one element by its property `words`.
 */
import type { ReactiveElement } from 'lit';
import { CALL } from './english/call.js';
import { CONTROLS } from './english/controls.js';
import { MEDIA } from './english/media.js';
import type { DEVICES } from './english/devices.js';
import { PANELS } from './english/panels.js';
import type { PEOPLE } from './english/people.js';

const english = { ...CALL, ...CONTROLS, ...MEDIA, ...PANELS };

export type WordKey = keyof typeof english | keyof typeof PEOPLE | keyof typeof DEVICES;
export type Words = Partial<Record<WordKey | (string & {}), string>>;

let given: Words = {};
const listeners = new Set<() => void>();

/** English words of an element that not every page has: added when it is loaded. */
export function addEnglish(words: Words): void {
  Object.assign(english, words);
}

/** Words of the page's language, for all elements. What is left out stays English. */
export function setWords(words: Words): void {
  given = { ...given, ...words };
  for (const listener of listeners) listener();
}

/** The word of one key; `{name}` and the like are replaced. An unknown key is shown as it is. */
export function word(key: WordKey, own: Words | undefined, values: Record<string, string | number> = {}): string {
  const text = own?.[key] ?? given[key] ?? (english as Words)[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

/** Renders an element again when the page's words change. */
export class WordsController {
  readonly #render: () => void;

  constructor(host: ReactiveElement) {
    this.#render = () => host.requestUpdate();
    host.addController(this);
  }
  hostConnected(): void {
    listeners.add(this.#render);
  }
  hostDisconnected(): void {
    listeners.delete(this.#render);
  }
}
