/** SQL in the highlighter's form: the words that are written every day, not every dialect's every word. */
import type { ShjLanguageData } from '@speed-highlight/core/tokenize';

const WORDS =
  'select|from|where|and|or|not|in|is|as|on|by|group|order|having|limit|offset|join|left|right|inner|outer|full|cross|union|all|distinct|insert|into|values|update|set|' +
  'delete|create|alter|drop|table|view|index|primary|foreign|key|references|default|unique|check|constraint|case|when|then|else|end|exists|between|like|asc|desc|with|' +
  'returning|begin|commit|rollback|if|cast|using|over|partition|grant|revoke|to|add|column|trigger|function|procedure|language|return|returns';
const TYPES = 'int|integer|bigint|smallint|numeric|decimal|real|float|double|text|char|varchar|date|time|timestamp|boolean|blob|json|jsonb|uuid|serial';

export const sql: ShjLanguageData = [
  { match: /--.*\n?|\/\*[^]*?(\*\/|$)/g, type: 'cmnt' },
  { expand: 'str' },
  { type: 'bool', match: /\b(true|false|null)\b/gi },
  { type: 'kwd', match: new RegExp(`\\b(${WORDS})\\b`, 'gi') },
  { type: 'type', match: new RegExp(`\\b(${TYPES})\\b`, 'gi') },
  { type: 'func', match: /\b\w+(?=\s*\()/g },
  { expand: 'num' },
  { type: 'oper', match: /[+\-*/%=<>!|&^~:]+/g }
];
