/** What this browser can do (sdk-api reference, section 15). */
import type { PlatformCapabilities, WebRTCApiProvider } from './types.js';

export function detect({ RTCPeerConnection, mediaDevices }: WebRTCApiProvider): PlatformCapabilities {
  const { RTCRtpSender, HTMLMediaElement } = globalThis;
  const codecs = (kind: string) =>
    Object.freeze([...new Set(RTCRtpSender?.getCapabilities?.(kind)?.codecs.map(({ mimeType }) => mimeType.split('/')[1]!))]);
  const can = (name: 'getUserMedia' | 'getDisplayMedia') => typeof mediaDevices?.[name] === 'function';
  return Object.freeze({
    webrtc: !!RTCPeerConnection,
    getUserMedia: can('getUserMedia'),
    getDisplayMedia: can('getDisplayMedia'),
    screenShare: can('getDisplayMedia'),
    screenShareAudio: 'chrome' in globalThis && typeof globalThis.navigator?.mediaDevices?.getDisplayMedia === 'function',
    simulcast: !!RTCRtpSender?.prototype.setParameters,
    insertableStreams: 'RTCRtpScriptTransform' in globalThis || 'MediaStreamTrackProcessor' in globalThis,
    audioOutputSelection: !!HTMLMediaElement && 'setSinkId' in HTMLMediaElement.prototype,
    videoCodecs: codecs('video'),
    audioCodecs: codecs('audio')
  });
}
