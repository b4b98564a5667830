import { css } from 'lit';
import { focusRing, hostReset } from '../base/reset.js';
import { palette } from '../theme/palette.js';

export const styles = [
  hostReset,
  palette,
  focusRing,
  css`
    :host { display: block; }
    .panel {
      box-sizing: border-box; min-inline-size: min(180px, 100%); padding: 10px; border: 1px solid var(--_line); border-radius: calc(var(--_radius) + 4px);
      background: var(--_page); color: var(--_fg); box-shadow: var(--_shadow); font: 500 var(--_small) / 1.35 var(--_font);
      display: flex; flex-direction: column; gap: var(--_2);
    }
    .name { box-sizing: border-box; inline-size: 0; min-inline-size: 100%; margin: 0; padding: var(--_1) var(--_1) 0; font: inherit; font-weight: 650; display: grid; justify-items: start; }
    .name span { max-inline-size: 100%; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    button {
      display: flex; align-items: center; gap: var(--_3); inline-size: 100%; min-block-size: 44px; padding: var(--_2) var(--_3); border: 1px solid transparent;
      border-radius: var(--_radius); background: var(--_surface); color: inherit; font: inherit; text-align: start; cursor: pointer;
      transition: background-color var(--_fast), color var(--_fast);
    }
    button:hover { background: var(--_raised); }
    button.active { background: var(--_bad); color: #fff; }
    button.active:hover { background: var(--_bad-hover); }
    button.remove { color: var(--_bad-text); }
    button[aria-disabled='true'] { opacity: 0.6; cursor: default; }
    sw-ui-icon, svg { flex: none; }
    .volume { display: flex; flex-direction: column; gap: var(--_1); padding: var(--_1); }
    .volume label { display: flex; align-items: center; gap: var(--_3); font-variant-numeric: tabular-nums; }
    input { inline-size: 100%; min-block-size: 32px; margin: 0; accent-color: var(--_primary); cursor: pointer; }
    .note { margin: 0; padding: var(--_1); color: var(--_dim); font-weight: 400; }
    .failure { margin: 0; padding-inline: var(--_1); color: var(--_bad-text); overflow-wrap: anywhere; }
    .failure:empty { margin-block-start: calc(-1 * var(--_2)); }
    @media (prefers-reduced-motion: reduce) { button { transition: none; } }
    @media (forced-colors: active) { button.active { forced-color-adjust: none; background: Highlight; color: HighlightText; } }
  `
];
