/** Code into pieces, by its language. */
import bash from '@speed-highlight/core/languages/bash.js';
import css from '@speed-highlight/core/languages/css.js';
import html from '@speed-highlight/core/languages/html.js';
import js from '@speed-highlight/core/languages/js.js';
import json from '@speed-highlight/core/languages/json.js';
import py from '@speed-highlight/core/languages/py.js';
import ts from '@speed-highlight/core/languages/ts.js';
import xml from '@speed-highlight/core/languages/xml.js';
import yaml from '@speed-highlight/core/languages/yaml.js';
import { tokenizeWith, type ShjLanguageData, type ShjToken } from '@speed-highlight/core/tokenize';
import type { Piece } from './pieces.js';
import { md } from './md.js';
import { sql } from './sql.js';

const NAMED: [language: ShjLanguageData, ...names: string[]][] = [
  [js, 'javascript', 'js', 'mjs', 'jsx', 'clike'], [ts, 'typescript', 'ts', 'tsx'], [py, 'python', 'py'], [bash, 'bash', 'sh', 'shell'], [json, 'json'], [css, 'css'],
  [yaml, 'yaml', 'yml'], [sql, 'sql'], [md, 'markdown', 'md'], [html, 'html', 'markup'], [xml, 'xml', 'svg', 'mathml']
];
/** Asked by a name from outside: no object, whose table holds functions too. */
const LANGUAGES = new Map(NAMED.flatMap(([language, ...names]) => names.map((name) => [name, language] as const)));
/** The same, for a language inside another: a script in a page, code in Markdown. */
const WITHIN = Object.assign(Object.create(null) as Record<string, ShjLanguageData>, Object.fromEntries(LANGUAGES));
/** What our style sheet calls the kinds of pieces: the names that themes of code have long had. */
const KINDS: Record<ShjToken, string> = {
  kwd: 'keyword', str: 'string', num: 'number', cmnt: 'comment', oper: 'operator', func: 'function', class: 'class-name', type: 'class-name', bool: 'boolean', var: 'variable',
  section: 'tag', esc: 'regex', insert: 'inserted', deleted: 'deleted', err: 'important'
};
/** Longer code is shown plain: some grammars take far more than proportional time. */
const LONGEST = 50_000;

/** Code of an unknown language is one piece of text. */
export function highlight(code: string, language: string): Piece[] {
  const known = LANGUAGES.get(language.trim().toLowerCase());
  if (!known || code.length > LONGEST) return [code];
  const pieces: Piece[] = [];
  tokenizeWith(
    code,
    known,
    (text, token) => {
      if (text) pieces.push(token ? { kind: `token ${KINDS[token]}`, inner: [text] } : text);
    },
    { languages: WITHIN }
  );
  return pieces;
}
