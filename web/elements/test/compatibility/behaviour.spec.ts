/** Events with their details and flags, slots, parts and custom properties, each of them seen at work in the browser. */
import type { Locator, Page } from '@playwright/test';
import { expect, test } from '../harness.js';
import { LISTED } from './listed.js';
import { SITUATIONS, type Situation } from './situations.js';

type Show = (markup: string) => Promise<void>;
const of = (tag: string): Situation[] => SITUATIONS[tag] ?? [];
/** Read by a script, for a place on the screen: its own test moves it. */
const BY_SCRIPT = ['--sw-dropup-offset'];
/** They write their own custom properties on the host, for pages to read. */
const ON_HOST = ['sw-audio-level', 'sw-device-selector', 'sw-ui-dialpad', 'sw-ui-modal', 'sw-call-widget'];

async function stage(tag: string, { markup, arrange }: Situation, page: Page, show: Show): Promise<Locator> {
  await page.setViewportSize({ width: 1100, height: 900 });
  await show(markup);
  if (arrange) await page.evaluate(`(${arrange})(document.querySelector('${tag}'))`);
  await page.evaluate(async (tag) => {
    await (document.querySelector(tag) as unknown as { updateComplete: Promise<unknown> }).updateComplete;
  }, tag);
  return page.locator(tag).first();
}
/** `controls-{memberId}` stands for one of each member. */
const fits = (listed: string, shown: string): boolean => new RegExp(`^${listed.replace(/\{\w+\}/g, '.+')}$`).test(shown);

/** Hears an event of this name once, from here on. */
async function hear(page: Page, name: string): Promise<void> {
  await page.evaluate((name) => {
    globalThis.heard = [];
    const listener = (event: Event): void => {
      const { bubbles, composed, cancelable, detail } = event as CustomEvent;
      const [from] = event.composedPath() as Element[];
      globalThis.heard.push({ name, detail: { detail, flags: { bubbles, composed, cancelable }, custom: event instanceof CustomEvent }, target: from!.localName });
    };
    document.addEventListener(name, listener);
    Object.assign(globalThis, { deaf: () => document.removeEventListener(name, listener) });
  }, name);
}

/** Which of these parts a style sheet of the page does not reach, within a few seconds: some of them last for a moment. */
function unreached(page: Page, tag: string, parts: string[]): Promise<string[]> {
  return page.evaluate(({ tag, parts }) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(parts.map((part, at) => `${tag}::part(${part}) { --styled-${at}: yes; }`).join('\n'));
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    const left = new Set(parts.keys());
    const all = (root: ParentNode): Element[] => [...root.querySelectorAll('*')].flatMap((one) => [one, ...(one.shadowRoot ? all(one.shadowRoot) : [])]);
    return new Promise<string[]>((resolve) => {
      const until = performance.now() + 4000;
      const look = (): void => {
        const found = [...document.querySelectorAll(tag)].flatMap((host) => all(host.shadowRoot!));
        for (const one of found) for (const at of left) if (getComputedStyle(one).getPropertyValue(`--styled-${at}`) === 'yes') left.delete(at);
        if (left.size === 0 || performance.now() > until) resolve([...left].map((at) => parts[at]!));
        else requestAnimationFrame(look);
      };
      look();
    });
  }, { tag, parts });
}

for (const [tag, listed] of Object.entries(LISTED)) {
  test(`${tag}: all of it is looked at here`, () => {
    const events = of(tag).flatMap((situation) => Object.keys(situation.events ?? {}));
    expect(listed.events.map(({ name }) => name).filter((name) => !events.includes(name)), 'events').toEqual([]);
    const slots = of(tag).flatMap((situation) => situation.slots ?? []);
    expect(listed.slots.filter((name) => !slots.some((shown) => fits(name, shown))), 'slots').toEqual([]);
    const parts = of(tag).flatMap((situation) => situation.parts ?? []);
    expect(listed.cssParts.filter((name) => !parts.includes(name)), 'parts').toEqual([]);
  });

  if (listed.events.length > 0) {
    test(`${tag}: each event reaches the page once, with its detail`, async ({ page, show }) => {
      test.slow();
      for (const situation of of(tag)) {
        for (const [name, { act, detail }] of Object.entries(situation.events ?? {})) {
          const element = await stage(tag, situation, page, show);
          await hear(page, name);
          await act(element, page);
          await expect.poll(() => page.evaluate(() => globalThis.heard.length), { message: `${name} reaches the page` }).toBe(1);
          const heard = await page.evaluate(() => globalThis.heard[0]!.detail as { detail: unknown; flags: unknown; custom: boolean });
          await page.evaluate(() => (globalThis as never as { deaf(): void }).deaf());
          const { bubbles, composed, cancelable } = listed.events.find((event) => event.name === name)!;
          expect(heard, name).toMatchObject({ custom: true, flags: { bubbles, composed, cancelable } });
          if (detail !== null && typeof detail === 'object') expect(heard.detail, name).toMatchObject(detail as Record<string, unknown>);
          else expect(heard.detail, name).toBe(detail);
        }
      }
    });
  }

  test(`${tag}: a page fills its slots, styles its parts and sets its custom properties`, async ({ page, show }) => {
    test.slow();
    const texts = new Set<string>();
    let hosts: Record<string, string> = {};
    for (const situation of of(tag)) {
      const { slots = [], parts = [], before } = situation;
      const element = await stage(tag, situation, page, show);
      const seen = unreached(page, tag, parts);
      await before?.(element, page);
      expect(await seen, 'parts that cannot be reached').toEqual([]);
      for (const name of slots) await expect(element.locator(name ? `> [slot="${name}"]` : '> :not([slot])').first(), `slot ${name}`).toBeVisible();
      const read = await element.evaluate((element, names) => {
        const sheets = new Set<string>();
        const gather = (root: ShadowRoot | null): void => {
          for (const sheet of root?.adoptedStyleSheets ?? []) for (const rule of sheet.cssRules) sheets.add(rule.cssText);
          for (const one of root?.querySelectorAll('*') ?? []) gather(one.shadowRoot);
        };
        gather(element.shadowRoot);
        return { sheets: [...sheets], hosts: Object.fromEntries(names.map((name) => [name, getComputedStyle(element).getPropertyValue(name).trim()])) };
      }, listed.cssProperties.map(({ name }) => name));
      for (const sheet of read.sheets) texts.add(sheet);
      hosts = { ...hosts, ...read.hosts };
    }
    const css = [...texts].join('\n');
    const unread = listed.cssProperties.map(({ name }) => name).filter((name) => !BY_SCRIPT.includes(name) && !new RegExp(`var\\(\\s*${name}(?![-\\w])|(^|[^-\\w])${name}\\s*:`).test(css));
    expect(unread, 'custom properties that change nothing').toEqual([]);
    const own = ON_HOST.includes(tag) ? listed.cssProperties.filter(({ name, default: value }) => name.startsWith('--sw-') && value !== 'theme') : [];
    for (const { name } of own) expect(hosts[name], `${name} on the host`).not.toBe('');
  });
}
