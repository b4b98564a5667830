/** The transcript as a Markdown file. */
import { safeLink } from '../content/links.js';
import type { TranscriptEntry } from '../context/chat-state.js';

export interface ExportWords {
  title: string;
  generated: string;
  you: string;
  agent: string;
}

/** Complete entries only. */
export function transcriptMarkdown(entries: readonly TranscriptEntry[], words: ExportWords): string {
  const complete = entries.filter(({ state }) => state === 'complete');
  const lines = [`# ${words.title}`, '', `*${words.generated}*`, ''];
  for (const { type, text, meta } of complete) {
    const said = type === 'user' ? `**${words.you}:** ${text}` : type === 'agent' ? `**${words.agent}:** ${text}` : `*${text}*`;
    lines.push('---', '', said, '');
    if (meta?.code) lines.push(fenced(meta.code.content, meta.code.language), '');
    if (meta?.links?.length) lines.push(...meta.links.map(link), '');
    const shown = meta?.displayContent;
    if (shown?.format === 'code') lines.push(fenced(shown.content, shown.language), '');
    else if (shown?.format === 'html') lines.push('<!-- html content -->', shown.content, '<!-- /html content -->', '');
    else if (shown) lines.push(shown.content, '');
  }
  if (complete.length > 0) lines.push('---');
  return lines.join('\n');
}

/** Fenced by more backticks than the code itself has in a row. */
function fenced(code: string, language = ''): string {
  const longest = Math.max(2, ...[...code.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language.replace(/[^\w+#.-]/g, '')}\n${code}\n${fence}`;
}

function link({ label, url }: { label: string; url: string }): string {
  const shown = label.replace(/[[\]\\]/g, '\\$&').replace(/\s+/g, ' ');
  const address = safeLink(url);
  // An address with what would end it is written in its escaped form.
  return address ? `- [${shown}](${address.replace(/[()<>\s]/g, (found) => `%${found.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`)})` : `- ${shown}`;
}
