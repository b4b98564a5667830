// The kinds and types of the built package, compared with those that applications written for the official SDK rely on.
import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const here = dirname(fileURLToPath(import.meta.url));
const [ours, theirs] = [join(here, '../dist/types/index.d.ts'), join(here, 'api-surface.d.ts')];
const program = ts.createProgram([ours, theirs], {
  target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022, moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'], strict: true, skipLibCheck: true
});
const checker = program.getTypeChecker();
const exportsOf = (file) =>
  new Map(
    checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file))).map((symbol) => [
      symbol.name,
      symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
    ])
  );
const [have, want] = [exportsOf(ours), exportsOf(theirs)];
/** Names that the reference describes and does not export are described here for the sake of the others. */
const exported = [...want].filter(([name]) => have.has(name));
const is = (symbol, flags) => (symbol.flags & flags) !== 0;
const text = (type) => checker.typeToString(type, undefined, ts.TypeFormatFlags.NoTruncation).slice(0, 300);
const assignable = (from, to) => checker.isTypeAssignableTo(from, to);

/** Ours can be used where the other is expected, and is no mere `any`. */
function fits(name, mine, other, wrong) {
  const any = (type) => (type.flags & ts.TypeFlags.Any) !== 0;
  if (any(mine) && !any(other)) wrong.push(`${name}: any, not ${text(other)}`);
  // The same words about a type parameter mean the same; what they name is compared by itself.
  else if (!assignable(mine, other) && text(mine) !== text(other)) wrong.push(`${name}: ${text(mine)}, not ${text(other)}`);
}

test('exports are of the same kind', () => {
  const wrong = [];
  const kind = (symbol) =>
    is(symbol, ts.SymbolFlags.Class) ? 'class' : is(symbol, ts.SymbolFlags.Function) ? 'function' : is(symbol, ts.SymbolFlags.Variable) ? 'value' : 'type';
  for (const [name, symbol] of exported) {
    // A type may be that of a class which is not exported.
    if (kind(symbol) !== 'type' && kind(have.get(name)) !== kind(symbol)) wrong.push(`${name}: ${kind(have.get(name))}, not ${kind(symbol)}`);
  }
  assert.deepEqual(wrong, []);
});

test('functions and values have the same types', () => {
  const wrong = [];
  for (const [name, symbol] of exported) {
    if (is(symbol, ts.SymbolFlags.Function | ts.SymbolFlags.Variable)) fits(name, checker.getTypeOfSymbol(have.get(name)), checker.getTypeOfSymbol(symbol), wrong);
  }
  assert.deepEqual(wrong, []);
});

test('every member of every class and interface has the same type, and can be set where it could be', () => {
  const wrong = [];
  for (const [name, symbol] of exported) {
    if (!is(symbol, ts.SymbolFlags.Class | ts.SymbolFlags.Interface)) continue;
    const mine = checker.getDeclaredTypeOfSymbol(have.get(name));
    for (const member of checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol))) {
      const found = checker.getPropertyOfType(mine, member.name);
      const full = `${name}.${member.name}`;
      if (!found) {
        wrong.push(`${full}: missing`);
        continue;
      }
      fits(full, checker.getTypeOfSymbol(found), checker.getTypeOfSymbol(member), wrong);
      if ((member.declarations ?? []).some(ts.isSetAccessor) && !settable(found)) wrong.push(`${full}: cannot be set`);
      if (is(member, ts.SymbolFlags.Optional) !== is(found, ts.SymbolFlags.Optional) && is(found, ts.SymbolFlags.Optional)) wrong.push(`${full}: optional`);
    }
  }
  assert.deepEqual(wrong, []);
});

/** Whether it has a setter. */
function settable(symbol) {
  return (symbol.declarations ?? []).some(ts.isSetAccessor) || (is(symbol, ts.SymbolFlags.Property) && !(symbol.declarations ?? []).some(readonly));
}
function readonly(declaration) {
  return (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Readonly) !== 0;
}

test('types that are no interfaces are the same, both ways', () => {
  const wrong = [];
  for (const [name, symbol] of exported) {
    if (!is(symbol, ts.SymbolFlags.TypeAlias)) continue;
    const [mine, other] = [checker.getDeclaredTypeOfSymbol(have.get(name)), checker.getDeclaredTypeOfSymbol(symbol)];
    fits(name, mine, other, wrong);
    if (!assignable(other, mine) && text(mine) !== text(other)) wrong.push(`${name}: ${text(mine)} does not take ${text(other)}`);
  }
  assert.deepEqual(wrong, []);
});

test('what applications give is taken: options, credentials, storages, providers', () => {
  const wrong = [];
  const given = /(Options|Provider|Credential|Storage|Context|Constraints|SDKLogger|Adapter)$/;
  for (const [name, symbol] of exported) {
    if (!given.test(name) || !is(symbol, ts.SymbolFlags.Interface)) continue;
    fits(`${name} as it is given`, checker.getDeclaredTypeOfSymbol(symbol), checker.getDeclaredTypeOfSymbol(have.get(name)), wrong);
  }
  assert.deepEqual(wrong, []);
});

test('errors are made with the same arguments', () => {
  const wrong = [];
  for (const [name, symbol] of exported) {
    if (!is(symbol, ts.SymbolFlags.Class) || !/Error$/.test(name)) continue;
    fits(`new ${name}`, checker.getTypeOfSymbol(have.get(name)), checker.getTypeOfSymbol(symbol), wrong);
  }
  assert.deepEqual(wrong, []);
});
