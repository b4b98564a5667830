/** The card of one call, from its first ring to its end. */
import type { WebRTCCall } from '@offhook/js';

interface Told {
  changed(): void;
  answering(): void;
  ended(summary: string): void;
}

const STATUS: Record<string, string> = {
  ringing: 'is calling', connecting: 'Connecting…', connected: 'Talking', recovering: 'Reconnecting…', disconnecting: 'Hanging up…'
};

export class CallCard {
  readonly element: HTMLElement;
  readonly name: string;
  #answeredAt = 0;
  #clock: ReturnType<typeof setInterval> | undefined;
  #rejected = false;

  constructor(readonly call: WebRTCCall, private readonly told: Told) {
    const template = document.querySelector<HTMLTemplateElement>('#call')!;
    this.element = (template.content.cloneNode(true) as DocumentFragment).querySelector('article')!;
    this.name = call.fromName || call.from?.replace(/^subscriber:\/\//, '') || 'Somebody on the web site';
    this.#find('caller').textContent = this.name;
    const pad = this.element.querySelector<HTMLElement>('.pad')!;
    for (const digit of '123456789*0#') {
      const key = Object.assign(document.createElement('button'), { textContent: digit });
      key.dataset.testid = `digit-${digit}`;
      key.addEventListener('click', () => this.#try(this.call.sendDigits(digit)));
      pad.append(key);
    }
    this.#on('answer', () => {
      this.told.answering();
      this.call.answer({ audio: true, video: false });
    });
    this.#on('reject', () => {
      this.#rejected = true;
      this.call.reject();
    });
    this.#on('hangup', () => this.#try(this.call.hangup()));
    this.#on('mute', (button) => {
      const muted = button.getAttribute('aria-pressed') === 'true';
      this.#try(muted ? this.call.self?.unmute() : this.call.self?.mute());
    });
    this.#on('keypad', (button) => {
      pad.hidden = !pad.hidden;
      button.setAttribute('aria-expanded', String(!pad.hidden));
    });
  }

  /** Follows the call; apart from the constructor so that the owner knows the card by then. */
  start(): void {
    const { call } = this;
    call.status$.subscribe((status) => this.#status(status));
    call.errors$.subscribe(({ error }) => {
      const blocked = error.name === 'MediaAccessError';
      this.#find('call-error').textContent = blocked ? 'The microphone is blocked: the caller cannot hear you.' : '';
    });
    call.remoteStream$.subscribe((stream) => {
      this.element.querySelector('audio')!.srcObject = stream;
    });
    let muted: { unsubscribe(): void } | undefined;
    call.self$.subscribe((self) => {
      muted?.unsubscribe();
      muted = self.audioMuted$.subscribe((on) => {
        const button = this.#find('mute');
        button.setAttribute('aria-pressed', String(on === true));
        button.textContent = on ? 'Unmute' : 'Mute';
      });
    });
  }

  get ringing(): boolean {
    return this.element.dataset.phase === 'ringing';
  }
  get talking(): boolean {
    return this.element.dataset.phase === 'talking';
  }

  #status(status: string): void {
    if (status === 'destroyed') return this.#end();
    if (status in STATUS) this.#find('call-status').textContent = STATUS[status]!;
    this.element.dataset.phase = status === 'ringing' ? 'ringing' : 'talking';
    if (status === 'connected' && !this.#answeredAt) {
      this.#answeredAt = Date.now();
      this.#clock = setInterval(() => (this.#find('time').textContent = this.#time()), 500);
      const meter = this.#find<HTMLMeterElement>('level');
      this.call.remoteAudioLevel$.subscribe((level) => (meter.value = Math.min(level * 6, 1)));
    }
    this.told.changed();
  }

  #end(): void {
    clearInterval(this.#clock);
    this.element.dataset.phase = 'ended';
    this.element.remove();
    this.told.ended(this.#answeredAt ? this.#time() : this.#rejected ? 'rejected' : 'missed');
    this.told.changed();
  }

  #time(): string {
    const seconds = Math.floor((Date.now() - this.#answeredAt) / 1000);
    return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  }

  #try(action: Promise<void> | undefined): void {
    action?.catch(() => (this.#find('call-error').textContent = 'The server did not take that. Please try again.'));
  }

  #find<T extends HTMLElement = HTMLElement>(id: string): T {
    return this.element.querySelector<T>(`[data-testid=${id}]`)!;
  }

  #on(id: string, act: (button: HTMLElement) => void): void {
    const button = this.#find(id);
    button.addEventListener('click', () => act(button));
  }
}
