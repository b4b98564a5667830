import { css } from 'lit';
import { focusRing, hostReset, unseen } from '../base/reset.js';
import { codeStyles } from '../content/styles.js';
import { palette } from '../theme/palette.js';

export const styles = [
  hostReset,
  palette,
  unseen,
  focusRing,
  codeStyles,
  css`
    /* The host stays in its place and cuts off what is pushed out of it, so that the page never scrolls towards it. */
    :host {
      display: block; position: absolute; z-index: 20; inset-block: 0; inset-inline-end: 0; inline-size: min(22.5rem, 100%); overflow: hidden; pointer-events: none;
      color: var(--_fg); font-family: var(--_font); font-size: var(--_small);
    }
    :host([narrow]) { inset-block-start: auto; inline-size: 100%; max-block-size: 65%; display: flex; flex-direction: column; }
    .panel {
      box-sizing: border-box; display: flex; flex-direction: column; block-size: 100%; min-block-size: 0; background: var(--_page); border-inline-start: 1px solid var(--_line);
      --_out: 100% 0; translate: var(--_out); visibility: hidden;
    }
    .panel:dir(rtl) { --_out: -100% 0; }
    :host([narrow]) .panel {
      --_out: 0 100%; block-size: auto; flex: 0 1 auto; border-inline-start: 0; border-block-start: 1px solid var(--_line);
      border-start-start-radius: var(--sw-call-layout-radius, 0); border-start-end-radius: var(--sw-call-layout-radius, 0);
    }
    :host([open]) .panel { translate: none; visibility: visible; pointer-events: auto; }
    .panel > .header {
      flex: none; display: flex; align-items: center; gap: var(--_2); min-block-size: 42px; padding-inline: var(--_3) var(--_1); border-block-end: 1px solid var(--_line);
    }
    .header > .title { flex: 1; min-inline-size: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-size: 0.6875rem; font-weight: 600; letter-spacing: 0.08em; text-transform: uppercase; color: var(--_dim); }
    /* Spaced letters would break scripts that join them. */
    .header > .title:dir(rtl) { letter-spacing: normal; }
    .header > .badge { flex: none; max-inline-size: 8em; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; padding: 0.15em 0.6em; border-radius: var(--_round); background: var(--_surface); color: var(--_dim); font-size: 0.6875rem; }
    .header > button { flex: none; display: grid; place-items: center; inline-size: 40px; block-size: 40px; padding: 0; border: 0; border-radius: var(--_radius); background: none; color: inherit; cursor: pointer; transition: background-color var(--_fast); }
    .header > button:hover { background: var(--_raised); }
    .header > button:focus-visible, .panel > .body:focus-visible { outline-offset: -2px; }
    .header > .copied { color: var(--_good-text); }
    .panel > .note { flex: none; margin: 0; padding: var(--_2) var(--_3); color: var(--_bad-text); border-block-end: 1px solid var(--_line); }
    .panel > .body { flex: 1 1 auto; min-block-size: 0; overflow: auto; overscroll-behavior: contain; scrollbar-width: thin; scrollbar-color: var(--_raised) transparent; }
    .plain { margin: 0; padding: var(--_3); white-space: pre-wrap; overflow-wrap: anywhere; font-family: inherit; line-height: 1.55; }
    .plain.raw { font-family: var(--type-family-code, ui-monospace, 'SF Mono', Menlo, Consolas, monospace); font-size: 0.75rem; }
    /* Code begins at its left, whatever the page's direction. */
    .body:has(> .code) { direction: ltr; }
    .body > .code { box-sizing: border-box; inline-size: max-content; min-inline-size: 100%; min-block-size: 100%; }

    .markup { padding: var(--_3); line-height: 1.6; overflow-wrap: anywhere; }
    .markup > :first-child { margin-block-start: 0; }
    .markup > :last-child { margin-block-end: 0; }
    .markup :is(h1, h2, h3, h4, h5, h6) { margin: 1.2em 0 0.5em; line-height: 1.25; font-weight: 650; }
    .markup h1 { font-size: 1.5em; }
    .markup h2 { font-size: 1.3em; }
    .markup h3 { font-size: 1.15em; }
    .markup :is(h4, h5, h6) { font-size: 1em; }
    .markup :is(p, ul, ol, pre, blockquote, table) { margin: 0 0 0.8em; }
    .markup :is(ul, ol) { padding-inline-start: 1.4em; }
    .markup a { color: var(--_primary-text); text-underline-offset: 2px; }
    .markup img { max-inline-size: 100%; block-size: auto; border-radius: var(--_radius); }
    .markup blockquote { margin-inline: 0; padding-inline-start: var(--_3); border-inline-start: 3px solid var(--_line); color: var(--_dim); }
    .markup :is(pre, code) { font-family: var(--type-family-code, ui-monospace, 'SF Mono', Menlo, Consolas, monospace); font-size: 0.9em; }
    .markup code { padding: 0.1em 0.35em; border-radius: 4px; background: var(--_surface); }
    .markup pre { padding: var(--_3); border: 1px solid rgb(255 255 255 / 10%); border-radius: var(--_radius); background: #1a1b26; color: #f8f8f2; white-space: pre-wrap; direction: ltr; text-align: left; }
    .markup pre code { padding: 0; background: none; }
    .markup table { border-collapse: collapse; }
    .markup :is(th, td) { padding: 0.4em 0.7em; border: 1px solid var(--_line); text-align: start; overflow-wrap: normal; }
    .markup th { background: var(--_surface); font-weight: 600; }
    .markup hr { border: 0; border-block-start: 1px solid var(--_line); margin-block: 1.2em; }
    @media (prefers-reduced-motion: no-preference) {
      .panel { transition: translate 0.3s cubic-bezier(0.4, 0, 0.2, 1), visibility 0.3s; }
    }
    @media (forced-colors: active) { .panel { border: 1px solid CanvasText; } .code .token { color: CanvasText; } }
  `
];
