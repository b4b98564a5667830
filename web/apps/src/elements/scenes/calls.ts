/** Elements that show a call. */
import { SimulatedCall, SimulatedParticipant, SimulatedSelf, picture, tone } from '@offhook/web-components/simulation';
import { first, give, LONG, provide, provided, refusing, rendered, type Scenes } from './scene.js';
import { inEveryState, meeting } from './states.js';

const MEDIA = '<sw-call-media><sw-participants></sw-participants></sw-call-media>';
const OWN = '<sw-call-media><sw-self-media mirror></sw-self-media></sw-call-media>';
const MEMBER = '<sw-participant-controls participant-id="ada" show-volume show-pin></sw-participant-controls>';

/** Everything that can be switched, switched. */
function allOn(): SimulatedCall {
  const self = new SimulatedSelf('self', 'You');
  for (const value of [self.audioMuted$, self.videoMuted$, self.deaf$, self.handraised$]) value.next(true);
  self.screenShareStatus$.next('started');
  return new SimulatedCall({ self });
}
const named = (name: string) => meeting({ others: [new SimulatedParticipant('ada', name)] });

export const CALLS: Scenes = {
  'sw-call-status': [
    ...inEveryState('<sw-call-status></sw-call-status>'),
    { name: 'right to left, large text', dir: 'rtl', text: 2, markup: provided('<sw-call-status></sw-call-status>'), arrange: provide(() => meeting({ status: 'ringing' })) },
    { name: 'hanging up', markup: provided('<sw-call-status></sw-call-status>'), arrange: provide(() => meeting({ status: 'disconnecting' })) }
  ],
  'sw-call-controls': [
    ...inEveryState('<sw-call-controls show-transcript></sw-call-controls>', { wide: true }),
    { name: 'everything on', wide: true, markup: provided('<sw-call-controls show-transcript transcript-active></sw-call-controls>'), arrange: provide(allOn) },
    { name: 'nothing allowed', wide: true, markup: provided('<sw-call-controls></sw-call-controls>'), arrange: provide(() => new SimulatedCall({ capabilities: ['member'] })) },
    { name: 'in a small container', width: '15rem', markup: provided('<sw-call-controls show-transcript></sw-call-controls>'), arrange: provide(() => meeting()) },
    { name: 'right to left', wide: true, dir: 'rtl', markup: provided('<sw-call-controls show-transcript></sw-call-controls>'), arrange: provide(() => meeting()) },
    { name: 'large text', wide: true, text: 2, markup: provided('<sw-call-controls show-transcript></sw-call-controls>'), arrange: provide(() => meeting()) }
  ],
  'sw-call-dialpad': [
    ...inEveryState('<sw-call-dialpad></sw-call-dialpad>', {}, ['weak network', 'device missing', 'permission refused', 'muted']),
    { name: 'with a call button', markup: '<sw-call-dialpad show-call-button></sw-call-dialpad>', arrange: give(() => ({ call: new SimulatedCall({ status: 'new' }) })) }
  ],
  'sw-call-media': [
    ...inEveryState(MEDIA, { tall: true }),
    { name: 'small', width: '10rem', tall: true, markup: provided('<sw-call-media></sw-call-media>'), arrange: provide(() => meeting()) },
    { name: 'sound and no picture', tall: true, markup: '<sw-call-media></sw-call-media>', arrange: give(() => ({ stream: tone(440, 0) })) }
  ],
  'sw-local-camera': [
    ...inEveryState('<sw-local-camera mirror></sw-local-camera>', { width: '16rem' }),
    { name: 'portrait', width: '9rem', markup: '<sw-local-camera></sw-local-camera>', arrange: give(() => ({ stream: picture('#6f2b4a', 180, 320) })) },
    { name: 'unplugged', width: '16rem', markup: '<sw-local-camera></sw-local-camera>', arrange: give(() => {
      const stream = picture('#6f2b4a', 320, 180);
      for (const track of stream.getTracks()) track.stop();
      return { stream };
    }) }
  ],
  'sw-self-media': inEveryState(OWN, { tall: true }),
  'sw-participants': [
    ...inEveryState(MEDIA, { tall: true }, ['idle', 'connecting', 'ringing', 'failed', 'ended']),
    // A name is seen where the pointer is, and where the menu is open: there is one of these on a page.
    { name: 'menu open, long name, right to left', dir: 'rtl', tall: true, markup: provided(MEDIA), arrange: async (elements) => {
      provide(() => named(LONG))(elements);
      const people = elements[0]!.querySelector('sw-participants')!;
      await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
      people.shadowRoot!.querySelector<HTMLElement>('[part~=menu-trigger]')?.click();
    } }
  ],
  'sw-participant-controls': [
    ...inEveryState(MEMBER),
    { name: 'long name', markup: provided(MEMBER), arrange: provide(() => named(LONG)) },
    { name: 'in a small container', width: '11rem', markup: provided(MEMBER), arrange: provide(() => named(LONG)) },
    { name: 'nothing allowed', markup: provided('<sw-participant-controls participant-id="ada"></sw-participant-controls>'), arrange: provide(() => meeting({ capabilities: ['self'] })) },
    { name: 'right to left', dir: 'rtl', markup: provided(MEMBER), arrange: provide(() => meeting()) }
  ],
  'sw-call-provider': inEveryState('<sw-call-status></sw-call-status><sw-call-controls></sw-call-controls>', { wide: true }),
  'sw-audio-level': [
    { name: 'silent', markup: '<sw-audio-level></sw-audio-level>' },
    { name: 'tone', markup: '<sw-audio-level bars="9" orientation="horizontal" maxsize="22"></sw-audio-level>', arrange: give(() => ({ stream: tone(900, 0.6) })) },
    { name: 'large', markup: '<sw-audio-level bars="24" maxsize="120"></sw-audio-level>', arrange: give(() => ({ stream: tone(300, 0.9) })) },
    { name: 'permission refused', markup: '<sw-audio-level></sw-audio-level>', arrange: (elements) => refusing(async () => {
      first(elements).autoRequest = true;
      await rendered(first(elements));
    }) },
    { name: 'in a call', markup: provided('<sw-audio-level></sw-audio-level>'), arrange: provide(() => new SimulatedCall({ localStream: tone(700, 0.5) })) }
  ]
};
