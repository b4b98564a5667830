/** The choice of devices, and the directory. */
import { device, SimulatedDevices } from '@offhook/web-components/simulation';
import { first, give, LONG, refusing, rendered, type Scenes } from './scene.js';

function devicesOf(change: (devices: SimulatedDevices) => void = () => undefined): SimulatedDevices {
  const devices = new SimulatedDevices();
  change(devices);
  return devices;
}
function none(devices: SimulatedDevices): void {
  for (const list of [devices.audioInputDevices$, devices.audioOutputDevices$, devices.videoInputDevices$]) list.next([]);
}
/** Opens the panel. */
const opened = (devices: () => SimulatedDevices, preview?: string) => async (elements: HTMLElement[]): Promise<void> => {
  const element = first(elements);
  Object.assign(element, { deviceController: devices(), showPreview: preview !== undefined });
  await rendered(element);
  await refusing(async () => {
    element.shadowRoot!.querySelector<HTMLElement>('[part~=button]')!.click();
    await rendered(element);
  }, preview);
};
const SELECTOR = '<sw-device-selector></sw-device-selector>';

const people = [
  { id: '1', name: 'support', displayName: 'Support', type: 'room', channels: { audio: '/public/support?channel=audio', video: '/public/support?channel=video' } },
  { id: '2', name: 'ada', displayName: 'Ada', type: 'person', channels: { audio: '/private/ada?channel=audio', messaging: '/private/ada?channel=messaging' } },
  { id: '3', name: 'long', displayName: LONG, type: 'person', channels: { audio: '/private/long?channel=audio' } }
];
function directory(addresses: unknown[], loading = false) {
  const value = <T>(now: T) => ({ subscribe: (next: (value: T) => void) => (next(now), { unsubscribe: () => undefined }) });
  return { addresses$: value(addresses), loading$: value(loading), hasMore$: value(false), loadMore: async () => undefined };
}
const DIRECTORY = '<sw-directory></sw-directory>';

export const DEVICES: Scenes = {
  'sw-device-selector': [
    { name: 'closed', markup: SELECTOR, arrange: give(() => ({ deviceController: devicesOf() })) },
    { name: 'open', tall: true, height: '27rem', markup: SELECTOR, arrange: opened(() => devicesOf()) },
    { name: 'no devices', markup: SELECTOR, arrange: give(() => ({ deviceController: devicesOf(none) })) },
    { name: 'device missing', tall: true, height: '27rem', markup: SELECTOR, arrange: opened(() => devicesOf(({ videoInputDevices$ }) => videoInputDevices$.next([]))) },
    { name: 'in use elsewhere', tall: true, height: '34rem', markup: '<sw-device-selector show-preview></sw-device-selector>', arrange: opened(() => devicesOf(), 'NotReadableError') },
    { name: 'permission refused', tall: true, height: '34rem', markup: '<sw-device-selector show-preview></sw-device-selector>', arrange: opened(() => devicesOf(), 'NotAllowedError') },
    { name: 'long names, right to left', dir: 'rtl', tall: true, height: '34rem', markup: SELECTOR, arrange: opened(() => devicesOf(({ audioInputDevices$ }) => audioInputDevices$.next([device('audioinput', 'x', LONG), device('audioinput', 'y', `${LONG} (2)`)]))) },
    { name: 'large text', text: 2, tall: true, height: '52rem', markup: SELECTOR, arrange: opened(() => devicesOf()) }
  ],
  'sw-directory': [
    { name: 'people and rooms', markup: DIRECTORY, arrange: give(() => ({ directory: directory(people) })) },
    { name: 'one chosen', markup: DIRECTORY, arrange: async (elements) => {
      give(() => ({ directory: directory(people) }))(elements);
      await rendered(first(elements));
      first(elements).shadowRoot!.querySelector<HTMLElement>('[part~=item]')!.click();
    } },
    { name: 'loading', markup: DIRECTORY, arrange: give(() => ({ directory: directory([], true) })) },
    { name: 'empty', markup: DIRECTORY, arrange: give(() => ({ directory: directory([]) })) },
    { name: 'in a small container', width: '13rem', markup: DIRECTORY, arrange: give(() => ({ directory: directory(people) })) },
    { name: 'right to left', dir: 'rtl', markup: DIRECTORY, arrange: give(() => ({ directory: directory(people) })) },
    { name: 'large text', text: 2, markup: DIRECTORY, arrange: give(() => ({ directory: directory(people) })) }
  ]
};
