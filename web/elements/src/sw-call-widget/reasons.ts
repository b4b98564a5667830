/** Which sentence tells a person why a call ended or could not be made. */
import type { CallEnd } from '../base/interfaces.js';
import type { WordKey } from '../base/words.js';

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

/** Where a blocked microphone is allowed again differs from browser to browser. */
function blocked(agent: string): WordKey {
  if (/Firefox\//.test(agent)) return 'failed.microphone-blocked.firefox';
  if (/Safari\//.test(agent) && !/Chrom(e|ium)\//.test(agent)) return 'failed.microphone-blocked.safari';
  return 'failed.microphone-blocked';
}

/** Of an error, or any of those that caused it. */
export function ofError(error: unknown, agent = navigator.userAgent): WordKey {
  const chain: string[] = [];
  for (let at = error as (Error & { error?: unknown; originalError?: unknown }) | undefined; at && chain.length < 8; at = (at.originalError ?? at.cause ?? at.error) as typeof at) {
    chain.push(`${at.name} ${at.message}`);
  }
  const text = chain.join(' | ');
  for (const [cause, key] of Object.entries(CAUSES)) if (text.includes(cause)) return key;
  if (/NotAllowedError|SecurityError/.test(text)) return blocked(agent);
  if (/NotFoundError|OverconstrainedError/.test(text)) return 'failed.microphone-missing';
  if (/NotReadableError|AbortError/.test(text)) return 'failed.microphone-busy';
  if (/HTTP 40[134]/.test(text) || /InvalidCredentials/.test(text)) return 'failed.inactive';
  if (/HTTP 429/.test(text)) return 'failed.crowded';
  if (/Timeout|NetworkError|Failed to fetch|cannot be reached|could not be exchanged|dynamically imported/i.test(text)) return 'failed.unreachable';
  return 'failed.unknown';
}
