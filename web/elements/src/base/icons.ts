/** The icons, drawn on 24 by 24 in lines of the text's colour. */
import { svg, type SVGTemplateResult } from 'lit';

const line = (d: string, width = 2) => svg`<path d=${d} fill="none" stroke="currentColor" stroke-width=${width} stroke-linecap="round" stroke-linejoin="round"/>`;
const HANDSET = 'M21.5 16.6v2.7a1.9 1.9 0 0 1-2.1 1.9A18.6 18.6 0 0 1 2.8 4.6 1.9 1.9 0 0 1 4.7 2.5h2.7a1.9 1.9 0 0 1 1.9 1.6l.6 2.6a1.9 1.9 0 0 1-.5 1.8L8.2 9.7a15 15 0 0 0 6.1 6.1l1.2-1.2a1.9 1.9 0 0 1 1.8-.5l2.6.6a1.9 1.9 0 0 1 1.6 1.9z';
const MONITOR = 'M4 4.5h16a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1v-10a1 1 0 0 1 1-1z M8.5 20.5h7 M12 16.5v4';
const CAMERA = 'M4 6.5h9.5a1.5 1.5 0 0 1 1.5 1.5v8a1.5 1.5 0 0 1-1.5 1.5H4A1.5 1.5 0 0 1 2.5 16V8A1.5 1.5 0 0 1 4 6.500z M15 10.500l6-3.500v10l-6-3.5';
const SPEAKER = 'M4 9.500v5h3.500l5 4v-13l-5 4z';

export const ICONS = {
  backspace: line('M9 5.500h10a1.5 1.5 0 0 1 1.5 1.500v10a1.5 1.5 0 0 1-1.5 1.500H9L3 12z M12 9.500l5 5 M17 9.500l-5 5'),
  'camera-off': line(`${CAMERA} M3 3l18 18`),
  'camera-on': line(CAMERA),
  'check-circle': line('M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z M8 12.200l2.8 2.800L16 9.5'),
  'chevron-up': line('M6 15l6-6 6 6', 2.5),
  close: line('M6 6l12 12 M18 6L6 18', 2.5),
  copy: line('M9.5 8.500h10a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1h-10a1 1 0 0 1-1-1v-10a1 1 0 0 1 1-1z M5 15.500H4.500a1 1 0 0 1-1-1v-10a1 1 0 0 1 1-1h10a1 1 0 0 1 1 1V5'),
  download: line('M12 4v11 M7.5 11l4.5 4.5 4.5-4.5 M4.5 19.500h15'),
  fullscreen: line('M4 9V4h5 M15 4h5v5 M20 15v5h-5 M9 20H4v-5'),
  'fullscreen-exit': line('M9 4v5H4 M20 9h-5V4 M15 20v-5h5 M4 15h5v5'),
  'hand-raise': line('M7 12.500V6a1.5 1.5 0 0 1 3 0v5 M10 10.500v-6a1.5 1.5 0 0 1 3 0v6 M13 11V5.500a1.5 1.5 0 0 1 3 0V12 M16 9.500a1.5 1.5 0 0 1 3 0V15a6.5 6.5 0 0 1-6.5 6.500c-2.6 0-4.1-1.1-5.5-3.200L4.3 14a1.5 1.5 0 0 1 2.5-1.700L8 14'),
  'info-circle': line('M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z M12 11v5.5 M12 7.600v.1'),
  'mic-off': line('M9 5.500a3 3 0 0 1 6 0V11a3 3 0 0 1-.5 1.6 M9 9v2a3 3 0 0 0 3 3 M5.5 11a6.5 6.5 0 0 0 10.6 5 M18.5 11a6.5 6.5 0 0 1-.6 2.7 M12 17.500V21 M3 3l18 18'),
  'mic-on': line('M12 2.500a3 3 0 0 1 3 3V11a3 3 0 0 1-6 0V5.500a3 3 0 0 1 3-3z M5.5 11a6.5 6.5 0 0 0 13 0 M12 17.500V21'),
  person: line('M12 3.500a4 4 0 1 1 0 8 4 4 0 0 1 0-8z M4.5 20.500a7.5 7.5 0 0 1 15 0'),
  'phone-call': line(HANDSET),
  'phone-end': line('M2.5 14.800c0-6 19-6 19 0v1.700a1.3 1.3 0 0 1-1.6 1.200l-3.4-.8a1.3 1.3 0 0 1-1-1.300v-1.800a14 14 0 0 0-7 0v1.800a1.3 1.3 0 0 1-1 1.300l-3.4.8a1.3 1.3 0 0 1-1.6-1.200z'),
  room: line('M4.5 3.500h15a1 1 0 0 1 1 1v15a1 1 0 0 1-1 1h-15a1 1 0 0 1-1-1v-15a1 1 0 0 1 1-1z M12 7a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5z M7 17.500a5 5 0 0 1 10 0'),
  'screen-share': line(`${MONITOR} M12 13V8 M9.5 10L12 7.500l2.5 2.5`),
  'screen-share-off': line(`${MONITOR} M9.5 8l5 5 M14.5 8l-5 5`),
  'send-icon': line('M21 3L10.5 13.5 M21 3l-6.5 18-4-7.500L3 9.500z'),
  settings: line('M12 9a3 3 0 1 1 0 6 3 3 0 0 1 0-6z M19.2 13.700l1.6 1.2-1.9 3.3-1.9-.8a7.5 7.5 0 0 1-2.9 1.700l-.3 2h-3.800l-.3-2a7.5 7.5 0 0 1-2.9-1.700l-1.9.8L3 14.900l1.6-1.200a7.6 7.6 0 0 1 0-3.400L3 9.100l1.9-3.3 1.9.8a7.5 7.5 0 0 1 2.9-1.700l.3-2h3.800l.3 2A7.5 7.5 0 0 1 17 6.600l1.9-.8 1.9 3.3-1.6 1.200a7.6 7.6 0 0 1 0 3.400z', 1.8),
  'speaker-off': line(`${SPEAKER} M16 9.500l5 5 M21 9.500l-5 5`),
  'speaker-on': line(`${SPEAKER} M15.8 9.200a4 4 0 0 1 0 5.6 M18.5 6.500a7.8 7.8 0 0 1 0 11`),
  spinner: svg`<circle cx="12" cy="12" r="9.5" fill="none" stroke="currentColor" stroke-opacity="0.2" stroke-width="2.5"/><path d="M21.5 12A9.5 9.5 0 0 0 12 2.5" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round"/>`,
  'sw-logo': svg`<path d="M4 10.500a8 8 0 0 1 16 0" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round"/><path d="M2.5 12.500h4.500v6H2.500z M17 12.500h4.500v6H17z" fill="currentColor"/>`,
  transcript: line('M4.5 4h15a1 1 0 0 1 1 1v10.500a1 1 0 0 1-1 1H11L6.5 20.500v-4h-2a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1z M7.5 8.500h9 M7.5 12h6')
} satisfies Record<string, SVGTemplateResult>;

/** The names of the icons. */
export type IconName = keyof typeof ICONS;
