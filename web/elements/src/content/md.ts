/** Markdown in the highlighter's form. The package's own guesses what code without a name is, with the words of twenty languages. */
import type { ShjLanguageData } from '@speed-highlight/core/tokenize';

export const md: ShjLanguageData = [
  { type: 'section', match: /^#{1,6} .*/gm },
  { type: 'cmnt', match: /^>.*|^ *([-*_] ?){3,}$/gm },
  {
    // A fence, and what is in it by the language that it names.
    match: /^(`{3,}|~{3,}).*\n[^]*?^\1.*/gm,
    sub: (fence) => ({ type: 'kwd', sub: [{ match: /\n[^]*\n/g, sub: /^\W*(\S*)/.exec(fence)![1]! }] })
  },
  { type: 'str', match: /`[^`\n]+`/g },
  { type: 'class', match: /\*\*.+?\*\*|__.+?__/g },
  { type: 'kwd', match: /^ *([-*+]|\d+[.)]) /gm },
  { type: 'func', match: /!?\[[^\]\n]*\]\([^)\n]*\)|<[^>\n]+>/g }
];
