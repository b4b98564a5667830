/** Two copies on one page, and elements of another package under our names: what came first stays, the rest works, nothing throws. */
import { expect, test } from './harness.js';
import { openBarePage } from './bare-page.js';

test('a second copy of the script warns and changes nothing', async ({ page, show }) => {
  await openBarePage(page);
  const warnings: string[] = [];
  page.on('console', (message) => message.type() === 'warning' && warnings.push(message.text()));
  const [before, after] = await page.evaluate(async () => {
    const known = (): unknown[] => ['sw-call-widget', 'sw-ui-icon', 'sw-call-status'].map((tag) => customElements.get(tag));
    const first = known();
    // Another address: another copy.
    await import('/js/offhook-elements.mjs?copy' as string);
    await import('/js/offhook-embed.js?copy' as string);
    return [first.length, known().every((constructor, at) => constructor === first[at])];
  });
  expect([before, after]).toEqual([3, true]);
  expect(warnings.filter((text) => /is registered already/.test(text)).length).toBeGreaterThanOrEqual(26);
  await show('<sw-call-status></sw-call-status>');
  await expect(page.locator('sw-call-status')).toHaveText(/Ready/);
});

test('an element of another package that has our name is left alone, and ours live beside it', async ({ page }) => {
  await page.route('**/theirs', (route) => route.fulfill({ contentType: 'text/html', body: `<!doctype html><html lang="en"><title>Theirs</title><main></main>
<script>
class Theirs extends HTMLElement { connectedCallback() { this.textContent = 'theirs'; } }
customElements.define('sw-ui-icon', Theirs);
// Their provider, as the context protocol has it.
customElements.define('their-provider', class extends HTMLElement {
  constructor() {
    super();
    this.addEventListener('context-request', (event) => {
      if (event.context !== 'sw-call-state') return;
      event.stopPropagation();
      event.callback({ id: 'x', direction: 'outbound', status: 'connected', capabilities: [], participants: [], self: null, mediaDirections: { audio: 'sendrecv', video: 'inactive' } }, () => undefined);
    });
  }
});
// Their consumer.
customElements.define('their-status', class extends HTMLElement {
  connectedCallback() {
    this.dispatchEvent(Object.assign(new Event('context-request', { bubbles: true, composed: true }), {
      context: 'sw-call-state', contextTarget: this, subscribe: true, callback: (value) => { this.textContent = value.status; }
    }));
  }
});
</script>` }));
  await page.goto(new URL('/theirs', page.url()).href);
  const said: string[] = [];
  page.on('console', (message) => said.push(message.text()));
  await page.evaluate(async () => {
    await import('/js/offhook-elements.mjs' as string);
    document.querySelector('main')!.innerHTML = '<their-provider><sw-call-status></sw-call-status></their-provider><sw-call-provider><their-status></their-status></sw-call-provider><sw-ui-icon></sw-ui-icon>';
  });
  expect(said.filter((text) => text.includes('<sw-ui-icon> is registered already'))).toHaveLength(1);
  await expect(page.locator('sw-ui-icon')).toHaveText('theirs');
  await expect(page.locator('sw-call-status')).toContainText('Connected');
  await expect(page.locator('their-status')).toHaveText('new');
});
