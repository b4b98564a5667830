/** The variables that travel with a call: the page's own, and what this widget can do. */

type Json = Record<string, unknown>;
const FORMATS = ['text', 'markdown', 'code', 'html'];

function object(value: unknown): Json {
  return value && typeof value === 'object' && !Array.isArray(value) ? (value as Json) : {};
}

/** Reads the attribute; what is no JSON object counts as none. */
export function parseVariables(text: string): Json {
  if (!text) return {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (parsed && typeof parsed === 'object' && !Array.isArray(parsed)) return parsed as Json;
  } catch {
    // Told below.
  }
  console.warn('sw-call-widget: user-variables is no JSON object; it is left out');
  return {};
}

/** Where the page says something, the page wins. */
export function withWidget(page: Json, openedAt: Date): Json {
  const metadata = object(page.metadata);
  return {
    ...page,
    capabilities: { display_content: { formats: FORMATS }, ...object(page.capabilities) },
    metadata: { ...metadata, widget: { opened_at: openedAt.toISOString(), ...object(metadata.widget) } }
  };
}
