/** The part of an SDK that the elements use: ours or the official one. */

export interface Subscription {
  unsubscribe(): void;
}
export interface Observed<T> {
  subscribe(next: (value: T) => void): Subscription;
}
export interface AnyCall {
  id: string;
  status: string;
  status$: Observed<string>;
  remoteStream$: Observed<MediaStream | null>;
  self$: Observed<AnySelf | null>;
  remoteAudioLevel$?: Observed<number>;
  ended?: { cause: string | null; by: string } | null;
  errors$?: Observed<{ fatal: boolean; error: Error }>;
  hangup(): Promise<void>;
  sendDigits(digits: string): Promise<void>;
}
export interface AnySelf {
  audioMuted$: Observed<boolean | undefined>;
  mute(): Promise<void>;
  unmute(): Promise<void>;
}
export interface AnyClient {
  errors$: Observed<Error>;
  dial(destination: string, options: Record<string, unknown>): Promise<AnyCall>;
  destroy(): void;
}
export interface Sdk {
  SignalWire: new (provider: unknown, options?: Record<string, unknown>) => AnyClient;
  EmbedTokenCredentialProvider: new (host: string, token: string) => unknown;
  StaticCredentialProvider: new (credential: { token: string }) => unknown;
}

const url = new URL('./offhook.mjs', import.meta.url).href;
let loading: Promise<Sdk> | undefined;

/** Loads the SDK, once. */
export function loadSdk(): Promise<Sdk> {
  loading ??= (import(/* @vite-ignore */ url) as Promise<Sdk>).catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}
