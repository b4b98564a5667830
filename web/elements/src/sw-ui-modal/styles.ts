import { css } from 'lit';

export const styles = css`
  :host {
    --sw-modal-duration: 0.2s; --sw-modal-animation: bounce-in; --sw-modal-close-animation: bounce-out;
    --sw-modal-backdrop-animation: backdrop-in; --sw-modal-backdrop-close-animation: backdrop-out;
  }
  dialog {
    border: 0; padding: 0; margin: auto; background: none; color: inherit; font: inherit; overflow: visible;
    max-inline-size: none; max-block-size: none;
  }
  dialog:focus-visible { outline: none; }
  dialog::backdrop { background: rgb(0 0 0 / 50%); }
  .panel:focus-visible { outline: none; }
  @media (prefers-reduced-motion: no-preference) {
    dialog[open], dialog[open]::backdrop {
      animation-duration: var(--sw-modal-duration); animation-fill-mode: both; animation-timing-function: ease-out;
    }
    dialog[open] { animation-name: var(--sw-modal-animation); }
    dialog[open]::backdrop { animation-name: var(--sw-modal-backdrop-animation); }
    dialog.closing { animation-name: var(--sw-modal-close-animation); animation-timing-function: ease-in; }
    dialog.closing::backdrop { animation-name: var(--sw-modal-backdrop-close-animation); animation-timing-function: ease-in; }
  }
  @keyframes bounce-in {
    from { opacity: 0; transform: translateY(20px) scale(0.8); }
    70% { opacity: 1; transform: translateY(-5px) scale(1.1); }
    to { opacity: 1; transform: none; }
  }
  @keyframes bounce-out {
    from { opacity: 1; transform: none; }
    30% { opacity: 1; transform: translateY(-5px) scale(1.1); }
    to { opacity: 0; transform: translateY(20px) scale(0.8); }
  }
  @keyframes backdrop-in { from { opacity: 0; } }
  @keyframes backdrop-out { to { opacity: 0; } }
`;
