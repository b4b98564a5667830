import { css } from 'lit';
import { focusRing, hostReset } from '../base/reset.js';
import { palette } from '../theme/palette.js';

export const styles = [
  hostReset,
  palette,
  focusRing,
  css`
    :host { display: block; container-type: inline-size; color: var(--_fg); font-family: var(--_font); }
    .bar {
      display: flex; align-items: center; justify-content: center; gap: var(--sw-control-bar-gap, 8px); padding: var(--sw-control-bar-padding, 8px 16px);
      background: var(--sw-control-bar-bg, transparent); border-radius: var(--sw-control-bar-radius, 0); box-sizing: border-box;
    }
    .logo, .balance { flex: 1 1 0; min-inline-size: 0; display: flex; color: color-mix(in srgb, var(--_fg) 50%, transparent); }
    /* On a bar of its own colour the icons are chosen for that colour. */
    .on { --sw-split-button-bg: var(--_primary); --sw-split-button-bg-hover: var(--_primary-hover); --sw-split-button-color: var(--_on-primary); }
    .off { --sw-split-button-bg: color-mix(in srgb, var(--_bad) 24%, var(--_surface)); --sw-split-button-bg-hover: color-mix(in srgb, var(--_bad) 34%, var(--_surface)); }
    .end {
      --sw-split-button-bg: var(--sw-control-bar-hangup-bg, var(--_bad)); --sw-split-button-bg-hover: var(--sw-control-bar-hangup-bg-hover, var(--_bad-hover));
      --sw-split-button-color: var(--sw-control-bar-hangup-color, #fff);
    }
    .overflow { display: none; }
    @container (inline-size <= 720px) {
      .optional { display: none; }
      .overflow { display: inline-flex; }
    }
    @container (inline-size <= 540px) {
      .logo, .balance { display: none; }
      .bar { gap: var(--sw-control-bar-gap, 4px); padding: 6px 8px; --sw-split-button-height: 40px; }
    }
    @container (inline-size <= 360px) { .bar { gap: 2px; padding: 4px; --sw-split-button-height: 36px; } }
    @container (inline-size <= 360px) { .thin::part(button) { padding-inline: 0; } }
    @container (inline-size <= 260px) { .bar { flex-wrap: wrap; } }
  `
];
