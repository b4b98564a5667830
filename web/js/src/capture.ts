/** Opening devices, with something to fall back on when the exact one cannot be had. */
import type { WebRTCMediaDevices } from './types.js';

/** A device that went away, or is too slow a choice for what was asked, is no refusal of the user's. */
const REPLACEABLE = ['NotFoundError', 'OverconstrainedError', 'NotReadableError', 'AbortError'];

export interface Captured {
  tracks: MediaStreamTrack[];
  /** Why the first choice was not taken. */
  fallback?: unknown;
}

/**
 * Opens what is asked for: exactly so, else with the device and the other constraints as wishes, else whatever there is.
 * Kinds that cannot be opened together are opened one by one, so that a missing camera does not take the microphone along.
 */
export async function capture(devices: WebRTCMediaDevices, ask: MediaStreamConstraints): Promise<Captured> {
  const kinds = (['audio', 'video'] as const).filter((kind) => ask[kind]);
  try {
    return { tracks: (await devices.getUserMedia(ask)).getTracks() };
  } catch (error) {
    if (!REPLACEABLE.includes((error as Error)?.name)) throw error;
    const tracks: MediaStreamTrack[] = [];
    let last: unknown = error;
    for (const kind of kinds) {
      for (const easier of easierThan(ask[kind]!, kinds.length > 1)) {
        try {
          tracks.push(...(await devices.getUserMedia({ [kind]: easier })).getTracks());
          break;
        } catch (again) {
          last = again;
        }
      }
    }
    if (!tracks.length) throw last;
    return { tracks, fallback: error };
  }
}

/** Constraints in the order in which they are tried after a failure. */
export function easierThan(constraints: MediaTrackConstraints | boolean, alone: boolean): (MediaTrackConstraints | boolean)[] {
  // The same again only where it failed together with another kind.
  const tries: (MediaTrackConstraints | boolean)[] = alone ? [constraints] : [];
  if (typeof constraints === 'boolean') return tries;
  const wished = Object.fromEntries(Object.entries(constraints).map(([name, value]) => [name, wish(value)]));
  return [...tries, wished, true];
}

/** The same as a wish: neither exact, nor with limits. */
function wish(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const { exact, ideal, min, max } = value as Record<string, unknown>;
  return { ideal: ideal ?? exact ?? max ?? min };
}

/** Constraints of a kind, later ones over earlier ones; `true` where there are none. */
export function merged(...all: (MediaTrackConstraints | undefined)[]): MediaTrackConstraints | true {
  const constraints = Object.assign({}, ...all) as MediaTrackConstraints;
  return Object.keys(constraints).length ? constraints : true;
}
