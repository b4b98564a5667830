/** What the own member may do, from the raw strings of the join event (sdk-api reference, section 10). */
import type { Observable } from 'rxjs';
import { changes, define, Destroyable } from './observe.js';
import type { CallCapabilitiesState, MemberCapabilities, OnOffCapability } from './types.js';

function pair(flags: string[]): OnOffCapability {
  return { on: flags.some((flag) => !flag.endsWith('.off')), off: flags.some((flag) => !flag.endsWith('.on')) };
}

function member(raw: string[], who: 'self' | 'member'): MemberCapabilities {
  const exact = (...names: string[]) => raw.filter((flag) => names.includes(flag));
  const below = (name: string) => raw.filter((flag) => flag === `${who}.${name}` || flag.startsWith(`${who}.${name}.`));
  const switched = (name: string, parent?: string) => pair([...exact(who, ...(parent ? [`${who}.${parent}`] : [])), ...below(name)]);
  const flag = (name: string, parent?: string) => exact(who, ...(parent ? [`${who}.${parent}`] : [])).length > 0 || below(name).length > 0;
  return {
    muteAudio: switched('mute.audio', 'mute'),
    muteVideo: switched('mute.video', 'mute'),
    deaf: switched('deaf'),
    raisehand: switched('raisehand'),
    microphoneVolume: flag('microphone.volume', 'microphone'),
    microphoneSensitivity: flag('microphone.sensitivity', 'microphone'),
    speakerVolume: flag('speaker.volume', 'speaker'),
    position: flag('position'),
    meta: flag('meta'),
    remove: flag('remove'),
    audioFlags: flag('audioflags'),
    denoise: flag('denoise'),
    lowbitrate: flag('lowbitrate')
  };
}

/** The whole state of a raw list. */
export function evaluate(raw: string[]): CallCapabilitiesState {
  const starts = (prefix: string) => raw.filter((flag) => flag.startsWith(prefix));
  return {
    self: member(raw, 'self'),
    member: member(raw, 'member'),
    end: raw.includes('end'),
    setLayout: starts('layout').length > 0,
    sendDigit: starts('digit').length > 0,
    vmutedHide: pair(starts('vmuted')),
    lock: pair(starts('lock')),
    device: raw.includes('device'),
    screenshare: raw.includes('screenshare')
  };
}

type Name = keyof CallCapabilitiesState;

export interface SelfCapabilities extends Readonly<CallCapabilitiesState> {
  readonly self$: Observable<MemberCapabilities>;
  readonly member$: Observable<MemberCapabilities>;
  readonly end$: Observable<boolean>;
  readonly setLayout$: Observable<boolean>;
  readonly sendDigit$: Observable<boolean>;
  readonly vmutedHide$: Observable<OnOffCapability>;
  readonly lock$: Observable<OnOffCapability>;
  readonly device$: Observable<boolean>;
  readonly screenshare$: Observable<boolean>;
}
// The members of the interface above are made from the names below.
export class SelfCapabilities extends Destroyable {
  readonly #state = this.cell(evaluate([]));
  get state$(): Observable<CallCapabilitiesState> {
    return this.#state.sync$;
  }
  get state(): CallCapabilitiesState {
    return this.#state.value;
  }
  /** @internal */
  replace(raw: string[]): void {
    this.#state.set(evaluate(raw));
  }
}
const NAMES: Name[] = ['self', 'member', 'end', 'setLayout', 'sendDigit', 'vmutedHide', 'lock', 'device', 'screenshare'];
define(
  SelfCapabilities.prototype,
  NAMES,
  (capabilities, name) => capabilities.state[name as Name],
  (capabilities, name) => changes(capabilities.state$, (state) => state[name as Name])
);
