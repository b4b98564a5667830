/** What the elements of a call are made of: they know no call. */
import { first, give, LONG, rendered, type Scene, type Scenes } from './scene.js';

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
const SHOW = '\n<button type="button" class="show">Show</button>';
const asks = (attributes: string): Pick<Scene, 'markup' | 'arrange'> => ({
  markup: `<sw-ui-alert ${attributes}></sw-ui-alert>${SHOW}`,
  arrange: (elements) => elements[1]!.addEventListener('click', () => void (first(elements).show as () => Promise<boolean>).call(elements[0]))
});
const BAR = '<sw-ui-control-bar show-screen-share show-hand-raise show-transcript show-settings></sw-ui-control-bar>';
const barItems = () => ({ micDevices: menu, cameraDevices: menu.slice(0, 1), speakerDevices: menu, settingsItems: [{ id: 'echo-cancellation', label: 'Echo Cancellation', selected: true }] });
const TOGGLE = '<sw-ui-split-button label="Mute microphone"><sw-ui-icon slot="inactive" name="mic-on" size="20"></sw-ui-icon><sw-ui-icon slot="active" name="mic-off" size="20"></sw-ui-icon></sw-ui-split-button>';
const pane = (slot: string, text: string): string => `<div slot="${slot}" class="sheet">${text}</div>`;
const LAYOUT = `${pane('video', 'Video')}${pane('floating-video', 'Own')}${pane('controls', 'Controls')}${pane('transcript', 'Transcript')}`;
const ICONS = [
  'backspace', 'camera-off', 'camera-on', 'check-circle', 'chevron-up', 'close', 'copy', 'download', 'fullscreen', 'fullscreen-exit', 'hand-raise', 'info-circle', 'mic-off', 'mic-on', 'person',
  'phone-call', 'phone-end', 'room', 'screen-share', 'screen-share-off', 'send-icon', 'settings', 'speaker-off', 'speaker-on', 'spinner', 'sw-logo', 'transcript'
];
const CONTENT = [
  ['markdown', '## Descaling\n\n1. A spoon of citric acid\n2. Ten minutes\n3. **Rinse**', ''],
  ['code', 'export const minutes = (litres: number) => litres * 8;', 'typescript'],
  ['html', '<h2>Table</h2><table><tr><th>Litres</th><td>1.2</td></tr></table>', ''],
  ['text', 'Plain text,\n  with its blanks.', '']
] as const;
const drawer = (name: string, [format, content, language]: (typeof CONTENT)[number], more: Partial<Scene> = {}): Scene => ({
  name, tall: true, markup: `<div class="drawer"><sw-ui-content-drawer open title="Care: ${name}"></sw-ui-content-drawer></div>`,
  arrange: (elements) => void Object.assign(elements[0]!.firstElementChild!, { format, content, language }),
  ...more
});

export const PARTS: Scenes = {
  'sw-ui-control-bar': [
    { name: 'everything', wide: true, markup: BAR, arrange: give(barItems) },
    { name: 'all switched', wide: true, markup: '<sw-ui-control-bar mic-muted camera-muted speaker-muted screen-sharing hand-raised transcript-active fullscreen show-screen-share show-hand-raise show-transcript></sw-ui-control-bar>' },
    { name: 'plain', wide: true, markup: '<sw-ui-control-bar></sw-ui-control-bar>' },
    { name: 'nothing can be pressed', wide: true, markup: BAR, arrange: give(() => ({ disabledControls: ['mic', 'camera', 'speaker', 'screen-share', 'hand-raise', 'hangup'] })) },
    { name: 'in a small container', width: '15rem', markup: BAR, arrange: give(barItems) },
    { name: 'right to left', wide: true, dir: 'rtl', markup: BAR, arrange: give(barItems) }
  ],
  'sw-ui-split-button': [
    { name: 'push', markup: '<sw-ui-split-button label="Settings"><sw-ui-icon name="settings" size="20"></sw-ui-icon></sw-ui-split-button>' },
    { name: 'toggle', markup: TOGGLE },
    { name: 'toggle, on', markup: TOGGLE.replace('label', 'active="true" label') },
    { name: 'with a menu', markup: TOGGLE, arrange: give(() => ({ items: menu })) },
    { name: 'cannot be pressed', markup: TOGGLE.replace('label', 'disabled label'), arrange: give(() => ({ items: menu })) },
    { name: 'menu open', tall: true, markup: TOGGLE, arrange: async (elements) => {
      give(() => ({ items: menu }))(elements);
      await rendered(first(elements));
      first(elements).shadowRoot!.querySelector<HTMLElement>('[part~=chevron]')!.click();
    } }
  ],
  'sw-ui-dropup': [
    { name: 'open', tall: true, markup: '<sw-ui-dropup open></sw-ui-dropup>', arrange: give(() => ({ items: menu })) },
    { name: 'right to left', dir: 'rtl', tall: true, markup: '<sw-ui-dropup open></sw-ui-dropup>', arrange: give(() => ({ items: menu })) }
  ],
  'sw-ui-dialpad': [
    { name: 'keys', markup: '<sw-ui-dialpad></sw-ui-dialpad>' },
    { name: 'with call button', markup: '<sw-ui-dialpad show-call-button allow-text placeholder="Name or number"></sw-ui-dialpad>' },
    { name: 'a number', markup: '<sw-ui-dialpad show-call-button></sw-ui-dialpad>', arrange: async (elements) => {
      for (const key of first(elements).shadowRoot!.querySelectorAll<HTMLElement>('[part~=key]')) key.click();
      await new Promise((over) => setTimeout(over, 150));
    } },
    { name: 'in a small container', width: '10rem', markup: '<sw-ui-dialpad show-call-button></sw-ui-dialpad>' },
    { name: 'right to left, large text', dir: 'rtl', text: 2, markup: '<sw-ui-dialpad show-call-button></sw-ui-dialpad>' }
  ],
  'sw-ui-alert': [
    { name: 'confirm', ...asks('title="Incoming Call" description="Ada is calling"') },
    { name: 'alert', ...asks('type="alert" title="Call Failed" description="The server cannot be reached."') },
    { name: 'long name', ...asks(`title="Incoming Call" description="${LONG} is calling"`) }
  ],
  'sw-ui-modal': [
    { name: 'closed, opens by its button', markup: `<sw-ui-modal label="A dialog"><p class="sheet">Anything can stand here. Escape closes it.</p></sw-ui-modal>${SHOW}`, arrange: (elements) => {
      elements[1]!.addEventListener('click', () => void (first(elements).open = true));
    } }
  ],
  'sw-ui-responsive-container': [{ name: 'around content', tall: true, markup: '<sw-ui-responsive-container><p class="sheet">Sized to the window.</p></sw-ui-responsive-container>' }],
  'sw-ui-background': [
    { name: 'default', tall: true, markup: '<sw-ui-background default></sw-ui-background>' },
    { name: 'own picture', tall: true, markup: '<sw-ui-background src="/elements/backdrop.svg"></sw-ui-background>' },
    { name: 'picture missing', tall: true, markup: '<sw-ui-background thumbnail="/elements/backdrop.svg" src="data:image/png;base64,AAAA"></sw-ui-background>' }
  ],
  'sw-ui-call-layout': [
    { name: 'with transcript', tall: true, markup: `<sw-ui-call-layout transcript shadow>${LAYOUT}</sw-ui-call-layout>` },
    { name: 'without transcript', tall: true, markup: `<sw-ui-call-layout>${LAYOUT}</sw-ui-call-layout>` },
    { name: 'upright', width: '15rem', tall: true, markup: `<sw-ui-call-layout transcript>${LAYOUT}</sw-ui-call-layout>` },
    { name: 'right to left', dir: 'rtl', tall: true, markup: `<sw-ui-call-layout transcript>${LAYOUT}</sw-ui-call-layout>` },
    { name: 'connecting', tall: true, markup: `<sw-ui-call-layout loading><sw-ui-background default slot="background"></sw-ui-background>${pane('controls', 'Controls')}</sw-ui-call-layout>` }
  ],
  'sw-ui-transcript-view': [
    { name: 'a talk', tall: true, markup: '<sw-ui-transcript-view></sw-ui-transcript-view>', arrange: give(() => ({ entries: talk })) },
    { name: 'empty', tall: true, markup: '<sw-ui-transcript-view empty-text="Nothing said yet"></sw-ui-transcript-view>' },
    { name: 'in a small container', width: '12rem', tall: true, markup: '<sw-ui-transcript-view></sw-ui-transcript-view>', arrange: give(() => ({ entries: talk })) },
    { name: 'right to left', dir: 'rtl', tall: true, markup: '<sw-ui-transcript-view></sw-ui-transcript-view>', arrange: give(() => ({ entries: talk })) },
    { name: 'large text', text: 2, tall: true, markup: '<sw-ui-transcript-view></sw-ui-transcript-view>', arrange: give(() => ({ entries: talk })) }
  ],
  'sw-ui-content-drawer': [
    ...CONTENT.map((content) => drawer(content[0], content)),
    drawer('in a small container', CONTENT[0], { width: '15rem' }),
    drawer('right to left', CONTENT[1], { dir: 'rtl' })
  ],
  'sw-ui-icon': [{ name: 'all', markup: ICONS.map((name) => `<sw-ui-icon name="${name}"></sw-ui-icon>`).join('\n') }]
};
