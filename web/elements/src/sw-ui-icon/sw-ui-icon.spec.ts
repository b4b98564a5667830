import { expect, test } from '../../test/harness.js';

test('draws the icon of its name, in its size', async ({ show, page }) => {
  await show('<sw-ui-icon name="mic-on" size="40"></sw-ui-icon><sw-ui-icon></sw-ui-icon>');
  const [first, second] = [page.locator('sw-ui-icon').first(), page.locator('sw-ui-icon').last()];
  await expect(first.locator('svg')).toHaveAttribute('width', '40');
  expect(await first.locator('path').getAttribute('d')).toContain('M12');
  await expect(second).toHaveAttribute('name', 'close');
  await expect(second.locator('svg')).toHaveAttribute('height', '24');
});

test('shows nothing for an unknown name, and recovers', async ({ show, page }) => {
  await show('<sw-ui-icon name="constructor"></sw-ui-icon>');
  const icon = page.locator('sw-ui-icon');
  await expect(icon.locator('svg')).toHaveCount(0);
  await icon.evaluate((element) => element.setAttribute('name', 'copy'));
  await expect(icon.locator('svg')).toHaveCount(1);
});

test('takes the colour of the text and tells nothing to assistive technology', async ({ show, page, axe }) => {
  await show('<p data-style="color: rgb(1, 2, 3)"><sw-ui-icon name="phone-call"></sw-ui-icon></p>');
  expect(await page.locator('sw-ui-icon path').first().evaluate((path) => getComputedStyle(path).stroke)).toBe('rgb(1, 2, 3)');
  await expect(page.locator('sw-ui-icon svg')).toHaveAttribute('aria-hidden', 'true');
  await axe();
});
