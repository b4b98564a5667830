/** The gallery: every element in every state, its API out of the manifest, its markup to copy, and the tokens to play with. */
import { SCENES, type Scene } from './scenes.js';
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

/** Markup of this file alone, as nodes. */
function nodes(markup: string): HTMLElement[] {
  const parsed = new DOMParser().parseFromString(markup, 'text/html');
  return [...parsed.body.children].map((node) => document.importNode(node, true) as HTMLElement);
}

async function figure(tag: string, scene: Scene): Promise<HTMLElement> {
  const stage = make('div', { className: scene.tall ? 'stage tall' : 'stage' });
  const copy = make('button', { type: 'button', className: 'copy', textContent: 'Copy markup', ariaLabel: `Copy the markup of ${tag}, ${scene.name}` });
  copy.addEventListener('click', () => {
    navigator.clipboard.writeText(scene.markup).then(
      () => (copy.textContent = 'Copied'),
      () => (copy.textContent = 'Not copied: the browser refused')
    );
  });
  const made = make('figure', {}, stage, make('figcaption', {}, make('span', { textContent: scene.name }), copy));
  made.dataset.scene = `${tag}: ${scene.name}`;
  const elements = nodes(scene.markup);
  stage.append(...elements);
  try {
    await scene.arrange?.(elements);
  } catch (error) {
    console.error(`${tag}: ${scene.name} could not be arranged`, error);
    made.dataset.failed = '';
  }
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

async function section(tag: string, declaration: Declaration | undefined): Promise<HTMLElement> {
  const scenes = make('div', { className: 'scenes' }, ...(await Promise.all((SCENES[tag] ?? []).map((scene) => figure(tag, scene)))));
  const made = make('section', { id: tag, ariaLabel: tag },
    make('h2', { textContent: `<${tag}>` }), make('p', { className: 'about', textContent: declaration?.description ?? '' }), scenes);
  if (declaration) made.append(api(declaration));
  return made;
}

/** What the settings say, on every stage. */
function settings(): void {
  const form = document.querySelector<HTMLFormElement>('form.settings')!;
  const show = (): void => {
    const { theme, dir, text, width } = Object.fromEntries(new FormData(form)) as Record<string, string>;
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    document.documentElement.style.fontSize = text ?? '';
    for (const stage of document.querySelectorAll<HTMLElement>('.stage')) {
      stage.dir = dir ?? 'ltr';
      stage.style.maxInlineSize = width ?? '';
    }
  };
  form.addEventListener('change', show);
  show();
}

const [{ ensureSignalWireTheme }, manifest] = await Promise.all([
  import(/* @vite-ignore */ elementsUrl) as Promise<{ ensureSignalWireTheme(): void }>,
  fetch('/elements/manifest.json').then((response) => response.json() as Promise<{ modules: { declarations: Declaration[] }[] }>)
]);
ensureSignalWireTheme();
const declarations = new Map(manifest.modules.flatMap((module) => module.declarations).map((declaration) => [declaration.tagName, declaration]));
const wanted = new URLSearchParams(location.search).get('only');
for (const tag of Object.keys(SCENES).sort()) {
  list.append(make('li', {}, make('a', { href: `#${tag}`, textContent: tag })));
  if (!wanted || wanted === tag) content.append(await section(tag, declarations.get(tag)));
}
themeEditor(document.querySelector('#tokens')!, document.querySelector('[data-testid=edit-theme]')!);
settings();
document.documentElement.dataset.ready = '';
