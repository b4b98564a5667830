/** Pictures, levels, participants, addresses. */
export const MEDIA = {
  'level.input': 'Audio input level'
} as const;
