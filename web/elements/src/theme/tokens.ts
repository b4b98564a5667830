/** The tokens that the elements read, given to the page once. A page that builds with all of them asks for the whole theme. */
import { give } from './give.js';
import sheet from './tokens.css';

let given = false;

export function ensureTokens(): void {
  if (given || typeof document === 'undefined') return;
  given = true;
  give(sheet);
}
