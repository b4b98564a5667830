/** Tells on the desktop that a call rings, while the console is not in front. The agent has agreed to it before. */
export class Notices {
  readonly #shown = new Map<string, Notification>();

  static get possible(): boolean {
    return 'Notification' in globalThis;
  }
  static get blocked(): boolean {
    return Notices.possible && Notification.permission === 'denied';
  }

  /** Asks the agent; to be called by a click. */
  static async agree(): Promise<boolean> {
    return Notices.possible && (await Notification.requestPermission()) === 'granted';
  }

  /** Shows what rings now and takes away what does not. */
  ring(calls: readonly { id: string; name: string }[], wanted: boolean): void {
    for (const [id, notice] of this.#shown) {
      if (wanted && calls.some((call) => call.id === id)) continue;
      notice.close();
      this.#shown.delete(id);
    }
    if (!wanted || !Notices.possible || Notification.permission !== 'granted' || (document.visibilityState === 'visible' && document.hasFocus())) return;
    for (const { id, name } of calls) {
      if (this.#shown.has(id)) continue;
      try {
        const notice = new Notification(`${name} is calling`, { body: 'Press to open the console.', tag: id, requireInteraction: true });
        notice.onclick = () => {
          window.focus();
          notice.close();
        };
        this.#shown.set(id, notice);
      } catch {
        // Phones tell through a service worker alone; there the sound and the title do.
        return;
      }
    }
  }
}
