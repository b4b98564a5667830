/**
 * The older snippet goes on working: a plain script that defines `sw.c2c.spawn('C2CButton', options)`.
 *
 *     <script src="https://calls.example.com/js/offhook-c2c.js" data-token="c2c_…"></script>
 *     <script>sw.c2c.spawn('C2CButton', { destination: '/public/support' });</script>
 *
 * The widget, the SDK and its WebAssembly are loaded when the pointer or the focus reaches the button.
 */
import { late } from './base/late.js';
import type { SwCallWidget } from './sw-call-widget/sw-call-widget.js';

type Hook = (() => unknown) | null | undefined;
export interface C2COptions {
  destination?: string;
  /** Where the button goes. Default `#click2call`. */
  buttonParentSelector?: string;
  /** Where the call is shown. Default `#call`. */
  callParentSelector?: string;
  /** What the button shows in place of an icon and `Call`: markup of the page's own; scripts and handlers in it are dropped. */
  innerHTML?: string | null;
  audioOnly?: boolean;
  /** In place of the script's `data-token`. */
  apiKey?: string;
  /** `false` cancels. */
  beforeCallStartFn?: Hook;
  afterCallStartFn?: Hook;
  /** `false` keeps the call. */
  beforeCallLeaveFn?: Hook;
  afterCallLeaveFn?: Hook;
  onCallError?: ((error: Error) => unknown) | null;
}

const script = document.currentScript as HTMLScriptElement | null;
const base = script?.src ?? location.href;
const load = late<{ preload(): void }>('./offhook-widget.mjs', base);

/** Calls a hook of the page; one that throws is told, and counts as silent. */
async function ask(hook: Hook): Promise<unknown> {
  try {
    return await hook?.();
  } catch (error) {
    console.error('a function given to sw.c2c.spawn failed:', error);
    return undefined;
  }
}

type TrustedTypes = { createPolicy(name: string, rules: { createHTML(html: string): string }): { createHTML(html: string): string } };
let policy: { createHTML(html: string): string } | undefined;

/** The page's own markup as nodes, without anything that runs. */
function inert(markup: string): Node[] {
  const trustedTypes = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
  policy ??= trustedTypes?.createPolicy('offhook-c2c', { createHTML: (html) => html }) ?? { createHTML: (html) => html };
  // A document of its own runs nothing while it is looked through.
  const parsed = new DOMParser().parseFromString(policy.createHTML(markup), 'text/html');
  for (const element of parsed.body.querySelectorAll('*')) {
    if (/^(script|iframe|object|embed|form|base|link|meta)$/i.test(element.localName)) element.remove();
    else for (const { name, value } of [...element.attributes]) if (/^on/i.test(name) || /^\s*javascript:/i.test(value)) element.removeAttribute(name);
  }
  return [...parsed.body.childNodes].map((node) => document.importNode(node, true));
}

class C2CButton {
  readonly button = document.createElement('button');
  #widget: SwCallWidget | undefined;

  constructor(private readonly options: C2COptions, private readonly callParent: Element) {
    this.button.type = 'button';
    this.button.className = 'sw-c2c-button';
    if (options.innerHTML) this.button.replaceChildren(...inert(options.innerHTML));
    else this.button.textContent = 'Call';
    const prefetch = (): void => void load().then((widget) => widget.preload(), () => undefined);
    this.button.addEventListener('pointerenter', prefetch);
    this.button.addEventListener('focus', prefetch);
    this.button.addEventListener('click', () => void this.#start());
  }

  async #start(): Promise<void> {
    const { options } = this;
    if (this.button.disabled) return;
    this.button.disabled = true;
    if ((await ask(options.beforeCallStartFn)) === false) {
      this.button.disabled = false;
      return;
    }
    try {
      await load();
    } catch (error) {
      this.button.disabled = false;
      this.#failed(error as Error);
      return;
    }
    const widget = (this.#widget ??= this.#make());
    const { apiKey, destination = '', audioOnly = false } = options;
    const token = apiKey ?? script?.dataset.token ?? '';
    Object.assign(widget, { token, host: script?.dataset.host ?? new URL(base).origin, destination, audioOnly });
    await widget.updateComplete;
    void widget.dial();
  }

  #make(): SwCallWidget {
    const { options } = this;
    const widget = document.createElement('sw-call-widget') as SwCallWidget;
    widget.beforeHangup = async () => (await ask(options.beforeCallLeaveFn)) !== false;
    widget.addEventListener('sw-call-started', () => void ask(options.afterCallStartFn));
    let failed = false;
    widget.addEventListener('sw-call-ended', () => {
      this.button.disabled = false;
      // A call that never was is told once, as an error.
      if (!failed) void ask(options.afterCallLeaveFn);
      failed = false;
    });
    widget.addEventListener('sw-call-error', (event) => {
      this.button.disabled = false;
      failed = true;
      this.#failed(new Error((event as CustomEvent<{ message: string }>).detail.message));
    });
    this.callParent.append(widget);
    return widget;
  }

  #failed(error: Error): void {
    console.warn('the call could not be made:', error);
    void ask(() => this.options.onCallError?.(error));
  }
}

/** Puts a call button into the page. Says what is missing where the page lacks a place for it. */
function spawn(component: string, options: C2COptions = {}): void {
  if (component !== 'C2CButton') throw new TypeError(`sw.c2c.spawn knows 'C2CButton', not '${component}'`);
  const { buttonParentSelector = '#click2call', callParentSelector = '#call' } = options;
  const place = (): void => {
    const buttonParent = document.querySelector(buttonParentSelector);
    const callParent = document.querySelector(callParentSelector);
    if (!buttonParent || !callParent) {
      console.error(`sw.c2c.spawn: the page has no ${buttonParent ? callParentSelector : buttonParentSelector}; give ${buttonParent ? 'callParentSelector' : 'buttonParentSelector'}`);
      return;
    }
    buttonParent.append(new C2CButton(options, callParent).button);
  };
  // A snippet in the head runs before its places exist.
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', place, { once: true });
  else place();
}

const root = globalThis as { sw?: { c2c?: object } };
root.sw = { ...root.sw, c2c: { ...root.sw?.c2c, spawn } };
