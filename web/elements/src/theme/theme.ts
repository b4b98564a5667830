/** All design tokens, given to the page once. */
import { give } from './give.js';
import sheet from './theme.css';

let given = false;

/** Puts the design tokens into the page. They have no specificity: what the page itself says of a token wins, on `:root` too. */
export function ensureSignalWireTheme(): void {
  if (given || typeof document === 'undefined') return;
  given = true;
  give(sheet);
}
