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
    :host {
      display: flex; flex-direction: column; box-sizing: border-box; min-inline-size: 0; min-block-size: 0; block-size: 100%; overflow: hidden;
      background: var(--_page); color: var(--_fg); font-family: var(--_font); font-size: var(--_small);
    }
    .header {
      display: flex; align-items: center; justify-content: space-between; gap: var(--_2); flex: none; min-block-size: 42px;
      padding-inline: var(--_3) var(--_1); border-block-end: 1px solid var(--_line);
    }
    .title { min-inline-size: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-size: 0.6875rem; font-weight: 600; letter-spacing: 0.08em; text-transform: uppercase; color: var(--_dim); }
    button { flex: none; display: grid; place-items: center; inline-size: 40px; block-size: 40px; padding: 0; border: 0; border-radius: var(--_radius); background: none; color: inherit; cursor: pointer; transition: background-color var(--_fast); }
    button:hover:not(:disabled) { background: var(--_raised); }
    button:disabled { opacity: 0.4; cursor: default; }
    button:focus-visible { outline-offset: -2px; }
    .empty { flex: none; margin: 0; padding: var(--_4); text-align: center; color: var(--_dim); overflow-wrap: anywhere; }
    .empty:empty { display: none; }
    .messages { flex: 1; min-block-size: 0; overflow-y: auto; overscroll-behavior: contain; padding: var(--_3); scrollbar-width: thin; scrollbar-color: var(--_raised) transparent; }
    .messages:focus-visible { outline-offset: -2px; }
    .messages, .now { display: flex; flex-direction: column; gap: var(--_2); }
    .now:empty { display: none; }
    .bubble {
      box-sizing: border-box; flex: none; max-inline-size: 85%; min-inline-size: 0; padding: var(--_2) var(--_3); border: 1px solid transparent; border-radius: 14px;
      line-height: 1.45; overflow-wrap: anywhere;
    }
    .text { white-space: pre-wrap; }
    .user { align-self: flex-end; border-end-end-radius: 4px; background: var(--_primary); color: var(--_on-primary); }
    .agent { align-self: flex-start; border-end-start-radius: 4px; background: var(--_surface); }
    .system { align-self: center; max-inline-size: 95%; border-color: var(--_line); color: var(--_dim); font-size: 0.9em; text-align: center; }
    /* Paler by colour, not by opacity, so that it can still be read. */
    .partial { background: none; border: 1px dashed currentColor; color: var(--_dim); }
    .links { display: flex; flex-wrap: wrap; gap: var(--_1) var(--_3); margin-block-start: var(--_1); }
    a { color: inherit; font-weight: 600; text-underline-offset: 2px; padding-block: 0.2em; }
    .agent a, .system a { color: var(--_primary-text); }
    .bubble > .code { margin-block-start: var(--_2); border: 1px solid rgb(255 255 255 / 10%); border-radius: var(--_radius); overflow-x: auto; }
    /* Spaced letters would break scripts that join them. */
    .title:dir(rtl) { letter-spacing: normal; }
    .code:focus-visible { outline-offset: -2px; }
    @media (prefers-reduced-motion: no-preference) {
      .bubble { animation: pop 0.15s ease-out; }
      @keyframes pop { from { opacity: 0; transform: scale(0.96); } }
    }
    @media (forced-colors: active) { .bubble { border-color: CanvasText; } .code .token { color: CanvasText; } }
  `
];
