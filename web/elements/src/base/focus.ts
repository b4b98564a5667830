/** Where the keyboard is, and where it can go: through shadow roots and slots, in the order in which they are shown. */

const STOPS = 'a[href], area[href], button, input:not([type="hidden"]), select, textarea, summary, iframe, audio[controls], video[controls], [contenteditable]:not([contenteditable="false"]), [tabindex]';

/** What has the focus, inside shadow roots too. */
export function focused(): HTMLElement | undefined {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element instanceof HTMLElement && element !== document.body ? element : undefined;
}

/** All that Tab stops at inside an element, in the order of the flat tree (CSS Scoping 1, section 3.4). */
export function tabStops(within: Element): HTMLElement[] {
  const slotted = within instanceof HTMLSlotElement ? within.assignedElements() : [];
  const children = slotted.length > 0 ? slotted : [...(within.shadowRoot ?? within).children];
  return children.flatMap((child) => {
    if (child.matches('[inert], :disabled, details:not([open]) > :not(summary)')) return [];
    return isStop(child) ? [child, ...tabStops(child)] : tabStops(child);
  });
}

function isStop(element: Element): element is HTMLElement {
  if (!(element instanceof HTMLElement) || !element.matches(STOPS) || element.tabIndex < 0 || !element.checkVisibility({ visibilityProperty: true })) return false;
  // It hands the focus on to what is in it.
  if (element.shadowRoot?.delegatesFocus) return false;
  if (!element.matches('input[type="radio"][name]:not(:checked)')) return true;
  const { form, name } = element as HTMLInputElement;
  const others = (element.getRootNode() as ParentNode).querySelectorAll<HTMLInputElement>(`input[type="radio"][name="${CSS.escape(name)}"]:checked`);
  return [...others].every((other) => other.form !== form);
}

/**
 * Keeps Tab inside an open dialog: after its last stop comes its first (ARIA practices, the dialog pattern). Left to
 * themselves browsers go on to their own bars, and Firefox comes back to the last stop of what is slotted, never to the others.
 */
export function keepTabInside(event: KeyboardEvent, dialog: Element): void {
  if (event.key !== 'Tab' || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
  const stops = tabStops(dialog);
  const [edge, other] = event.shiftKey ? [stops[0], stops.at(-1)] : [stops.at(-1), stops[0]];
  const at = event.composedPath()[0];
  if (at !== edge && !(event.shiftKey && at === dialog) && edge) return;
  event.preventDefault();
  other?.focus();
}
