/**
 * Content from outside, made fit to be shown: Markdown and HTML become sanitised nodes, code becomes pieces. Elements
 * load this part when they need it first (load.ts).
 */
import createPurify, { type Config } from 'dompurify';
import { Attr, parser, parser_end, parser_write, Token, type Renderer } from 'streaming-markdown';
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

export function fromHtml(text: string): DocumentFragment {
  return purify.sanitize(text, RULES) as unknown as DocumentFragment;
}

/** Elements by the parser's tokens. What is not here is a span: its text shows. */
const ELEMENTS: Partial<Record<Token, string>> = {
  [Token.Paragraph]: 'p', [Token.Heading_1]: 'h1', [Token.Heading_2]: 'h2', [Token.Heading_3]: 'h3', [Token.Heading_4]: 'h4', [Token.Heading_5]: 'h5',
  [Token.Heading_6]: 'h6', [Token.Code_Block]: 'code', [Token.Code_Fence]: 'code', [Token.Code_Inline]: 'code', [Token.Italic_Ast]: 'em',
  [Token.Italic_Und]: 'em', [Token.Strong_Ast]: 'strong', [Token.Strong_Und]: 'strong', [Token.Link]: 'a', [Token.Raw_URL]: 'a', [Token.Image]: 'img',
  [Token.Blockquote]: 'blockquote', [Token.Line_Break]: 'br', [Token.Rule]: 'hr', [Token.List_Unordered]: 'ul', [Token.List_Ordered]: 'ol',
  [Token.List_Item]: 'li', [Token.Table]: 'table', [Token.Table_Row]: 'tr', [Token.Table_Cell]: 'td'
};
/** Prices are not formulas: their signs stay. */
const SIGNS: Partial<Record<Token, string>> = { [Token.Equation_Inline]: '$', [Token.Equation_Block]: '$$' };

/** Deeper nesting than a reader follows is flat: browsers do not survive any depth. */
const DEEPEST = 48;
const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' };

/** What HTML writes for a character, as the character. */
function decoded(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos|nbsp));/gi, (whole, hex?: string, decimal?: string, name?: string) => {
    if (name) return ENTITIES[name.toLowerCase()] ?? whole;
    const code = hex ? Number.parseInt(hex, 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

interface Open {
  element: Element;
  token: Token;
}

/** Cells come with the blanks around their text. */
function trim({ firstChild, lastChild }: Element): void {
  if (firstChild?.nodeType === Node.TEXT_NODE) firstChild.nodeValue = firstChild.nodeValue!.trimStart();
  if (lastChild?.nodeType === Node.TEXT_NODE) lastChild.nodeValue = lastChild.nodeValue!.trimEnd();
}

/** Builds nodes in a document of their own, where nothing runs or is loaded before it has been looked through. */
function renderer(root: Element): Renderer<Open[]> {
  const made = (name: string): HTMLElement => root.ownerDocument.createElement(name);
  const inside = (open: Open[]): Element => open.at(-1)!.element;
  return {
    data: [{ element: root, token: Token.Document }],
    add_token(open, token) {
      if (token === Token.Document) return;
      let parent = inside(open);
      if (open.length > DEEPEST) {
        open.push({ element: parent, token: Token.Document });
        return;
      }
      if (token === Token.Code_Block || token === Token.Code_Fence) parent = parent.appendChild(made('pre'));
      if (token === Token.Table_Row) parent = parent.children[1] ?? parent.appendChild(made(parent.children.length === 0 ? 'thead' : 'tbody'));
      const name = token === Token.Table_Cell && parent.parentElement?.localName === 'thead' ? 'th' : (ELEMENTS[token] ?? 'span');
      const element = parent.appendChild(made(name));
      // Form fields are not let through; a list of tasks shall still tell what is done.
      if (token === Token.Checkbox) element.textContent = '☐';
      if (SIGNS[token]) element.append(SIGNS[token]);
      open.push({ element, token });
    },
    end_token(open) {
      if (open.length === 1) return;
      const { element, token } = open.pop()!;
      if (token === Token.Checkbox) element.replaceWith(element.textContent);
      else if (token === Token.Table_Cell) trim(element);
      else if (SIGNS[token]) element.append(SIGNS[token]);
    },
    add_text(open, text) {
      const element = inside(open);
      if (element.localName === 'img') element.setAttribute('alt', (element.getAttribute('alt') ?? '') + text);
      else element.append(element.localName === 'code' ? text : decoded(text));
    },
    set_attr(open, attribute, value) {
      const element = inside(open);
      // The parser leaves brackets and a title where they stand.
      const [, bracketed, bare = '', title = ''] = /^(?:<([^<>]*)>|(\S*))(?:\s+["'(]([^]*)["')])?/.exec(value) ?? [];
      if (attribute === Attr.Href || attribute === Attr.Src) {
        element.setAttribute(attribute === Attr.Href ? 'href' : 'src', decoded(bracketed ?? bare));
        if (title) element.setAttribute('title', decoded(title));
      } else if (attribute === Attr.Lang) element.setAttribute('class', `language-${value}`);
      else if (attribute === Attr.Checked) element.textContent = '☑';
    }
  };
}

/** Markup inside Markdown is shown as text. */
export function fromMarkdown(text: string): DocumentFragment {
  const root = document.implementation.createHTMLDocument('').createElement('div');
  const parse = parser(renderer(root));
  parser_write(parse, text);
  parser_end(parse);
  const clean = purify.sanitize(root, RULES) as unknown as DocumentFragment;
  const box = clean.firstElementChild;
  while (box?.firstChild) clean.append(box.firstChild);
  box?.remove();
  return clean;
}
