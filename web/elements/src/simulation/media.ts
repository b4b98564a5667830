/** Streams without devices. */

/** A picture that moves: a plain colour with a disc going round, `width` by `height`. It stands still for whoever wants less motion. */
export function picture(colour: string, width = 640, height = 360): MediaStream {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const paint = canvas.getContext('2d')!;
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const draw = (now: number): void => {
    const time = still ? 0 : now;
    paint.fillStyle = colour;
    paint.fillRect(0, 0, width, height);
    paint.fillStyle = 'rgb(255 255 255 / 70%)';
    paint.beginPath();
    paint.arc(width / 2 + Math.cos(time / 700) * height * 0.2, height / 2 + Math.sin(time / 700) * height * 0.2, height * 0.12, 0, Math.PI * 2);
    paint.fill();
  };
  draw(0);
  const stream = canvas.captureStream(10);
  const [track] = stream.getVideoTracks();
  const step = (time: number): void => {
    if (track?.readyState !== 'live') return;
    draw(time);
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
  return stream;
}

/** A steady tone of this many hertz. */
export function tone(hertz = 440, volume = 0.5): MediaStream {
  const context = new AudioContext();
  const oscillator = new OscillatorNode(context, { frequency: hertz });
  const gain = new GainNode(context, { gain: volume });
  const out = new MediaStreamAudioDestinationNode(context);
  oscillator.connect(gain).connect(out);
  oscillator.start();
  return out.stream;
}
