import { css } from 'lit';

/** How code looks, light or dark page alike. */
export const codeStyles = css`
  .code {
    margin: 0; padding: var(--_3); background: #1a1b26; color: #f8f8f2; direction: ltr; text-align: left; white-space: pre; tab-size: 2;
    font-family: var(--type-family-code, ui-monospace, 'SF Mono', Menlo, Consolas, monospace); font-size: 0.8125rem; line-height: 1.6;
  }
  .code code { font: inherit; }
  .token:is(.comment, .prolog, .doctype, .cdata) { color: #8292a2; }
  .token:is(.punctuation, .operator, .entity, .url, .variable) { color: #f8f8f2; }
  .token:is(.property, .tag, .constant, .symbol, .deleted) { color: #f92672; }
  .token:is(.boolean, .number) { color: #ae81ff; }
  .token:is(.selector, .attr-name, .string, .char, .builtin, .inserted) { color: #a6e22e; }
  .token:is(.atrule, .attr-value, .function, .class-name) { color: #e6db74; }
  .token.keyword { color: #66d9ef; }
  .token:is(.regex, .important) { color: #fd971f; }
  .token:is(.important, .bold) { font-weight: 700; }
  .token.italic { font-style: italic; }
  .token.namespace { opacity: 0.7; }
`;
