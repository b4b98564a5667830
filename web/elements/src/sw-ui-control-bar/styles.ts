import { css } from 'lit';
import { hostReset } from '../base/reset.js';
import { palette } from '../theme/palette.js';

export const styles = [
  hostReset,
  palette,
  css`
    :host { display: block; container: bar / inline-size; }
    .bar {
      display: flex; align-items: center; justify-content: center; flex-wrap: wrap; gap: var(--sw-control-bar-gap, 8px);
      padding: var(--sw-control-bar-padding, 8px 16px); border-radius: var(--sw-control-bar-radius, 0); background: var(--sw-control-bar-bg, transparent);
    }
    .logo, .balance { flex: none; inline-size: 20px; }
    .logo { display: inline-flex; margin-inline-end: auto; color: var(--_fg); opacity: 0.5; }
    .balance { margin-inline-start: auto; }
    .off {
      --sw-split-button-bg: color-mix(in srgb, var(--_bad) 16%, var(--_surface)); --sw-split-button-bg-hover: color-mix(in srgb, var(--_bad) 26%, var(--_surface));
      --sw-split-button-color: var(--_bad-text);
    }
    .on { --sw-split-button-bg: var(--_primary); --sw-split-button-bg-hover: var(--_primary-hover); --sw-split-button-color: var(--_on-primary); }
    .hangup {
      --sw-split-button-bg: var(--sw-control-bar-hangup-bg, var(--_bad)); --sw-split-button-bg-hover: var(--sw-control-bar-hangup-bg-hover, var(--_bad-hover));
      --sw-split-button-color: var(--sw-control-bar-hangup-color, #fff); --sw-split-button-padding: 20px;
    }
    .more { display: none; }
    @container bar (max-width: 720px) {
      .optional { display: none; }
      .more { display: inline-flex; }
    }
    @container bar (max-width: 540px) {
      .bar { gap: var(--sw-control-bar-gap, 6px); padding: var(--sw-control-bar-padding, 6px 8px); }
      .logo, .balance { display: none; }
      sw-ui-split-button { --sw-split-button-padding: 11px; }
      .hangup { --sw-split-button-padding: 14px; }
    }
    @container bar (max-width: 360px) {
      .bar { gap: var(--sw-control-bar-gap, 4px); padding: var(--sw-control-bar-padding, 4px); }
      sw-ui-split-button { --sw-split-button-padding: 8px; }
      .hangup { --sw-split-button-padding: 10px; }
    }
  `
];
