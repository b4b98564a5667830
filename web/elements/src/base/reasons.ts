/** Which sentence tells a person why a call ended or could not be made. */
import type { CallEnd } from './interfaces.js';
import type { WordKey } from './words.js';

const CAUSES: Record<string, WordKey> = {
  USER_BUSY: 'ended.busy',
  CALL_REJECTED: 'ended.rejected',
  NO_ANSWER: 'ended.no-answer',
  NO_USER_RESPONSE: 'ended.no-answer',
  USER_NOT_REGISTERED: 'ended.unavailable',
  INVALID_DESTINATION: 'ended.no-such-number',
  UNALLOCATED_NUMBER: 'ended.no-such-number',
  NOT_PERMITTED: 'ended.not-permitted',
  ROOM_FULL: 'ended.full',
  ROOM_LOCKED: 'ended.locked',
  MEDIA_TIMEOUT: 'ended.lost',
  NORMAL_TEMPORARY_FAILURE: 'ended.fault'
};

export function ofEnd(status: string, end: CallEnd | null | undefined): WordKey {
  if (status === 'failed') return 'ended.lost';
  if (end?.by === 'local') return 'ended.local';
  return CAUSES[end?.cause ?? ''] ?? 'ended.remote';
}

type Device = 'microphone' | 'camera';
type Blocked = 'failed.microphone-blocked' | 'failed.camera-blocked' | 'devices.blocked';

/** Where a blocked device is allowed again differs from browser to browser. */
export function blocked(key: Blocked, agent = navigator.userAgent): WordKey {
  if (/Firefox\//.test(agent)) return `${key}.firefox`;
  if (/Safari\//.test(agent) && !/Chrom(e|ium)\//.test(agent)) return `${key}.safari`;
  return key;
}

/** Why the browser gave no device. */
export function ofDevice(device: Device, text: string, agent = navigator.userAgent): WordKey | undefined {
  if (/NotAllowedError|SecurityError/.test(text)) return blocked(`failed.${device}-blocked`, agent);
  if (/NotFoundError|OverconstrainedError/.test(text)) return `failed.${device}-missing`;
  if (/NotReadableError|AbortError/.test(text)) return `failed.${device}-busy`;
  return undefined;
}

/** What a running call lacks, if the error tells that a device of it did not come. */
export function ofLack(error: Error & { media?: string }): WordKey | undefined {
  // Whoever does not share the screen lacks nothing.
  if (error.name !== 'MediaAccessError' || error.media === 'screen') return undefined;
  return ofDevice(error.media === 'video' ? 'camera' : 'microphone', chain(error)) ?? 'failed.microphone-missing';
}

/** The names and messages of an error and of all that caused it. */
function chain(error: unknown): string {
  const texts: string[] = [];
  for (let at = error as (Error & { error?: unknown; originalError?: unknown }) | undefined; at && texts.length < 8; at = (at.originalError ?? at.cause ?? at.error) as typeof at) {
    texts.push(`${at.name} ${at.message}`);
  }
  return texts.join(' | ');
}

/** Of an error, or any of those that caused it. */
export function ofError(error: unknown, agent = navigator.userAgent): WordKey {
  const text = chain(error);
  for (const [cause, key] of Object.entries(CAUSES)) if (text.includes(cause)) return key;
  const lack = ofDevice('microphone', text, agent);
  if (lack) return lack;
  if (/HTTP 40[134]/.test(text) || /InvalidCredentials/.test(text)) return 'failed.inactive';
  if (/HTTP 429/.test(text)) return 'failed.crowded';
  if (/Timeout|NetworkError|Failed to fetch|cannot be reached|could not be exchanged|dynamically imported/i.test(text)) return 'failed.unreachable';
  return 'failed.unknown';
}
