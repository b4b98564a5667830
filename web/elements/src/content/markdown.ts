/**
 * Content from outside, made fit to be shown: Markdown and HTML become sanitised nodes, code becomes pieces. Elements
 * load this part when they need it first (load.ts).
 */
import createPurify, { type Config } from 'dompurify';
import { Marked } from 'marked';
import { safeLink } from './links.js';

export { highlight } from './code.js';

const RULES: Config = {
  ALLOWED_TAGS: [
    'p', 'br', 'b', 'i', 'em', 'strong', 'a', 'ul', 'ol', 'li', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'pre', 'code', 'blockquote', 'hr', 'table', 'thead',
    'tbody', 'tr', 'th', 'td', 'img', 'span', 'div'
  ],
  ALLOWED_ATTR: ['href', 'target', 'rel', 'src', 'alt', 'class', 'title'],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  FORBID_TAGS: ['script', 'iframe', 'object', 'embed', 'form', 'input', 'style'],
  FORBID_ATTR: ['style'],
  RETURN_DOM_FRAGMENT: true
};
/** Pictures may come from the web or with the content. */
const PICTURES = /^(?:https?:|data:image\/(?:png|jpeg|gif|webp|avif|svg\+xml)[;,])/i;

// Of our own: the page's hooks and settings are not ours, nor ours its.
const purify = createPurify(window);
purify.addHook('afterSanitizeAttributes', (node) => {
  if (node.hasAttribute('href') && safeLink(node.getAttribute('href')) === undefined) node.removeAttribute('href');
  if (node.localName === 'img') {
    if (!PICTURES.test(node.getAttribute('src')?.trim() ?? '')) node.removeAttribute('src');
    // Where it comes from need not learn which page shows it.
    node.setAttribute('referrerpolicy', 'no-referrer');
    if (!node.hasAttribute('alt')) node.setAttribute('alt', '');
  }
  node.removeAttribute('rel');
  if (node.hasAttribute('target')) {
    // Never over the page that the call is on.
    node.setAttribute('target', '_blank');
    node.setAttribute('rel', 'noopener noreferrer');
  }
});

const marked = new Marked({
  gfm: true,
  async: false,
  // Form fields are not let through; a list of tasks shall still tell what is done.
  renderer: { checkbox: ({ checked }) => (checked ? '☑ ' : '☐ ') }
});

export function fromHtml(text: string): DocumentFragment {
  return purify.sanitize(text, RULES) as unknown as DocumentFragment;
}

export function fromMarkdown(text: string): DocumentFragment {
  return fromHtml(marked.parse(text, { async: false }));
}
