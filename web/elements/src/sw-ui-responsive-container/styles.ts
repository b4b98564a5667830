import { css } from 'lit';

export const styles = css`
  :host([hidden]) { display: none; }
  .box {
    --_wide: 90vw;
    box-sizing: border-box; margin-inline: auto; overflow: hidden; inline-size: var(--_wide); aspect-ratio: 16 / 9;
    /* A low and wide window must still show all of it. */
    max-block-size: min(56.25vw + 300px, 100dvb - 2rem);
  }
  @media (min-width: 1280px) {
    .box { --_wide: 80vw; max-block-size: min(45vw + 300px, 100dvb - 2rem); }
  }
  @media (max-width: 600px) {
    .box { --_wide: calc(100vw - 40px); aspect-ratio: auto; block-size: 85svb; max-block-size: none; }
  }
  @media (max-height: 500px) and (min-width: 600px), (max-width: 900px) and (orientation: landscape) {
    .box { --_wide: 90vw; aspect-ratio: auto; block-size: 90dvb; max-block-size: 90dvb; }
  }
`;
