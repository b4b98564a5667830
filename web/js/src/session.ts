/** The authenticated session behind a client (sdk-api reference, section 4). */
import { Subject, type Observable } from 'rxjs';
import type { WebRTCCall } from './call.js';
import type { Call } from './call-interfaces.js';
import type { CallPayloads } from './events.js';
import { Cell, select } from './observe.js';
import type { JSONRPCRequest, JSONRPCResponse, PendingRPCOptions } from './types.js';

/** Sends raw requests and hears every event. */
export interface ClientSession {
  execute<T extends JSONRPCResponse = JSONRPCResponse>(request: JSONRPCRequest, options?: PendingRPCOptions): Promise<T>;
  readonly signalingEvent$: Observable<Record<string, unknown>>;
  readonly iceServers: RTCIceServer[] | undefined;
  readonly authenticated$: Observable<boolean>;
}
/** What applications see of a session. */
export interface SessionState extends ClientSession {
  readonly incomingCalls$: Observable<Call[]>;
  readonly incomingCalls: Call[];
  readonly calls$: Observable<Call[]>;
  readonly calls: Call[];
  readonly authenticated: boolean;
}
interface Payloads extends CallPayloads {
  'conversation.message.updated': CallPayloads['conversation.message'];
}
type EnvelopeOf<Type> = Type extends 'webrtc.message'
  ? { event_channel: string; timestamp: number; project_id: string; node_id: string; is_author?: boolean }
  : Type extends `conversation.${string}`
    ? { event_channel: string; timestamp: string; project_id?: string; node_id?: string; is_author: boolean }
    : Type extends `member.${string}` | 'layout.changed'
      ? { event_channel: string | string[]; timestamp: number; project_id?: string; node_id?: string; is_author?: boolean }
      : { event_channel: string; timestamp: number; project_id?: string; node_id?: string; is_author?: boolean };
/** An event as the server sent it. */
export type SignalingEvent =
  | { event_type: 'signalwire.authorization.state'; params: { authorization_state: string } }
  | { [Type in keyof Payloads]: { event_type: Type; params: Payloads[Type] } & EnvelopeOf<Type> }[keyof Payloads];
type Execute = SessionState['execute'];

export class Session implements SessionState {
  readonly #authenticated = new Cell(false);
  readonly #calls = new Cell<WebRTCCall[]>([]);
  readonly #events = new Subject<SignalingEvent>();
  readonly #execute: Execute;
  iceServers: RTCIceServer[] | undefined;

  /** @internal Made by the client. */
  constructor(execute: Execute) {
    this.#execute = execute;
  }
  get authenticated$(): Observable<boolean> {
    return this.#authenticated.sync$;
  }
  get authenticated(): boolean {
    return this.#authenticated.value;
  }
  /** Live calls, the newest first. */
  get calls$(): Observable<WebRTCCall[]> {
    return this.#calls.sync$;
  }
  get calls(): WebRTCCall[] {
    return this.#calls.value;
  }
  get incomingCalls$(): Observable<WebRTCCall[]> {
    return select(this.calls$, inbound);
  }
  get incomingCalls(): WebRTCCall[] {
    return inbound(this.calls);
  }
  get signalingEvent$(): Observable<SignalingEvent> {
    return this.#events.asObservable();
  }
  execute<T extends JSONRPCResponse = JSONRPCResponse>(request: JSONRPCRequest, options?: PendingRPCOptions): Promise<T> {
    return this.#execute<T>(request, options);
  }
  /** @internal */
  setAuthenticated(on: boolean): void {
    this.#authenticated.set(on);
  }
  /** @internal */
  setCalls(calls: WebRTCCall[]): void {
    this.#calls.set(calls);
  }
  /** @internal */
  tell(event: SignalingEvent): void {
    this.#events.next(event);
  }
  /** @internal */
  complete(): void {
    for (const subject of [this.#authenticated, this.#calls, this.#events]) subject.complete();
  }
}

function inbound(calls: WebRTCCall[]): WebRTCCall[] {
  return calls.filter(({ direction }) => direction === 'inbound');
}
