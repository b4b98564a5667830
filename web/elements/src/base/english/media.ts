/** Pictures, levels, participants, addresses. */
export const MEDIA = {
  'level.input': 'Audio input level',
  'level.refused': 'No access to the microphone',
  'camera.own': 'Your camera',
  'camera.is-off': 'Your camera is off',
  'camera.lost': 'Your camera is not connected any more'
} as const;
