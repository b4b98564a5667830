/** Dialogs, drawers and the transcript. */
export const PANELS = {
  'dialog.name': 'Dialog',
  'dialog.accept': 'Accept',
  'dialog.reject': 'Reject',
  'dialog.ok': 'OK',
  'layout.loading': 'Loading',
  'transcript.title': 'Transcript',
  'transcript.generated': 'Generated: {date}',
  'transcript.download': 'Download transcript as Markdown',
  'transcript.you': 'You',
  'transcript.agent': 'Agent',
  'transcript.code': 'Code',
  'drawer.name': 'Shared content',
  'drawer.opened': '{title} opened',
  'drawer.copy': 'Copy to clipboard',
  'drawer.copied': 'Copied',
  'drawer.copy-failed': 'Copying is not possible here',
  'drawer.close': 'Close'
} as const;
