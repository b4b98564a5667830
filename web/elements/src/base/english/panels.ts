/** Dialogs, drawers and the transcript. */
export const PANELS = {
  'dialog.name': 'Dialog',
  'dialog.accept': 'Accept',
  'dialog.reject': 'Reject',
  'dialog.ok': 'OK',
  'layout.loading': 'Loading'
} as const;
