/** How the tests start the Firefox of the system, with devices that play and nobody who must allow them. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Whether this machine has one. */
export const hasFirefox = existsSync(process.env.OFFHOOK_FIREFOX ?? '/usr/bin/firefox-esr');

/** Options of its launch, by way of the gateway that stands between. */
export function firefoxWith(preferences: Record<string, string | number | boolean>) {
  return {
    executablePath: fileURLToPath(new URL('./gateway.mjs', import.meta.url)),
    firefoxUserPrefs: {
      'media.navigator.streams.fake': true,
      'media.navigator.permission.disabled': true,
      'media.autoplay.default': 0,
      // Sound runs where no sound card is.
      'media.cubeb.force_mock_context': true,
      ...preferences
    }
  };
}
