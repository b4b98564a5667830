// Builds the pages that the server shows: the demo shop, the agents' console and the gallery of elements.
import { build } from 'esbuild';
import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const served = join(resolve(here, '../..'), 'target/web');
for (const folder of ['demo', 'console', 'elements']) mkdirSync(join(served, folder), { recursive: true });

await build({
  absWorkingDir: here,
  entryPoints: { 'demo/shop': 'src/demo/shop.ts', 'console/console': 'src/console/console.ts', 'elements/gallery': 'src/elements/gallery.ts' },
  outdir: served,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  // The SDK is the one the server offers to everybody.
  external: ['/js/*'],
  legalComments: 'none'
});
copyFileSync(join(here, 'src/demo/index.html'), join(served, 'index.html'));
copyFileSync(join(here, 'src/demo/shop.css'), join(served, 'demo/shop.css'));
copyFileSync(join(here, 'src/console/index.html'), join(served, 'console/index.html'));
copyFileSync(join(here, 'src/console/console.css'), join(served, 'console/console.css'));
copyFileSync(join(here, 'src/elements/index.html'), join(served, 'elements/index.html'));
copyFileSync(join(here, 'src/elements/gallery.css'), join(served, 'elements/gallery.css'));
