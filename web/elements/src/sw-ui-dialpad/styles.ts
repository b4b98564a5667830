import { css } from 'lit';
import { focusRing, hostReset } from '../base/reset.js';
import { palette } from '../theme/palette.js';

export const styles = [
  hostReset,
  palette,
  focusRing,
  css`
    :host { display: block; --sw-dialpad-display-size: 32px; --sw-dialpad-key-size: 24px; color: var(--_fg); font-family: var(--_font); font-size: var(--_body); }
    .card { box-sizing: border-box; max-inline-size: 280px; margin-inline: auto; padding: var(--_4); border-radius: var(--_radius); background: var(--_surface); display: grid; grid-template-columns: minmax(0, 1fr); gap: var(--_3); }
    .display { container-type: inline-size; display: flex; align-items: center; gap: var(--_1); padding-inline: var(--_2); border-radius: var(--_radius); background: var(--_raised); }
    .display:focus-within { outline: 2px solid var(--interactive-focus, #6aa5ff); outline-offset: 2px; }
    input {
      flex: 1; min-inline-size: 0; box-sizing: border-box; min-block-size: 52px; border: 0; outline: 0; background: none; color: inherit; font: inherit; text-align: center;
      font-size: clamp(1rem, min(11cqi, 115cqi / var(--_length)), var(--sw-dialpad-display-size)); font-variant-numeric: tabular-nums; direction: ltr;
    }
    input:placeholder-shown { font-size: var(--_body); text-overflow: ellipsis; }
    input::placeholder { color: var(--_dim); opacity: 1; }
    button { font: inherit; color: inherit; border: 0; background: none; cursor: pointer; touch-action: manipulation; user-select: none; -webkit-user-select: none; }
    button:disabled { opacity: 0.4; cursor: default; }
    .delete { display: grid; place-items: center; min-inline-size: 44px; min-block-size: 44px; border-radius: var(--_radius); }
    .keypad { display: grid; grid-template-columns: repeat(3, minmax(0, 72px)); gap: var(--_2) 4px; justify-content: space-between; box-sizing: border-box; inline-size: 240px; max-inline-size: 100%; margin-inline: auto; direction: ltr; }
    .key {
      aspect-ratio: 1; min-inline-size: 40px; min-block-size: 40px; padding: 0; display: grid; place-content: center; justify-items: center; container-type: inline-size; border: 1px solid var(--_line); border-radius: 50%;
      background: var(--_surface); transition: background var(--_fast);
    }
    .key:hover { background: var(--_raised); }
    .key.pressed, .key:active { background: var(--_press); }
    .digit { font-size: min(var(--sw-dialpad-key-size), 55cqi); line-height: 1.1; }
    .letters { font-size: 0.68rem; letter-spacing: 0.08em; color: var(--_dim); line-height: 1.2; }
    /* Drawn, not written: the name of the key says them. */
    .letters::after { content: attr(data-letters); }
    @container (max-width: 52px) { .letters { display: none; } }
    .call {
      display: flex; align-items: center; justify-content: center; gap: var(--_2); min-block-size: 56px; border-radius: var(--_round); background: var(--_good); color: #fff; font-weight: 600;
      transition: filter var(--_fast);
    }
    .call:hover:enabled { filter: brightness(0.9); }
    @media (prefers-reduced-motion: reduce) { .key, .call { transition: none; } }
    @media (forced-colors: active) { .card { border: 1px solid CanvasText; } .display { border: 1px solid CanvasText; } }
  `
];
