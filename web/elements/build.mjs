// Builds the elements: the scripts that the server offers to web pages, and modules for applications.
import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '../..');
const served = join(root, 'target/web/js');
const dist = join(here, 'dist');
mkdirSync(served, { recursive: true });
const { version } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));

const shared = {
  absWorkingDir: here,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  legalComments: 'none',
  conditions: ['production'],
  loader: { '.css': 'text' },
  define: { OFFHOOK_VERSION: JSON.stringify(version) },
  // Beside the script on a server, loaded when they are needed.
  external: ['./offhook.mjs', './offhook-widget.mjs', './offhook-markdown.mjs']
};
const tags = readdirSync(join(here, 'src'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name.startsWith('sw-'))
  .map(({ name }) => name);
/** Tag -> its module. */
const each = Object.fromEntries(tags.map((tag) => [tag, `src/${tag}/${tag}.ts`]));

const page = { ...shared, minify: true, outdir: served };
const mjs = { outExtension: { '.js': '.mjs' } };
await build({ ...page, entryPoints: { 'offhook-embed': 'src/sw-click-to-call/sw-click-to-call.ts' } });
const scripts = { 'offhook-widget': 'src/sw-call-widget/sw-call-widget.ts', 'offhook-elements': 'src/index.ts', 'offhook-markdown': 'src/content/markdown.ts' };
for (const [name, entry] of Object.entries(scripts)) {
  if (existsSync(join(here, entry))) await build({ ...page, ...mjs, entryPoints: { [name]: entry } });
}
await build({ ...page, ...mjs, outdir: join(root, 'target/web/elements'), entryPoints: { harness: 'test/harness-page.ts', simulation: 'src/simulation/index.ts' } });

// For applications: one module an element and what several of them share; packages stay imports.
await build({
  ...shared,
  outdir: dist,
  splitting: true,
  chunkNames: 'shared/[name]-[hash]',
  external: [...shared.external, 'lit', 'lit/*', '@lit/context', 'marked', 'dompurify', 'prismjs', 'prismjs/*'],
  entryPoints: { index: 'src/index.ts', simulation: 'src/simulation/index.ts', ...each }
});
copyFileSync(join(here, 'src/theme/theme.css'), join(dist, 'theme.css'));
// What the elements load when they are needed lies beside them, here as on a server.
for (const name of ['offhook-widget.mjs', 'offhook-markdown.mjs', 'offhook.mjs', 'offhook_core.wasm']) {
  if (existsSync(join(served, name))) copyFileSync(join(served, name), join(dist, name));
}
execFileSync(process.execPath, [join(root, 'web/node_modules/typescript/bin/tsc'), '-p', here], { stdio: 'inherit' });

// The gates: what a page pays before anybody wants to call, and what a call costs altogether.
const gzip = (name) => gzipSync(readFileSync(join(served, name)), { level: 9 }).length;
const brotli = (name) => brotliCompressSync(readFileSync(join(served, name)), { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
const kilobytes = (bytes) => (bytes / 1024).toFixed(1);
function gate(what, size, limit, coding) {
  console.log(`${what.padEnd(20)} ${kilobytes(size)} KB ${coding} of ${limit}`);
  if (size <= limit * 1024) return;
  console.error(`${what} is larger than its limit.`);
  process.exitCode = 1;
}
gate('offhook-embed.js', gzip('offhook-embed.js'), 10, 'gzip');
const later = ['offhook-widget.mjs', 'offhook-markdown.mjs', 'offhook.mjs', 'offhook_core.wasm'].filter((name) => existsSync(join(served, name)));
for (const name of later) console.log(`  ${name.padEnd(22)} ${kilobytes(brotli(name))} KB brotli`);
gate('all the rest', later.reduce((sum, name) => sum + brotli(name), 0), 145, 'brotli');
