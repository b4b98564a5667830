import { css } from 'lit';
import { palette } from '../theme/palette.js';

export const styles = [
  palette,
  css`
    :host {
      --sw-audio-bar-width: 4px; --sw-audio-bar-gap: 2px; --sw-audio-bar-radius: 2px;
      --sw-audio-bar-background: color-mix(in srgb, var(--_fg) 20%, transparent);
      display: inline-flex; vertical-align: middle;
    }
    :host([hidden]) { display: none !important; }
    .bars { display: flex; gap: var(--sw-audio-bar-gap); align-items: flex-end; justify-content: center; }
    .lying { align-items: center; }
    .bar { flex: none; inline-size: var(--sw-audio-bar-width); border-radius: var(--sw-audio-bar-radius); background: var(--sw-audio-bar-background); }
    .lying .bar { inline-size: auto; block-size: var(--sw-audio-bar-width); }
    .low { background: var(--_good); }
    .high { background: var(--_warn); }
    .top { background: var(--_bad); }
    @media (prefers-reduced-motion: no-preference) {
      .bar { transition: inline-size 0.05s, block-size 0.05s, background-color 0.1s; }
    }
    @media (forced-colors: active) {
      .bar { forced-color-adjust: none; background: GrayText; }
      .low, .high, .top { background: CanvasText; }
    }
  `
];
