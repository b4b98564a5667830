/** Loaded by the test page: every element, and the simulated world. */
import * as elements from '../src/index.js';
import * as simulation from '../src/simulation/index.js';

// Markup of tests only; the elements themselves must do with `lit-html` and `dompurify`.
const policies = (globalThis as unknown as { trustedTypes?: { createPolicy(name: string, rules: object): unknown } }).trustedTypes;
const trusted = policies?.createPolicy('test', { createHTML: (html: string) => html });
Object.assign(globalThis, { sim: simulation, elements, heard: [], trusted });
