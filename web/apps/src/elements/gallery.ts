/** The gallery: every element in every state, its API out of the manifest, its markup to copy, and the tokens to play with. */
import { SCENES, type Scene } from './scenes/index.js';
import { themeEditor } from './theme-editor.js';

interface Described {
  name: string;
  description?: string;
  type?: { text: string };
  default?: string;
  reflects?: boolean;
  attribute?: string;
  fieldName?: string;
  kind?: string;
  parameters?: { name: string; type?: { text: string } }[];
  return?: { type?: { text: string } };
}
interface Declaration {
  tagName: string;
  description?: string;
  attributes?: Described[];
  members?: Described[];
  events?: Described[];
  slots?: Described[];
  cssParts?: Described[];
  cssProperties?: Described[];
}

const elementsUrl = '/js/offhook-elements.mjs';
const content = document.querySelector('main')!;
const list = document.querySelector('nav ul')!;

function make<K extends keyof HTMLElementTagNameMap>(tag: K, properties: Partial<HTMLElementTagNameMap[K]> = {}, ...children: (Node | string)[]): HTMLElementTagNameMap[K] {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** What is to be done once the scenes of a section are in the page, in their order: some of them hold the page for a moment. */
const arranging: (() => Promise<void>)[] = [];

/** Markup of this file alone, as nodes. */
function nodes(markup: string): HTMLElement[] {
  const parsed = new DOMParser().parseFromString(markup, 'text/html');
  return [...parsed.body.children].map((node) => document.importNode(node, true) as HTMLElement);
}

function figure(tag: string, scene: Scene): HTMLElement {
  const place = make('div', { className: 'place' });
  const stage = make('div', { className: ['stage', scene.tall ? 'tall' : '', scene.wide || scene.width ? 'wide' : '', scene.width ? 'small' : ''].filter(Boolean).join(' ') }, place);
  if (scene.height) stage.style.minBlockSize = scene.height;
  if (scene.width) place.style.inlineSize = scene.width;
  if (scene.text) place.style.setProperty('zoom', String(scene.text));
  if (scene.dir) place.dir = scene.dir;
  const markup = scene.markup.replace('class="show"', '');
  const copy = make('button', { type: 'button', className: 'copy', textContent: 'Copy markup', ariaLabel: `Copy markup: ${tag}, ${scene.name}` });
  copy.addEventListener('click', () => {
    navigator.clipboard.writeText(markup).then(
      () => (copy.textContent = 'Copied'),
      () => (copy.textContent = 'Not copied: the browser refused')
    );
  });
  const made = make('figure', {}, stage, make('figcaption', {}, make('span', { textContent: scene.name }), copy));
  made.dataset.scene = `${tag}: ${scene.name}`;
  const elements = nodes(scene.markup);
  place.append(...elements);
  // Menus find their place, and pictures their size, in the page alone.
  arranging.push(async () => {
    try {
      await scene.arrange?.(elements);
    } catch (error) {
      console.error(`${tag}: ${scene.name} could not be arranged`, error);
      made.dataset.failed = '';
    }
  });
  return made;
}

function table(title: string, columns: string[], rows: (string | undefined)[][]): Node[] {
  if (!rows.length) return [];
  const body = rows.map((row) => make('tr', {}, ...row.map((cell, at) => (at === 0 ? make('th', { scope: 'row' }, make('code', { textContent: cell ?? '' })) : make('td', { textContent: cell ?? '' })))));
  const head = make('tr', {}, ...columns.map((column) => make('th', { scope: 'col', textContent: column })));
  const made = make('div', { className: 'table', tabIndex: 0, role: 'region', ariaLabel: title }, make('table', {}, make('thead', {}, head), make('tbody', {}, ...body)));
  return [make('h3', { textContent: title }), made];
}

function api({ attributes = [], members = [], events = [], slots = [], cssParts = [], cssProperties = [] }: Declaration): HTMLElement {
  const fields = members.filter(({ kind, attribute }) => kind === 'field' && !attribute);
  const methods = members.filter(({ kind }) => kind === 'method');
  return make('details', {}, make('summary', { textContent: 'Attributes, properties, events, slots and parts' }),
    ...table('Attributes', ['Name', 'Type', 'Default', 'What it does'], attributes.map((it) => [it.name, it.type?.text, it.default, it.description])),
    ...table('Properties', ['Name', 'Type', 'What it does'], fields.map((it) => [it.name, it.type?.text, it.description])),
    ...table('Methods', ['Name', 'Gives', 'What it does'], methods.map((it) => [`${it.name}(${(it.parameters ?? []).map(({ name }) => name).join(', ')})`, it.return?.type?.text, it.description])),
    ...table('Events', ['Name', 'Type', 'When'], events.map((it) => [it.name, it.type?.text, it.description])),
    ...table('Slots', ['Name', 'What goes there'], slots.map((it) => [it.name || '(default)', it.description])),
    ...table('Parts', ['Name', 'What it is'], cssParts.map((it) => [it.name, it.description])),
    ...table('Custom properties', ['Name', 'Default', 'What it does'], cssProperties.map((it) => [it.name, it.default, it.description])));
}

function section(tag: string, declaration: Declaration | undefined): HTMLElement {
  const scenes = make('div', { className: 'scenes' }, ...(SCENES[tag] ?? []).map((scene) => figure(tag, scene)));
  const made = make('section', { id: tag, ariaLabel: tag },
    make('h2', { textContent: `<${tag}>` }), make('p', { className: 'about', textContent: declaration?.description ?? '' }), scenes);
  if (declaration) made.append(api(declaration));
  return made;
}

/** What the settings say, on every stage; they stand in the address too, so that a view can be shown to somebody. */
const form = document.querySelector<HTMLFormElement>('form.settings')!;
function settings(): void {
  const chosen = Object.fromEntries(new FormData(form)) as Record<string, string>;
  const { theme, dir, text, width } = chosen;
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  content.style.setProperty('--text', text ?? '1');
  content.style.setProperty('--width', width || '100%');
  for (const stage of document.querySelectorAll<HTMLElement>('.stage')) stage.dir = dir ?? 'ltr';
}
form.addEventListener('change', () => {
  const address = new URL(location.href);
  for (const [name, value] of new FormData(form)) {
    const { options } = form.elements.namedItem(name) as HTMLSelectElement;
    if (value === options[0]!.value) address.searchParams.delete(name);
    else address.searchParams.set(name, String(value));
  }
  history.replaceState(null, '', address);
  settings();
});
const asked = new URLSearchParams(location.search);
for (const [name, value] of asked) {
  const select = form.elements.namedItem(name);
  if (select instanceof HTMLSelectElement && [...select.options].some((option) => option.value === value)) select.value = value;
}

const [{ ensureSignalWireTheme }, manifest] = await Promise.all([
  import(/* @vite-ignore */ elementsUrl) as Promise<{ ensureSignalWireTheme(): void }>,
  fetch('/elements/manifest.json').then((response) => response.json() as Promise<{ modules: { declarations: Declaration[] }[] }>)
]);
ensureSignalWireTheme();
const declarations = new Map(manifest.modules.flatMap((module) => module.declarations).map((declaration) => [declaration.tagName, declaration]));
const wanted = asked.get('only');
for (const tag of Object.keys(SCENES).sort()) {
  list.append(make('li', {}, make('a', { href: wanted ? `?only=${tag}` : `#${tag}`, textContent: tag, ariaCurrent: wanted === tag ? 'page' : null })));
  if (!wanted || wanted === tag) content.append(section(tag, declarations.get(tag)));
}
if (wanted) list.prepend(make('li', {}, make('a', { href: './', textContent: 'All elements' })));
settings();
for (const arrange of arranging) await arrange();
themeEditor(document.querySelector('#tokens')!, document.querySelector('[data-testid=edit-theme]')!);
// The sections came after the address was read.
if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
document.documentElement.dataset.ready = '';
