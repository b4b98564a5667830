import { css } from 'lit';
import { focusRing, hostReset } from '../base/reset.js';
import { palette } from '../theme/palette.js';

export const styles = [
  hostReset,
  palette,
  focusRing,
  css`
    :host {
      --_height: var(--sw-split-button-height, var(--sw-split-button-size, 40px)); --_corner: var(--sw-split-button-radius, var(--_round));
      display: inline-flex; vertical-align: middle;
    }
    .solo, .pill {
      display: inline-flex; box-sizing: border-box; min-block-size: var(--_height); border: 0; border-radius: var(--_corner);
      background: var(--sw-split-button-bg, var(--_surface)); color: var(--sw-split-button-color, var(--_fg)); font-family: var(--_font); font-size: var(--_small);
      transition: background-color var(--_fast), color var(--_fast), opacity var(--_fast);
    }
    button { margin: 0; font: inherit; color: inherit; cursor: pointer; -webkit-tap-highlight-color: transparent; touch-action: manipulation; }
    .solo { align-items: center; justify-content: center; gap: var(--_1); min-inline-size: var(--_height); padding: 0 var(--sw-split-button-padding, 14px); }
    .solo:not(:disabled):hover { background: var(--sw-split-button-bg-hover, var(--_raised)); }
    .pill > button { display: inline-flex; align-items: center; justify-content: center; min-block-size: var(--_height); border: 0; background: none; transition: background-color var(--_fast); }
    .main { padding: 0 calc(var(--sw-split-button-padding, 14px) - 4px) 0 calc(var(--sw-split-button-padding, 14px) - 2px); border-start-start-radius: var(--_corner); border-end-start-radius: var(--_corner); }
    .chevron { min-inline-size: 26px; padding: 0 7px 0 5px; border-start-end-radius: var(--_corner); border-end-end-radius: var(--_corner); }
    .pill > button:not(:disabled):hover { background: var(--sw-split-button-bg-hover, var(--_raised)); }
    .divider { inline-size: 1px; margin-block: 20%; background: var(--_line); }
    .turn { display: inline-flex; transition: rotate var(--_fast); }
    [aria-expanded='true'] .turn { rotate: 180deg; }
    button:active:not(:disabled) { filter: brightness(0.93); }
    button:disabled { cursor: default; }
    .solo:disabled, .main:disabled { color: color-mix(in srgb, currentColor 40%, transparent); }
    slot[hidden] { display: none; }
    :focus-visible { position: relative; z-index: 1; }
    @media (prefers-reduced-motion: reduce) { * { transition: none !important; } }
    @media (forced-colors: active) {
      .pill { border: 1px solid ButtonText; }
      .pill > button { border: 0; }
      .divider { background: ButtonText; }
      .solo:disabled, .main:disabled { color: GrayText; border-color: GrayText; }
    }
  `
];
