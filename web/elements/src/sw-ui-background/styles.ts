import { css } from 'lit';

export const styles = css`
  :host { display: block; position: relative; overflow: hidden; inline-size: 100%; block-size: 100%; }
  :host([hidden]) { display: none !important; }
  img { position: absolute; inset: 0; inline-size: 100%; block-size: 100%; object-fit: cover; user-select: none; pointer-events: none; }
  .thumb { scale: 1.1; filter: blur(var(--_blur)); transition: opacity 600ms cubic-bezier(0.4, 0, 0.2, 1); }
  .image { opacity: 0; scale: 1.03; transition: opacity 600ms cubic-bezier(0.4, 0, 0.2, 1), scale 700ms cubic-bezier(0.4, 0, 0.2, 1); }
  .loaded.thumb { opacity: 0; }
  .loaded.image { opacity: 1; scale: 1; }
  @media (prefers-reduced-motion: reduce) { .thumb, .image { transition: none; } .image { scale: none; } }
`;
