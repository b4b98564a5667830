/** Loudness of a stream, as long as somebody looks. */
import { Observable } from 'rxjs';

const PERIOD_MS = 33;
const SAMPLES = 1024;
/** Speaking begins at this level, and is held that long. */
const SPEAKING = 0.03;
const HOLD_MS = 250;

/** One for the page: browsers allow few. */
let shared: AudioContext | undefined;

/** Root mean square of the samples, 0 to 1, about 30 times a second; 0 while there is no sound to measure. */
export function level$(stream$: Observable<MediaStream | null>): Observable<number> {
  return new Observable<number>((observer) => {
    let stop = () => {};
    let read = (): number => 0;
    const subscription = stream$.subscribe({
      next: (stream) => {
        stop();
        [read, stop] = meter(stream);
      },
      complete: () => observer.complete()
    });
    const timer = setInterval(() => observer.next(read()), PERIOD_MS);
    return () => {
      clearInterval(timer);
      subscription.unsubscribe();
      stop();
    };
  });
}

/** The page's audio context, running as soon as the browser lets it. */
export function audio(): AudioContext | undefined {
  if (typeof AudioContext === 'undefined') return undefined;
  shared ??= new AudioContext();
  void shared.resume();
  return shared;
}

function meter(stream: MediaStream | null): [() => number, () => void] {
  const context = stream?.getAudioTracks().length ? audio() : undefined;
  if (!context || !stream) return [() => 0, () => {}];
  const analyser = context.createAnalyser();
  analyser.fftSize = SAMPLES;
  const source = context.createMediaStreamSource(stream);
  source.connect(analyser);
  // Chromium gives Web Audio nothing of a remote stream that no element plays.
  const element = new Audio();
  element.muted = true;
  element.srcObject = stream;
  element.play().catch(() => undefined);
  const samples = new Float32Array(SAMPLES);
  const read = () => {
    analyser.getFloatTimeDomainData(samples);
    return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / SAMPLES);
  };
  const stop = () => {
    source.disconnect();
    element.srcObject = null;
  };
  return [read, stop];
}

/** Whether somebody speaks, without repeats. */
export function speaking$(levels$: Observable<number>): Observable<boolean> {
  return new Observable<boolean>((observer) => {
    let last: boolean | undefined;
    let until = 0;
    return levels$.subscribe({
      next: (level) => {
        const now = performance.now();
        if (level >= SPEAKING) until = now + HOLD_MS;
        if (now < until !== last) observer.next((last = now < until));
      },
      complete: () => observer.complete()
    });
  });
}
