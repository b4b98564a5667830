// Builds the package: ES modules and types for applications, and the self-contained bundle for browsers.
import { build } from 'esbuild';
import { minify } from 'terser';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '../..');
const wasm = join(root, 'target/wasm-bindgen/offhook_js_bg.wasm');
const dist = join(here, 'dist');
const served = join(root, 'target/web/js');
const { version } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));

const shared = {
  absWorkingDir: here,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  define: { OFFHOOK_VERSION: JSON.stringify(version) },
  legalComments: 'none',
  // RxJS as classes, not as ES5 functions.
  conditions: ['es2015'],
  sourcemap: true
};
mkdirSync(dist, { recursive: true });
mkdirSync(served, { recursive: true });
await build({ ...shared, entryPoints: { index: 'src/index.ts', operators: 'src/operators.ts' }, outdir: dist, external: ['rxjs'] });
/** RxJS assigns `constructor` to what inherits from `Error.prototype`: refused where a page has frozen that. */
const frozenPages = {
  name: 'frozen pages',
  setup(builder) {
    builder.onLoad({ filter: /rxjs.*createErrorClass\.js$/ }, ({ path }) => {
      const assigned = 'ctorFunc.prototype.constructor = ctorFunc;';
      const source = readFileSync(path, 'utf8');
      if (!source.includes(assigned)) throw new Error(`${path} has changed: see whether it still assigns to prototypes`);
      return { contents: source.replace(assigned, "Object.defineProperty(ctorFunc.prototype, 'constructor', { value: ctorFunc, writable: true, configurable: true });") };
    });
  }
};
await build({ ...shared, plugins: [frozenPages], entryPoints: { offhook: 'src/index.ts' }, outdir: dist, outExtension: { '.js': '.mjs' }, minify: true });
// A second pass, for what the first leaves: three per cent.
const bundle = join(dist, 'offhook.mjs');
const { code, map } = await minify(readFileSync(bundle, 'utf8'), {
  module: true, ecma: 2022, compress: { passes: 3 }, format: { comments: false },
  sourceMap: { content: readFileSync(`${bundle}.map`, 'utf8'), url: 'offhook.mjs.map' }
});
writeFileSync(bundle, code);
writeFileSync(`${bundle}.map`, map);
copyFileSync(wasm, join(dist, 'offhook_core.wasm'));
for (const name of ['offhook.mjs', 'offhook.mjs.map', 'offhook_core.wasm']) copyFileSync(join(dist, name), join(served, name));
execFileSync(process.execPath, [join(root, 'web/node_modules/typescript/bin/tsc'), '-p', here], { stdio: 'inherit' });

// The gate: what a browser loads, beside the official production bundle.
const OFFICIAL = { gzip: 88, brotli: 73 };
/** What the whole SDK may weigh, KB brotli. */
const MOST = 110;
const brotli = (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
const sizes = ['offhook.mjs', 'offhook_core.wasm'].map((name) => {
  const bytes = readFileSync(join(dist, name));
  return { name, raw: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length, brotli: brotli(bytes) };
});
const total = (key) => sizes.reduce((sum, size) => sum + size[key], 0);
for (const size of [...sizes, { name: 'total', raw: total('raw'), gzip: total('gzip'), brotli: total('brotli') }]) {
  console.log(`${size.name.padEnd(20)} ${size.raw} raw, ${(size.gzip / 1024).toFixed(1)} KB gzip, ${(size.brotli / 1024).toFixed(1)} KB brotli`);
}
console.log(`official bundle      ${OFFICIAL.gzip} KB gzip, ${OFFICIAL.brotli} KB brotli`);
if (total('brotli') > MOST * 1024) {
  console.error(`The browser bundle is larger than ${MOST} KB brotli.`);
  if (process.env.OFFHOOK_SIZE_GATES !== 'told') process.exit(1);
}
