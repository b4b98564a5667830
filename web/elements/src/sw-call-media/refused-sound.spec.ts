/** A browser that lets no sound start by itself, as people's browsers do. */
import { expect, test as base } from '../../test/harness.js';

type Media = HTMLElementTagNameMap['sw-call-media'];

/** Whatever a test evaluates counts as a person's click: so the page itself shows the call, before it is touched. */
const test = base.extend<{ untouched: (sound: boolean) => Promise<void> }>({
  launchOptions: [
    async ({ launchOptions }, use) => {
      const args = launchOptions.args?.map((flag) => (flag.startsWith('--autoplay-policy') ? '--autoplay-policy=document-user-activation-required' : flag));
      const firefoxUserPrefs = launchOptions.firefoxUserPrefs && { ...launchOptions.firefoxUserPrefs, 'media.autoplay.default': 1 };
      await use({ ...launchOptions, ...(args ? { args } : {}), ...(firefoxUserPrefs ? { firefoxUserPrefs } : {}) });
    },
    { scope: 'worker' }
  ],
  untouched: async ({ page, origin }, use) => {
    await use(async (sound) => {
      await page.addInitScript((sound) => {
        const begin = () => {
          if (!('sim' in globalThis)) return void requestAnimationFrame(begin);
          const media = document.createElement('sw-call-media');
          const [elsewhere, picture] = [document.createElement('button'), sim.picture('navy')];
          elsewhere.append('Elsewhere');
          media.stream = sound ? new MediaStream([...sim.tone().getTracks(), ...picture.getTracks()]) : picture;
          document.querySelector('#stage')!.append(elsewhere, media);
          const shown = () => {
            const video = media.shadowRoot?.querySelector('video');
            if (!video || video.paused || navigator.userActivation.hasBeenActive) requestAnimationFrame(shown);
            else console.info('shown');
          };
          shown();
        };
        begin();
      }, sound);
      const shown = page.waitForEvent('console', (message) => message.text() === 'shown');
      await page.goto(origin);
      await shown;
    });
  }
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`the picture runs, and a button starts the sound (${colorScheme})`, async ({ untouched, page, axe }) => {
    await page.emulateMedia({ colorScheme });
    await untouched(true);
    const state = () => page.locator('video').evaluate((video: HTMLVideoElement) => ({ muted: video.muted, paused: video.paused }));
    const button = page.getByRole('status').getByRole('button', { name: 'Turn sound on' });
    await expect(button).toBeVisible();
    await expect.poll(state).toEqual({ muted: true, paused: false });
    await axe();
    await page.locator('sw-call-media').evaluate((media: Media) => (media.words = { 'media.sound': 'Ton an' }));
    await page.getByRole('button', { name: 'Ton an' }).click();
    await expect.poll(state).toEqual({ muted: false, paused: false });
    await expect(page.getByRole('status').getByRole('button')).toHaveCount(0);
  });
}

test('any key on the page starts it as well', async ({ untouched, page }) => {
  await untouched(true);
  const button = page.getByRole('button', { name: 'Turn sound on' });
  await expect(button).toBeVisible();
  await page.getByRole('button', { name: 'Elsewhere' }).press('a');
  await expect(button).toHaveCount(0);
  expect(await page.locator('video').evaluate((video: HTMLVideoElement) => [video.muted, video.paused])).toEqual([false, false]);
});

test('a stream that ends waits for nobody', async ({ untouched, page }) => {
  await untouched(true);
  const button = page.getByRole('button', { name: 'Turn sound on' });
  await expect(button).toBeVisible();
  await page.locator('sw-call-media').evaluate((media: Media) => (media.stream = null));
  await expect(button).toHaveCount(0);
});

test('a picture without sound needs no consent', async ({ untouched, page }) => {
  await untouched(false);
  await expect(page.locator('sw-call-media')).toHaveCount(1);
  expect(await page.locator('video').evaluate((video: HTMLVideoElement) => [video.muted, video.paused])).toEqual([true, false]);
  await expect(page.getByRole('button', { name: 'Turn sound on' })).toHaveCount(0);
});
