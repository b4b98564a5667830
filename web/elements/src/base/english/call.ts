/** What a call is doing, and what a person can do with it. */
export const CALL = {
  'call.with': 'Call with {name}',
  'call.ready': 'Ready',
  'call.trying': 'Trying...',
  'call.connecting': 'Connecting...',
  'call.ringing': 'Ringing...',
  'call.connected': 'Connected',
  'call.recovering': 'Reconnecting...',
  'call.disconnecting': 'Disconnecting...',
  'call.disconnected': 'Disconnected',
  'call.failed': 'Failed',
  'call.ended': 'Ended',
  'call.held': 'On hold',
  'call.weak': 'Weak network',
  'call.place': 'Call',
  'call.hangup': 'Hang up',
  'call.cancel': 'Cancel',
  'call.close': 'Close',
  'call.again': 'Call again',
  'call.duration': 'Duration'
} as const;
