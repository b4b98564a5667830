/**
 * A person at Firefox, the one of the system; its fake microphone plays their tone. It never pairs a loopback address with another one:
 * its calls here go through the server's relay.
 */
import { firefox } from '@playwright/test';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { introduce, type Party } from './party.js';

/** Stands between Playwright and a Firefox of the system; see `elements/test/firefox`. */
const GATEWAY = fileURLToPath(new URL('../../elements/test/firefox/gateway.mjs', import.meta.url));

/** Whether this machine has one. */
export const hasFirefox = existsSync(process.env.OFFHOOK_FIREFOX ?? '/usr/bin/firefox-esr');

export async function inFirefox(hz: number, url: string): Promise<Party> {
  const browser = await firefox.launch({
    channel: 'moz-firefox',
    executablePath: GATEWAY,
    firefoxUserPrefs: {
      'media.navigator.streams.fake': true,
      'media.navigator.audio.fake_frequency': hz,
      'media.navigator.permission.disabled': true,
      'media.autoplay.default': 0,
      // Sound runs where no sound card is.
      'media.cubeb.force_mock_context': true,
      // The relay of a server on this machine is not left out.
      'media.peerconnection.ice.loopback': true
    }
  });
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  return introduce({ browser, context, page: await context.newPage(), hz }, url);
}
