/** Loudness of a stream, as long as somebody looks. */
import { Observable } from 'rxjs';

/** Root mean square of the samples, 0 to 1, about 30 times a second; 0 while there is no stream. */
export function level$(stream$: Observable<MediaStream | null>): Observable<number> {
  return new Observable<number>((observer) => {
    const context = typeof AudioContext === 'undefined' ? undefined : new AudioContext();
    const analyser = context?.createAnalyser();
    if (analyser) analyser.fftSize = 1024;
    const samples = new Float32Array(1024);
    let source: MediaStreamAudioSourceNode | undefined;
    const subscription = stream$.subscribe({
      next: (stream) => {
        source?.disconnect();
        source = undefined;
        if (context && analyser && stream?.getAudioTracks().length) {
          source = context.createMediaStreamSource(stream);
          source.connect(analyser);
        }
      },
      complete: () => observer.complete()
    });
    const timer = setInterval(() => {
      if (!source || !analyser) return observer.next(0);
      analyser.getFloatTimeDomainData(samples);
      observer.next(Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length));
    }, 33);
    return () => {
      clearInterval(timer);
      subscription.unsubscribe();
      source?.disconnect();
      void context?.close();
    };
  });
}

/** Whether somebody speaks: at 0.03 and above, held for 250 ms. */
export function speaking$(levels$: Observable<number>): Observable<boolean> {
  return new Observable<boolean>((observer) => {
    let last: boolean | undefined;
    let until = 0;
    return levels$.subscribe({
      next: (level) => {
        const now = Date.now();
        if (level >= 0.03) until = now + 250;
        const speaking = now < until;
        if (speaking !== last) observer.next((last = speaking));
      },
      complete: () => observer.complete()
    });
  });
}
