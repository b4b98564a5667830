/** Where a layer of the picture lies over it. */
import type { LayoutLayer } from './interfaces.js';

/** Rules of its box, for `inline`. The picture is not mirrored where text runs from the right: these are left and right of it. */
export function place({ x, y, width, height, visible }: LayoutLayer): Record<string, string> {
  return { left: percent(x), top: percent(y), width: percent(width), height: percent(height), opacity: visible === false ? '0' : '1' };
}

function percent(value: unknown): string {
  return typeof value === 'number' && Number.isFinite(value) ? `${Math.min(100, Math.max(0, value))}%` : '0%';
}
