import { css } from 'lit';
import { unseen } from '../base/reset.js';
import { palette } from '../theme/palette.js';

export const styles = [
  palette,
  unseen,
  css`
    :host {
      --_corner: var(--sw-call-layout-radius, var(--_radius));
      --_gap-end: var(--sw-call-layout-pip-right, 12px); --_gap-bottom: var(--sw-call-layout-pip-bottom, 12px);
      display: block; box-sizing: border-box; position: relative; container-type: size; inline-size: 100%; block-size: 100%; border-radius: var(--_corner);
    }
    :host([hidden]) { display: none !important; }
    :host([shadow]) { box-shadow: var(--sw-call-layout-shadow, var(--_shadow)); }
    :host([fullscreen]) { --_corner: 0px; inline-size: 100vw; block-size: 100vh; block-size: 100dvb; box-shadow: none; background: #000; }
    .grid {
      display: grid; inline-size: 100%; block-size: 100%; border-radius: inherit;
      grid-template: 'video' minmax(0, 1fr) 'controls' auto / minmax(0, 1fr);
    }
    /* Cells are rounded one by one: menus of the controls reach over the edge of the whole. */
    .video {
      grid-area: video; position: relative; min-block-size: 0; overflow: hidden; isolation: isolate;
      border-start-start-radius: var(--_corner); border-start-end-radius: var(--_corner);
    }
    .video.last { border-end-start-radius: var(--_corner); border-end-end-radius: var(--_corner); }
    .background, .main, .veil { position: absolute; inset: 0; }
    .background { z-index: 0; }
    .main { z-index: 1; }
    /* A drawer over the picture keeps its own width. */
    .background ::slotted(*), .main ::slotted(:not(sw-ui-content-drawer)) { display: block; inline-size: 100%; block-size: 100%; }
    .pip {
      position: absolute; z-index: 3; inset-inline-end: var(--_gap-end); inset-block-end: var(--_gap-bottom); overflow: hidden;
      inline-size: var(--sw-call-layout-pip-width, clamp(80px, 20%, 200px));
      max-inline-size: calc(100% - 2 * var(--_gap-end)); max-block-size: calc(100% - 2 * var(--_gap-bottom));
      border-radius: var(--sw-call-layout-pip-radius, var(--_radius)); box-shadow: var(--sw-call-layout-pip-shadow, var(--_shadow));
    }
    .pip.empty { visibility: hidden; }
    .veil { z-index: 4; display: grid; place-items: center; background: var(--sw-call-layout-loading-bg, rgb(0 0 0 / 60%)); color: #fff; }
    .veil:not(.on) { display: none; }
    .turning {
      box-sizing: border-box; inline-size: var(--loading-spinner-size, 48px); aspect-ratio: 1; border-radius: 50%;
      border: calc(var(--loading-spinner-size, 48px) / 10) solid rgb(255 255 255 / 25%); border-block-start-color: currentColor; animation: turn 1s linear infinite;
    }
    @keyframes turn { to { rotate: 360deg; } }
    .controls { grid-area: controls; position: relative; z-index: 10; min-inline-size: 0; }
    .transcript { grid-area: pane; display: none; position: relative; min-inline-size: 0; min-block-size: 0; overflow: hidden; }
    .transcript ::slotted(*) { block-size: 100%; }
    :host([transcript]) .transcript { display: block; }

    @container (aspect-ratio > 4 / 3) {
      :host([transcript]) .grid { grid-template: 'video pane' minmax(0, 1fr) 'controls controls' auto / minmax(0, 1fr) minmax(180px, 0.25fr); }
      :host([transcript]) .video { border-start-end-radius: 0; border-end-end-radius: 0; }
      .transcript { border-start-end-radius: var(--_corner); }
      .transcript.last { border-end-end-radius: var(--_corner); }
    }
    @container (aspect-ratio >= 21 / 9) {
      :host([transcript]) .grid { grid-template-columns: minmax(0, 1fr) minmax(160px, 0.15fr); }
    }
    @container (aspect-ratio <= 4 / 3) {
      :host([transcript]) .grid { grid-template: 'video' minmax(0, 3fr) 'controls' auto 'pane' minmax(120px, 2fr) / minmax(0, 1fr); }
      .transcript { border-end-start-radius: var(--_corner); border-end-end-radius: var(--_corner); }
      :host([transcript]) .video { border-end-start-radius: 0; border-end-end-radius: 0; }
    }
    @container (width <= 240px) { .pip { display: none; } }
    /* Where there is no room for it, it takes none. */
    @container (width <= 200px) or (height <= 200px) {
      :host([transcript]) .transcript { display: none; }
      :host([transcript]) .grid { grid-template: 'video' minmax(0, 1fr) 'controls' auto / minmax(0, 1fr); }
    }
    @media (prefers-reduced-motion: no-preference) {
      .transcript { opacity: 1; transition: opacity var(--sw-call-layout-transcript-transition, 350ms ease-in-out); }
      @starting-style { :host([transcript]) .transcript { opacity: 0; } }
    }
    @media (prefers-reduced-motion: reduce) { .turning { animation-duration: 4s; } }
    @media (forced-colors: active) { .pip, .transcript { outline: 1px solid CanvasText; outline-offset: -1px; } .turning { border-color: GrayText; border-block-start-color: CanvasText; } }
  `
];
