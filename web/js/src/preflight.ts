/** Whether a call would work, before it is made (sdk-api reference, 15.1). */
import type { WebRTCCall } from './call.js';
import type { DialOptions, MediaMeasured, PreflightOptions, PreflightResult, WebRTCApiProvider } from './types.js';
import { lossOf, sampleOf, type Sample } from './quality.js';

export interface PreflightHost {
  api: WebRTCApiProvider;
  /** Milliseconds to the server and back. */
  roundTrip(): Promise<number>;
  iceServers(): RTCIceServer[];
  chosen(kind: MediaDeviceKind): MediaDeviceInfo | null;
  outputs(): MediaDeviceInfo[];
  dial(destination: string, options: DialOptions): Promise<WebRTCCall>;
}

const DEVICE_MS = 5000;
const GATHER_MS = 10_000;
const CONNECT_MS = 10_000;
/** Receivers report every five seconds or so (RFC 3550): a shorter test waits for the first. */
const REPORT_MS = 6000;
const REPORT_LOOK_MS = 200;

/** A part of the loss or a jitter that speech suffers from. */
const LOSSY = 0.05;
const JITTERY_MS = 50;
/** kbit/s each way that speech needs. */
const LEAST_KBPS = 30;

type Media = Required<Pick<PreflightResult, 'media'>> & { bandwidth: NonNullable<PreflightResult['bandwidth']> };

export async function preflight(host: PreflightHost, destination: string, options: PreflightOptions): Promise<PreflightResult> {
  const warnings: string[] = [];
  const rtt = await host.roundTrip().catch((error: Error) => {
    warnings.push(`The server does not answer: ${error.message}`);
    return undefined;
  });
  const input = async (kind: 'audio' | 'video', given: MediaDeviceInfo | undefined) => {
    const device = given ?? host.chosen(`${kind}input`);
    try {
      return { working: true, device: (await works(host.api, kind, device)) ?? device };
    } catch (error) {
      warnings.push(`The ${kind === 'audio' ? 'microphone' : 'camera'} does not work: ${(error as Error).message}`);
      return { working: false, device };
    }
  };
  // One after the other: a missing camera says nothing about the microphone.
  const audioInput = await input('audio', options.audioDevice);
  const videoInput = await input('video', options.videoDevice);
  const output = host.chosen('audiooutput') ?? host.outputs()[0] ?? null;
  const connectivity = await reach(host.api, host.iceServers());
  if (!connectivity.turnReachable) warnings.push('No relay (TURN) can be reached: calls out of strict networks may have no sound');
  if (!connectivity.stunReachable) warnings.push('No STUN server can be reached');
  let measured: Media | undefined;
  if (!options.skipMediaTest) {
    try {
      measured = await measure(host, destination, (options.duration ?? 10) * 1000);
      const { media, bandwidth } = measured;
      for (const [way, { loss, jitterMs }] of [['sent', media.upload], ['received', media.download]] as const) {
        if (loss > LOSSY) warnings.push(`${Math.round(loss * 100)} % of the sound that was ${way} was lost`);
        if (jitterMs > JITTERY_MS) warnings.push(`The sound that was ${way} came unevenly (jitter ${Math.round(jitterMs)} ms)`);
      }
      if (Math.min(bandwidth.uploadKbps, bandwidth.downloadKbps) < LEAST_KBPS) warnings.push('There is hardly enough bandwidth for speech');
    } catch (error) {
      warnings.push(`The test call failed: ${(error as Error).message}`);
    }
  }
  return {
    ok: rtt !== undefined && connectivity.type !== 'failed' && audioInput.working,
    signaling: { reachable: rtt !== undefined, rttMs: rtt ?? 0 },
    connectivity,
    bandwidth: measured?.bandwidth ?? null,
    ...(measured && { media: measured.media }),
    devices: { audioInput, videoInput, audioOutput: { available: host.outputs().length > 0, device: output } },
    warnings
  };
}

/** Opens a device for a moment. */
async function works(api: WebRTCApiProvider, kind: 'audio' | 'video', device: MediaDeviceInfo | null): Promise<MediaDeviceInfo | undefined> {
  const ask = device?.deviceId ? { deviceId: { exact: device.deviceId } } : true;
  const opening = api.mediaDevices.getUserMedia({ [kind]: ask });
  // One that comes late must not stay open.
  const close = (stream: MediaStream) => stream.getTracks().forEach((track) => track.stop());
  const late = within(DEVICE_MS, 'it did not open in time', opening);
  late.catch(() => opening.then(close, () => undefined));
  const stream = await late;
  const id = stream.getTracks()[0]?.getSettings().deviceId;
  close(stream);
  return device ? undefined : (await api.mediaDevices.enumerateDevices()).find((one) => one.deviceId === id && one.kind === `${kind}input`);
}

/** Which candidates come, and how long the first that leads through a server takes. */
async function reach(api: WebRTCApiProvider, iceServers: RTCIceServer[]): Promise<PreflightResult['connectivity']> {
  const pc = new api.RTCPeerConnection({ iceServers });
  const began = performance.now();
  const types = new Set<string>();
  let first: number | undefined;
  const urls = iceServers.flatMap(({ urls }) => urls);
  try {
    pc.addTransceiver('audio', { direction: 'recvonly' });
    await new Promise<void>((resolve) => {
      const limit = setTimeout(resolve, GATHER_MS);
      const done = () => {
        clearTimeout(limit);
        resolve();
      };
      pc.addEventListener('icecandidate', ({ candidate }) => {
        if (!candidate?.candidate) return candidate ?? done();
        const type = / typ (\w+)/.exec(candidate.candidate)?.[1] ?? '';
        types.add(type);
        if (type !== 'host') first ??= performance.now() - began;
      });
      pc.createOffer().then((offer) => pc.setLocalDescription(offer)).catch(done);
    });
  } finally {
    pc.close();
  }
  const relay = types.has('relay');
  const direct = types.has('host') || types.has('srflx');
  // A relay that answers is a STUN server too, and behind no translation it has nothing to tell.
  const stun = types.has('srflx') || relay || !urls.length;
  return { type: direct ? 'direct' : relay ? 'relay' : 'failed', turnReachable: relay, stunReachable: stun, rttMs: Math.round(first ?? performance.now() - began) };
}

/** A real call, measured both ways. */
async function measure(host: PreflightHost, destination: string, ms: number): Promise<Media> {
  const call = await host.dial(destination, { audio: true, video: false, receiveVideo: false });
  try {
    await within(CONNECT_MS, 'it was not connected in time', new Promise<void>((resolve, reject) => {
      call.status$.subscribe((status) => {
        if (status === 'connected') resolve();
        if (status === 'failed' || status === 'destroyed') reject(new Error('it ended'));
      });
    }));
    const before = await look(call);
    await new Promise((resolve) => setTimeout(resolve, ms));
    const after = await look(call);
    let { told } = after.sent;
    for (const limit = performance.now() + REPORT_MS; !told && performance.now() < limit; ) {
      await new Promise((resolve) => setTimeout(resolve, REPORT_LOOK_MS));
      ({ told } = (await look(call)).sent);
    }
    const kbps = (from: number, to: number) => Math.round((8 * (to - from)) / Math.max(1, after.sample.at - before.sample.at));
    const flowing = kbps(before.sent.bytes, after.sent.bytes);
    return {
      bandwidth: {
        uploadKbps: Math.max(flowing, Math.round((after.sample.outgoing ?? 0) / 1000)),
        downloadKbps: kbps(before.sample.audio.bytes, after.sample.audio.bytes)
      },
      media: {
        upload: told ?? { loss: 0, jitterMs: 0 },
        download: { loss: lossOf(after.sample, before.sample), jitterMs: after.sample.audio.jitterMs }
      }
    };
  } finally {
    await call.hangup().catch(() => undefined);
  }
}

/** What was sent, and what the server says has arrived of it; nothing until it has said something. */
interface Sent {
  bytes: number;
  told?: MediaMeasured;
}

async function look(call: WebRTCCall): Promise<{ sample: Sample; sent: Sent }> {
  const report = (await call.rtcPeerConnection?.getStats()) as unknown as Map<string, Record<string, any>> | undefined;
  const sent: Sent = { bytes: 0 };
  for (const [, stat] of report ?? []) {
    if (stat.type === 'outbound-rtp') sent.bytes += stat.bytesSent ?? 0;
    else if (stat.type === 'remote-inbound-rtp') sent.told = { loss: stat.fractionLost ?? 0, jitterMs: (stat.jitter ?? 0) * 1000 };
  }
  return { sample: sampleOf(report ?? [], Date.now(), 'connected'), sent };
}

function within<T>(ms: number, message: string, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error(message)), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(limit));
  });
}
