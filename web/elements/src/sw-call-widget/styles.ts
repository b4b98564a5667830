import { css } from 'lit';
import { focusRing, hostReset, unseen } from '../base/reset.js';
import { palette } from '../theme/palette.js';

export const styles = [
  hostReset,
  palette,
  unseen,
  focusRing,
  css`
    :host {
      display: block; color: var(--_fg); font-family: var(--_font);
      --sw-control-bar-bg: #000; --sw-control-bar-padding: 6px 12px; --sw-control-bar-gap: 6px; --sw-control-bar-radius: 0;
      --sw-split-button-width: 56px; --sw-split-button-height: 36px;
    }
    .panel { box-sizing: border-box; position: relative; color: var(--_fg); text-align: center; }
    .card {
      inline-size: min(22.5rem, 100%); max-block-size: calc(100dvh - 2rem); overflow-y: auto; margin-inline: auto; padding: 1.5rem 1rem;
      border-radius: 20px; background: var(--_page); border: 1px solid var(--_line); display: grid; gap: 1.1rem; justify-items: center;
    }
    :host([modal]) .card { inline-size: min(22.5rem, 100vw - 2rem); box-shadow: 0 24px 60px rgb(0 0 0 / 35%); }
    .stage { container-type: size; inline-size: 100%; block-size: 100%; overflow: hidden; border: 1px solid var(--_line); border-radius: 10px; --sw-call-layout-radius: 0px; }
    :host(:not([modal])) .stage { min-block-size: 18rem; aspect-ratio: 16 / 10; block-size: auto; }
    :host(:not([modal])) .stage sw-ui-call-layout { position: absolute; inset: 0; }
    /* What is shown never covers the way to hang up. */
    .stage sw-ui-content-drawer { inset-block-end: 48px; }
    /* Upright, the transcript lies under the controls: what is shown takes the place of the picture (see the layout's rows). */
    @container (aspect-ratio <= 4 / 3) and (width > 200px) and (height > 200px) {
      [transcript] ~ sw-ui-content-drawer[narrow] {
        inset-block: 0 calc(48px + max(120px, (100% - 48px) * 0.4)); max-block-size: none; justify-content: flex-end;
      }
    }
    .stage sw-call-controls::part(logo) { color: #fff; }
    .picture { position: relative; container-type: size; inline-size: 100%; block-size: 100%; display: grid; }
    .picture > * { grid-area: 1 / 1; }
    .picture .person { place-content: center; padding: 1rem; background: color-mix(in srgb, var(--_page) 82%, transparent); z-index: 1; }
    .picture .notice {
      z-index: 2; align-self: start; justify-self: center; margin: 0.6rem; padding: 0.35rem 0.9rem; border-radius: 1rem; min-block-size: 0;
      background: rgb(14 14 24 / 82%); color: #fff; font-size: var(--_small); max-inline-size: calc(100% - 1.2rem); box-sizing: border-box;
    }
    /* Where there is room for one of them, the words are what counts. */
    @container (max-height: 12rem) { .picture .disc { display: none; } }
    audio { display: none; }
    .person { display: grid; gap: 0.35rem; justify-items: center; max-inline-size: 100%; min-inline-size: 0; }
    .disc {
      inline-size: 88px; block-size: 88px; margin-block: 14px 10px; border-radius: 50%; display: grid; place-items: center;
      background: var(--_raised); color: var(--_good-text);
      box-shadow: 0 0 0 calc(var(--level, 0) * 15px) color-mix(in srgb, var(--_good) 28%, transparent); transition: box-shadow 80ms linear;
    }
    .waiting .disc { animation: pulse 1.6s ease-in-out infinite; }
    .ended .disc, .failed .disc { color: var(--_dim); }
    @keyframes pulse { 50% { box-shadow: 0 0 0 14px color-mix(in srgb, var(--_good) 22%, transparent); } }
    h2 { margin: 0; font-size: 1.2rem; font-weight: 650; max-inline-size: 100%; overflow: hidden; text-overflow: ellipsis; overflow-wrap: anywhere; }
    p { margin: 0; font-size: 0.98rem; min-block-size: 1.3em; line-height: 1.35; }
    .status { color: var(--_dim); font-variant-numeric: tabular-nums; }
    .failed .status, .amiss { color: var(--_bad-text); }
    .row { display: flex; flex-wrap: wrap; gap: 0.9rem; justify-content: center; }
    button {
      font: inherit; color: inherit; cursor: pointer; border: 0; border-radius: 999px; min-block-size: 52px; min-inline-size: 52px;
      display: inline-grid; place-items: center; background: var(--_raised); transition: filter var(--_fast);
    }
    button:hover { filter: brightness(0.94); }
    button:disabled { opacity: 0.45; cursor: default; filter: none; }
    button[aria-pressed='true'] { background: var(--_fg); color: var(--_page); }
    .end { background: var(--_bad); color: #fff; }
    .wide { padding-inline: 1.4rem; font-weight: 600; }
    .again { background: var(--_good); color: #fff; }
    .dots {
      inline-size: 20px; block-size: 20px;
      background: radial-gradient(circle, currentcolor 2px, transparent 2.6px) 0 0 / 6.67px 6.67px;
    }
    sw-call-dialpad { inline-size: 100%; }
    .card sw-ui-transcript-view { inline-size: 100%; max-block-size: 14rem; text-align: start; }
    @media (prefers-reduced-motion: reduce) { .waiting .disc { animation: none; } .disc, button { transition: none; } }
    @media (forced-colors: active) {
      .card { border: 1px solid CanvasText; }
      .dots { forced-color-adjust: none; color: ButtonText; }
    }
  `
];
