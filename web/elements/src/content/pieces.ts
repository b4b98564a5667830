/** Code in pieces: text, or a piece of a kind with more in it. What the highlighter gives and the elements show. */
import { html, type TemplateResult } from 'lit';

export type Piece = string | { kind: string; inner: Piece[] };

/** The pieces as text and spans. No part of them becomes markup. */
export function pieces(list: Piece[]): (string | TemplateResult)[] {
  return list.map((piece) => (typeof piece === 'string' ? piece : html`<span class=${piece.kind}>${pieces(piece.inner)}</span>`));
}
