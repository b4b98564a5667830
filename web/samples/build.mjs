// Builds the samples, each as a project of its kind would, into target/web-test/samples.
import { build } from 'esbuild';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile as compileSvelte } from 'svelte/compiler';
import { compileScript, parse } from 'vue/compiler-sfc';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(resolve(here, '../..'), 'target/web-test/samples');

const vue = {
  name: 'vue',
  setup(builder) {
    builder.onLoad({ filter: /\.vue$/ }, ({ path }) => {
      // The tags of the elements are no components of Vue's.
      const templateParseOptions = { isCustomElement: (tag) => tag.startsWith('sw-') };
      const { descriptor } = parse(readFileSync(path, 'utf8'), { filename: path, templateParseOptions });
      const { content } = compileScript(descriptor, { id: 'sample', inlineTemplate: true, templateOptions: { compilerOptions: templateParseOptions } });
      return { contents: content, loader: 'js', resolveDir: dirname(path) };
    });
  }
};
const svelte = {
  name: 'svelte',
  setup(builder) {
    builder.onLoad({ filter: /\.svelte$/ }, ({ path }) => ({
      contents: compileSvelte(readFileSync(path, 'utf8'), { filename: path, generate: 'client' }).js.code, loader: 'js', resolveDir: dirname(path)
    }));
  }
};
const shared = {
  absWorkingDir: here,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  jsx: 'automatic',
  define: { 'process.env.NODE_ENV': '"development"', __VUE_OPTIONS_API__: 'false', __VUE_PROD_DEVTOOLS__: 'false', __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false' },
  // What the elements load when they are needed lies beside them.
  external: ['./offhook.mjs', './offhook-widget.mjs', './offhook-markdown.mjs'],
  logLevel: 'warning'
};
await build({ ...shared, outdir: join(out, 'html'), entryPoints: ['html/main.ts'] });
await build({ ...shared, outdir: join(out, 'react'), entryPoints: ['react/main.tsx'] });
await build({ ...shared, outdir: join(out, 'vue'), entryPoints: ['vue/main.ts'], plugins: [vue] });
await build({ ...shared, outdir: join(out, 'svelte'), entryPoints: ['svelte/main.ts'], plugins: [svelte], conditions: ['svelte', 'browser'] });
await build({ ...shared, outfile: join(out, 'react/server.mjs'), entryPoints: ['react/server.tsx'], platform: 'node', banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" } });

const page = (title, app = '') => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Offhook in ${title}</title></head>
<body><div id="app">${app}</div><script type="module" src="main.js"></script></body>
</html>
`;
mkdirSync(join(out, 'html'), { recursive: true });
copyFileSync(join(here, 'html/index.html'), join(out, 'html/index.html'));
for (const [folder, title] of [['react', 'React'], ['vue', 'Vue'], ['svelte', 'Svelte']]) writeFileSync(join(out, folder, 'index.html'), page(title));
const { rendered } = await import(join(out, 'react/server.mjs'));
writeFileSync(join(out, 'react/server-rendered.html'), page('React, rendered on a server', rendered()));
