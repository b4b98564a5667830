import { css } from 'lit';
import { hostReset } from '../base/reset.js';
import { palette } from '../theme/palette.js';

export const styles = [
  hostReset,
  palette,
  css`
    :host { display: block; }
    .note { margin: 0; padding: var(--_1) var(--_3); background: var(--_page); border-radius: var(--_radius); color: var(--_bad-text); font-family: var(--_font); font-size: var(--_small); text-align: center; overflow-wrap: anywhere; }
    .note:empty { padding: 0; }
  `
];
