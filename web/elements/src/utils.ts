/** Words, theme, fonts and prompts. */
export { setWords, type Words } from './base/words.js';
export { ensureSignalWireTheme } from './theme/theme.js';
export { ensureSignalWireFonts, useGoogleFont } from './theme/fonts.js';
export { showPrompt, type Prompt } from './sw-ui-alert/sw-ui-alert.js';
