import { html, nothing, svg, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit';
import { define, tell } from '../base/define.js';
import { SwElement } from '../base/element.js';
import type { Call, CallParticipant } from '../base/interfaces.js';
import { doTo, mayDo, Members, type MemberAction } from '../base/members.js';
import { CallSource } from '../context/call-source.js';
import '../sw-ui-icon/sw-ui-icon.js';
import { styles } from './styles.js';
import { PEOPLE } from '../base/english/people.js';
import { addEnglish } from '../base/words.js';

addEnglish(PEOPLE);

const EVENTS: Record<MemberAction, string> = {
  audio: 'sw-participant-mute-audio', video: 'sw-participant-mute-video', remove: 'sw-participant-remove'
};
const PIN = svg`<path d="M9 3.500h6l-.8 6.500 3.300 3.500v2h-11v-2L9.800 10z M12 15.500V21" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"></path>`;

/**
 * What may be done to one member of a call: a card with the actions that the call's capabilities allow.
 *
 * @element sw-participant-controls
 * @attr {string} participant-id - the member
 * @attr {boolean} show-volume - a slider; what it says is up to the page
 * @attr {boolean} show-pin - a switch; what it means is up to the page
 * @attr {Call} call - useless in markup; see the property
 * @prop {Call} call - the call; wins over the context
 * @csspart panel - the card
 * @csspart name - who it is about
 * @cssprop --bg-page - the card
 * @cssprop --bg-surface - a button
 * @cssprop --bg-surface-raised - a button under the pointer
 * @cssprop --fg-default - text
 * @cssprop --border-default - lines
 * @cssprop --radius-md - corners
 * @cssprop --shadow-md - shadow
 * @cssprop --type-family-body - font
 * @cssprop --type-size-small - font size
 * @cssprop --interactive-button-primary-bg - the slider
 * @cssprop --interactive-button-destructive-bg - muted, pinned, remove
 * @cssprop --interactive-button-destructive-hover - the same under the pointer
 * @cssprop --transition-fast - how fast colours change
 * @fires {CustomEvent<{participantId: string, volume: number}>} sw-participant-volume-change - the slider was moved; 0 to 100
 * @fires {CustomEvent<{participantId: string, pinned: boolean}>} sw-participant-pin-toggle - the switch was pressed
 * @fires {CustomEvent<{participant: CallParticipant, memberId: string}>} sw-participant-mute-audio - the member was muted or unmuted
 * @fires {CustomEvent<{participant: CallParticipant, memberId: string}>} sw-participant-mute-video - the member's picture was turned off or on
 * @fires {CustomEvent<{participant: CallParticipant, memberId: string}>} sw-participant-remove - the member was removed
 */
export class SwParticipantControls extends SwElement {
  static override properties: PropertyDeclarations = {
    participantId: { attribute: 'participant-id' },
    showVolume: { type: Boolean, attribute: 'show-volume', reflect: true },
    showPin: { type: Boolean, attribute: 'show-pin', reflect: true },
    call: { type: Object }
  };
  declare participantId: string;
  declare showVolume: boolean;
  declare showPin: boolean;
  declare call: Call | undefined;
  readonly #source = new CallSource(this);
  readonly #members = new Members(this, () => (this.#participant ? [this.#participant] : []));
  #volume = 100;
  #pinned = false;
  #busy: MemberAction | undefined;
  #failure = '';
  /** The focus was on a button before this render. */
  #focused = false;

  constructor() {
    super();
    this.participantId = '';
    this.showVolume = false;
    this.showPin = false;
  }

  static override styles = styles;

  override connectedCallback(): void {
    super.connectedCallback();
    this.requestUpdate();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    this.#focused = Boolean(this.shadowRoot?.activeElement);
    if (!changed.has('participantId')) return;
    this.#volume = 100;
    this.#pinned = false;
    this.#failure = '';
  }

  protected override updated(): void {
    // The button that had the focus is gone, with the member or with the right.
    if (this.#focused && !this.shadowRoot!.activeElement) this.renderRoot.querySelector<HTMLElement>('.panel')?.focus();
  }

  override render() {
    const participant = this.#participant;
    const name = participant ? participant.name || this.word('participant') : this.word('participant.missing');
    return html`<div part="panel" class="panel" role="group" aria-label=${name} tabindex="-1">
      ${participant
        ? html`<p part="name" class="name" title=${name}><span dir="auto">${name}</span></p>${this.#actions(participant)}<p class="failure" role="status">${this.#failure || nothing}</p>`
        : html`<p class="note">${name}</p>`}
    </div>`;
  }

  #actions(participant: CallParticipant) {
    const { capabilities, self } = this.#source.state;
    const who = self?.id === participant.id ? 'self' : 'member';
    const [audio, video] = [this.#members.muted(participant, 'audio'), this.#members.muted(participant, 'video')];
    const may = (action: MemberAction, muted = false): boolean => mayDo(capabilities ?? [], action, muted, who);
    const offered = [
      may('audio', audio) && this.#button('audio', audio ? 'mic-off' : 'mic-on', this.word(audio ? 'participant.unmute' : 'participant.mute'), audio),
      may('video', video) && this.#button('video', video ? 'camera-off' : 'camera-on', this.word(video ? 'participant.video.on' : 'participant.video.off'), video),
      this.showVolume && this.#slider(),
      this.showPin && this.#pin(),
      may('remove') && this.#button('remove', 'close', this.word('participant.remove'), false)
    ].filter((shown) => shown !== false);
    return offered.length > 0 ? offered : html`<p class="note">${this.word('participant.nothing')}</p>`;
  }

  #button(action: MemberAction, icon: string, text: string, active: boolean): TemplateResult {
    return html`<button type="button" class=${active ? `${action} active` : action} aria-disabled=${this.#busy === action ? 'true' : nothing}
      @click=${() => void this.#act(action, text)}><sw-ui-icon name=${icon} size="18"></sw-ui-icon>${text}</button>`;
  }

  #slider(): TemplateResult {
    const text = this.word('participant.volume.value', { value: this.#volume });
    return html`<div class="volume">
      <label for="volume"><sw-ui-icon name="speaker-on" size="18"></sw-ui-icon>${text}</label>
      <input id="volume" type="range" min="0" max="100" step="1" .value=${String(this.#volume)} aria-label=${this.word('participant.volume')}
        aria-valuetext=${`${this.#volume}%`} @input=${this.#changed}>
    </div>`;
  }

  #pin(): TemplateResult {
    return html`<button type="button" class=${this.#pinned ? 'pin active' : 'pin'} @click=${this.#toggle}>
      <svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true">${PIN}</svg>${this.word(this.#pinned ? 'participant.unpin' : 'participant.pin')}
    </button>`;
  }

  get #participant(): CallParticipant | undefined {
    const { participants } = this.#source.state;
    return this.participantId ? participants?.find(({ id }) => id === this.participantId) : undefined;
  }

  async #act(action: MemberAction, text: string): Promise<void> {
    const participant = this.#participant;
    if (!participant || this.#busy) return;
    const muted = action !== 'remove' && this.#members.muted(participant, action);
    this.#busy = action;
    this.#failure = '';
    this.requestUpdate();
    try {
      await doTo(participant, action, muted);
      tell(this, EVENTS[action], { participant, memberId: participant.id });
    } catch (error) {
      console.warn(`sw-participant-controls: ${EVENTS[action]}:`, error);
      if (participant.id === this.participantId) this.#failure = this.word('participant.failed', { action: text });
    } finally {
      this.#busy = undefined;
      this.requestUpdate();
    }
  }

  readonly #changed = (event: Event): void => {
    this.#volume = Number((event.currentTarget as HTMLInputElement).value);
    tell(this, 'sw-participant-volume-change', { participantId: this.participantId, volume: this.#volume });
    this.requestUpdate();
  };

  readonly #toggle = (): void => {
    this.#pinned = !this.#pinned;
    tell(this, 'sw-participant-pin-toggle', { participantId: this.participantId, pinned: this.#pinned });
    this.requestUpdate();
  };
}

define('sw-participant-controls', SwParticipantControls);
declare global {
  interface HTMLElementTagNameMap {
    'sw-participant-controls': SwParticipantControls;
  }
}
