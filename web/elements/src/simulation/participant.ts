import type { CallParticipant, CallSelfParticipant, ScreenShareStatus } from '../base/interfaces.js';
import { Value } from './value.js';

/** What was asked of a simulated object, in order: `mute`, `remove`. Asking for `failing` fails. */
export class Asked {
  readonly asked: string[] = [];
  failing: string | undefined;

  protected async ask(what: string, act: () => void = () => undefined): Promise<void> {
    this.asked.push(what);
    if (this.failing === what) throw new Error(`${what} was refused`);
    act();
  }
}

/** A member that does at once what it is told. */
export class SimulatedParticipant extends Asked implements CallParticipant {
  readonly audioMuted$ = new Value<boolean | undefined>(false);
  readonly videoMuted$ = new Value<boolean | undefined>(false);
  readonly isTalking$ = new Value<boolean | undefined>(false);
  /** Told by the call, whose list of members is published again at each change. */
  changed: () => void = () => undefined;

  constructor(readonly id: string, readonly name: string) {
    super();
  }

  get audioMuted(): boolean {
    return this.audioMuted$.value === true;
  }
  get videoMuted(): boolean {
    return this.videoMuted$.value === true;
  }
  mute(): Promise<void> {
    return this.ask('mute', () => this.set(this.audioMuted$, true));
  }
  unmute(): Promise<void> {
    return this.ask('unmute', () => this.set(this.audioMuted$, false));
  }
  muteVideo(): Promise<void> {
    return this.ask('muteVideo', () => this.set(this.videoMuted$, true));
  }
  unmuteVideo(): Promise<void> {
    return this.ask('unmuteVideo', () => this.set(this.videoMuted$, false));
  }
  remove(): Promise<void> {
    return this.ask('remove');
  }
  protected set<T>(value: Value<T>, to: T): void {
    value.next(to);
    this.changed();
  }
}

export class SimulatedSelf extends SimulatedParticipant implements CallSelfParticipant {
  readonly handraised$ = new Value<boolean | undefined>(false);
  readonly screenShareStatus$ = new Value<ScreenShareStatus>('none');
  readonly deaf$ = new Value<boolean | undefined>(false);
  readonly echoCancellation$ = new Value<boolean | undefined>(true);
  readonly autoGain$ = new Value<boolean | undefined>(true);
  readonly noiseSuppression$ = new Value<boolean | undefined>(true);

  get handraised(): boolean {
    return this.handraised$.value === true;
  }
  get screenShareStatus(): ScreenShareStatus {
    return this.screenShareStatus$.value;
  }
  toggleMute(): Promise<void> {
    return this.ask('toggleMute', () => this.set(this.audioMuted$, !this.audioMuted));
  }
  toggleMuteVideo(): Promise<void> {
    return this.ask('toggleMuteVideo', () => this.set(this.videoMuted$, !this.videoMuted));
  }
  toggleDeaf(): Promise<void> {
    return this.ask('toggleDeaf', () => this.set(this.deaf$, this.deaf$.value !== true));
  }
  toggleEchoCancellation(): Promise<void> {
    return this.ask('toggleEchoCancellation', () => this.set(this.echoCancellation$, this.echoCancellation$.value !== true));
  }
  toggleAudioInputAutoGain(): Promise<void> {
    return this.ask('toggleAudioInputAutoGain', () => this.set(this.autoGain$, this.autoGain$.value !== true));
  }
  toggleNoiseSuppression(): Promise<void> {
    return this.ask('toggleNoiseSuppression', () => this.set(this.noiseSuppression$, this.noiseSuppression$.value !== true));
  }
  startScreenShare(): Promise<void> {
    return this.ask('startScreenShare', () => this.set<ScreenShareStatus>(this.screenShareStatus$, 'started'));
  }
  stopScreenShare(): Promise<void> {
    return this.ask('stopScreenShare', () => this.set<ScreenShareStatus>(this.screenShareStatus$, 'none'));
  }
  toggleHandraise(): Promise<void> {
    return this.ask('toggleHandraise', () => this.set(this.handraised$, !this.handraised));
  }
}
