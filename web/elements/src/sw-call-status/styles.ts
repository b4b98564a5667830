import { css } from 'lit';
import { hostReset, unseen } from '../base/reset.js';
import { palette } from '../theme/palette.js';

export const styles = [
  hostReset,
  unseen,
  palette,
  css`
    :host { display: inline-flex; max-inline-size: 100%; vertical-align: middle; }
    .pill {
      display: inline-flex; align-items: center; gap: 8px; min-inline-size: 0; max-inline-size: 100%; box-sizing: border-box; padding: 8px 12px;
      border-radius: var(--_radius); background: var(--_surface); color: var(--_text); font: 500 var(--_small) / 1.4 var(--_font);
      --_dot: var(--_dim); --_text: var(--_fg);
    }
    .idle { --_dot: color-mix(in srgb, var(--_raised) 40%, var(--_dim)); --_text: var(--_dim); }
    .good { --_dot: var(--_good); --_text: var(--_good-text); }
    .wait { --_dot: var(--_warn); --_text: var(--_warn-text); }
    .bad { --_dot: var(--_bad); --_text: var(--_bad-text); }
    .dot { flex: none; inline-size: 10px; block-size: 10px; border-radius: 50%; background: var(--_dot); }
    [part='status-text'] { min-inline-size: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    [part='duration'] { flex: none; font-size: 0.85em; font-variant-numeric: tabular-nums; color: color-mix(in srgb, var(--_fg) 75%, var(--_surface)); }
    @media (prefers-reduced-motion: no-preference) {
      .pulse .dot { animation: pulse 1.5s ease-in-out infinite; }
      .bad.pulse .dot { animation-duration: 1s; }
      @keyframes pulse { 50% { opacity: 0.5; scale: 1.1; } }
    }
    @media (forced-colors: active) {
      .pill { border: 1px solid CanvasText; }
      .dot { forced-color-adjust: none; background: CanvasText; }
      .good .dot { background: Highlight; }
    }
  `
];
