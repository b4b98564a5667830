/** How a menu is walked through by keys. */

/** The item that a key leads to, or undefined if it leads nowhere. */
export function next(items: readonly HTMLElement[], from: HTMLElement | undefined, key: string): HTMLElement | undefined {
  const at = from ? items.indexOf(from) : -1;
  if (key === 'ArrowDown') return items[(at + 1) % items.length];
  if (key === 'ArrowUp') return items[at <= 0 ? items.length - 1 : at - 1];
  if (key === 'Home') return items[0];
  if (key === 'End') return items.at(-1);
  if (key.length !== 1 || key === ' ') return undefined;
  const order = [...items.slice(at + 1), ...items.slice(0, at + 1)];
  return order.find((item) => item.textContent!.trim().toLocaleLowerCase().startsWith(key.toLocaleLowerCase()));
}
