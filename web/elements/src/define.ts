/** Defines an element once: a page may load the script twice, or bring another implementation. */
export function define(name: string, element: CustomElementConstructor): void {
  if (!customElements.get(name)) customElements.define(name, element);
}

/** Dispatches as the elements' events are: through shadow roots, up to the page. */
export function tell(target: HTMLElement, name: string, detail: unknown = null, cancelable = false): boolean {
  return target.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true, cancelable }));
}
