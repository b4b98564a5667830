/** The Rust engine: loading it, and the JSON it speaks (the mapping is documented in rust/src/codec.rs). */
import init, { Engine } from '../../../target/wasm-bindgen/offhook_js.js';

export { Engine };

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
}
export type PeerCommand =
  | { create: { iceServers: RTCIceServer[] | null; relayOnly: boolean } }
  | { offer: { media: MediaPlan; waitForCandidates: boolean; iceRestart: boolean } }
  | { answer: { offer: string; media: MediaPlan; waitForCandidates: boolean } }
  | { applyAnswer: { sdp: string } }
  | { setSending: { video: boolean; on: boolean } }
  | { applyMediaParams: { params: { audio?: MediaTrackConstraints; video?: MediaTrackConstraints } } }
  | { close: Json };
export type PeerReport =
  | { localDescription: { sdp: string; sendingAudio: boolean; sendingVideo: boolean } }
  | { remoteApplied: Json }
  | { state: { state: RTCPeerConnectionState } }
  | { mediaAccess: { failure: Failure; media: string; fatal: boolean } }
  | { mediaTrack: { failure: Failure; operation: string; kind: string } }
  | { failed: { failure: Failure; operation: string } };
export type CallEvent = Record<string, never> & {
  created?: { direction: 'inbound' | 'outbound'; to?: string; toName?: string; from?: string; fromName?: string; nodeId?: string };
  [name: string]: unknown;
};
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
  | { signProof: { request: number; payload: string } }
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
