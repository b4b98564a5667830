/** Small pieces that several views show. */
import { html } from 'lit';

const COLOURS = 6;

/** The first letters of a name, on a colour that stays the same for it. */
export function disc(name: string, size: 'small' | 'large' = 'small') {
  const letters = name.split(/[\s@._-]+/).filter(Boolean).slice(0, 2).map((word) => [...word][0]!.toLocaleUpperCase()).join('');
  const colour = [...name].reduce((sum, character) => sum + character.codePointAt(0)!, 0) % COLOURS;
  return html`<span class="disc ${size}" data-colour=${colour} aria-hidden="true">${letters || '?'}</span>`;
}

/** `1:05`, and `1:01:05` from one hour on. */
export function duration(seconds: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** The time of day, with the date where it is not today. */
export function moment(at: number): string {
  const date = new Date(at);
  const today = date.toDateString() === new Date().toDateString();
  return date.toLocaleString([], today ? { hour: '2-digit', minute: '2-digit' } : { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' });
}

export function icon(name: string, size = 18) {
  return html`<sw-ui-icon name=${name} size=${size} aria-hidden="true"></sw-ui-icon>`;
}
