/** Changes the design tokens on the page, says what a page would write for it, and warns of text that could not be read. */

interface Token {
  token: string;
  what: string;
  kind: 'colour' | 'length' | 'text';
  /** Of a length: the largest, in pixels. */
  most?: number;
}
const colour = (token: string, what: string): Token => ({ token, what, kind: 'colour' });
const length = (token: string, what: string, most: number): Token => ({ token, what, kind: 'length', most });
const text = (token: string, what: string): Token => ({ token, what, kind: 'text' });

/** Every token that the elements read. */
const GROUPS: [name: string, tokens: Token[]][] = [
  ['Surfaces and text', [
    colour('--bg-page', 'Page'), colour('--bg-surface', 'Surface'), colour('--bg-surface-raised', 'Raised surface'), colour('--fg-default', 'Text'), colour('--fg-muted', 'Quiet text'),
    text('--border-default', 'Lines'), colour('--interactive-dropdown-hover', 'Pressed')
  ]],
  ['Actions', [
    colour('--interactive-status-success', 'Success and calling'), colour('--interactive-status-warning', 'Warning'),
    colour('--interactive-button-primary-bg', 'Primary'), colour('--interactive-button-primary-hover', 'Primary, hovered'), colour('--interactive-button-primary-text', 'Text on primary'),
    colour('--interactive-button-destructive-bg', 'Hang up'), colour('--interactive-button-destructive-hover', 'Hang up, hovered')
  ]],
  ['Shape', [
    length('--radius-md', 'Corner', 32), length('--radius-full', 'Round corner', 100), text('--shadow-md', 'Shadow'), text('--transition-fast', 'Transition'),
    length('--sp-1', 'Space 1', 16), length('--sp-2', 'Space 2', 24), length('--sp-3', 'Space 3', 32), length('--sp-4', 'Space 4', 40)
  ]],
  ['Letters', [text('--type-family-body', 'Font'), length('--type-size-body', 'Text size', 28), length('--type-size-small', 'Small text', 24), length('--type-size-caption', 'Captions', 22)]]
];
/** What is written on what. */
const PAIRS: [over: string, under: string, said: string][] = [
  ['--fg-default', '--bg-page', 'Text on Page'],
  ['--fg-default', '--bg-surface', 'Text on Surface'],
  ['--fg-muted', '--bg-page', 'Quiet text on Page'],
  ['--interactive-button-primary-text', '--interactive-button-primary-bg', 'Text on Primary'],
  ['#ffffff', '--interactive-status-success', 'White text on Success and calling'],
  ['#ffffff', '--interactive-button-destructive-bg', 'White text on Hang up']
];
/** WCAG 2.2, 1.4.3. */
const LEAST_CONTRAST = 4.5;

const paint = document.createElement('canvas').getContext('2d', { willReadFrequently: true })!;
function rgb(value: string): [number, number, number] {
  paint.fillStyle = '#000';
  paint.fillStyle = value;
  paint.fillRect(0, 0, 1, 1);
  const [red, green, blue] = paint.getImageData(0, 0, 1, 1).data;
  return [red!, green!, blue!];
}
/** A colour as `#rrggbb`, which is all that a colour input takes. */
const hex = (value: string): string => `#${rgb(value).map((part) => part.toString(16).padStart(2, '0')).join('')}`;
function luminance(value: string): number {
  const [red, green, blue] = rgb(value).map((part) => (part <= 10 ? part / 3294 : ((part / 255 + 0.055) / 1.055) ** 2.4)) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
function contrast(over: string, under: string): number {
  const [a, b] = [luminance(over), luminance(under)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

export function themeEditor(place: HTMLElement, opener: HTMLElement): void {
  const root = document.documentElement;
  const changed = new Map<string, string>();
  const now = (token: string): string => getComputedStyle(root).getPropertyValue(token).trim();
  const output = Object.assign(document.createElement('textarea'), { readOnly: true, rows: 8, ariaLabel: 'Style sheet of this theme' });
  const warnings = document.createElement('ul');
  warnings.setAttribute('role', 'status');
  const fields: (() => void)[] = [];

  const tell = (): void => {
    output.value = changed.size ? `:root {\n${[...changed].map(([token, value]) => `  ${token}: ${value};`).join('\n')}\n}` : '/* Nothing changed yet. */';
    const value = (name: string): string => (name.startsWith('--') ? now(name) : name);
    warnings.replaceChildren(
      ...(changed.size ? PAIRS : []).flatMap(([over, under, said]) => {
        const found = contrast(value(over), value(under));
        return found < LEAST_CONTRAST ? [Object.assign(document.createElement('li'), { textContent: `${said}: contrast ${found.toFixed(1)}, at least ${LEAST_CONTRAST} is wanted.` })] : [];
      })
    );
  };
  const set = (token: string, value: string): void => {
    changed.set(token, value);
    root.style.setProperty(token, value);
    tell();
  };
  const input = ({ token, kind, most }: Token): HTMLInputElement => {
    const made = document.createElement('input');
    made.type = { colour: 'color', length: 'range', text: 'text' }[kind];
    if (kind === 'length') Object.assign(made, { min: '0', max: String(most) });
    const show = (): void => {
      const value = now(token);
      const size = parseFloat(value) * (value.endsWith('rem') ? 16 : 1);
      made.value = kind === 'colour' ? hex(value) : kind === 'length' ? String(size || 0) : value;
    };
    fields.push(show);
    show();
    made.addEventListener('input', () => set(token, kind === 'length' ? `${made.value}px` : made.value));
    return made;
  };
  for (const [name, tokens] of GROUPS) {
    const group = document.createElement('fieldset');
    group.append(Object.assign(document.createElement('legend'), { textContent: name }));
    for (const token of tokens) {
      const label = Object.assign(document.createElement('label'), { title: token.token });
      label.append(token.what, input(token));
      group.append(label);
    }
    place.append(group);
  }
  const back = Object.assign(document.createElement('button'), { type: 'button', textContent: 'Undo all' });
  back.addEventListener('click', () => {
    for (const token of changed.keys()) root.style.removeProperty(token);
    changed.clear();
    for (const show of fields) show();
    tell();
  });
  const copy = Object.assign(document.createElement('button'), { type: 'button', textContent: 'Copy the style sheet' });
  copy.addEventListener('click', () => {
    navigator.clipboard.writeText(output.value).then(
      () => (copy.textContent = 'Copied'),
      () => output.select()
    );
  });
  const buttons = document.createElement('p');
  buttons.append(copy, back);
  place.append(output, warnings, buttons);
  tell();
  opener.addEventListener('click', () => {
    place.hidden = !place.hidden;
    opener.setAttribute('aria-expanded', String(!place.hidden));
    // Colours may have changed with the theme since it was made.
    if (!place.hidden) for (const show of fields) show();
  });
}
