/** The design tokens, given to the page once. */
import sheet from './theme.css';

let given = false;

/**
 * Puts the design tokens into the page, as a constructed style sheet that a strict Content-Security-Policy allows.
 * Its rules have no specificity: what the page itself says of a token wins, on `:root` too.
 */
export function ensureSignalWireTheme(): void {
  if (given || typeof document === 'undefined') return;
  given = true;
  const tokens = new CSSStyleSheet();
  tokens.replaceSync(sheet);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, tokens];
}
