/** The manifest says what pages may use: what is private to an element is left out. */
const open = ({ privacy, name }) => privacy !== 'private' && privacy !== 'protected' && !name.startsWith('#');
const LIT = new Set(['render', 'updated', 'willUpdate', 'firstUpdated', 'connectedCallback', 'disconnectedCallback', 'properties', 'styles']);

export default {
  globs: ['src/**/*.ts'],
  exclude: ['src/**/*.spec.ts', 'src/simulation/**', 'src/c2c.ts'],
  outdir: 'dist',
  litelement: true,
  packagejson: false,
  plugins: [
    {
      name: 'public-only',
      packageLinkPhase({ customElementsManifest }) {
        for (const module of customElementsManifest.modules) {
          module.declarations = module.declarations.filter(({ kind }) => kind === 'class');
          for (const declaration of module.declarations) {
            const hidden = new Set((declaration.members ?? []).filter((member) => !open(member)).map(({ name }) => name));
            declaration.members = declaration.members?.filter((member) => open(member) && !LIT.has(member.name));
            declaration.attributes = declaration.attributes?.filter(({ fieldName, name }) => !hidden.has(fieldName ?? name));
          }
        }
        customElementsManifest.modules = customElementsManifest.modules.filter(({ declarations }) => declarations.some(({ customElement, tagName }) => customElement && tagName));
      }
    }
  ]
};
