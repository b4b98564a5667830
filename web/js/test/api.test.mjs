// The built package, compared with the names that applications written for the official SDK rely on.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isObservable } from 'rxjs';
import ts from 'typescript';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, '../dist');
const surface = JSON.parse(readFileSync(join(here, 'api-surface.json'), 'utf8'));
const classes = Object.entries(surface.exports).filter(([, { kind }]) => kind === 'class');
const values = Object.entries(surface.exports).filter(([, { kind }]) => ['class', 'function', 'const', 'variable'].includes(kind));

const program = ts.createProgram([join(dist, 'types/index.d.ts')], {
  target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022, moduleResolution: ts.ModuleResolutionKind.Bundler, skipLibCheck: true
});
const checker = program.getTypeChecker();
const index = checker.getSymbolAtLocation(program.getSourceFile(join(dist, 'types/index.d.ts')));
const declared = new Map(checker.getExportsOfModule(index).map((symbol) => [symbol.name, symbol]));
const typeOf = (name) => {
  const symbol = declared.get(name);
  return checker.getDeclaredTypeOfSymbol(symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol);
};

for (const bundle of ['index.js', 'offhook.mjs']) {
  test(`${bundle} can be evaluated without a browser and exports every value`, async () => {
    const module = await import(join(dist, bundle));
    const missing = values.map(([name]) => name).filter((name) => !(name in module));
    assert.deepEqual(missing, []);
    assert.equal(module.ready, true);
    assert.match(module.version, /^\d+\.\d+\.\d+/);
  });
}

test('the operators are there', async () => {
  const module = await import(join(dist, 'operators.js'));
  assert.deepEqual(surface.operators.filter((name) => typeof module[name] !== 'function'), []);
});

test('every exported name has a type', () => {
  assert.deepEqual(Object.keys(surface.exports).filter((name) => !declared.has(name)), []);
});

test('every class and interface has every member', () => {
  const missing = [];
  for (const [name, { kind, members = {} }] of Object.entries(surface.exports)) {
    if (!['class', 'interface'].includes(kind) || !declared.has(name)) continue;
    const properties = new Set(checker.getPropertiesOfType(typeOf(name)).map((property) => property.name));
    for (const member of Object.keys(members)) if (!/^\[|^constructor$/.test(member) && !properties.has(member)) missing.push(`${name}.${member}`);
  }
  assert.deepEqual(missing.filter((member) => !/\.new$/.test(member)), []);
});

test('observable members are declared as RxJS Observables', () => {
  const wrong = [];
  for (const [name, { members = {} }] of classes) {
    const type = typeOf(name);
    for (const [member, kind] of Object.entries(members)) {
      const property = kind.endsWith('$') && checker.getPropertyOfType(type, member);
      if (!property) continue;
      const text = checker.typeToString(checker.getTypeOfSymbol(property));
      if (!/^Observable</.test(text)) wrong.push(`${name}.${member}: ${text}`);
    }
  }
  assert.deepEqual(wrong, []);
});

/** Set once when a call is made: fields of the object here, accessors there. */
const FIELDS = ['answerMediaOptions', 'direction', 'from', 'fromName', 'toName'].map((name) => `WebRTCCall.${name}`);

test('methods and accessors exist at run time', async () => {
  const module = await import(join(dist, 'index.js'));
  const missing = [];
  for (const [name, { members = {} }] of classes) {
    for (const [member, kind] of Object.entries(members)) {
      const full = `${name}.${member}`;
      if (/^(method|getter|setter)/.test(kind) && !FIELDS.includes(full) && !(member in module[name].prototype)) missing.push(full);
    }
  }
  assert.deepEqual(missing, []);
});

test('observables are the application’s own RxJS', async () => {
  const { SelfCapabilities } = await import(join(dist, 'index.js'));
  const capabilities = new SelfCapabilities();
  assert.ok(isObservable(capabilities.state$));
  const seen = [];
  capabilities.end$.subscribe((end) => seen.push(end));
  assert.deepEqual(seen, [false]);
  capabilities.destroy();
});
