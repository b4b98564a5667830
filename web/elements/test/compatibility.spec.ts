/** What the reference of the original elements lists, each of ours has: by the names, reflections and defaults of components.json. */
import { readFileSync } from 'node:fs';
import { expect, test } from './harness.js';

interface Listed {
  class: string;
  hostDisplay: string;
  attributes: { name: string; property: string; default: unknown; reflects: boolean }[];
  properties: { name: string; default: unknown }[];
  methods: string[];
  slots: string[];
  cssParts: string[];
  cssProperties: string[];
  events: string[];
}
const LISTED = JSON.parse(readFileSync(new URL('./components.json', import.meta.url), 'utf8')) as Record<string, Listed>;
interface Declared {
  tagName?: string;
  name: string;
  cssParts?: { name: string }[];
  slots?: { name: string }[];
  events?: { name: string }[];
  cssProperties?: { name: string }[];
}
const manifest = JSON.parse(readFileSync(new URL('../dist/custom-elements.json', import.meta.url), 'utf8')) as { modules: { declarations: Declared[] }[] };
const declared = new Map(manifest.modules.flatMap(({ declarations }) => declarations).filter(({ tagName }) => tagName).map((one) => [one.tagName!, one]));

test('there are twenty-six elements', () => {
  expect(Object.keys(LISTED)).toHaveLength(26);
  expect([...declared.keys()].sort()).toEqual(Object.keys(LISTED).sort());
});

for (const [tag, listed] of Object.entries(LISTED)) {
  test(`${tag}: attributes, properties, methods and looks`, async ({ page, show }) => {
    await show(`<${tag}></${tag}>`);
    const found = await page.evaluate(
      ({ tag, listed }) => {
        const element = document.querySelector(tag) as HTMLElement & Record<string, unknown>;
        const constructor = customElements.get(tag) as CustomElementConstructor & { observedAttributes: string[]; name: string };
        return {
          exported: (globalThis as unknown as { elements: Record<string, unknown> }).elements[listed.class] === constructor,
          display: getComputedStyle(element).display,
          observed: constructor.observedAttributes,
          missing: [...listed.properties.map(({ name }) => name), ...listed.methods].filter((name) => !(name in element)),
          methods: listed.methods.filter((name) => typeof element[name] !== 'function'),
          values: Object.fromEntries(listed.properties.map(({ name }) => [name, element[name] ?? null])),
          reflected: listed.attributes.filter(({ name }) => element.hasAttribute(name)).map(({ name }) => name)
        };
      },
      { tag, listed }
    );
    expect(found.exported, `${listed.class} is exported`).toBe(true);
    expect(found.display).toBe(listed.hostDisplay);
    expect(found.missing).toEqual([]);
    expect(found.methods).toEqual([]);
    expect(listed.attributes.map(({ name }) => name.toLowerCase()).filter((name) => !found.observed.includes(name))).toEqual([]);
    for (const { name, default: value } of listed.properties) expect(found.values[name], name).toEqual(value);
    const written = listed.attributes.filter(({ reflects, default: value }) => reflects && value !== false && value !== null && value !== '');
    expect(found.reflected.sort()).toEqual([...written.map(({ name }) => name), ...(tag === 'sw-ui-split-button' ? ['active'] : [])].sort());
  });

  test(`${tag}: its documentation names all events, slots, parts and custom properties`, () => {
    const ours = declared.get(tag)!;
    const names = (list: { name: string }[] | undefined) => (list ?? []).map(({ name }) => name);
    expect(listed.events.filter((name) => !names(ours.events).includes(name)), 'events').toEqual([]);
    expect(listed.slots.filter((name) => !names(ours.slots).includes(name)), 'slots').toEqual([]);
    expect(listed.cssParts.filter((name) => !names(ours.cssParts).includes(name)), 'parts').toEqual([]);
    expect(listed.cssProperties.filter((name) => !names(ours.cssProperties).includes(name)), 'custom properties').toEqual([]);
  });
}
