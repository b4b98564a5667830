import { css } from 'lit';
import { focusRing, hostReset } from '../base/reset.js';
import { palette } from '../theme/palette.js';

export const styles = [
  hostReset,
  palette,
  focusRing,
  css`
    dialog {
      box-sizing: border-box; margin: auto; padding: 1.5rem; border: 1px solid var(--_line); border-radius: calc(var(--_radius) * 2);
      inline-size: fit-content; min-inline-size: min(17.5rem, 100vw - 2rem); max-inline-size: min(25rem, 100vw - 2rem); max-block-size: calc(100dvb - 2rem);
      overflow: auto; background: var(--_page); color: var(--_fg); box-shadow: var(--_shadow); font-family: var(--_font); font-size: var(--_body);
      overflow-wrap: anywhere;
    }
    dialog::backdrop { background: rgb(0 0 0 / 40%); }
    h2 { margin: 0 0 var(--_2); font-size: 1.2em; font-weight: 650; line-height: 1.3; }
    .text { color: var(--_dim); line-height: 1.5; white-space: pre-line; }
    .answers { display: flex; flex-wrap: wrap; justify-content: flex-end; gap: var(--_3); margin-block-start: 1.5rem; }
    button {
      box-sizing: border-box; min-block-size: 44px; min-inline-size: 6rem; padding: var(--_2) 1.25rem; border: 1px solid transparent; border-radius: var(--_radius);
      font: inherit; font-weight: 600; cursor: pointer; background: var(--_raised); color: var(--_fg); transition: background-color var(--_fast);
    }
    button:hover { background: var(--_press); }
    .yes { background: var(--_primary); color: var(--_on-primary); }
    .yes:hover { background: var(--_primary-hover); }
    @media (prefers-reduced-motion: no-preference) {
      dialog[open] { animation: rise 0.16s ease-out; }
      @keyframes rise { from { opacity: 0; translate: 0 8px; } }
    }
  `
];
