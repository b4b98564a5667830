/** What the reference of the original elements lists, each of ours has: names, reflections, defaults, conversions and documentation. */
import { build } from 'esbuild';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '../harness.js';
import { DECLARED, LISTED } from './listed.js';

/** What an attribute of a type is given, and what its property then is; null: nothing that markup can give. */
function sample(type: string): { text: string; value: unknown; gone: unknown } | null {
  if (type.startsWith('boolean')) return { text: '', value: true, gone: false };
  if (type === 'number') return { text: '7', value: 7, gone: null };
  if (type.startsWith('Array')) return { text: '["One",{"id":"2","label":"Two"}]', value: 2, gone: 0 };
  const [, one] = /\|"([^"]+)"$/.exec(type) ?? [];
  if (one) return { text: one, value: one, gone: null };
  if (type === 'IconName') return { text: 'copy', value: 'copy', gone: null };
  if (type.startsWith('string')) return { text: 'x', value: 'x', gone: null };
  return null;
}

/** What an element finds out by itself, whatever markup says. */
const FOLLOWED = ['sw-ui-content-drawer narrow'];

test('there are twenty-six elements', () => {
  expect(Object.keys(LISTED)).toHaveLength(26);
  expect([...DECLARED.keys()].sort()).toEqual(Object.keys(LISTED).sort());
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
          shadow: element.shadowRoot?.mode,
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
    expect(found.shadow).toBe('open');
    expect(found.missing).toEqual([]);
    expect(found.methods).toEqual([]);
    expect(listed.attributes.map(({ name }) => name.toLowerCase()).filter((name) => !found.observed.includes(name))).toEqual([]);
    for (const { name, default: value } of listed.properties) expect(found.values[name], name).toEqual(value);
    const written = listed.attributes.filter(({ reflects, default: value }) => reflects && value !== false && value !== null && value !== '');
    expect(found.reflected.sort()).toEqual([...written.map(({ name }) => name), ...(tag === 'sw-ui-split-button' ? ['active'] : [])].sort());
  });

  const attributes = listed.attributes.filter(({ name, type }) => sample(type) && !FOLLOWED.includes(`${tag} ${name}`));
  if (attributes.length > 0) {
    test(`${tag}: each attribute in markup becomes its property, and back where it reflects`, async ({ page, show }) => {
      for (const { name, property, type, reflects } of attributes) {
        const { text, value, gone } = sample(type)!;
        await show(`<${tag} ${name}='${text}'></${tag}>`);
        const read = await page.evaluate(
          async ({ tag, name, property, text, reflects }) => {
            const element = document.querySelector(tag) as HTMLElement & Record<string, unknown> & { updateComplete: Promise<unknown> };
            const now = (): unknown => (Array.isArray(element[property]) ? element[property].length : (element[property] ?? null));
            const parsed = now();
            // As a page that upgrades what stands in it already.
            const given = element[property];
            const fresh = document.createElement(tag) as typeof element;
            fresh[property] = given;
            document.querySelector('#stage')!.append(fresh);
            await fresh.updateComplete;
            const written = fresh.getAttribute(name);
            fresh.remove();
            element.removeAttribute(name);
            await element.updateComplete;
            const removed = now();
            return { parsed, written, removed, reflects, text };
          },
          { tag, name, property, text, reflects }
        );
        expect(read.parsed, `${name} in markup`).toEqual(value);
        if (gone === false) expect(read.removed, `${name} taken away`).toBe(false);
        if (reflects) expect(read.written, `${property} written back`).not.toBeNull();
        else expect(read.written, `${property} is not written back`).toBeNull();
      }
    });
  }

  test(`${tag}: its documentation names all events, slots, parts and custom properties`, () => {
    const ours = DECLARED.get(tag)!;
    const names = (list: { name: string }[] | undefined) => (list ?? []).map(({ name }) => name);
    const lacks = (wanted: { name: string }[] | string[], list: { name: string }[] | undefined) =>
      wanted.map((one) => (typeof one === 'string' ? one : one.name)).filter((name) => !names(list).includes(name));
    expect(lacks(listed.events, ours.events), 'events').toEqual([]);
    expect(lacks(listed.slots, ours.slots), 'slots').toEqual([]);
    expect(lacks(listed.cssParts, ours.cssParts), 'parts').toEqual([]);
    const own = listed.cssProperties.filter(({ name, default: value }) => name.startsWith('--sw-') && value !== 'theme');
    expect(lacks(own, ours.cssProperties), 'custom properties').toEqual([]);
  });

  test(`${tag}: its own import brings every element that it uses`, async () => {
    const root = fileURLToPath(new URL('../..', import.meta.url));
    const { metafile } = await build({
      absWorkingDir: root, entryPoints: [`src/${tag}/${tag}.ts`], bundle: true, write: false, metafile: true, format: 'esm', packages: 'external', external: ['./offhook*'], loader: { '.css': 'text' }
    });
    const inputs = Object.keys(metafile.inputs).filter((path) => path.startsWith('src/sw-'));
    const used = inputs.flatMap((path) => [...readFileSync(`${root}/${path}`, 'utf8').replace(/^\s*(\*|\/[*/]).*$/gm, '').matchAll(/<(sw-[a-z-]+)|createElement\('(sw-[a-z-]+)'\)/g)].map(([, one, other]) => one ?? other!));
    // The button loads the widget when it is wanted.
    const later = tag === 'sw-click-to-call' ? ['sw-call-widget'] : [];
    expect([...new Set(used)].filter((one) => !later.includes(one) && !inputs.includes(`src/${one}/${one}.ts`))).toEqual([]);
    const published = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as { exports: Record<string, unknown> };
    expect(published.exports).toHaveProperty(['./sw-*']);
    expect(existsSync(`${root}/dist/${listed.subpath.slice(2)}.js`)).toBe(true);
  });
}
