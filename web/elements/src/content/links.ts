/** Where a link may lead: nowhere that runs a script. */
const SCHEMES = new Set(['http:', 'https:', 'mailto:', 'tel:']);

/** The whole address, or nothing if its scheme is not one that a link may have. */
export function safeLink(address: unknown): string | undefined {
  if (typeof address !== 'string' || address.trim() === '') return undefined;
  let url: URL;
  try {
    url = new URL(address, globalThis.document?.baseURI);
  } catch {
    return undefined;
  }
  return SCHEMES.has(url.protocol) ? url.href : undefined;
}
