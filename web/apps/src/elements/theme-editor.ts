/** Changes the design tokens on the page, and says what a page would write for it. */

const COLOURS: [token: string, what: string][] = [
  ['--interactive-status-success', 'Call and success'],
  ['--interactive-button-primary-bg', 'Primary'],
  ['--interactive-button-destructive-bg', 'Hang up'],
  ['--bg-page', 'Page'],
  ['--bg-surface', 'Surface'],
  ['--bg-surface-raised', 'Raised surface'],
  ['--fg-default', 'Text'],
  ['--fg-muted', 'Quiet text']
];
const LENGTHS: [token: string, what: string, most: number][] = [
  ['--radius-md', 'Corner', 32],
  ['--type-size-body', 'Text size', 28]
];

/** A colour as `#rrggbb`, which is all that a colour input takes. */
function hex(colour: string): string {
  const paint = document.createElement('canvas').getContext('2d')!;
  paint.fillStyle = colour;
  return /^#[\da-f]{6}$/i.test(paint.fillStyle) ? paint.fillStyle : '#000000';
}

export function themeEditor(place: HTMLElement, opener: HTMLElement): void {
  const root = document.documentElement;
  const changed = new Map<string, string>();
  const now = getComputedStyle(root);
  const output = document.createElement('textarea');
  Object.assign(output, { readOnly: true, rows: 6, ariaLabel: 'Style sheet of this theme' });
  const tell = (): void => {
    output.value = changed.size ? `:root {\n${[...changed].map(([token, value]) => `  ${token}: ${value};`).join('\n')}\n}` : '/* Nothing changed yet. */';
  };
  const set = (token: string, value: string): void => {
    changed.set(token, value);
    root.style.setProperty(token, value);
    tell();
  };
  const field = (what: string, input: HTMLInputElement): void => {
    const label = document.createElement('label');
    label.append(what, input);
    place.append(label);
  };
  for (const [token, what] of COLOURS) {
    const input = Object.assign(document.createElement('input'), { type: 'color', value: hex(now.getPropertyValue(token)) });
    input.addEventListener('input', () => set(token, input.value));
    field(what, input);
  }
  for (const [token, what, most] of LENGTHS) {
    const input = Object.assign(document.createElement('input'), { type: 'range', min: '0', max: String(most), value: String(parseFloat(now.getPropertyValue(token)) || 0) });
    input.addEventListener('input', () => set(token, `${input.value}px`));
    field(what, input);
  }
  const back = Object.assign(document.createElement('button'), { type: 'button', textContent: 'Undo all' });
  back.addEventListener('click', () => {
    for (const token of changed.keys()) root.style.removeProperty(token);
    changed.clear();
    tell();
  });
  place.append(output, back);
  tell();
  opener.addEventListener('click', () => {
    place.hidden = !place.hidden;
    opener.setAttribute('aria-expanded', String(!place.hidden));
  });
}
