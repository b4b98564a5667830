/** What an application can tell its user about devices, as it stands. */
import type { Kind } from './peer.js';

const NAMES = { audioinput: 'microphone', audiooutput: 'speaker', videoinput: 'camera' };

/** One device was taken for another. */
export function sentenceOf(kind: keyof typeof NAMES, previous: MediaDeviceInfo, next: MediaDeviceInfo | null): string {
  const named = (device: MediaDeviceInfo) => device.label || `the ${NAMES[kind]}`;
  if (!next) return `The ${NAMES[kind]} ${previous.label} is gone, and there is no other to take by itself: choose one.`;
  if (previous.deviceId === next.deviceId) return `The ${NAMES[kind]} ${named(next)} is back.`;
  return `The ${NAMES[kind]} ${previous.label} is gone: ${named(next)} is used now.`;
}

/** The sentence for the user about an input that is not as it should be. */
export function sentence(kind: Kind, error: unknown): string {
  const device = kind === 'audio' ? 'microphone' : 'camera';
  switch ((error as Error | undefined)?.name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return `The ${device} is blocked: allow it in the browser's settings for this page.`;
    case 'NotFoundError':
      return `No ${device} was found: connect one, or go on without.`;
    case 'NotReadableError':
      return `The ${device} cannot be used: another program may have it.`;
    case 'OverconstrainedError':
      return `The chosen ${device} is not there any more: another one is used.`;
    default:
      return `The ${device} could not be used.`;
  }
}

/** The sentence for the user about an input that the system, or a switch on the device, has silenced. */
export function silenced(kind: Kind): string {
  const [device, lost] = kind === 'audio' ? ['microphone', 'hears'] : ['camera', 'sees'];
  return `The ${device} was switched off by the system or on the device itself: nobody ${lost} you.`;
}
