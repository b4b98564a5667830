import { css } from 'lit';
import { hostReset, focusRing } from '../base/reset.js';
import { palette } from '../theme/palette.js';

export const styles = [
  hostReset,
  palette,
  focusRing,
  css`
    :host {
      display: inline-flex; position: relative; font-family: var(--_font); font-size: var(--_small);
      /* The button lies on the page, whatever the visitor prefers: its colours are those of the text around it. */
      --sw-device-selector-size: 44px; --sw-device-selector-radius: 50%; --sw-device-selector-bg: color-mix(in srgb, currentColor 11%, transparent);
      --sw-device-selector-bg-hover: color-mix(in srgb, currentColor 20%, transparent); --sw-device-selector-fg: currentColor;
      --sw-device-selector-focus-ring: var(--_primary-text); --sw-device-selector-label-color: color-mix(in srgb, currentColor 75%, transparent); --sw-device-selector-label-size: 10px;
      --sw-device-selector-menu-bg: var(--_page); --sw-device-selector-menu-border: var(--_line);
      --sw-device-selector-menu-item-hover: var(--_surface); --sw-device-selector-menu-item-active: color-mix(in srgb, var(--_primary) 22%, transparent);
      --sw-device-selector-menu-radius: 10px; --sw-device-selector-menu-shadow: var(--_shadow);
    }
    .selector { display: grid; justify-items: center; gap: 4px; }
    .trigger {
      inline-size: var(--sw-device-selector-size); block-size: var(--sw-device-selector-size); display: grid; place-items: center; border: 0; padding: 0; cursor: pointer;
      border-radius: var(--sw-device-selector-radius); background: var(--sw-device-selector-bg); color: var(--sw-device-selector-fg); transition: background 0.15s, scale 0.1s;
    }
    .trigger:hover:enabled { background: var(--sw-device-selector-bg-hover); }
    .trigger:active:enabled { scale: 0.93; }
    .trigger:disabled { opacity: 0.38; cursor: default; }
    .trigger:focus-visible, .option:focus-visible, .test:focus-visible { outline: 2px solid var(--sw-device-selector-focus-ring); outline-offset: 2px; }
    .caption { font-size: max(var(--sw-device-selector-label-size), 0.625rem); color: var(--sw-device-selector-label-color); }
    .panel {
      position: fixed; inset: auto; margin: 0; z-index: 9999; box-sizing: border-box;
      inline-size: min(280px, 100vw - 1rem); max-block-size: min(30rem, 70dvh); overflow-y: auto; padding: 8px; text-align: start;
      background: var(--sw-device-selector-menu-bg); border: 1px solid var(--sw-device-selector-menu-border); border-radius: var(--sw-device-selector-menu-radius);
      box-shadow: var(--sw-device-selector-menu-shadow); color: var(--_fg); animation: rise 0.1s ease-out;
    }
    :host([show-preview]) .panel { inline-size: min(320px, 100vw - 1rem); }
    @keyframes rise { from { opacity: 0; transform: translateY(4px); } }
    .section + .section { margin-block-start: 8px; padding-block-start: 8px; border-block-start: 1px solid var(--sw-device-selector-menu-border); }
    h3 { display: flex; align-items: center; gap: 6px; margin: 0; padding: 4px 8px; font-size: 0.75rem; font-weight: 600; letter-spacing: 0.06em; text-transform: uppercase; color: var(--_dim); }
    .option {
      display: flex; align-items: center; gap: 8px; box-sizing: border-box; inline-size: 100%; min-block-size: 40px; padding: 6px 8px; border: 0; border-radius: 6px; background: none; color: inherit;
      font: inherit; text-align: start; cursor: pointer;
    }
    .option:hover { background: var(--sw-device-selector-menu-item-hover); }
    .option.selected { background: var(--sw-device-selector-menu-item-active); }
    .mark { flex: none; inline-size: 14px; visibility: hidden; }
    .selected .mark { visibility: visible; }
    .name { min-inline-size: 0; overflow-wrap: anywhere; }
    .empty { margin: 0; padding: 6px 8px; color: var(--_dim); }
    .preview { margin: 4px 8px; min-block-size: 22px; font-size: var(--_caption); color: var(--_dim); }
    .preview sw-local-camera { border-radius: 8px; overflow: hidden; }
    .test { min-block-size: 36px; padding: 4px 12px; border: 1px solid var(--sw-device-selector-menu-border); border-radius: 999px; background: none; color: inherit; font: inherit; cursor: pointer; }
    .test:disabled { opacity: 0.5; cursor: default; }
    @media (prefers-reduced-motion: reduce) { .panel { animation: none; } .trigger { transition: none; } }
    @media (forced-colors: active) { .trigger, .panel { border: 1px solid CanvasText; } .option.selected { outline: 1px solid Highlight; } }
  `
];
