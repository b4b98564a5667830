/**
 * Prism's parts find each other by a global variable. While they load it is theirs; afterwards it is the page's again,
 * which may have a Prism of its own. `manual` keeps ours from colouring the page's code.
 */
const page = Object.getOwnPropertyDescriptor(globalThis, 'Prism');
Object.defineProperty(globalThis, 'Prism', { configurable: true, writable: true, value: { manual: true, disableWorkerMessageHandler: true } });

export function restore(): void {
  if (page) Object.defineProperty(globalThis, 'Prism', page);
  else delete (globalThis as { Prism?: unknown }).Prism;
}
