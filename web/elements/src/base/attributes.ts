/** A boolean that may be true from the start: `="false"` in markup turns it off, as taking the attribute away does. */
export const switchable = {
  fromAttribute: (text: string | null): boolean => text !== null && text !== 'false',
  toAttribute: (on: unknown): string | null => (on ? '' : null)
};
