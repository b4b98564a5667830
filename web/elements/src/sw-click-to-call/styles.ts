import { css } from 'lit';
import { hostReset } from '../base/reset.js';

export const styles = [
  hostReset,
  css`
    :host { display: inline-block; max-inline-size: 100%; }
    button {
      display: inline-flex; align-items: center; justify-content: center; gap: 8px; padding: 12px 20px; min-block-size: 44px; max-inline-size: 100%;
      border: 0; border-radius: var(--radius-md, 8px); cursor: pointer;
      background: var(--interactive-status-success, #15803d); color: #fff;
      font: 600 var(--type-size-body, 16px) / 1.25 var(--type-family-body, system-ui, sans-serif);
      transition: filter var(--transition-fast, 0.15s ease), transform 0.1s ease;
    }
    button:hover { filter: brightness(0.9); }
    button:active { transform: scale(0.98); }
    button:focus-visible { outline: 3px solid var(--interactive-focus, #6aa5ff); outline-offset: 2px; }
    button[aria-busy='true'] { cursor: progress; filter: brightness(0.85); }
    svg { flex: none; }
    span { min-inline-size: 0; overflow-wrap: anywhere; }
    p { margin: 0.5em 0 0; max-inline-size: 22em; font: 400 0.9em / 1.35 var(--type-family-body, system-ui, sans-serif); color: inherit; }
    p:empty { display: none; }
    @media (prefers-reduced-motion: reduce) { button { transition: none; } }
    @media (forced-colors: active) { button { border: 1px solid; } }
  `
];
