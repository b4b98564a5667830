/** Who is in a call and how it looks: what the server's events say of it (sdk-api reference, 8.2). */
import type { Observable } from 'rxjs';
import { changes, Destroyable, select, Turns } from './observe.js';
import { Participant, SelfParticipant, type ParticipantHost } from './participant.js';
import type { Capability, LayoutLayer } from './types.js';

interface RoomFlags {
  recording: boolean;
  streaming: boolean;
  locked: boolean;
  raiseHandPriority: boolean;
  meta: Record<string, unknown>;
}
type MemberRecord = Record<string, unknown> & { member_id: string };

export abstract class RoomState extends Destroyable {
  readonly #self = this.cell<SelfParticipant | null>(null);
  readonly #selfId = this.cell<string | null>(null);
  readonly #participants = this.cell<Participant[]>([]);
  readonly #room = this.cell<RoomFlags | null>(null);
  readonly #capabilities = this.cell<Capability[] | null>(null);
  readonly #layouts = this.cell<string[] | null>(null);
  readonly #layout = this.cell<{ id: string; layers: LayoutLayer[] } | null>(null);

  /** @internal What members need of their call. */
  protected abstract get forMembers(): ParticipantHost;

  /** @internal Takes one event of the engine; false if it is about something else. */
  protected applyRoom(name: string, value: unknown): boolean {
    switch (name) {
      case 'selfId':
        this.#selfId.set(value as string);
        return true;
      case 'capabilities':
        this.#capabilities.set(value as Capability[]);
        this.self?.capabilities.replace(value as string[]);
        return true;
      case 'room':
        this.#room.set(value as RoomFlags);
        return true;
      case 'member':
        this.#member((value as { member: MemberRecord }).member);
        return true;
      case 'memberLeft': {
        const { member_id } = value as { member_id: string };
        this.#participants.set(this.participants.filter(({ id }) => id !== member_id));
        return true;
      }
      case 'layouts':
        this.#layouts.set(value as string[]);
        return true;
      case 'layout':
        this.#layout.set(value as { id: string; layers: LayoutLayer[] });
        return true;
      default:
        return false;
    }
  }

  #member(record: MemberRecord): void {
    const known = this.participants.find(({ id }) => id === record.member_id);
    const Class = record.member_id === this.selfId ? SelfParticipant : Participant;
    const participant = known ?? new Class(record.member_id, this.forMembers);
    participant.record.set(record);
    this.#participants.set(known ? [...this.participants] : [...this.participants, participant]);
    if (participant instanceof SelfParticipant) {
      if (this.#self.value === participant) return this.#self.touch();
      if (this.#capabilities.value) participant.capabilities.replace(this.#capabilities.value);
      this.#self.set(participant);
    }
  }

  /** @internal */
  protected readonly turns = new Turns();
  /** @internal */
  protected toggleLocked(toggle: (locked: boolean) => Promise<unknown>): Promise<void> {
    let before = false;
    return this.turns.take(() => toggle((before = this.locked)), this.#room.sync$, () => this.locked !== before);
  }

  /** @internal Everybody goes. */
  protected leaveRoom(): void {
    for (const participant of this.participants) participant.destroy();
    this.#self.set(null);
  }

  get participants$(): Observable<Participant[]> {
    return this.until(this.#participants.sync$);
  }
  get participants(): Participant[] {
    return this.#participants.value;
  }
  get self$(): Observable<SelfParticipant> {
    return this.until(this.#self.present$);
  }
  get self(): SelfParticipant | null {
    return this.#self.value;
  }
  get selfId$(): Observable<string | null> {
    return this.#selfId.sync$;
  }
  get selfId(): string | null {
    return this.#selfId.value;
  }
  #flag$<K extends keyof RoomFlags>(name: K): Observable<RoomFlags[K]> {
    return this.until(changes(this.#room.present$, (room) => room[name]));
  }
  get recording$(): Observable<boolean> {
    return this.#flag$('recording');
  }
  get recording(): boolean {
    return this.#room.value?.recording ?? false;
  }
  get streaming$(): Observable<boolean> {
    return this.#flag$('streaming');
  }
  get streaming(): boolean {
    return this.#room.value?.streaming ?? false;
  }
  get raiseHandPriority$(): Observable<boolean> {
    return this.#flag$('raiseHandPriority');
  }
  get raiseHandPriority(): boolean {
    return this.#room.value?.raiseHandPriority ?? false;
  }
  get locked$(): Observable<boolean> {
    return this.#flag$('locked');
  }
  get locked(): boolean {
    return this.#room.value?.locked ?? false;
  }
  get meta$(): Observable<Record<string, unknown>> {
    return this.#flag$('meta');
  }
  get meta(): Record<string, unknown> {
    return this.#room.value?.meta ?? {};
  }
  get capabilities$(): Observable<Capability[]> {
    return this.until(this.#capabilities.present$);
  }
  get capabilities(): Capability[] {
    return this.#capabilities.value ?? [];
  }
  get layouts$(): Observable<string[]> {
    return this.until(this.#layouts.present$);
  }
  get layouts(): string[] {
    return this.#layouts.value ?? [];
  }
  get layout$(): Observable<string> {
    return this.until(changes(this.#layout.present$, ({ id }) => id));
  }
  get layout(): string | undefined {
    return this.#layout.value?.id;
  }
  get layoutLayers$(): Observable<LayoutLayer[]> {
    return this.until(select(this.#layout.sync$, (layout) => layout?.layers));
  }
  get layoutLayers(): LayoutLayer[] {
    return this.#layout.value?.layers ?? [];
  }
}
