import './prism-global.js';
import Prism from 'prismjs/components/prism-core.js';

Object.defineProperty(globalThis, 'Prism', { configurable: true, writable: true, value: Prism });
export { Prism };
