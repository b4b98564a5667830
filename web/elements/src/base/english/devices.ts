/** The choice of devices: words of the element that shows it. */
export const DEVICES = {
  'devices': 'Devices',
  'devices.settings': 'Device settings',
  'devices.microphone': 'Microphone',
  'devices.camera.section': 'Camera',
  'devices.speaker.section': 'Speaker',
  'devices.none': 'No devices found',
  'devices.numbered': 'Device {number}',
  'devices.test': 'Test speaker',
  'devices.test.stop': 'Stop test',
  'devices.camera.starting': 'Starting camera…',
  'devices.microphone.starting': 'Starting microphone…',
  'devices.blocked': 'Blocked. Allow it in the address bar of the browser, then choose it again.',
  'devices.blocked.firefox': 'Blocked. Press its crossed-out picture beside the address, then choose it again.',
  'devices.blocked.safari': 'Blocked. Allow it in Safari’s menu beside the address, under Settings for this website, then choose it again.',
  'devices.unavailable': 'Not available: perhaps another program uses it.'
} as const;
