/** Each element where all of it is to be seen, and what a person does there. */
import type { Locator, Page } from '@playwright/test';

export interface Act {
  /** What a person does; the element is on the page and arranged. */
  act: (element: Locator, page: Page) => Promise<unknown>;
  /** What the event then carries. */
  detail: unknown;
}
export interface Situation {
  markup: string;
  /** Runs in the page, with the element. */
  arrange?: (element: any) => unknown;
  events?: Record<string, Act>;
  /** Before parts are looked for. */
  before?: (element: Locator, page: Page) => Promise<unknown>;
  /** Parts and slots that are to be seen here. */
  parts?: string[];
  slots?: string[];
}
const press = (name: string | RegExp) => (element: Locator): Promise<void> => element.getByRole('button', { name, exact: true }).click();
const choose = (menu: string, role: 'menuitemradio' | 'menuitemcheckbox' | 'menuitem', entry: string) => async (element: Locator): Promise<void> => {
  await element.getByRole('button', { name: menu, exact: true }).click();
  await element.getByRole(role, { name: entry }).click();
};
const provide = (element: any): void => {
  const provider = element.closest('sw-call-provider');
  provider.call = new sim.SimulatedCall({ capabilities: ['self', 'member', 'screenshare'] });
  provider.deviceController = new sim.SimulatedDevices();
};
const meet = (element: any): void => {
  element.closest('sw-call-provider').call = new sim.SimulatedCall({
    others: [new sim.SimulatedParticipant('ada', 'Ada')],
    localStream: sim.picture('#123456', 64, 36),
    layoutLayers: [
      { member_id: 'self', x: 0, y: 0, width: 50, height: 100, visible: true },
      { member_id: 'ada', x: 50, y: 0, width: 50, height: 100, visible: true }
    ]
  });
};
const BAR: Record<string, Act> = {
  'sw-mic-toggle': { act: press('Mute microphone'), detail: { muted: true } },
  'sw-camera-toggle': { act: press('Turn camera off'), detail: { muted: true } },
  'sw-speaker-toggle': { act: press('Mute sound'), detail: { muted: true } },
  'sw-device-change': { act: choose('Choose microphone', 'menuitemradio', 'Headset microphone'), detail: { kind: 'mic', deviceId: 'mic-2', label: 'Headset microphone' } },
  'sw-fullscreen-toggle': { act: press('Fullscreen'), detail: { fullscreen: true } },
  'sw-screen-share-toggle': { act: press('Share screen'), detail: { active: true } },
  'sw-hand-raise-toggle': { act: press('Raise hand'), detail: { raised: true } },
  'sw-transcript-toggle': { act: press('Transcript'), detail: null },
  'sw-settings-change': { act: choose('Settings', 'menuitemcheckbox', 'Auto Gain'), detail: { settingId: 'auto-gain' } },
  'sw-call-hangup': { act: press('Hang up'), detail: null }
};
const PAD: Record<string, Act> = {
  'sw-digit-press': { act: press(/^5/), detail: { digit: '5', digits: '5' } },
  'sw-dialpad-backspace': { act: async (element) => {
    await press(/^5/)(element);
    await element.getByRole('button', { name: /^Delete last digit/ }).click();
  }, detail: { digits: '' } },
  'sw-dialpad-input': { act: (element) => element.getByRole('textbox').fill('ada'), detail: { digits: 'ada' } },
  'sw-dial': { act: async (element) => {
    await press(/^5/)(element);
    await element.getByRole('textbox').press('Enter');
  }, detail: { digits: '5' } }
};
const PAD_PARTS = ['container', 'display', 'keypad', 'key', 'key-pressed', 'call-button'];
const client = (element: any): void => void (element.client = new sim.SimulatedClient());
const calls = async (element: any): Promise<void> => {
  element.client = new sim.SimulatedClient();
  element.client.next = () => new sim.SimulatedCall({ status: 'connected' });
  await element.dial();
};
/** In the page: an event reaches the call of the widget. */
const receive = (params: unknown) => (element: Locator): Promise<unknown> =>
  element.evaluate((host, params) => {
    const widget = (host.localName === 'sw-call-widget' ? host : host.shadowRoot!.querySelector('sw-call-widget')) as any;
    widget.client.dialled[0].call.event('user_event', params);
  }, params as Record<string, unknown>);
const CONTENT = { content: '# Title', format: 'markdown', title: 'Doc', language: 'python' };
const endIt = (element: Locator): Promise<unknown> =>
  element.evaluate((host) => {
    const widget = (host.localName === 'sw-call-widget' ? host : host.shadowRoot!.querySelector('sw-call-widget')) as any;
    widget.client.dialled[0].call.end('remote');
  });
/** A button whose widget has a simulated client, in a call. */
const viaButton = async (element: Locator, page: Page): Promise<void> => {
  // The page has the widget already, with the simulated world.
  await page.route('**/offhook-widget.mjs', (route) => route.fulfill({ contentType: 'text/javascript', body: 'export const preload = () => undefined;' }));
  await element.getByRole('button', { name: 'Talk', exact: true }).click();
  await element.getByRole('button', { name: 'Close' }).click();
  await element.evaluate((host: any) => {
    const widget = host.shadowRoot.querySelector('sw-call-widget');
    widget.client = new (globalThis as any).sim.SimulatedClient();
    widget.client.next = () => new (globalThis as any).sim.SimulatedCall({ status: 'connected' });
    host.destination = '/public/support';
  });
  await element.getByRole('button', { name: 'Talk', exact: true }).click();
  await element.getByRole('button', { name: 'Hang up', exact: true }).waitFor();
};
const after = (first: (element: Locator, page: Page) => Promise<unknown>, second: (element: Locator, page: Page) => Promise<unknown>): Act['act'] => async (element, page) => {
  await first(element, page);
  await second(element, page);
};
const people = (element: any): void => {
  const value = (now: unknown) => ({ subscribe: (next: (value: unknown) => void) => (next(now), { unsubscribe: () => undefined }) });
  element.directory = { addresses$: value([{ id: '1', name: 'ada', displayName: 'Ada', type: 'person' }]), loading$: value(false), hasMore$: value(false), loadMore: async () => undefined };
};
const ADA = { address: { id: '1', name: 'ada', displayName: 'Ada', type: 'person' } };
const MEMBER = { participant: { id: 'ada' }, memberId: 'ada' };
const fromMenu = (entry: string): Act['act'] => async (element) => {
  await element.getByRole('button', { name: 'Participant menu' }).click();
  await element.getByRole('menuitem', { name: entry, exact: true }).click();
};
const ITEMS = [{ id: 'a', label: 'One' }, { id: 'b', label: 'Two' }];
const giveItems = (element: any): void => void (element.items = [{ id: 'a', label: 'One' }, { id: 'b', label: 'Two' }]);
const TOGGLE = '<span slot="active">on</span><span slot="inactive">off</span>';
const outside = async (_element: Locator, page: Page): Promise<void> => page.mouse.click(5, 5);
const within = (inner: string): string => `<sw-call-provider><div data-style="position: relative; block-size: 300px; inline-size: 900px; margin: 250px auto 0">${inner}</div></sw-call-provider>`;

/** By tag; an element of whose events, slots and parts one is missing here fails its test. */
export const SITUATIONS: Record<string, Situation[]> = {
  'sw-audio-level': [{ markup: '<sw-audio-level></sw-audio-level>', arrange: (element) => void (element.stream = sim.tone(900, 0.9)), parts: ['container', 'bar', 'bar-active'] }],
  'sw-call-controls': [{ markup: within('<sw-call-controls show-transcript></sw-call-controls>'), arrange: provide, events: BAR, parts: ['bar', 'logo', 'button', 'chevron'] }],
  'sw-call-dialpad': [
    { markup: '<sw-call-dialpad show-call-button allow-text></sw-call-dialpad>', arrange: (element) => void (element.call = new sim.SimulatedCall()), events: PAD, before: (element) => press(/^5/)(element), parts: PAD_PARTS }
  ],
  'sw-call-media': [{ markup: within('<sw-call-media><i>over it</i></sw-call-media>'), arrange: provide, parts: ['container', 'video'], slots: [''] }],
  'sw-call-provider': [{ markup: '<sw-call-provider><i>inside</i></sw-call-provider>', slots: [''] }],
  'sw-call-status': [{ markup: within('<sw-call-status></sw-call-status>'), arrange: provide, parts: ['container', 'status-text', 'duration'] }],
  'sw-call-widget': [
    { markup: '<sw-call-widget destination="/public/x"><button>Go</button></sw-call-widget>', arrange: client, slots: [''], events: { 'sw-dial': { act: press('Go'), detail: { destination: '/public/x' } } } },
    { markup: '<sw-call-widget destination="/public/x"><i slot="background">behind</i></sw-call-widget>', arrange: calls, slots: ['background'], events: {
      'sw-call-ended': { act: endIt, detail: { status: 'disconnected' } },
      'sw-call-hangup': { act: press('Hang up'), detail: null },
      'sw-display-content': { act: receive({ type: 'display_content', ...CONTENT }), detail: CONTENT },
      'signalwire-address:event': { act: receive({ type: 'greeting', words: ['hi'] }), detail: { type: 'greeting', words: ['hi'] } },
      'sw-content-drawer-close': { act: after(receive({ type: 'display_content', ...CONTENT }), (element) => element.locator('sw-ui-content-drawer').getByRole('button', { name: 'Close' }).click()), detail: null }
    } },
    { markup: '<sw-call-widget modal audio-only destination="/public/x"></sw-call-widget>', arrange: calls, events: { 'sw-modal-close': { act: (_element, page) => page.keyboard.press('Escape'), detail: null } } }
  ],
  'sw-click-to-call': [{ markup: '<sw-click-to-call label="Talk" audio-only></sw-click-to-call>', parts: ['button'], events: {
    'sw-dial': { act: viaButton, detail: { destination: '/public/support' } },
    'sw-call-ended': { act: after(viaButton, endIt), detail: { status: 'disconnected' } },
    'sw-call-hangup': { act: after(viaButton, press('Hang up')), detail: null },
    'sw-display-content': { act: after(viaButton, receive({ type: 'display_content', ...CONTENT })), detail: CONTENT },
    'signalwire-address:event': { act: after(viaButton, receive({ type: 'greeting' })), detail: { type: 'greeting' } }
  } }],
  'sw-device-selector': [{
    markup: '<div data-style="margin-block-start: 700px"><sw-device-selector show-preview></sw-device-selector></div>',
    arrange: async (element) => {
      // Real devices of the browser: the previews want them.
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
      for (const track of stream.getTracks()) track.stop();
      const real = await navigator.mediaDevices.enumerateDevices();
      const devices = new sim.SimulatedDevices();
      const of = (kind: string) => real.filter((one) => one.kind === kind);
      devices.audioInputDevices$.next(of('audioinput'));
      devices.videoInputDevices$.next(of('videoinput'));
      devices.selectedAudioInputDevice$.next(of('audioinput')[0]!);
      devices.selectedVideoInputDevice$.next(of('videoinput')[0]!);
      element.deviceController = devices;
    },
    events: { 'sw-device-change': { act: async (element) => {
      await press('Device settings')(element);
      await element.getByRole('option', { name: 'Headset', exact: true }).click();
    }, detail: { type: 'speaker', device: { deviceId: 'out-2' } } } },
    before: press('Device settings'),
    parts: ['button', 'preview-camera', 'preview-mic', 'preview-speaker', 'test-speaker-button']
  }],
  'sw-directory': [{ markup: '<sw-directory></sw-directory>', arrange: people, before: (element) => element.getByRole('option').click(), parts: ['container', 'search', 'list', 'item', 'item-selected', 'item-name', 'item-type'], events: {
    'sw-address-select': { act: (element) => element.getByRole('option').click(), detail: ADA },
    'sw-dial': { act: (element) => element.getByRole('option').dblclick(), detail: ADA }
  } }],
  'sw-local-camera': [{ markup: '<sw-local-camera video-muted></sw-local-camera>', parts: ['video', 'placeholder'] }],
  'sw-participant-controls': [{ markup: '<sw-call-provider><sw-participant-controls participant-id="ada" show-volume show-pin></sw-participant-controls></sw-call-provider>', arrange: meet, parts: ['panel', 'name'], events: {
    'sw-participant-volume-change': { act: (element) => element.getByRole('slider').fill('40'), detail: { participantId: 'ada', volume: 40 } },
    'sw-participant-pin-toggle': { act: press('Pin'), detail: { participantId: 'ada', pinned: true } }
  } }],
  'sw-participants': [{ markup: within('<sw-participants><i>free</i><i slot="controls-ada">for Ada</i></sw-participants>'), arrange: meet, before: press('Participant menu'), parts: ['overlay', 'menu-trigger'], slots: ['', 'controls-ada'], events: {
    'sw-participant-mute-audio': { act: fromMenu('Mute audio'), detail: MEMBER },
    'sw-participant-mute-video': { act: fromMenu('Disable video'), detail: MEMBER },
    'sw-participant-remove': { act: fromMenu('Remove participant'), detail: MEMBER }
  } }],
  'sw-self-media': [{ markup: within('<sw-self-media></sw-self-media>'), arrange: meet, parts: ['container', 'video'] }],
  'sw-ui-alert': [{ markup: '<sw-ui-alert title="Well?"><i>body</i></sw-ui-alert>', arrange: (element) => void element.show(), slots: [''] }],
  'sw-ui-background': [{ markup: '<sw-ui-background default></sw-ui-background>', parts: ['thumb', 'image'] }],
  'sw-ui-call-layout': [{
    markup: `<div data-style="block-size: 400px; inline-size: 800px"><sw-ui-call-layout transcript>${['video', 'background', 'floating-video', 'controls', 'transcript'].map((name) => `<i slot="${name}">${name}</i>`).join('')}</sw-ui-call-layout></div>`,
    slots: ['video', 'background', 'floating-video', 'controls', 'transcript']
  }],
  'sw-ui-content-drawer': [{ markup: '<sw-ui-content-drawer open title="Doc" content="text"></sw-ui-content-drawer>', parts: ['panel', 'header', 'title', 'body'], events: { 'sw-content-drawer-close': { act: press('Close'), detail: null } } }],
  'sw-ui-control-bar': [{
    markup: '<div data-style="margin-block-start: 300px"><sw-ui-control-bar show-screen-share show-hand-raise show-transcript show-settings></sw-ui-control-bar></div>',
    arrange: (element) => void Object.assign(element, { micDevices: [{ id: 'mic-1', label: 'Desk microphone' }, { id: 'mic-2', label: 'Headset microphone' }], settingsItems: [{ id: 'auto-gain', label: 'Auto Gain' }] }),
    events: BAR, parts: ['bar', 'logo']
  }],
  'sw-ui-dialpad': [{ markup: '<sw-ui-dialpad show-call-button allow-text></sw-ui-dialpad>', events: PAD, before: (element) => press(/^5/)(element), parts: PAD_PARTS }],
  'sw-ui-dropup': [{ markup: '<div data-style="margin: 300px"><sw-ui-dropup open></sw-ui-dropup></div>', arrange: giveItems, parts: ['menu', 'item'], events: {
    'sw-dropup-select': { act: (element) => element.getByText('Two').click(), detail: { ...ITEMS[1], selected: true } },
    'sw-dropup-close': { act: outside, detail: null }
  } }],
  'sw-ui-icon': [{ markup: '<sw-ui-icon name="copy"></sw-ui-icon>' }],
  'sw-ui-modal': [{ markup: '<sw-ui-modal open aria-label="A dialog"><i>content</i></sw-ui-modal>', parts: ['dialog', 'backdrop', 'panel'], slots: [''], events: { 'sw-modal-close': { act: (_element, page) => page.keyboard.press('Escape'), detail: null } } }],
  'sw-ui-responsive-container': [{ markup: '<sw-ui-responsive-container><i>sized</i></sw-ui-responsive-container>', slots: [''] }],
  'sw-ui-split-button': [
    { markup: `<div data-style="margin: 300px"><sw-ui-split-button label="Talk">${TOGGLE}</sw-ui-split-button></div>`, arrange: giveItems, parts: ['button', 'chevron'], slots: ['inactive'], events: {
      'sw-split-button-toggle': { act: press('Talk'), detail: true },
      'sw-dropup-select': { act: async (element) => {
        await element.locator('[part~=chevron]').click();
        await element.getByText('Two').click();
      }, detail: { ...ITEMS[1], selected: true } },
      'sw-dropup-close': { act: async (element, page) => {
        await element.locator('[part~=chevron]').click();
        await outside(element, page);
      }, detail: null }
    } },
    { markup: `<sw-ui-split-button active="true" label="Talk">${TOGGLE}</sw-ui-split-button>`, slots: ['active'] },
    { markup: '<sw-ui-split-button label="Talk"><i>talk</i></sw-ui-split-button>', parts: ['button'], slots: [''], events: { 'sw-split-button-click': { act: press('Talk'), detail: null } } }
  ],
  'sw-ui-transcript-view': [
    { markup: '<sw-ui-transcript-view empty-text="Nothing yet"></sw-ui-transcript-view>', parts: ['empty'] },
    { markup: '<sw-ui-transcript-view></sw-ui-transcript-view>', arrange: (element) => void (element.entries = ['user', 'agent', 'system'].map((type, at) => ({ id: String(at), type, state: 'complete', text: type, meta: { code: { language: 'ts', content: 'let a' } } }))),
      parts: ['header', 'download-btn', 'messages', 'bubble', 'bubble-user', 'bubble-agent', 'bubble-system', 'code'] }
  ]
};
