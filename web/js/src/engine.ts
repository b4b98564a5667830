/** The Rust engine: loading it, and the JSON it speaks (the mapping is documented in rust/src/codec.rs). */
import init, { Engine } from '../../../target/wasm-bindgen/offhook_js.js';

/** The engine as the driver sees it. Texts are JSON, times are milliseconds. */
export interface Machine {
  handle(mono: number, wall: number, input: string): boolean;
  poll(): string | undefined;
  deadline(): number;
  free(): void;
}
export interface EngineError {
  class: string;
  message: string;
  code: number | null;
  details: Record<string, unknown>;
  cause: EngineError | null;
}
export interface Failure {
  name: string;
  message: string;
}
export type Json = Record<string, unknown>;
export interface MediaPlan {
  sendAudio: boolean;
  sendVideo: boolean;
  receiveAudio: boolean;
  receiveVideo: boolean;
  fallbackToReceiveOnly: boolean;
  /** Sent, but nothing is captured yet: the user had muted it. */
  audioMuted: boolean;
  videoMuted: boolean;
}
export interface MediaParams {
  audio?: MediaTrackConstraints;
  video?: MediaTrackConstraints;
}
export type PeerCommand =
  | { create: { iceServers: RTCIceServer[] | null; relayOnly: boolean } }
  | { iceServers: { iceServers: RTCIceServer[] | null } }
  | { offer: { media: MediaPlan; waitForCandidates: boolean; iceRestart: boolean; relayOnly: boolean; anew: boolean } }
  | { answer: { offer: string; media: MediaPlan; waitForCandidates: boolean } }
  | { applyAnswer: { sdp: string } }
  | { setSending: { video: boolean; on: boolean } }
  | { applyMediaParams: { params: MediaParams } }
  | { close: Json };
export type PeerReport =
  | { localDescription: { sdp: string; sendingAudio: boolean; sendingVideo: boolean } }
  | { remoteApplied: Json }
  | { state: { state: RTCPeerConnectionState } }
  | { mediaAccess: { failure: Failure; media: string; fatal: boolean } }
  | { mediaTrack: { failure: Failure; operation: string; kind: string } }
  | { failed: { failure: Failure; operation: string } };
export type Output =
  | { authenticate: { request: number } }
  | { refresh: { request: number } }
  | { openSocket: { socket: number; url: string } }
  | { send: { socket: number; text: string } }
  | { closeSocket: { socket: number } }
  | {
      http: {
        request: number;
        method: string;
        url: string;
        headers: [string, string][];
        body: string | null;
        timeoutMs: number;
      };
    }
  | { signProof: { request: number; payload: string; accessToken: string | null } }
  | { lock: { request: number; name: string } }
  | { unlock: { request: number; share: string | null } }
  | { keepCredential: { token: string | null; authorizationState: string | null; expiryAt: number | null; bound: boolean } }
  | { peer: { leg: string; command: PeerCommand } }
  | { store: { scope: 'session' | 'local'; key: string; value: string | null } }
  | { done: { id: number; ok?: unknown; error?: EngineError } }
  | { event: Record<string, unknown> };

let loading: Promise<unknown> | undefined;

/** Loads the module, once for all clients of the page. */
export function load(): Promise<unknown> {
  loading ??= init({ module_or_path: new URL('./offhook_core.wasm', import.meta.url) }).catch((error: unknown) => {
    // Another try, by another client, may find the network back.
    loading = undefined;
    throw error;
  });
  return loading;
}

/** Makes an engine, once the module is loaded. */
export function make(config: Json, mono: number, wall: number): Machine {
  const seed = crypto.getRandomValues(new Uint8Array(32));
  const hex = Array.from(seed, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return new Engine(JSON.stringify(config), hex, mono, wall);
}
