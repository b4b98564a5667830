import { expect, test } from '../../test/harness.js';

for (const colorScheme of ['light', 'dark'] as const) {
  test(`paints at once, with its label and no request (${colorScheme})`, async ({ page, show, axe }) => {
    await page.emulateMedia({ colorScheme });
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await show('<sw-click-to-call label="Talk to support" token="c2c_x" audio-only></sw-click-to-call>');
    const button = page.getByRole('button', { name: 'Talk to support' });
    await expect(button).toBeVisible();
    expect((await button.boundingBox())!.height).toBeGreaterThanOrEqual(44);
    expect(asked).toEqual([]);
    await axe();
  });
}

test('what cannot be loaded is said beside the button, and the next click tries again', async ({ page, show }) => {
  let broken = true;
  await page.route('**/offhook-widget.mjs*', (route) => (broken ? route.abort() : route.fulfill({ contentType: 'text/javascript', body: 'export const preload = () => undefined;' })));
  await show('<sw-click-to-call label="Call"></sw-click-to-call>');
  await page.getByRole('button', { name: 'Call' }).click();
  await expect(page.getByRole('alert')).toContainText('could not load what a call needs');
  await expect(page.getByRole('button', { name: 'Call' })).toHaveAttribute('aria-busy', 'false');
  broken = false;
  // Without a server there is no call, and that is told by the widget.
  await page.getByRole('button', { name: 'Call' }).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await expect(page.getByRole('alert').filter({ hasText: 'could not load' })).toHaveCount(0);
});

test('it takes its looks from the tokens', async ({ page, show }) => {
  await show('<sw-click-to-call data-style="--interactive-status-success: rgb(1, 2, 3); --radius-md: 3px"></sw-click-to-call>');
  const looks = await page.getByRole('button').evaluate((button) => [getComputedStyle(button).backgroundColor, getComputedStyle(button).borderRadius]);
  expect(looks).toEqual(['rgb(1, 2, 3)', '3px']);
});

test("a page's text rules do not reach it, its label is text", async ({ page, show }) => {
  await show('<p data-style="text-transform: uppercase; letter-spacing: 9px; white-space: pre"><sw-click-to-call></sw-click-to-call></p>');
  await page.locator('sw-click-to-call').evaluate((element) => element.setAttribute('label', '<b>Call</b>'));
  await expect(page.getByRole('button')).toHaveText('<b>Call</b>');
  expect(await page.getByRole('button').evaluate((button) => getComputedStyle(button).textTransform)).toBe('none');
});
