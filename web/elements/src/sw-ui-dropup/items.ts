/** What stands in a menu. */

/**
 * An entry. `kind` says what choosing it means: one of several (`radio`, the default), on or off apart from the others
 * (`checkbox`), or something that is done (`command`).
 */
export interface DropUpItem {
  id: string;
  label: string;
  selected?: boolean;
  kind?: 'radio' | 'checkbox' | 'command';
}

/** The entries of a list of items and plain strings. What is neither is left out. */
export function entries(items: unknown): DropUpItem[] {
  if (!Array.isArray(items)) return [];
  return (items as unknown[]).flatMap((item): DropUpItem[] => {
    if (typeof item === 'string') return [{ id: item, label: item, selected: false }];
    if (typeof item !== 'object' || item === null) return [];
    const { id, label } = item as Partial<DropUpItem>;
    return typeof id === 'string' && typeof label === 'string' ? [item as DropUpItem] : [];
  });
}

/** JSON in the attribute; text that is no list is an empty one. */
export const itemsConverter = {
  fromAttribute(text: string | null): (DropUpItem | string)[] {
    try {
      const parsed: unknown = JSON.parse(text ?? '[]');
      return Array.isArray(parsed) ? (parsed as (DropUpItem | string)[]) : [];
    } catch {
      return [];
    }
  },
  toAttribute: (items: unknown): string => JSON.stringify(Array.isArray(items) ? items : [])
};

/** The list after this entry was chosen: the only one of its kind for `radio`, the others tell themselves. */
export function chosen(items: DropUpItem[], { id, kind = 'radio' }: DropUpItem): DropUpItem[] {
  if (kind !== 'radio') return items;
  return items.map((item) => ((item.kind ?? 'radio') === 'radio' ? { ...item, selected: item.id === id } : item));
}
