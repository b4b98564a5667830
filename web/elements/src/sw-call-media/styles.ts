import { css } from 'lit';
import { focusRing, hostReset } from '../base/reset.js';
import { palette } from '../theme/palette.js';

export const styles = [
  hostReset,
  palette,
  focusRing,
  css`
    :host { display: block; position: relative; inline-size: 100%; block-size: 100%; }
    .container { position: relative; inline-size: 100%; block-size: 100%; overflow: hidden; border-radius: inherit; background: var(--bg-page, #0e0e18); }
    video { display: block; inline-size: 100%; block-size: 100%; object-fit: contain; }
    .over { position: absolute; inset: 0; container-type: size; pointer-events: none; }
    /* As large as the picture is shown: what is said of places in it holds beside bars too. */
    .overlay { position: absolute; inset: 0; margin: auto; inline-size: min(100cqi, 100cqb * var(--_shape)); block-size: min(100cqb, 100cqi / var(--_shape)); }
    .sound {
      position: absolute; inset-block-end: var(--_4); inset-inline: var(--_4); margin-inline: auto; inline-size: fit-content; max-inline-size: calc(100% - 2 * var(--_4));
      display: flex; align-items: center; gap: var(--_2); min-block-size: 44px; padding: var(--_2) var(--_4); border: 1px solid transparent; border-radius: var(--_round);
      background: var(--_primary); color: var(--_on-primary); font: 600 var(--_small) / 1.3 var(--_font); cursor: pointer; z-index: 20;
      box-shadow: var(--_shadow); transition: background-color var(--_fast);
    }
    .sound:hover { background: var(--_primary-hover); }
    .sound sw-ui-icon { flex: none; }
  `
];
