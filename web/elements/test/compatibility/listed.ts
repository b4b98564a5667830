/** What the reference lists of each of the original elements, and what our manifest says of ours. */
import { readFileSync } from 'node:fs';

export interface Listed {
  class: string;
  subpath: string;
  hostDisplay: string;
  attributes: { name: string; property: string; type: string; default: unknown; reflects: boolean }[];
  properties: { name: string; type: string; default: unknown }[];
  methods: string[];
  slots: string[];
  cssParts: string[];
  cssProperties: { name: string; default: string }[];
  events: { name: string; bubbles: boolean; composed: boolean; cancelable: boolean }[];
  contexts: { consumes: string[]; provides: string[] };
}
export const LISTED = JSON.parse(readFileSync(new URL('./components.json', import.meta.url), 'utf8')) as Record<string, Listed>;

interface Declared {
  tagName?: string;
  name: string;
  cssParts?: { name: string }[];
  slots?: { name: string }[];
  events?: { name: string }[];
  cssProperties?: { name: string }[];
}
const manifest = JSON.parse(readFileSync(new URL('../../dist/custom-elements.json', import.meta.url), 'utf8')) as { modules: { declarations: Declared[] }[] };
export const DECLARED = new Map(manifest.modules.flatMap(({ declarations }) => declarations).filter(({ tagName }) => tagName).map((one) => [one.tagName!, one]));
