/** Code into pieces, by its language. */
import type { Piece } from './pieces.js';
import { Prism } from './prism-languages.js';

/** Names of languages, and their grammar's. Prism's own table holds functions too, so it is never asked by a name from outside. */
const GRAMMARS = new Map(
  [
    ['javascript', 'js', 'mjs', 'jsx'], ['typescript', 'ts'], ['python', 'py'], ['bash', 'sh', 'shell'], ['json'], ['css'], ['yaml', 'yml'], ['sql'],
    ['markdown', 'md'], ['markup', 'html', 'xml', 'svg', 'mathml'], ['clike']
  ].flatMap(([grammar, ...others]) => [grammar!, ...others].map((name) => [name, grammar!] as const))
);
/** Longer code is shown plain: some grammars take far more than proportional time. */
const LONGEST = 50_000;

type Token = InstanceType<typeof Prism.Token>;

/** Code of an unknown language is one piece of text. */
export function highlight(code: string, language: string): Piece[] {
  const grammar = Prism.languages[GRAMMARS.get(language.trim().toLowerCase()) ?? ''];
  if (!grammar || typeof grammar !== 'object' || code.length > LONGEST) return [code];
  return inner(Prism.tokenize(code, grammar));
}

function inner(content: Token['content']): Piece[] {
  const list = Array.isArray(content) ? content : [content];
  return list.map((token) => {
    if (typeof token === 'string') return token;
    const also = token.alias === undefined ? [] : [token.alias].flat();
    return { kind: ['token', token.type, ...also].join(' '), inner: inner(token.content) };
  });
}
