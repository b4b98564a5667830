/** Entries as they come from a page or the network, made fit to be shown. */
import type { TranscriptEntry } from '../context/chat-state.js';

const TYPES = new Set(['user', 'agent', 'system']);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const object = (value: unknown): Record<string, unknown> | undefined => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined);

/** An entry with a key of its own: ids from pages may repeat. */
export type KeyedEntry = TranscriptEntry & { key: string };

export function readEntries(given: unknown): KeyedEntry[] {
  const seen = new Map<string, number>();
  return (Array.isArray(given) ? given : []).flatMap((one: unknown) => {
    const entry = object(one);
    if (!entry) return [];
    const id = text(entry.id);
    const count = (seen.get(id) ?? 0) + 1;
    seen.set(id, count);
    const type = TYPES.has(entry.type as string) ? (entry.type as TranscriptEntry['type']) : 'system';
    const read: KeyedEntry = { key: JSON.stringify([id, count]), id, type, state: entry.state === 'partial' ? 'partial' : 'complete', text: text(entry.text) };
    const meta = readMeta(object(entry.meta));
    return [meta ? { ...read, meta } : read];
  });
}

function readMeta(meta: Record<string, unknown> | undefined): TranscriptEntry['meta'] {
  if (!meta) return undefined;
  const [code, shown] = [object(meta.code), object(meta.displayContent)];
  const links = (Array.isArray(meta.links) ? meta.links : []).flatMap((one: unknown) => {
    const link = object(one);
    const url = text(link?.url);
    const label = text(link?.label) || url;
    return label ? [{ label, url }] : [];
  });
  const format = shown?.format;
  return {
    ...(links.length > 0 ? { links } : {}),
    ...(code ? { code: { language: text(code.language), content: text(code.content) } } : {}),
    ...(shown
      ? { displayContent: { content: text(shown.content), format: format === 'markdown' || format === 'code' || format === 'html' ? format : 'text', title: text(shown.title), language: text(shown.language) } }
      : {})
  };
}
