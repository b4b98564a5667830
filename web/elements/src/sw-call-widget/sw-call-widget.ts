import { html, nothing, type PropertyValues } from 'lit';
import { inline } from '../base/css.js';
import { define, tell } from '../base/define.js';
import { SwElement } from '../base/element.js';
import type { Call, Client, LayoutLayer, Subscription } from '../base/interfaces.js';
import { CallStateContextController } from '../context/call-state-provider.js';
import type { DisplayContent } from '../context/chat-state.js';
import { DevicesContextController } from '../context/devices.js';
import { IncomingCallController, type Announcement } from '../context/incoming.js';
import { TranscriptController } from '../context/transcript.js';
import { UserEventController } from '../context/user-events.js';
import '../sw-call-controls/sw-call-controls.js';
import '../sw-call-dialpad/sw-call-dialpad.js';
import '../sw-call-media/sw-call-media.js';
import '../sw-local-camera/sw-local-camera.js';
import type { SwUiAlert } from '../sw-ui-alert/sw-ui-alert.js';
import '../sw-ui-alert/sw-ui-alert.js';
import '../sw-ui-background/sw-ui-background.js';
import type { SwUiCallLayout } from '../sw-ui-call-layout/sw-ui-call-layout.js';
import '../sw-ui-call-layout/sw-ui-call-layout.js';
import '../sw-ui-content-drawer/sw-ui-content-drawer.js';
import '../sw-ui-icon/sw-ui-icon.js';
import '../sw-ui-modal/sw-ui-modal.js';
import '../sw-ui-responsive-container/sw-ui-responsive-container.js';
import '../sw-ui-transcript-view/sw-ui-transcript-view.js';
import { ensureTokens } from '../theme/tokens.js';
import { CallSession, IDLE, type CallView } from './call-session.js';
import { isEmbedToken, loadSdk, makeClient } from './sdk.js';
import { styles } from './styles.js';
import { parseVariables, withWidget } from './user-variables.js';

/** Begins to load the SDK. */
export function preload(): void {
  loadSdk().catch(() => undefined);
}

/**
 * A whole call from a token and a destination: whom it is with, how far it has come, its picture, its switches and keys,
 * what was said, and its end in plain words. Sound alone is shown as a card, a picture as a stage.
 *
 * @element sw-call-widget
 * @attr {string} token - a public embed token (`c2c_…`) or an access token
 * @attr {string} host - name, name:port or origin of the server; default: where this script came from
 * @attr {string} destination - address to call; not needed with an embed token, which pins it
 * @attr {boolean} modal - shows the call in a dialog over the page instead of in place
 * @attr {boolean} transcription - shows what is being said
 * @attr {boolean} allow-incoming-calls - takes calls, too
 * @attr {boolean} audio-only - neither asks for a camera nor shows a picture
 * @attr {string} user-variables - JSON object that travels with the call
 * @attr {string} heading - whom the call is with, for the person
 * @attr {boolean} disable-auto-theme - leaves the page's tokens alone
 * @attr {boolean} disable-auto-fonts - kept for pages written for other packages: no fonts are fetched in any case
 * @prop {Client} client - a client of the page's own, in place of one made of the token; it stays the page's to destroy
 * @prop {() => boolean} beforeHangup - asked when the person wants to hang up; false keeps the call
 * @slot - shown while there is no call; a click on anything in it dials
 * @slot background - behind the picture
 * @csspart panel - the card or stage of the call
 * @csspart status - what the call is doing
 * @csspart notice - over the picture: on hold, reconnecting, a weak network
 * @csspart mute - the microphone's switch on the card
 * @csspart hangup - hangs up
 * @csspart dialpad - the keys
 * @cssprop [--sw-control-bar-bg=#000] - background of the controls
 * @cssprop [--sw-control-bar-padding=6px 12px] - padding of the controls
 * @cssprop [--sw-control-bar-gap=6px] - between the controls
 * @cssprop [--sw-control-bar-radius=0] - corner of the controls
 * @cssprop [--sw-split-button-width=56px] - for pages that read it; the buttons take what they need
 * @cssprop [--sw-split-button-height=36px] - height of the controls' buttons
 * @fires {CustomEvent<{destination: string}>} sw-dial - a call begins
 * @fires {CustomEvent<{status: string}>} sw-call-ended - it is over
 * @fires {CustomEvent<null>} sw-call-started - both sides can talk
 * @fires {CustomEvent<{reason: string, message: string}>} sw-call-error - the call could not be made
 * @fires {CustomEvent<null>} sw-call-hangup - the button was pressed
 * @fires {CustomEvent<null>} sw-modal-close - Escape or a click beside the dialog; can be prevented
 * @fires {CustomEvent<null>} sw-content-drawer-close - shared content was put away
 * @fires {CustomEvent} sw-display-content - the other side shows something
 * @fires {CustomEvent} signalwire-address:event - another event of the other side
 */
export class SwCallWidget extends SwElement {
  static override properties = {
    token: {},
    host: {},
    destination: {},
    heading: {},
    modal: { type: Boolean, reflect: true },
    transcription: { type: Boolean, reflect: true },
    allowIncomingCalls: { type: Boolean, attribute: 'allow-incoming-calls', reflect: true },
    audioOnly: { type: Boolean, attribute: 'audio-only', reflect: true },
    userVariables: { attribute: 'user-variables' },
    disableAutoTheme: { type: Boolean, attribute: 'disable-auto-theme', reflect: true },
    disableAutoFonts: { type: Boolean, attribute: 'disable-auto-fonts', reflect: true },
    client: { attribute: false },
    beforeHangup: { attribute: false },
    view: { state: true },
    keys: { state: true },
    seconds: { state: true },
    pictured: { state: true },
    seen: { state: true },
    layers: { state: true },
    shown: { state: true },
    silent: { state: true }
  };
  declare token: string;
  declare host: string;
  declare destination: string;
  declare heading: string;
  declare modal: boolean;
  declare transcription: boolean;
  declare allowIncomingCalls: boolean;
  declare audioOnly: boolean;
  declare userVariables: string;
  declare disableAutoTheme: boolean;
  declare disableAutoFonts: boolean;
  declare client: Client | undefined;
  declare beforeHangup: (() => boolean | undefined | Promise<boolean | undefined>) | undefined;
  declare protected view: CallView;
  declare protected keys: boolean;
  declare protected seconds: number;
  /** Whether there is a picture to show, of the other side or one's own. */
  declare protected pictured: boolean;
  /** Whether a picture of the other side is coming in. Its track is there before, and stays without one. */
  declare protected seen: boolean;
  declare protected layers: LayoutLayer[];
  declare protected shown: DisplayContent | undefined;
  /** The browser waits for a gesture before it plays the other side. */
  declare protected silent: boolean;

  readonly #state = new CallStateContextController(this);
  readonly #devices = new DevicesContextController(this);
  readonly #transcript = new TranscriptController(this);
  readonly #userEvents = new UserEventController(this);
  readonly #incoming = new IncomingCallController(this);
  #session: CallSession | undefined;
  #made: Promise<Client> | undefined;
  #wired: Subscription[] = [];
  #listening: Subscription | undefined;
  #prompting = false;
  #name = '';
  #clock: ReturnType<typeof setInterval> | undefined;
  #focused: HTMLElement | null = null;
  /** Something in it had the focus before it was rendered again. */
  #inside = false;
  readonly #openedAt = new Date();

  constructor() {
    super();
    this.token = this.host = this.destination = this.heading = this.userVariables = '';
    this.modal = this.transcription = this.allowIncomingCalls = this.audioOnly = this.disableAutoTheme = this.disableAutoFonts = false;
    this.keys = this.pictured = this.seen = this.silent = false;
    this.view = IDLE;
    this.seconds = 0;
    this.layers = [];
    this.#incoming.onIncomingCall = (announcement) => void this.#ring(announcement);
    this.addEventListener('sw-display-content', (event) => {
      if (event.target === this) this.#display((event as CustomEvent<DisplayContent>).detail);
    });
  }

  static override styles = styles;

  override connectedCallback(): void {
    super.connectedCallback();
    if (!this.disableAutoTheme) ensureTokens();
    this.#listen();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    // A move in the document is no removal: after it the client is there as before.
    queueMicrotask(() => {
      if (!this.isConnected) this.#forget();
    });
  }

  override willUpdate(changed: PropertyValues): void {
    this.#inside = this.hasUpdated && (this.renderRoot as ShadowRoot).activeElement !== null;
    const source = ['token', 'host', 'client'].filter((name) => changed.has(name));
    // A client of another token, or of another server, is of no more use; nor is its call.
    if (this.hasUpdated && source.some((name) => changed.get(name) !== undefined && changed.get(name) !== '')) this.#forget();
    if (source.length > 0 || changed.has('allowIncomingCalls')) this.#listen();
  }

  /** Starts the call. Never rejects: what goes wrong is shown. */
  async dial(): Promise<void> {
    if (this.#session) return;
    if (!this.token && !this.client) return this.#refuse('failed.no-token');
    if (!this.destination && !isEmbedToken(this.token)) return this.#refuse('failed.no-destination');
    const session = this.#begin(this.heading || this.destination);
    tell(this, 'sw-dial', { destination: this.destination });
    const { audioOnly } = this;
    const userVariables = withWidget(parseVariables(this.userVariables), this.#openedAt);
    const options = { audio: true, video: !audioOnly, receiveAudio: true, receiveVideo: !audioOnly, userVariables };
    await session.dial(this.#client(), { destination: this.destination, options });
  }

  /** Ends the call, or the attempt at one; nothing when there is none. */
  async hangup(): Promise<void> {
    await this.#session?.end();
  }

  /** The person wants to hang up. */
  async #leave(): Promise<void> {
    if ((await this.beforeHangup?.()) === false) return;
    await this.hangup();
  }

  #client(): Promise<Client> {
    if (this.client) return Promise.resolve(this.client);
    this.#made ??= makeClient(this.token, this.host, this.allowIncomingCalls);
    return this.#made;
  }

  #release(): void {
    const made = this.#made;
    this.#made = undefined;
    made?.then((client) => client.destroy(), () => undefined);
  }

  /** The end of everything that belongs to one client. */
  #forget(): void {
    this.#session?.drop();
    this.#session = undefined;
    this.#unwire();
    this.#listening?.unsubscribe();
    this.#listening = undefined;
    this.#incoming.disconnect();
    this.#devices.disconnect();
    this.#release();
    clearInterval(this.#clock);
    this.view = IDLE;
  }

  #begin(name: string): CallSession {
    this.keys = false;
    this.seconds = 0;
    this.#name = name;
    const document = this.getRootNode() as Document | ShadowRoot;
    this.#focused ??= document.activeElement as HTMLElement | null;
    const session: CallSession = new CallSession({
      show: (change) => {
        if (this.#session === session || this.#session === undefined) this.#show(change);
      },
      call: (call) => {
        if (this.#session === session) void this.#wire(call);
      },
      over: (status) => {
        if (this.#session !== session) return;
        this.#session = undefined;
        this.#unwire();
        clearInterval(this.#clock);
        // A credential of its own for each call, as short-lived as can be; one that takes calls is kept.
        if (!this.allowIncomingCalls) this.#release();
        tell(this, 'sw-call-ended', { status });
      }
    });
    return (this.#session = session);
  }

  async #wire(call: Call): Promise<void> {
    this.#state.connect(call);
    this.#transcript.setCall(call);
    this.#userEvents.setCall(call);
    this.#devices.connectCall(call);
    const streams: { local?: MediaStream | null; remote?: MediaStream | null } = {};
    const live = (stream?: MediaStream | null) => stream?.getVideoTracks().filter(({ readyState }) => readyState === 'live') ?? [];
    const look = (): void => {
      if (this.#session?.call !== call) return;
      const theirs = live(streams.remote);
      this.seen = theirs.some(({ muted }) => !muted);
      this.pictured = theirs.length > 0 || live(streams.local).length > 0;
      for (const track of theirs) for (const event of ['mute', 'unmute']) track.addEventListener(event, look);
    };
    const picture = (side: 'local' | 'remote') => (stream: MediaStream | null) => {
      streams[side] = stream;
      for (const event of ['addtrack', 'removetrack']) stream?.addEventListener(event, look);
      look();
    };
    this.#wired = [
      call.layoutLayers$?.subscribe((layers) => (this.layers = layers)),
      call.localStream$?.subscribe(picture('local')),
      call.remoteStream$?.subscribe(picture('remote'))
    ].filter((subscription) => subscription !== undefined);
    // Now that permission was given, devices have names.
    const client = await this.#client();
    if (this.#session?.call === call) {
      this.#devices.connectDevices(client);
      this.#devices.refreshDevices();
    }
  }

  #unwire(): void {
    for (const subscription of this.#wired.splice(0)) subscription.unsubscribe();
    this.#state.disconnect();
    this.#devices.disconnectCall();
    this.#userEvents.setCall(undefined);
    this.#transcript.setCall(undefined);
    this.shown = undefined;
    this.pictured = this.seen = false;
    this.layers = [];
  }

  #listen(): void {
    this.#listening?.unsubscribe();
    this.#listening = undefined;
    this.#incoming.disconnect();
    if (!this.allowIncomingCalls || !this.isConnected || !(this.token || this.client)) return;
    const coming = this.#client();
    coming.then(
      (client) => {
        if (!this.allowIncomingCalls || !this.isConnected || this.#listening) return;
        if (!this.client && this.#made !== coming) return;
        this.#listening = client.isConnected$.subscribe((online) => {
          if (online && client.session) this.#incoming.connect(client.session.incomingCalls$);
        });
      },
      (error: unknown) => {
        console.warn('sw-call-widget: calls cannot come in:', error);
        this.#release();
      }
    );
  }

  /** Asks the person, for as long as it rings. */
  async #ring({ call, name, number }: Announcement): Promise<void> {
    if (this.#session || this.#prompting || call.direction !== 'inbound') return;
    this.#prompting = true;
    const caller = name || number || this.word('call.incoming.unknown');
    const prompt = document.createElement('sw-ui-alert') as SwUiAlert;
    prompt.words = this.words;
    prompt.title = this.word('call.incoming');
    prompt.description = this.word('call.incoming.from', { name: caller });
    prompt.type = 'confirm';
    this.renderRoot.append(prompt);
    let gone = false;
    const watch = call.status$.subscribe((status) => {
      if (status !== 'disconnected' && status !== 'destroyed' && status !== 'failed') return;
      gone = true;
      prompt.remove();
    });
    await prompt.updateComplete;
    const accepted = !gone && (await prompt.show());
    watch.unsubscribe();
    prompt.remove();
    this.#prompting = false;
    if (gone) return;
    if (!accepted) return call.reject();
    const { audioOnly } = this;
    this.#begin(caller).accept(call, { audio: true, video: !audioOnly, receiveAudio: true, receiveVideo: !audioOnly });
  }

  #refuse(reason: CallView['reason']): void {
    this.#show({ ...IDLE, phase: 'failed', reason });
  }

  #show(change: Partial<CallView>): void {
    const { since, phase } = this.view;
    this.view = { ...this.view, ...change };
    if (phase !== 'failed' && this.view.phase === 'failed') {
      const { reason = 'failed.unknown' } = this.view;
      // The words differ by browser, the reason does not.
      tell(this, 'sw-call-error', { reason: reason.replace(/\.(firefox|safari)$/, ''), message: this.word(reason) });
    }
    if (!this.view.since || since === this.view.since) return;
    tell(this, 'sw-call-started');
    clearInterval(this.#clock);
    const tick = (): void => void (this.seconds = Math.floor((Date.now() - this.view.since) / 1000));
    tick();
    this.#clock = setInterval(tick, 500);
  }

  override updated(): void {
    // The button that had the focus has gone with what it was on: what takes its place has it now.
    if (this.#inside && (this.renderRoot as ShadowRoot).activeElement === null && this.view.phase !== 'idle') {
      const panel = this.renderRoot.querySelector<HTMLElement>('.panel');
      (panel?.querySelector<HTMLElement>('[autofocus]') ?? panel)?.focus();
    }
    const audio = this.renderRoot.querySelector('audio');
    if (!audio) return;
    const { remoteStream } = this.#state.value;
    if (audio.srcObject !== remoteStream) {
      audio.srcObject = remoteStream;
      this.silent = false;
      // Where the browser lets nothing sound without a gesture, a button asks for one.
      if (remoteStream) audio.play().catch((error: Error) => (this.silent = error.name === 'NotAllowedError'));
    }
    const sink = this.#devices.value.selectedAudioOutput?.deviceId ?? '';
    const output = audio as HTMLAudioElement & { sinkId?: string; setSinkId?(id: string): Promise<void> };
    if (output.setSinkId && output.sinkId !== sink && this.#sink !== sink) {
      this.#sink = sink;
      output.setSinkId(sink).catch((error: unknown) => console.warn('the loudspeaker could not be chosen:', error));
    }
  }
  #sink = '';

  #sound = (): void => {
    const audio = this.renderRoot.querySelector('audio');
    audio?.play().then(() => (this.silent = false), (error: unknown) => console.warn('no sound:', error));
  };

  #display(content: DisplayContent): void {
    this.shown = content;
    const id = globalThis.crypto?.randomUUID?.() ?? `shared-${performance.now()}`;
    const text = content.title || this.word('call.shared');
    this.#transcript.injectEntry({ id, type: 'system', state: 'complete', text, meta: { displayContent: content } });
  }

  /** The dialog wants to close. Nothing runs on unseen: a call, or the attempt at one, ends with it. */
  #close = (): void => {
    void this.#session?.end();
    this.view = IDLE;
    this.#focused?.focus();
    this.#focused = null;
  };

  #end = (): void => {
    tell(this, 'sw-call-hangup');
    void this.#leave();
  };

  get #status(): string {
    const { phase, reason } = this.view;
    const time = `${Math.floor(this.seconds / 60)}:${String(this.seconds % 60).padStart(2, '0')}`;
    if (phase === 'ended' || phase === 'failed') return reason ? this.word(reason) : '';
    if (phase === 'talking') return time;
    if (phase === 'held') return `${this.word('call.held')} ${time}`;
    return phase === 'idle' ? '' : this.word(`call.${phase}`);
  }

  override render() {
    const idle = this.view.phase === 'idle';
    const trigger = html`<slot @click=${() => void this.dial()}></slot>`;
    if (!this.modal) return idle ? trigger : this.#panel();
    const label = this.word('call.with', { name: this.#title });
    return html`${trigger}<sw-ui-modal .open=${!idle} label=${label} @sw-modal-close=${this.#modalClose}>
      ${idle ? nothing : this.#staged ? html`<sw-ui-responsive-container>${this.#panel()}</sw-ui-responsive-container>` : this.#panel()}
    </sw-ui-modal>`;
  }

  #modalClose = (event: Event): void => {
    // Whoever listens on this element comes after this listener and may still prevent it.
    queueMicrotask(() => {
      if (!event.defaultPrevented) this.#close();
    });
  };

  get #title(): string {
    return this.#name || this.heading || this.destination || this.word('call');
  }

  get #staged(): boolean {
    const { phase } = this.view;
    return (this.pictured || !this.audioOnly || this.shown !== undefined) && phase !== 'ended' && phase !== 'failed';
  }

  #panel() {
    const { phase } = this.view;
    const over = phase === 'ended' || phase === 'failed';
    const spoken = phase === 'talking' ? this.word('call.connected') : phase === 'held' ? this.word('call.held') : this.#status;
    return html`<div class="panel ${this.#staged ? 'stage' : 'card'} ${phase}" part="panel" tabindex="-1" data-phase=${phase}>
      <span class="unseen" role="status">${spoken}</span>
      ${this.#staged ? this.#stage() : over ? this.#ending() : this.#card()}
      ${this.#staged ? nothing : html`<audio autoplay></audio>`}
    </div>`;
  }

  /** Who, how far, how loud. */
  #person() {
    const { phase, level, reason, weak } = this.view;
    const over = phase === 'ended' || phase === 'failed';
    const waiting = phase === 'connecting' || phase === 'ringing' || phase === 'recovering';
    const amiss = !over && (reason ? this.word(reason) : weak ? this.word('call.weak') : '');
    return html`<div class="person ${waiting ? 'waiting' : ''}">
      <div class="disc" ${inline({ '--level': String(Math.min(level * 6, 1)) })}>
        <sw-ui-icon name=${over ? 'phone-end' : phase === 'held' ? 'speaker-off' : 'person'} size="36"></sw-ui-icon>
      </div>
      <h2 dir="auto" title=${this.#title}>${this.#title}</h2>
      <p part="status" class="status" dir="auto" aria-hidden="true">${this.#status}</p>
      ${amiss ? html`<p class="amiss" dir="auto" role="alert">${amiss}</p>` : nothing}
    </div>`;
  }

  #card() {
    const { phase, muted } = this.view;
    const talking = phase === 'talking' || phase === 'held';
    const transcript = this.transcription && this.#transcript.state.entries.length > 0;
    const mute = this.word(muted ? 'mic.unmute' : 'mic.mute');
    return html`${this.#person()}
      ${this.silent ? html`<button class="wide again" @click=${this.#sound}>${this.word('call.sound')}</button>` : nothing}
      ${this.keys ? html`<sw-call-dialpad part="dialpad" .words=${this.words}></sw-call-dialpad>` : nothing}
      ${transcript ? html`<sw-ui-transcript-view .entries=${this.#transcript.state.entries} .words=${this.words}></sw-ui-transcript-view>` : nothing}
      <div class="row">
        <button part="mute" aria-label=${this.word('mic.mute')} title=${mute} aria-pressed=${muted} ?disabled=${!talking}
          @click=${() => void this.#session?.toggleMute(muted)}><sw-ui-icon name=${muted ? 'mic-off' : 'mic-on'}></sw-ui-icon></button>
        <button aria-label=${this.word('keypad')} title=${this.word('keypad')} aria-expanded=${this.keys} ?disabled=${!talking}
          @click=${() => (this.keys = !this.keys)}><span class="dots" aria-hidden="true"></span></button>
        <button part="hangup" class="end" aria-label=${this.word('call.hangup')} title=${this.word('call.hangup')} autofocus
          @click=${this.#end}><sw-ui-icon name="phone-end"></sw-ui-icon></button>
      </div>`;
  }

  #ending() {
    return html`${this.#person()}
      <div class="row">
        <button class="wide" @click=${this.#close}>${this.word('call.close')}</button>
        <button class="wide again" autofocus @click=${() => void this.dial()}>${this.word('call.again')}</button>
      </div>`;
  }

  /** What is not as usual, over the picture. What is amiss with a device, the controls tell. */
  get #notice(): string {
    const { phase, weak } = this.view;
    if (phase === 'recovering' || phase === 'held') return this.word(`call.${phase}`);
    return phase === 'talking' && weak ? this.word('call.weak') : '';
  }

  #stage() {
    const { phase } = this.view;
    const waiting = phase === 'connecting' || phase === 'ringing';
    const faceless = waiting || !this.seen;
    const notice = faceless ? '' : this.#notice;
    return html`<sw-ui-call-layout shadow ?transcript=${this.transcription}>
        <slot name="background" slot="background"><sw-ui-background default></sw-ui-background></slot>
        <div slot="video" class="picture"><sw-call-media></sw-call-media>${faceless ? this.#person() : nothing}
          ${notice ? html`<p class="notice" dir="auto" part="notice" role=${phase === 'talking' ? 'alert' : nothing}>${notice}</p>` : nothing}</div>
        ${this.layers.length === 0 ? html`<sw-local-camera slot="floating-video" mirror></sw-local-camera>` : nothing}
        <sw-call-controls slot="controls" .words=${this.words} show-screen-share show-hand-raise show-transcript
          ?transcript-active=${this.transcription} @sw-call-hangup=${() => void this.#leave()}
          @sw-fullscreen-toggle=${() => this.renderRoot.querySelector<SwUiCallLayout>('sw-ui-call-layout')?.toggleFullscreen()}
          @sw-transcript-toggle=${() => (this.transcription = !this.transcription)}></sw-call-controls>
        <sw-ui-transcript-view slot="transcript" .entries=${this.#transcript.state.entries} .words=${this.words}></sw-ui-transcript-view>
      </sw-ui-call-layout>
      <sw-ui-content-drawer .open=${this.shown !== undefined} .title=${this.shown?.title ?? ''} .content=${this.shown?.content ?? ''}
        .format=${this.shown?.format ?? 'text'} .language=${this.shown?.language ?? ''} .words=${this.words}
        @sw-content-drawer-close=${() => (this.shown = undefined)}></sw-ui-content-drawer>`;
  }
}
define('sw-call-widget', SwCallWidget);
declare global {
  interface HTMLElementTagNameMap {
    'sw-call-widget': SwCallWidget;
  }
}
