// Builds the elements: the script for web pages with its lazy part, and modules for applications.
import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '../..');
const served = join(root, 'target/web/js');
mkdirSync(served, { recursive: true });

const shared = { absWorkingDir: here, bundle: true, format: 'esm', target: 'es2022', legalComments: 'none', conditions: ['production'] };
const page = { ...shared, minify: true, outdir: served };
await build({ ...page, entryPoints: { 'offhook-embed': 'src/sw-click-to-call.ts' } });
await build({ ...page, entryPoints: { 'offhook-widget': 'src/sw-call-widget.ts' }, outExtension: { '.js': '.mjs' } });
const modules = { index: 'src/index.ts', 'sw-click-to-call': 'src/sw-click-to-call.ts', 'sw-call-widget': 'src/sw-call-widget.ts' };
await build({ ...shared, entryPoints: modules, outdir: join(here, 'dist'), splitting: true, external: ['lit'] });
// What the elements load when they are needed lies beside them, here as on a server.
for (const name of ['offhook-widget.mjs', 'offhook.mjs', 'offhook_core.wasm']) copyFileSync(join(served, name), join(here, 'dist', name));
execFileSync(process.execPath, [join(root, 'web/node_modules/typescript/bin/tsc'), '-p', here], { stdio: 'inherit' });

// The gate: what a page pays before anybody wants to call.
const LIMIT = 10 * 1024;
const size = gzipSync(readFileSync(join(served, 'offhook-embed.js')), { level: 9 }).length;
console.log(`offhook-embed.js     ${(size / 1024).toFixed(1)} KB gzip of ${LIMIT / 1024}`);
if (size > LIMIT) {
  console.error('The script for web pages is larger than its limit.');
  process.exit(1);
}
