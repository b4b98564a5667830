/** Every element in the states that a person meets, on simulated calls. */
import { device, picture, SimulatedCall, SimulatedClient, SimulatedDevices, SimulatedParticipant, SimulatedSelf, tone } from '@offhook/web-components/simulation';

export interface Scene {
  name: string;
  /** What a page would write. */
  markup: string;
  /** What a page's script would do. */
  arrange?: (elements: HTMLElement[]) => void | Promise<void>;
  /** The scene needs room: a picture, a menu that opens upward. */
  tall?: boolean;
}
type Loose = HTMLElement & Record<string, unknown>;
const first = (elements: HTMLElement[]): Loose => elements[0] as Loose;
const give = (values: () => Record<string, unknown>) => (elements: HTMLElement[]) => void Object.assign(first(elements), values());
const LONG = 'Bartholomew Featherstonehaugh-Cholmondeley of the Northern Department for Returned Kettles';

const STATUSES = ['new', 'trying', 'ringing', 'connecting', 'connected', 'recovering', 'disconnecting', 'disconnected', 'failed', 'destroyed'] as const;
const withStatus = (tag: string) => STATUSES.map((status): Scene => ({
  name: status, markup: `<${tag}></${tag}>`, arrange: give(() => ({ call: new SimulatedCall({ status }) }))
}));

function meeting(): SimulatedCall {
  const others = [new SimulatedParticipant('ada', 'Ada'), new SimulatedParticipant('grace', 'Grace')];
  return new SimulatedCall({
    others,
    remoteStream: picture('#2b4a6f'),
    localStream: picture('#4f6b2f', 320, 180),
    layoutLayers: [
      { member_id: 'self', x: 0, y: 0, width: 50, height: 100, visible: true },
      { member_id: 'ada', x: 50, y: 0, width: 50, height: 50, visible: true },
      { member_id: 'grace', x: 50, y: 50, width: 50, height: 50, visible: true }
    ]
  });
}

/** A provider around the markup, with a call and devices. */
const provided = (inner: string): string => `<sw-call-provider>${inner}</sw-call-provider>`;
const provide = (call: () => SimulatedCall) => (elements: HTMLElement[]) =>
  void Object.assign(first(elements), { call: call(), deviceController: new SimulatedDevices() });

/** A widget whose client is simulated, brought to a state. */
function widget(reach: (client: SimulatedClient, element: Loose) => void | Promise<void>, prepare: (client: SimulatedClient) => void = () => undefined) {
  return async (elements: HTMLElement[]) => {
    const client = new SimulatedClient();
    prepare(client);
    const element = first(elements);
    Object.assign(element, { client });
    await (element.updateComplete as Promise<unknown>);
    await reach(client, element);
  };
}
const dial = async (_client: SimulatedClient, element: Loose): Promise<void> => (element.dial as () => Promise<void>).call(element);
const WIDGET = '<sw-call-widget destination="/public/support" heading="Support" audio-only></sw-call-widget>';
const STAGE = '<sw-call-widget destination="/public/support" heading="Support" transcription></sw-call-widget>';
const calling = (scene: ConstructorParameters<typeof SimulatedCall>[0]) => (client: SimulatedClient): void => void (client.next = () => new SimulatedCall(scene));

const people = [
  { id: '1', name: 'support', displayName: 'Support', type: 'room', channels: { audio: '/public/support?channel=audio', video: '/public/support?channel=video' } },
  { id: '2', name: 'ada', displayName: 'Ada', type: 'person', channels: { audio: '/private/ada?channel=audio', messaging: '/private/ada?channel=messaging' } },
  { id: '3', name: 'long', displayName: LONG, type: 'person', channels: { audio: '/private/long?channel=audio' } }
];
function directory(addresses: unknown[], loading = false) {
  const value = <T>(now: T) => ({ subscribe: (next: (value: T) => void) => (next(now), { unsubscribe: () => undefined }) });
  return { addresses$: value(addresses), loading$: value(loading), hasMore$: value(false), loadMore: async () => undefined };
}
const talk = [
  { id: '1', type: 'agent', state: 'complete', text: 'Good morning, how can I help?' },
  { id: '2', type: 'user', state: 'complete', text: 'My kettle sings, but off key.' },
  { id: '3', type: 'system', state: 'complete', text: 'Care instructions' },
  {
    id: '4', type: 'agent', state: 'complete', text: 'This usually helps:',
    meta: { code: { language: 'bash', content: 'descale --with citric-acid --minutes 10' }, links: [{ label: 'The manual', url: 'https://example.com/manual' }] }
  },
  { id: '5', type: 'user', state: 'partial', text: 'I will try' }
];
const menu = [{ id: 'a', label: 'Desk microphone', selected: true }, { id: 'b', label: 'Headset microphone' }, { id: 'c', label: LONG }];
const media = (more = '') => `<sw-call-media${more}></sw-call-media>`;

export const SCENES: Record<string, Scene[]> = {
  'sw-click-to-call': [
    { name: 'idle', markup: '<sw-click-to-call token="c2c_…" label="Talk to us" audio-only></sw-click-to-call>' },
    { name: 'long label', markup: `<sw-click-to-call label="${LONG}"></sw-click-to-call>` },
    { name: 'busy', markup: '<sw-click-to-call label="Talk to us"></sw-click-to-call>', arrange: give(() => ({ busy: true })) },
    { name: 'not loaded', markup: '<sw-click-to-call label="Talk to us"></sw-click-to-call>', arrange: give(() => ({ fault: true })) }
  ],
  'sw-call-widget': [
    { name: 'idle', markup: '<sw-call-widget destination="/public/support"><button>Call us</button></sw-call-widget>', arrange: widget(() => undefined) },
    { name: 'connecting', markup: WIDGET, arrange: widget((client, element) => void dial(client, element), (client) => client.isConnected$.next(false)) },
    { name: 'ringing', markup: WIDGET, arrange: widget(dial, calling({ status: 'ringing' })) },
    { name: 'in call', markup: WIDGET, arrange: widget(dial, calling({ status: 'connected', remoteStream: tone(440, 0) })) },
    { name: 'muted', markup: WIDGET, arrange: widget(async (client, element) => {
      await dial(client, element);
      await client.dialled[0]!.call.self$.value!.mute();
    }, calling({ status: 'connected' })) },
    { name: 'on hold', markup: WIDGET, arrange: widget(async (client, element) => {
      await dial(client, element);
      await client.dialled[0]!.call.toggleHold();
    }, calling({ status: 'connected' })) },
    { name: 'weak network', markup: WIDGET, arrange: widget(async (client, element) => {
      await dial(client, element);
      client.dialled[0]!.call.isNetworkHealthy$.next(false);
    }, calling({ status: 'connected' })) },
    { name: 'reconnecting', markup: WIDGET, arrange: widget(dial, calling({ status: 'recovering' })) },
    { name: 'ended', markup: WIDGET, arrange: widget(async (client, element) => {
      await dial(client, element);
      client.dialled[0]!.call.end('remote');
    }, calling({ status: 'connected' })) },
    { name: 'nobody answered', markup: WIDGET, arrange: widget(async (client, element) => {
      await dial(client, element);
      client.dialled[0]!.call.end('remote', 'NO_ANSWER');
    }, calling({ status: 'ringing' })) },
    { name: 'microphone refused', markup: WIDGET, arrange: widget(dial, (client) => {
      client.next = () => {
        throw new DOMException('denied', 'NotAllowedError');
      };
    }) },
    { name: 'no microphone', markup: WIDGET, arrange: widget(dial, (client) => {
      client.next = () => {
        throw new DOMException('none', 'NotFoundError');
      };
    }) },
    { name: 'picture', tall: true, markup: STAGE, arrange: widget(async (client, element) => {
      await dial(client, element);
      const { call } = client.dialled[0]!;
      call.event('ai.completion', { text: 'Good morning, how can I help?' });
      call.event('ai.speech_detect', { text: 'My kettle sings, but off key.' });
    }, (client) => void (client.next = meeting)) },
    { name: 'content from the agent', tall: true, markup: STAGE, arrange: widget(async (client, element) => {
      await dial(client, element);
      client.dialled[0]!.call.event('user_event', { type: 'display_content', format: 'markdown', title: 'Care', content: '## Descaling\n\n1. A spoon of citric acid\n2. Ten minutes\n3. **Rinse**' });
    }, (client) => void (client.next = meeting)) }
  ],
  'sw-call-status': withStatus('sw-call-status'),
  'sw-call-controls': [
    { name: 'in call', tall: true, markup: provided('<sw-call-controls show-transcript></sw-call-controls>'), arrange: provide(() => new SimulatedCall()) },
    { name: 'all on', tall: true, markup: provided('<sw-call-controls show-transcript transcript-active></sw-call-controls>'), arrange: provide(() => {
      const self = new SimulatedSelf('self', 'You');
      for (const value of [self.audioMuted$, self.videoMuted$, self.deaf$, self.handraised$]) value.next(true);
      self.screenShareStatus$.next('started');
      return new SimulatedCall({ self });
    }) },
    { name: 'nothing allowed', markup: provided('<sw-call-controls></sw-call-controls>'), arrange: provide(() => new SimulatedCall({ capabilities: [] })) }
  ],
  'sw-call-dialpad': [
    { name: 'in call', markup: '<sw-call-dialpad></sw-call-dialpad>', arrange: give(() => ({ call: new SimulatedCall() })) },
    { name: 'not connected', markup: '<sw-call-dialpad show-call-button></sw-call-dialpad>', arrange: give(() => ({ call: new SimulatedCall({ status: 'ringing' }) })) }
  ],
  'sw-call-media': [
    { name: 'picture', tall: true, markup: media(), arrange: give(() => ({ stream: picture('#2b4a6f') })) },
    { name: 'nothing yet', tall: true, markup: media() },
    { name: 'with participants', tall: true, markup: provided('<sw-call-media><sw-participants></sw-participants></sw-call-media>'), arrange: provide(meeting) }
  ],
  'sw-local-camera': [
    { name: 'picture', markup: '<sw-local-camera mirror></sw-local-camera>', arrange: give(() => ({ stream: picture('#4f6b2f', 320, 180) })) },
    { name: 'off', markup: '<sw-local-camera video-muted></sw-local-camera>', arrange: give(() => ({ stream: picture('#4f6b2f', 320, 180) })) },
    { name: 'portrait', markup: '<sw-local-camera></sw-local-camera>', arrange: give(() => ({ stream: picture('#6f2b4a', 180, 320) })) }
  ],
  'sw-self-media': [
    { name: 'in its place', tall: true, markup: provided('<sw-call-media><sw-self-media mirror></sw-self-media></sw-call-media>'), arrange: provide(meeting) }
  ],
  'sw-participants': [
    { name: 'two others', tall: true, markup: provided('<sw-call-media><sw-participants></sw-participants></sw-call-media>'), arrange: provide(meeting) }
  ],
  'sw-participant-controls': [
    { name: 'everything allowed', markup: provided('<sw-participant-controls participant-id="ada" show-volume show-pin></sw-participant-controls>'), arrange: provide(meeting) },
    { name: 'muted', markup: provided('<sw-participant-controls participant-id="ada"></sw-participant-controls>'), arrange: provide(() => {
      const ada = new SimulatedParticipant('ada', 'Ada');
      ada.audioMuted$.next(true);
      return new SimulatedCall({ others: [ada] });
    }) },
    { name: 'long name', markup: provided('<sw-participant-controls participant-id="long"></sw-participant-controls>'), arrange: provide(() => new SimulatedCall({ others: [new SimulatedParticipant('long', LONG)] })) },
    { name: 'nothing allowed', markup: provided('<sw-participant-controls participant-id="other"></sw-participant-controls>'), arrange: provide(() => new SimulatedCall({ capabilities: [] })) },
    { name: 'gone', markup: provided('<sw-participant-controls participant-id="nobody"></sw-participant-controls>'), arrange: provide(meeting) }
  ],
  'sw-call-provider': [
    { name: 'feeds what is inside', tall: true, markup: provided('<sw-call-status></sw-call-status><sw-call-controls></sw-call-controls>'), arrange: provide(() => new SimulatedCall()) }
  ],
  'sw-audio-level': [
    { name: 'silent', markup: '<sw-audio-level></sw-audio-level>' },
    { name: 'tone', markup: '<sw-audio-level bars="9" orientation="horizontal" maxsize="22"></sw-audio-level>', arrange: give(() => ({ stream: tone(900, 0.6) })) }
  ],
  'sw-device-selector': [
    { name: 'devices', tall: true, markup: '<sw-device-selector></sw-device-selector>', arrange: give(() => ({ deviceController: new SimulatedDevices() })) },
    { name: 'no devices', markup: '<sw-device-selector></sw-device-selector>', arrange: give(() => {
      const none = new SimulatedDevices();
      for (const list of [none.audioInputDevices$, none.audioOutputDevices$, none.videoInputDevices$]) list.next([]);
      return { deviceController: none };
    }) },
    { name: 'long names', tall: true, markup: '<sw-device-selector></sw-device-selector>', arrange: give(() => {
      const devices = new SimulatedDevices();
      devices.audioInputDevices$.next([device('audioinput', 'x', LONG)]);
      return { deviceController: devices };
    }) }
  ],
  'sw-directory': [
    { name: 'people and rooms', markup: '<sw-directory></sw-directory>', arrange: give(() => ({ directory: directory(people) })) },
    { name: 'loading', markup: '<sw-directory></sw-directory>', arrange: give(() => ({ directory: directory([], true) })) },
    { name: 'empty', markup: '<sw-directory></sw-directory>', arrange: give(() => ({ directory: directory([]) })) }
  ],
  'sw-ui-control-bar': [
    { name: 'everything', tall: true, markup: '<sw-ui-control-bar show-screen-share show-hand-raise show-transcript show-settings></sw-ui-control-bar>', arrange: give(() => ({
      micDevices: menu, cameraDevices: menu.slice(0, 1), speakerDevices: menu, settingsItems: [{ id: 'echo-cancellation', label: 'Echo Cancellation', selected: true }]
    })) },
    { name: 'all switched', markup: '<sw-ui-control-bar mic-muted camera-muted speaker-muted screen-sharing hand-raised transcript-active fullscreen show-screen-share show-hand-raise show-transcript></sw-ui-control-bar>' },
    { name: 'plain', markup: '<sw-ui-control-bar></sw-ui-control-bar>' }
  ],
  'sw-ui-split-button': [
    { name: 'push', markup: '<sw-ui-split-button aria-label="Settings"><sw-ui-icon name="settings" size="20"></sw-ui-icon></sw-ui-split-button>' },
    { name: 'toggle with menu', tall: true, markup: '<sw-ui-split-button aria-label="Mute microphone"><sw-ui-icon slot="inactive" name="mic-on" size="20"></sw-ui-icon><sw-ui-icon slot="active" name="mic-off" size="20"></sw-ui-icon></sw-ui-split-button>', arrange: give(() => ({ items: menu })) }
  ],
  'sw-ui-dropup': [
    { name: 'open', tall: true, markup: '<sw-ui-dropup open></sw-ui-dropup>', arrange: give(() => ({ items: menu })) }
  ],
  'sw-ui-dialpad': [
    { name: 'keys', markup: '<sw-ui-dialpad></sw-ui-dialpad>' },
    { name: 'with call button', markup: '<sw-ui-dialpad show-call-button allow-text placeholder="Name or number"></sw-ui-dialpad>' }
  ],
  'sw-ui-alert': [
    { name: 'confirm', markup: '<sw-ui-alert title="Incoming Call" description="Ada is calling"></sw-ui-alert><button>Show</button>', arrange: (elements) => {
      elements[1]!.addEventListener('click', () => void (first(elements).show as () => Promise<boolean>).call(elements[0]));
    } },
    { name: 'alert', markup: '<sw-ui-alert type="alert" title="Call Failed" description="The server cannot be reached."></sw-ui-alert><button>Show</button>', arrange: (elements) => {
      elements[1]!.addEventListener('click', () => void (first(elements).show as () => Promise<boolean>).call(elements[0]));
    } }
  ],
  'sw-ui-modal': [
    { name: 'closed', markup: '<sw-ui-modal aria-label="A dialog"><p class="sheet">Anything can stand here. Escape closes it.</p></sw-ui-modal><button>Open</button>', arrange: (elements) => {
      elements[1]!.addEventListener('click', () => void (first(elements).open = true));
    } }
  ],
  'sw-ui-responsive-container': [{ name: 'around content', tall: true, markup: '<sw-ui-responsive-container><p class="sheet">Sized to the window.</p></sw-ui-responsive-container>' }],
  'sw-ui-background': [
    { name: 'default', tall: true, markup: '<sw-ui-background default></sw-ui-background>' }
  ],
  'sw-ui-call-layout': [
    { name: 'with transcript', tall: true, markup: '<sw-ui-call-layout transcript shadow><div slot="video" class="sheet">Video</div><div slot="floating-video" class="sheet">Own</div><div slot="controls" class="sheet">Controls</div><div slot="transcript" class="sheet">Transcript</div></sw-ui-call-layout>' },
    { name: 'loading', tall: true, markup: '<sw-ui-call-layout loading><sw-ui-background default slot="background"></sw-ui-background><div slot="controls" class="sheet">Controls</div></sw-ui-call-layout>' }
  ],
  'sw-ui-transcript-view': [
    { name: 'a talk', tall: true, markup: '<sw-ui-transcript-view></sw-ui-transcript-view>', arrange: give(() => ({ entries: talk })) },
    { name: 'empty', tall: true, markup: '<sw-ui-transcript-view empty-text="Nothing said yet"></sw-ui-transcript-view>' }
  ],
  'sw-ui-content-drawer': (
    [
      ['markdown', '## Descaling\n\n1. A spoon of citric acid\n2. Ten minutes\n3. **Rinse**', ''],
      ['code', 'export const minutes = (litres: number) => litres * 8;', 'typescript'],
      ['html', '<h2>Table</h2><table><tr><th>Litres</th><td>1.2</td></tr></table>', ''],
      ['text', 'Plain text,\n  with its blanks.', '']
    ] as const
  ).map(([format, content, language]) => ({
    name: format, tall: true, markup: '<div class="drawer"><sw-ui-content-drawer open title="Care"></sw-ui-content-drawer></div>',
    arrange: (elements: HTMLElement[]) => void Object.assign(elements[0]!.firstElementChild!, { format, content, language })
  })),
  'sw-ui-icon': [
    { name: 'all', markup: ['backspace', 'camera-off', 'camera-on', 'check-circle', 'chevron-up', 'close', 'copy', 'download', 'fullscreen', 'fullscreen-exit', 'hand-raise', 'info-circle', 'mic-off', 'mic-on', 'person', 'phone-call', 'phone-end', 'room', 'screen-share', 'screen-share-off', 'send-icon', 'settings', 'speaker-off', 'speaker-on', 'spinner', 'sw-logo', 'transcript'].map((name) => `<sw-ui-icon name="${name}"></sw-ui-icon>`).join('\n') }
  ]
};
