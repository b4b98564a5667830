import { css } from 'lit';

/**
 * Undoes what a page's text rules would do to an element. Colour, font family and font size come through on purpose. Once more
 * below the host: what a page says of every element (`* { … }`) wins over `:host`.
 */
export const hostReset = css`
  :host, :where(:host > *) {
    text-align: start; letter-spacing: normal; word-spacing: normal; text-transform: none; text-indent: 0; line-height: normal;
    font-style: normal; font-weight: normal; font-variant: normal; white-space: normal; text-shadow: none;
  }
  :host([hidden]) { display: none !important; }
`;

/** Text for assistive technology alone. */
export const unseen = css`
  .unseen { position: absolute; inline-size: 1px; block-size: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
`;

/** The ring of keyboard focus, and what remains of our looks where the system sets the colours. */
export const focusRing = css`
  :focus-visible { outline: 2px solid var(--interactive-focus, #6aa5ff); outline-offset: 2px; }
  @media (forced-colors: active) { button { border: 1px solid ButtonText; } }
`;
