// Builds the pages that the server shows: the demo shop, the agents' console, the gallery of elements and the button in a frame.
import { build } from 'esbuild';
import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const served = join(resolve(here, '../..'), 'target/web');
for (const folder of ['demo', 'console', 'elements', 'frame', 'console/buttons']) mkdirSync(join(served, folder), { recursive: true });

const SERVED = { '@offhook/js': '/js/offhook.mjs', '@offhook/web-components': '/js/offhook-elements.mjs' };
const shared = {
  name: 'shared',
  setup(builder) {
    builder.onResolve({ filter: /^@offhook\// }, ({ path }) => (SERVED[path] ? { path: SERVED[path], external: true } : undefined));
  }
};
await build({
  absWorkingDir: here,
  entryPoints: { 'demo/shop': 'src/demo/shop.ts', 'console/console': 'src/console/console.ts', 'elements/gallery': 'src/elements/gallery.ts', 'frame/frame': 'src/frame/frame.ts', 'console/buttons/buttons': 'src/buttons/buttons.ts' },
  outdir: served,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  // SDK and elements are those the server offers to everybody.
  plugins: [shared],
  external: ['/js/*'],
  conditions: ['production'],
  legalComments: 'none'
});
copyFileSync(join(here, 'src/demo/index.html'), join(served, 'index.html'));
copyFileSync(join(here, 'src/demo/shop.css'), join(served, 'demo/shop.css'));
copyFileSync(join(here, 'src/console/index.html'), join(served, 'console/index.html'));
copyFileSync(join(here, 'src/console/console.css'), join(served, 'console/console.css'));
copyFileSync(join(here, 'src/elements/index.html'), join(served, 'elements/index.html'));
for (const name of ['gallery.css', 'backdrop.svg']) copyFileSync(join(here, 'src/elements', name), join(served, 'elements', name));
copyFileSync(join(here, 'src/frame/frame.css'), join(served, 'frame/frame.css'));
for (const folder of ['demo', 'console']) copyFileSync(join(here, 'src', folder, 'icon.svg'), join(served, folder, 'icon.svg'));
for (const name of ['index.html', 'buttons.css']) copyFileSync(join(here, 'src/buttons', name), join(served, 'console/buttons', name));
