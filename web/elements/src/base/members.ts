/** The members of a call as they are now: who is muted, who speaks, and what may be done to them. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { allows } from './capabilities.js';
import type { CallParticipant, Observed, Subscription } from './interfaces.js';

export type MemberAction = 'audio' | 'video' | 'remove';

/**
 * Whether the capabilities allow what a click would do now: a server may allow to mute a member and not to unmute. Of
 * oneself the capabilities begin with `self`.
 */
export function mayDo(capabilities: readonly string[], action: MemberAction, muted: boolean, who: 'member' | 'self' = 'member'): boolean {
  if (action === 'remove') return allows(capabilities, `${who}.remove`);
  const older = action === 'audio' ? 'memberMuteAudio' : 'memberMuteVideo';
  return capabilities.includes(older) || allows(capabilities, `${who}.mute.${action}.${muted ? 'off' : 'on'}`);
}

interface Heard {
  audio?: boolean;
  video?: boolean;
  talking?: boolean;
}

/** Follows what members tell of themselves while the element is in the document, and asks for a render at each change. */
export class Members implements ReactiveController {
  readonly #heard = new Map<CallParticipant, Heard>();
  #kept = new Map<CallParticipant, Subscription[]>();

  constructor(private readonly host: ReactiveControllerHost, private readonly list: () => readonly CallParticipant[]) {
    host.addController(this);
  }

  hostConnected(): void {
    this.host.requestUpdate();
  }

  hostUpdate(): void {
    const now = new Set(this.list());
    for (const member of [...this.#kept.keys()]) if (!now.has(member)) this.#drop(member);
    for (const member of now) if (!this.#kept.has(member)) this.#follow(member);
  }

  hostDisconnected(): void {
    for (const member of [...this.#kept.keys()]) this.#drop(member);
  }

  muted(member: CallParticipant | undefined, what: 'audio' | 'video'): boolean {
    if (!member) return false;
    return this.#heard.get(member)?.[what] ?? (what === 'audio' ? member.audioMuted : member.videoMuted) === true;
  }

  talks(member: CallParticipant | undefined): boolean {
    return (member && this.#heard.get(member)?.talking) === true;
  }

  #follow(member: CallParticipant): void {
    const kept: Subscription[] = [];
    this.#kept.set(member, kept);
    const hear = (observed: Observed<boolean | undefined> | undefined, what: keyof Heard): void => {
      const subscription = observed?.subscribe((value) => {
        if (this.#kept.get(member) !== kept) return;
        const heard = this.#heard.get(member) ?? {};
        if (heard[what] === value) return;
        const { [what]: _, ...rest } = heard;
        this.#heard.set(member, value === undefined ? rest : { ...rest, [what]: value });
        this.host.requestUpdate();
      });
      if (subscription) kept.push(subscription);
    };
    hear(member.audioMuted$, 'audio');
    hear(member.videoMuted$, 'video');
    hear(member.isTalking$, 'talking');
  }

  #drop(member: CallParticipant): void {
    const kept = this.#kept.get(member) ?? [];
    this.#kept.delete(member);
    this.#heard.delete(member);
    for (const subscription of kept) subscription.unsubscribe();
  }
}

/** Does to a member what a click asks for. */
export async function doTo(member: CallParticipant, action: MemberAction, muted: boolean): Promise<void> {
  if (action === 'remove') return member.remove();
  if (action === 'audio') return muted ? member.unmute() : member.mute();
  return muted ? member.unmuteVideo() : member.muteVideo();
}
