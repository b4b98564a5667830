/** Registers an element once. A second copy of a script, or another package's element of this name, keeps the first. */
export function define(name: string, element: CustomElementConstructor): void {
  const known = customElements.get(name);
  if (!known) customElements.define(name, element);
  else if (known !== element) console.warn(`<${name}> is registered already; the copy that came first stays in use.`);
}

/** Dispatches as the elements' events are: through shadow roots, up to the page. Tells whether nobody prevented it. */
export function tell(target: HTMLElement, name: string, detail: unknown = null, cancelable = false): boolean {
  return target.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable }));
}
