/** Keeps the page behind modal dialogs from scrolling, for as long as at least one of them is open. */

const holders = new Set<object>();
let before = { value: '', priority: '' };

export function lockScroll(holder: object): void {
  if (holders.size === 0) {
    const { style } = document.body;
    before = { value: style.getPropertyValue('overflow'), priority: style.getPropertyPriority('overflow') };
    style.setProperty('overflow', 'hidden');
  }
  holders.add(holder);
}

export function unlockScroll(holder: object): void {
  if (!holders.delete(holder) || holders.size > 0) return;
  const { style } = document.body;
  if (before.value) style.setProperty('overflow', before.value, before.priority);
  else style.removeProperty('overflow');
}
