/**
 * Findings of axe-core. Its script is given to a page once, and only the findings leave the page: all that was found to be in
 * order is many times their size, and took more time than the looking.
 */
import type { Page } from '@playwright/test';
import type * as Axe from 'axe-core';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const script = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export interface Finding {
  id: string;
  nodes: string[];
}
/** What is looked at, and for what; all of the page for everything, unless told otherwise. */
export interface Look {
  within?: string;
  only?: string[];
  without?: string[];
}

export async function findings(page: Page, look: Look = {}): Promise<Finding[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(script);
  // Firefox crashes where this property, once read by the driver from its own world, is read by the page. No element sets it.
  if (page.context().browser()?.browserType().name() === 'firefox') await page.evaluate(() => void Reflect.deleteProperty(Element.prototype, 'ariaLabelledByElements'));
  return page.evaluate(async ({ within, only, without = [] }) => {
    // What is half way between two colours is not what is meant; what moves for ever is taken as it is.
    const roots = (root: Document | ShadowRoot): (Document | ShadowRoot)[] =>
      [root, ...[...root.querySelectorAll('*')].flatMap(({ shadowRoot }) => (shadowRoot ? roots(shadowRoot) : []))];
    const ending = (): Animation[] =>
      roots(document).flatMap((root) => root.getAnimations()).filter(({ effect, playState }) => playState === 'running' && effect?.getComputedTiming().endTime !== Infinity);
    do await new Promise((drawn) => requestAnimationFrame(drawn));
    while (ending().length > 0);
    const { axe } = globalThis as unknown as { axe: typeof Axe };
    const { violations } = await axe.run(within ?? document, {
      resultTypes: ['violations'],
      ...(only ? { runOnly: only } : {}),
      rules: Object.fromEntries(without.map((rule) => [rule, { enabled: false }]))
    });
    return violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html, failureSummary }) => `${html.slice(0, 300)}: ${failureSummary}`) }));
  }, look);
}
