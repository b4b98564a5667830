// A program written for the official package compiles against ours, with nothing but where the name leads changed.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const here = dirname(fileURLToPath(import.meta.url));
const types = join(here, '../dist/types');

function compile(names, paths) {
  const program = ts.createProgram(names.map((name) => join(here, `program/${name}.ts`)), {
    target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022, moduleResolution: ts.ModuleResolutionKind.Bundler, lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    strict: true, noUncheckedIndexedAccess: true, noEmit: true, skipLibCheck: true, types: [], ...(paths && { paths })
  });
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const at = file && start !== undefined ? `${file.getLineAndCharacterOfPosition(start).line + 1}: ` : '';
    return at + ts.flattenDiagnosticMessageText(messageText, '\n');
  });
}

test('the program compiles against the official package', (context) => {
  try {
    createRequire(import.meta.url).resolve('@signalwire/js');
  } catch {
    return context.skip('the official package is not installed');
  }
  assert.deepEqual(compile(['program']), []);
});

test('the program compiles against ours', () => {
  assert.deepEqual(compile(['program', 'newer'], { '@signalwire/js': [join(types, 'index.d.ts')], '@signalwire/js/operators': [join(types, 'operators.d.ts')] }), []);
});
