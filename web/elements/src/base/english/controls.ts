/** Buttons, menus and keys. */
export const CONTROLS = {
  'mic.mute': 'Mute microphone',
  'mic.unmute': 'Unmute microphone',
  'camera.off': 'Turn camera off',
  'camera.on': 'Turn camera on',
  'speaker.mute': 'Mute sound',
  'speaker.unmute': 'Unmute sound',
  'screen.share': 'Share screen',
  'screen.stop': 'Stop sharing',
  'hand.raise': 'Raise hand',
  'hand.lower': 'Lower hand',
  'transcript.show': 'Transcript',
  'fullscreen.enter': 'Fullscreen',
  'fullscreen.leave': 'Exit fullscreen',
  'settings': 'Settings',
  'more': 'More',
  'devices.mic': 'Choose microphone',
  'devices.camera': 'Choose camera',
  'devices.speaker': 'Choose speaker',
  'menu': 'Menu',
  'menu.of': '{name}: menu',
  'keypad': 'Keypad'
} as const;
