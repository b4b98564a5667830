import { css } from 'lit';
import { focusRing, hostReset } from '../base/reset.js';
import { palette } from '../theme/palette.js';

export const styles = [
  hostReset,
  palette,
  focusRing,
  css`
    :host { display: contents; }
    .member {
      position: absolute; z-index: 10; box-sizing: border-box; pointer-events: auto; container-type: size;
      color: #fff; font: 500 var(--_small) / 1.3 var(--_font);
    }
    .talking { box-shadow: inset 0 0 0 3px var(--_good); border-radius: var(--_radius); }
    .trigger {
      position: absolute; inset-block-start: 12px; inset-inline-start: 12px; display: grid; place-items: center; inline-size: 36px; block-size: 36px; padding: 0;
      border: 1px solid rgb(255 255 255 / 25%); border-radius: 50%; background: rgb(16 18 28 / 75%); color: inherit; cursor: pointer;
      transition: opacity var(--_fast), background-color var(--_fast);
    }
    /* What a finger hits is larger than what is seen. */
    .trigger::before { content: ''; position: absolute; inset: -4px; }
    .trigger:hover, .trigger[aria-expanded='true'] { background: rgb(40 44 60 / 90%); }
    .tag {
      position: absolute; inset-block-end: 8px; inset-inline-start: 8px; display: flex; align-items: center; gap: var(--_1); max-inline-size: calc(100% - 16px);
      box-sizing: border-box; padding: 2px 8px; border-radius: var(--_round); background: rgb(16 18 28 / 75%); transition: opacity var(--_fast);
    }
    .tag span { min-inline-size: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .tag sw-ui-icon { flex: none; }
    @media (hover: hover) {
      .member:not(:hover, :focus-within, .open) :is(.trigger, .tag:not(.telling)) { opacity: 0; }
      .member:not(:hover, :focus-within, .open) .tag.telling span { display: none; }
    }
    .failure {
      position: absolute; inset-block-start: 56px; inset-inline: 8px; margin: 0; inline-size: fit-content; box-sizing: border-box; padding: 4px 10px; overflow-wrap: anywhere;
      border-radius: var(--_radius); background: var(--_bad); color: #fff;
    }
    .failure:empty { padding: 0; background: none; }
    @container (max-width: 8rem) or (max-height: 6rem) {
      .trigger { inset-block-start: 4px; inset-inline-start: 4px; inline-size: 32px; block-size: 32px; }
      .tag { inset-block-end: 4px; inset-inline-start: 4px; padding: 2px 6px; }
      .failure { inset-block-start: 40px; }
    }
    .popup {
      position: fixed; inset: auto; z-index: 30; box-sizing: border-box; inline-size: max-content; min-inline-size: 160px; max-inline-size: min(20rem, 100vw - 16px);
      max-block-size: calc(100vh - 16px); margin: 0; padding: 4px; overflow: auto; border: 1px solid var(--_line); border-radius: calc(var(--_radius) + 2px);
      background: var(--_page); color: var(--_fg); box-shadow: var(--_shadow);
    }
    .popup:not(.shown) { display: none; }
    .popup:focus-visible { outline-offset: -2px; }
    .item {
      display: flex; align-items: center; gap: var(--_3); inline-size: 100%; min-block-size: 44px; padding: var(--_2) var(--_3); border: 1px solid transparent;
      border-radius: var(--_radius); background: none; color: inherit; font: 500 var(--_small) / 1.3 var(--_font); text-align: start; cursor: pointer;
    }
    .item sw-ui-icon { flex: none; }
    .item:hover, .item:focus { background: var(--_raised); }
    .item:focus-visible { outline-offset: -2px; }
    .item.remove { color: var(--_bad-text); }
    @media (prefers-reduced-motion: no-preference) {
      .member { transition: left 0.3s, top 0.3s, width 0.3s, height 0.3s, opacity 0.3s; }
      .popup.shown { animation: come 0.12s ease-out; }
      @keyframes come { from { opacity: 0; translate: 0 -4px; } }
    }
    @media (forced-colors: active) {
      .talking { outline: 3px solid Highlight; outline-offset: -3px; }
      .tag, .failure, .popup { border: 1px solid CanvasText; }
      .item:focus { background: Highlight; color: HighlightText; forced-color-adjust: none; }
    }
  `
];
