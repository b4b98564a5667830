import { css } from 'lit';
import { focusRing, hostReset, unseen } from '../base/reset.js';
import { palette } from '../theme/palette.js';

export const styles = [
  hostReset,
  palette,
  unseen,
  focusRing,
  css`
    :host { display: block; color: var(--_fg); font-family: var(--_font); font-size: var(--_small); }
    .card { display: flex; flex-direction: column; background: var(--_surface); border: 1px solid var(--_line); border-radius: var(--_radius); overflow: hidden; }
    .search { padding: var(--_3); border-block-end: 1px solid var(--_line); }
    input {
      box-sizing: border-box; inline-size: 100%; min-block-size: 40px; padding: var(--_2) var(--_3); border: 1px solid var(--_line); border-radius: var(--_radius); background: var(--_page); color: inherit;
      font: inherit;
    }
    input:placeholder-shown { text-overflow: ellipsis; }
    input::placeholder { color: var(--_dim); opacity: 1; }
    .list { max-block-size: 400px; overflow-y: auto; }
    .item { display: flex; align-items: center; gap: var(--_3); padding: var(--_2) var(--_3); border-block-end: 1px solid var(--_line); cursor: pointer; transition: background var(--_fast); }
    .item:last-of-type { border-block-end: 0; }
    .item:hover { background: var(--_raised); }
    .item:active { background: var(--_press); }
    .item.selected { background: color-mix(in srgb, var(--_primary) 22%, var(--_surface)); }
    .selected .type { color: inherit; }
    .item:focus-visible { outline-offset: -2px; }
    .disc { flex: none; inline-size: 40px; block-size: 40px; display: grid; place-items: center; border-radius: 50%; background: var(--_raised); color: var(--_dim); }
    .who { flex: 1; min-inline-size: 0; display: grid; justify-items: start; }
    .who > * { max-inline-size: 100%; }
    .name { font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .type { color: var(--_dim); font-size: var(--_caption); text-transform: capitalize; overflow: hidden; text-overflow: ellipsis; }
    .channels { display: flex; gap: var(--_1); color: var(--_good-text); }
    .list { container-type: inline-size; }
    .call { flex: none; inline-size: 40px; block-size: 40px; display: grid; place-items: center; border: 0; border-radius: 50%; background: var(--_good); color: #fff; cursor: pointer; }
    .call:hover { filter: brightness(0.9); }
    .note { display: flex; align-items: center; justify-content: center; gap: var(--_2); margin: 0; padding: var(--_4); color: var(--_dim); }
    @container (max-width: 260px) { .channels { display: none; } }
    @container (max-width: 180px) { .disc { display: none; } }
    @media (prefers-reduced-motion: reduce) { .item { transition: none; } }
    @media (forced-colors: active) { .item.selected { outline: 2px solid Highlight; outline-offset: -2px; } }
  `
];
