/** Pictures and levels. */
export const MEDIA = {
  'level.input': 'Audio input level',
  'level.refused': 'No access to the microphone',
  'media.picture': 'Picture of the call',
  'media.sound': 'Turn sound on',
  'camera.own': 'Your camera',
  'camera.is-off': 'Your camera is off',
  'camera.none': 'No picture of your camera',
  'camera.lost': 'Your camera is not connected any more'
} as const;
