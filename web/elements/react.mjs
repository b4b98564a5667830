// Writes the typings for React out of the manifest: every tag with its attributes, properties and events.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = join(dirname(fileURLToPath(import.meta.url)), 'dist');
const { modules } = JSON.parse(readFileSync(join(dist, 'custom-elements.json'), 'utf8'));
const elements = modules.flatMap(({ declarations }) => declarations).filter(({ tagName }) => tagName);
elements.sort((a, b) => a.tagName.localeCompare(b.tagName));

/** What an attribute may be given in JSX. */
function attributeType({ type }) {
  const text = type?.text ?? 'string';
  if (text.startsWith('boolean')) return 'boolean';
  if (text.startsWith('number')) return 'number | string';
  return 'string';
}
/** The type of an event, where it names nothing that is not everywhere. */
function eventType(type) {
  const text = type?.text ?? 'CustomEvent';
  return /^CustomEvent<.*>$/.test(text) && !/\b[A-Z]/.test(text.slice('CustomEvent<'.length)) ? text : 'CustomEvent';
}
function props({ name, attributes = [], members = [], events = [] }) {
  const lines = new Map();
  const objects = new Set(members.filter(({ kind, type }) => kind === 'field' && type && !/^(string|number|boolean|'|"|IconName)/.test(type.text)).map((member) => member.name));
  // Of an attribute that stands for an object, the property is what a page gives.
  for (const attribute of attributes) if (!objects.has(attribute.name)) lines.set(attribute.name, `'${attribute.name}'?: ${attributeType(attribute)} | undefined;`);
  // React 19 sets what the element has as a property; before it, use a ref.
  for (const { kind, name: field, readonly } of members) {
    if (kind === 'field' && !readonly && !lines.has(field)) lines.set(field, `${field}?: Elements.${name}['${field}'] | undefined;`);
  }
  for (const { name: event, type } of events) lines.set(`on${event}`, `'on${event}'?: ((event: ${eventType(type)}) => void) | undefined;`);
  return [...lines.values()];
}
const tags = elements.map((element) => `      '${element.tagName}': Props<Elements.${element.name}, {\n${props(element).map((line) => `        ${line}`).join('\n')}\n      }>;`);
writeFileSync(join(dist, 'react.d.ts'), `/** The elements in JSX, made from the manifest. Use: \`import '@offhook/web-components/react'\` in a \`.d.ts\` of the project. */
import type { DetailedHTMLProps, HTMLAttributes } from 'react';
import type * as Elements from './types/index.js';

type Props<E extends HTMLElement, P> = DetailedHTMLProps<Omit<HTMLAttributes<E>, keyof P> & P, E>;
declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
${tags.join('\n')}
    }
  }
}
`);
writeFileSync(join(dist, 'react.js'), '// Types alone.\nexport {};\n');
