/** The states of a call that a person meets, as calls and devices that are in them. */
import { picture, SimulatedCall, SimulatedDevices, SimulatedParticipant, SimulatedSelf } from '@offhook/web-components/simulation';
import { provide, provided, type Scene } from './scene.js';

export interface World {
  call: SimulatedCall | undefined;
  devices: SimulatedDevices;
}
type Facts = ConstructorParameters<typeof SimulatedCall>[0];

/** A call with two others, in picture and sound. */
export function meeting(facts: Facts = {}): SimulatedCall {
  const call = new SimulatedCall({
    others: [new SimulatedParticipant('ada', 'Ada'), new SimulatedParticipant('grace', 'Grace')],
    remoteStream: picture('#2b4a6f'),
    localStream: picture('#4f6b2f', 320, 180),
    layoutLayers: [
      { member_id: 'self', x: 0, y: 0, width: 50, height: 100, visible: true },
      { member_id: 'ada', x: 50, y: 0, width: 50, height: 50, visible: true },
      { member_id: 'grace', x: 50, y: 50, width: 50, height: 50, visible: true }
    ],
    ...facts
  });
  call.mediaDirections$.next({ audio: 'sendrecv', video: 'sendrecv' });
  return call;
}
/** Before it is answered there is nobody to see but oneself. */
const coming = (status: Facts & object) => meeting({ others: [], layoutLayers: [], remoteStream: null, ...status });
const over = (status: 'failed' | 'destroyed') => meeting({ status, others: [], layoutLayers: [], remoteStream: null, localStream: null });

function without(...kinds: ('audioInputDevices$' | 'videoInputDevices$')[]): SimulatedDevices {
  const devices = new SimulatedDevices();
  for (const kind of kinds) devices[kind].next([]);
  if (kinds.includes('audioInputDevices$')) devices.selectedAudioInputDevice$.next(null);
  if (kinds.includes('videoInputDevices$')) devices.selectedVideoInputDevice$.next(null);
  return devices;
}
/** A call that could only listen, since the microphone or the camera did not come. */
function deviceless(fault: 'NotAllowedError' | 'NotFoundError'): SimulatedCall {
  const call = meeting({ localStream: null });
  call.mediaDirections$.next({ audio: 'recvonly', video: 'recvonly' });
  call.lacks(new DOMException('not given', fault));
  return call;
}
const world = (call: SimulatedCall | undefined, devices = new SimulatedDevices()): World => ({ call, devices });

export const STATES: Record<string, () => World> = {
  idle: () => world(undefined),
  connecting: () => world(coming({ status: 'connecting' })),
  ringing: () => world(coming({ status: 'ringing' })),
  'in call': () => world(meeting()),
  'on hold': () => {
    const call = meeting();
    void call.toggleHold();
    return world(call);
  },
  muted: () => {
    const self = new SimulatedSelf('self', 'You');
    self.audioMuted$.next(true);
    self.videoMuted$.next(true);
    const ada = new SimulatedParticipant('ada', 'Ada');
    ada.audioMuted$.next(true);
    return world(meeting({ self, others: [ada, new SimulatedParticipant('grace', 'Grace')] }));
  },
  reconnecting: () => world(meeting({ status: 'recovering' })),
  'weak network': () => {
    const call = meeting();
    call.isNetworkHealthy$.next(false);
    return world(call);
  },
  'device missing': () => world(deviceless('NotFoundError'), without('audioInputDevices$', 'videoInputDevices$')),
  'permission refused': () => world(deviceless('NotAllowedError')),
  failed: () => world(over('failed')),
  ended: () => world(over('destroyed'))
};

/** This markup, within a provider, in each of the states. */
export function inEveryState(markup: string, look: Pick<Scene, 'tall' | 'wide' | 'width'> = {}, leaveOut: string[] = []): Scene[] {
  return Object.entries(STATES)
    .filter(([name]) => !leaveOut.includes(name))
    .map(([name, make]) => ({
      name,
      markup: provided(markup),
      ...look,
      arrange: (elements) => {
        const { call, devices } = make();
        provide(() => call, () => devices)(elements);
      }
    }));
}
