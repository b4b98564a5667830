import { css } from 'lit';
import { focusRing, hostReset } from '../base/reset.js';
import { palette } from '../theme/palette.js';

export const styles = [
  hostReset,
  palette,
  focusRing,
  css`
    :host { display: inline-block; position: relative; }
    .menu {
      position: fixed; inset: auto; margin: 0; box-sizing: border-box; inline-size: max-content; min-inline-size: 10rem;
      padding: var(--_1); overflow: auto; overscroll-behavior: contain;
      border: 1px solid var(--sw-dropup-border, var(--_line)); border-radius: var(--sw-dropup-radius, calc(var(--_radius) + 4px));
      background: var(--sw-dropup-bg, var(--_page)); color: var(--sw-dropup-color, var(--_fg)); box-shadow: var(--sw-dropup-shadow, var(--_shadow));
      font-family: var(--_font); font-size: var(--_small); outline: none;
    }
    .item {
      display: grid; grid-template-columns: 1rem 1fr; align-items: center; gap: var(--_2); box-sizing: border-box;
      min-block-size: 2.5rem; padding: var(--_1) var(--_3) var(--_1) var(--_2); padding-inline: var(--_2) var(--_3);
      max-inline-size: var(--sw-dropup-max-width, 200px); border-radius: var(--_radius); cursor: pointer; user-select: none;
      transition: background-color var(--_fast);
    }
    .plain { grid-template-columns: 1fr; padding-inline: var(--_3); }
    .item:focus-visible { outline-offset: -2px; }
    .item:hover, .item:focus { background: var(--sw-dropup-item-hover, var(--_surface)); }
    .selected { background: var(--sw-dropup-item-active, var(--_raised)); }
    .label { display: -webkit-box; overflow: hidden; -webkit-box-orient: vertical; -webkit-line-clamp: 2; line-height: 1.35; overflow-wrap: anywhere; }
    .mark { inline-size: 1rem; block-size: 1rem; fill: none; stroke: currentColor; stroke-width: 2.5; stroke-linecap: round; stroke-linejoin: round; }
    .item:not(.selected) .mark { visibility: hidden; }
    @media (prefers-reduced-motion: no-preference) {
      .menu { animation: rise var(--_fast); }
      @keyframes rise { from { opacity: 0; translate: 0 4px; } }
    }
    @media (prefers-reduced-motion: reduce) { .item { transition: none; } }
    @media (forced-colors: active) {
      .item:hover, .item:focus { forced-color-adjust: none; background: Highlight; color: HighlightText; }
    }
  `
];
