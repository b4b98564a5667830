type SinkContext = AudioContext & { setSinkId?(id: string): Promise<void> };

/** A tone on one loudspeaker, until it is stopped. */
export class TestTone {
  #context: SinkContext | undefined;

  get playing(): boolean {
    return this.#context !== undefined;
  }

  async start(deviceId: string): Promise<void> {
    this.stop();
    const context: SinkContext = (this.#context = new AudioContext());
    try {
      await context.setSinkId?.(deviceId);
    } catch (error) {
      console.warn('the loudspeaker could not be chosen; the tone comes from another:', error);
    }
    if (this.#context !== context) return;
    const gain = new GainNode(context, { gain: 0.15 });
    gain.connect(context.destination);
    // A quiet chord, easy to tell from noise.
    for (const frequency of [440, 554.37, 659.25]) {
      const tone = new OscillatorNode(context, { frequency });
      tone.connect(gain);
      tone.start();
    }
  }

  stop(): void {
    void this.#context?.close().catch(() => undefined);
    this.#context = undefined;
  }
}
