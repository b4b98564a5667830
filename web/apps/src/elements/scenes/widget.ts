/** The button and the whole call, on a client that is simulated. */
import { SimulatedCall, SimulatedClient, SimulatedParticipant, tone } from '@offhook/web-components/simulation';
import { first, give, LONG, rendered, type Loose, type Scene, type Scenes } from './scene.js';
import { meeting, STATES } from './states.js';

type Reach = (client: SimulatedClient, element: Loose) => void | Promise<void>;

/** A widget with a simulated client, brought to a state. */
function widget(reach: Reach, prepare: (client: SimulatedClient) => void = () => undefined): NonNullable<Scene['arrange']> {
  return async (elements) => {
    const client = new SimulatedClient();
    prepare(client);
    const element = first(elements);
    Object.assign(element, { client });
    await rendered(element);
    await reach(client, element);
  };
}
const dial: Reach = async (_client, element) => (element.dial as () => Promise<void>).call(element);
/** Dials, then does something to the call. */
const then = (act: (call: SimulatedCall) => unknown): Reach => async (client, element) => {
  await dial(client, element);
  await act(client.dialled[0]!.call);
};
type Facts = ConstructorParameters<typeof SimulatedCall>[0];
const calling = (facts: Facts) => (client: SimulatedClient): void => void (client.next = () => new SimulatedCall(facts));
const failing = (name: string) => (client: SimulatedClient): void => {
  client.next = () => {
    throw new DOMException('not given', name);
  };
};

const CARD = '<sw-call-widget destination="/public/support" heading="Support" audio-only></sw-call-widget>';
const STAGE = '<sw-call-widget destination="/public/support" heading="Support" transcription></sw-call-widget>';
const connected = (client: SimulatedClient): void => void (client.next = () => new SimulatedCall({ status: 'connected', remoteStream: tone(440, 0) }));

const card: Scene[] = (
  [
    ['connecting', (client, element) => void dial(client, element), (client) => void (client.next = () => new Promise(() => undefined))],
    ['ringing', dial, calling({ status: 'ringing' })],
    ['in call', dial, connected],
    ['on hold', then((call) => call.toggleHold()), connected],
    ['muted', then((call) => call.self$.value!.mute()), connected],
    ['keypad', async (client, element) => {
      await dial(client, element);
      await rendered(element);
      element.shadowRoot!.querySelector<HTMLElement>('button[aria-expanded]')!.click();
    }, connected],
    ['reconnecting', dial, calling({ status: 'recovering' })],
    ['weak network', then((call) => call.isNetworkHealthy$.next(false)), connected],
    ['device missing', dial, failing('NotFoundError')],
    ['permission refused', dial, failing('NotAllowedError')],
    ['microphone lost in the call', then((call) => call.lacks(new DOMException('in use', 'NotReadableError'))), connected],
    ['failed', then((call) => call.status$.next('failed')), connected],
    ['nobody answered', then((call) => call.end('remote', 'NO_ANSWER')), calling({ status: 'ringing' })],
    ['ended', then((call) => call.end('remote')), connected]
  ] satisfies [string, Reach, (client: SimulatedClient) => void][]
).map(([name, reach, prepare]) => ({ name, markup: CARD, arrange: widget(reach, prepare) }));

/** With a picture, in those states in which there is one. */
const stage: Scene[] = ['connecting', 'ringing', 'in call', 'on hold', 'muted', 'reconnecting', 'weak network', 'permission refused'].map((name) => ({
  name: `${name}, with a picture`,
  tall: true,
  markup: STAGE,
  // A call is held, or weak, after it was answered.
  arrange: widget(name === 'on hold' ? then((call) => call.toggleHold()) : name === 'in call' ? then((call) => {
    call.event('ai.completion', { text: 'Good morning, how can I help?' });
    call.event('ai.speech_detect', { text: 'My kettle sings, but off key.' });
  }) : dial, (client) => void (client.next = () => STATES[name === 'on hold' ? 'in call' : name]!().call!))
}));

const show = (elements: HTMLElement[], act: () => unknown): void => elements.at(-1)!.addEventListener('click', () => void act());
const SHOW = '\n<button type="button" class="show">Show</button>';

export const WIDGET: Scenes = {
  'sw-click-to-call': [
    { name: 'idle', markup: '<sw-click-to-call token="c2c_…" label="Talk to us" audio-only></sw-click-to-call>' },
    { name: 'connecting', markup: '<sw-click-to-call label="Talk to us"></sw-click-to-call>', arrange: give(() => ({ busy: true })) },
    { name: 'failed', markup: '<sw-click-to-call label="Talk to us"></sw-click-to-call>', arrange: give(() => ({ fault: true })) },
    { name: 'long label', markup: `<sw-click-to-call label="${LONG}"></sw-click-to-call>` },
    { name: 'long label in a small container', width: '11rem', markup: `<sw-click-to-call label="${LONG}"></sw-click-to-call>` },
    { name: 'right to left, large text', dir: 'rtl', text: 2, markup: '<sw-click-to-call label="Talk to us"></sw-click-to-call>' }
  ],
  'sw-call-widget': [
    { name: 'idle', markup: '<sw-call-widget destination="/public/support"><button type="button" class="show">Call us</button></sw-call-widget>', arrange: widget(() => undefined) },
    ...card,
    { name: 'long name', markup: CARD.replace('"Support"', `"${LONG}"`), arrange: widget(dial, calling({ status: 'ringing' })) },
    { name: 'in a small container', width: '14rem', markup: CARD, arrange: widget(dial, connected) },
    { name: 'right to left, large text', dir: 'rtl', text: 2, markup: CARD, arrange: widget(dial, calling({ status: 'ringing' })) },
    ...stage,
    { name: 'small, with a picture', width: '20rem', tall: true, markup: STAGE, arrange: widget(dial, (client) => void (client.next = () => meeting())) },
    { name: 'content from the other side', tall: true, markup: STAGE, arrange: widget(
      then((call) => call.event('user_event', { type: 'display_content', format: 'markdown', title: 'Care', content: '## Descaling\n\n1. A spoon of citric acid\n2. Ten minutes\n3. **Rinse**' })),
      (client) => void (client.next = () => meeting())) },
    { name: 'a call comes in', markup: `<sw-call-widget allow-incoming-calls audio-only></sw-call-widget>${SHOW}`, arrange: async (elements) => {
      let client: SimulatedClient;
      await widget((made) => void (client = made))(elements);
      show(elements, () => {
        const call = new SimulatedCall({ direction: 'inbound', status: 'ringing', from: '+15550100', fromName: 'Ada', others: [new SimulatedParticipant('ada', 'Ada')] });
        client.incomingCalls$.next([call]);
      });
    } },
    { name: 'in a dialog', markup: `${CARD.replace(' audio-only', ' audio-only modal')}${SHOW}`, arrange: async (elements) => {
      await widget(() => undefined, connected)(elements);
      show(elements, () => (first(elements).dial as () => Promise<void>).call(elements[0]));
    } }
  ]
};
