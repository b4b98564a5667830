/**
 * Fonts of a third party. Nothing here is called by an element: a page that wants the brand's fonts asks for them,
 * and so decides that its visitors' browsers ask Google for them.
 */
export interface GoogleFontOptions {
  /** Default `[400]`. */
  weights?: number[];
  /** Default `swap`. */
  display?: string;
  italic?: boolean;
}

/** Adds the style sheet of one font to the page, once. Without a document it does nothing. */
export function useGoogleFont(name: string, { weights = [400], display = 'swap', italic = false }: GoogleFontOptions = {}): void {
  if (typeof document === 'undefined') return;
  const family = name.trim().replace(/\s+/g, '+');
  const sorted = [...weights].sort((a, b) => a - b);
  const axis = italic
    ? `ital,wght@${[0, 1].flatMap((slant) => sorted.map((weight) => `${slant},${weight}`)).join(';')}`
    : `wght@${sorted.join(';')}`;
  const href = `https://fonts.googleapis.com/css2?family=${family}:${axis}&display=${display}`;
  if ([...document.head.querySelectorAll<HTMLLinkElement>('link[rel=stylesheet]')].some((link) => link.href === href)) return;
  document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href }));
}

/** The three fonts of the SignalWire brand. */
export function ensureSignalWireFonts(): void {
  useGoogleFont('Lexend', { weights: [300, 400, 500, 600, 700] });
  useGoogleFont('Instrument Sans', { weights: [400, 500, 600, 700] });
  useGoogleFont('JetBrains Mono', { weights: [400, 500] });
}
