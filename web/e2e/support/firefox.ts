/**
 * A person at Firefox, the one of the system; its fake microphone plays their tone. It never pairs a loopback address with another one:
 * its calls here go through the server's relay.
 */
import { firefox } from '@playwright/test';
import { firefoxWith } from '../../elements/test/firefox/browser.js';
import { introduce, type Party } from './party.js';

export { hasFirefox } from '../../elements/test/firefox/browser.js';

export async function inFirefox(hz: number, url: string): Promise<Party> {
  const browser = await firefox.launch({
    channel: 'moz-firefox',
    ...firefoxWith({
      'media.navigator.audio.fake_frequency': hz,
      // The relay of a server on this machine is not left out.
      'media.peerconnection.ice.loopback': true
    })
  });
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  return introduce({ browser, context, page: await context.newPage(), hz }, url);
}
