// A module of the sources, alone, as the tests import it.
import { build } from 'esbuild';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

export async function source(name) {
  const { outputFiles } = await build({
    absWorkingDir: root, entryPoints: [`src/${name}.ts`], bundle: true, write: false, format: 'esm', platform: 'neutral', logLevel: 'error',
    conditions: ['es2015'], mainFields: ['module'], define: { OFFHOOK_VERSION: '"0.0.0"' }
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}
