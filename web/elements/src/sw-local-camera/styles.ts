import { css } from 'lit';
import { palette } from '../theme/palette.js';

export const styles = [
  palette,
  css`
    :host {
      display: block; position: relative; overflow: hidden; inline-size: 100%; aspect-ratio: var(--sw-local-camera-aspect, 16 / 9);
      border-radius: inherit;
    }
    :host([hidden]) { display: none !important; }
    video { display: block; inline-size: 100%; block-size: 100%; object-fit: cover; background: #000; }
    :host([mirror]) video { transform: scaleX(-1); }
    .placeholder {
      position: absolute; inset: 0; display: grid; place-items: center; border-radius: inherit; background: var(--_page); color: var(--_dim);
      box-shadow: inset 0 0 0 1px var(--_line);
    }
    @media (forced-colors: active) { .placeholder { border: 1px solid CanvasText; color: CanvasText; } }
  `
];
