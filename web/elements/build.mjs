// Builds the elements: the scripts that the server offers to web pages, and modules for applications.
import { build, transform } from 'esbuild';
import { minify } from 'terser';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '../..');
const served = join(root, 'target/web/js');
const dist = join(here, 'dist');
mkdirSync(served, { recursive: true });
rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
const { version } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));

/** Style sheets as short as they can be said. */
const sheets = /\bcss`([^`]*)`/g;
async function squeezed(source) {
  const short = new Map();
  for (const [whole, sheet] of source.matchAll(sheets)) {
    if (!sheet.includes('${')) short.set(whole, `css\`${(await transform(sheet, { loader: 'css', minify: true })).code.trim()}\``);
  }
  return source.replace(sheets, (whole) => short.get(whole) ?? whole);
}
const styles = {
  name: 'styles',
  setup(builder) {
    builder.onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => ({ loader: 'ts', contents: await squeezed(readFileSync(path, 'utf8')) }));
    builder.onLoad({ filter: /\.css$/ }, async ({ path }) => ({
      loader: 'text',
      contents: (await transform(readFileSync(path, 'utf8'), { loader: 'css', minify: true })).code
    }));
  }
};
/** The widget's Lit is the one of the button's script. */
const litOfTheButton = {
  name: 'lit',
  setup(builder) {
    builder.onResolve({ filter: /^lit(\/.*)?$/ }, () => ({ path: './offhook-embed.js', external: true }));
  }
};

const shared = {
  absWorkingDir: here,
  plugins: [styles],
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
await build({ ...page, entryPoints: { 'offhook-embed': 'src/embed.ts' } });
// A plain script, for pages with the older snippet.
await build({ ...page, format: 'iife', entryPoints: { 'offhook-c2c': 'src/c2c.ts' } });
await build({ ...page, ...mjs, plugins: [...shared.plugins, litOfTheButton], entryPoints: { 'offhook-widget': 'src/sw-call-widget/sw-call-widget.ts' } });
const scripts = { 'offhook-elements': 'src/index.ts', 'offhook-markdown': 'src/content/markdown.ts' };
for (const [name, entry] of Object.entries(scripts)) {
  await build({ ...page, ...mjs, entryPoints: { [name]: entry } });
}
await build({ ...page, ...mjs, outdir: join(root, 'target/web-test'), entryPoints: { harness: 'test/harness-page.ts' } });

// A second pass, for what the first leaves: three per cent. In minified code a line break stands in a template alone; the
// indentation behind it is nothing that anybody sees.
for (const name of ['offhook-embed.js', 'offhook-widget.mjs', 'offhook-elements.mjs', 'offhook-markdown.mjs']) {
  const file = join(served, name);
  const { code } = await minify(readFileSync(file, 'utf8').replace(/\n {2,}/g, ' '), { module: true, ecma: 2022, compress: { passes: 3 }, format: { comments: false } });
  writeFileSync(file, code);
}

// For applications: one module an element and what several of them share; packages stay imports.
await build({
  ...shared,
  outdir: dist,
  splitting: true,
  chunkNames: '[name]-[hash]',
  external: [...shared.external, 'lit', 'lit/*', '@lit/context', 'dompurify', 'streaming-markdown', '@speed-highlight/core/*'],
  entryPoints: { index: 'src/index.ts', context: 'src/context.ts', types: 'src/types.ts', utils: 'src/utils.ts', 'words/german': 'src/words/german.ts', simulation: 'src/simulation/index.ts', ...each }
});
copyFileSync(join(here, 'src/theme/theme.css'), join(dist, 'theme.css'));
// What the elements load when they are needed lies beside them, here as on a server.
for (const name of ['offhook-embed.js', 'offhook-widget.mjs', 'offhook-markdown.mjs', 'offhook.mjs', 'offhook_core.wasm']) {
  if (existsSync(join(served, name))) copyFileSync(join(served, name), join(dist, name));
}
execFileSync(process.execPath, [join(root, 'web/node_modules/typescript/bin/tsc'), '-p', here], { stdio: 'inherit' });
// What the elements offer, from their own comments: for editors, for React, and for the gallery.
execFileSync(process.execPath, [join(root, 'web/node_modules/@custom-elements-manifest/analyzer/cem.js'), 'analyze', '--quiet'], { cwd: here, stdio: 'inherit' });
execFileSync(process.execPath, [join(here, 'react.mjs')], { stdio: 'inherit' });
mkdirSync(join(root, 'target/web/elements'), { recursive: true });
copyFileSync(join(dist, 'custom-elements.json'), join(root, 'target/web/elements/manifest.json'));

// A name that the button's script does not export would keep the widget from loading, and no bundler tells.
const imported = /import\s*\{([^}]*)\}\s*from\s*["']\.\/offhook-embed\.js["']/g;
const names = (list) => list.split(',').map((name) => name.trim()).filter(Boolean);
const [, exported] = /export\s*\{([^}]*)\}\s*;?\s*$/.exec(readFileSync(join(served, 'offhook-embed.js'), 'utf8'));
const offered = new Set(names(exported).map((name) => name.split(/\s+as\s+/).at(-1)));
for (const [, list] of readFileSync(join(served, 'offhook-widget.mjs'), 'utf8').matchAll(imported)) {
  const missing = names(list).map((name) => name.split(/\s+as\s+/)[0]).filter((name) => !offered.has(name));
  if (missing.length === 0) continue;
  console.error(`offhook-widget.mjs wants ${missing.join(', ')} of offhook-embed.js; export it in src/embed.ts.`);
  process.exitCode = 1;
}

// The gates: what a page pays before anybody wants to call, and what a call costs altogether.
const gzip = (name) => gzipSync(readFileSync(join(served, name)), { level: 9 }).length;
const brotli = (name) => brotliCompressSync(readFileSync(join(served, name)), { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
const kilobytes = (bytes) => (bytes / 1024).toFixed(1);
function gate(what, size, limit, coding) {
  console.log(`${what.padEnd(20)} ${kilobytes(size)} KB ${coding} of ${limit}`);
  if (size <= limit * 1024) return;
  console.error(`${what} is larger than its limit.`);
  if (process.env.OFFHOOK_SIZE_GATES !== 'told') process.exitCode = 1;
}
gate('offhook-embed.js', gzip('offhook-embed.js'), 10, 'gzip');
const later = ['offhook-widget.mjs', 'offhook-markdown.mjs', 'offhook.mjs', 'offhook_core.wasm'].filter((name) => existsSync(join(served, name)));
for (const name of later) console.log(`  ${name.padEnd(22)} ${kilobytes(brotli(name))} KB brotli`);
gate('all the rest', later.reduce((sum, name) => sum + brotli(name), 0), 145, 'brotli');
