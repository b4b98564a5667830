import { svg } from 'lit';

/** The handset on the button: drawn here, so that the button needs no table of icons. */
export const phone = svg`<svg viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" stroke-width="2"
  stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M21.5 16.6v2.7a1.9 1.9 0 0 1-2.1 1.9A18.6 18.6 0 0 1 2.8
  4.6 1.9 1.9 0 0 1 4.7 2.5h2.7a1.9 1.9 0 0 1 1.9 1.6l.6 2.6a1.9 1.9 0 0 1-.5 1.8L8.2 9.7a15 15 0 0 0 6.1 6.1l1.2-1.2a1.9 1.9 0 0 1
  1.8-.5l2.6.6a1.9 1.9 0 0 1 1.6 1.9z"/></svg>`;
