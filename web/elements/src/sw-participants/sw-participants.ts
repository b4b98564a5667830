import { html, nothing, type PropertyDeclarations } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { inline } from '../base/css.js';
import { define, tell } from '../base/define.js';
import { SwElement } from '../base/element.js';
import { Float } from '../base/float.js';
import type { Call, CallParticipant, LayoutLayer } from '../base/interfaces.js';
import { place } from '../base/layer.js';
import { doTo, mayDo, Members, type MemberAction } from '../base/members.js';
import { CallSource } from '../context/call-source.js';
import '../sw-ui-icon/sw-ui-icon.js';
import { next } from './menu.js';
import { styles } from './styles.js';
import { PEOPLE } from '../base/english/people.js';
import { addEnglish } from '../base/words.js';

addEnglish(PEOPLE);

const EVENTS: Record<MemberAction, string> = {
  audio: 'sw-participant-mute-audio', video: 'sw-participant-mute-video', remove: 'sw-participant-remove'
};
/** How long a failure is shown, milliseconds. */
const TELLING = 6_000;

interface Item {
  action: MemberAction;
  icon: string;
  text: string;
  label: string | undefined;
}

/**
 * Lies over the picture of a call: a rectangle over each member, with the name and a menu of what may be done to that
 * member. What the call's capabilities do not allow is not offered; a call that tells of no capabilities offers all.
 *
 * @element sw-participants
 * @attr {Call} call - useless in markup; see the property
 * @prop {Call} call - the call; wins over the context
 * @slot - more above the picture, usually sw-self-media
 * @slot controls-{memberId} - more in the menu of that member
 * @csspart overlay - the rectangle of a member, absolute in the nearest positioned ancestor
 * @csspart menu-trigger - the button that opens the menu
 * @csspart menu - the menu with what was put into it
 * @csspart name - the name of a member
 * @fires {CustomEvent<{participant: CallParticipant, memberId: string}>} sw-participant-mute-audio - the member was muted or unmuted
 * @fires {CustomEvent<{participant: CallParticipant, memberId: string}>} sw-participant-mute-video - the member's picture was turned off or on
 * @fires {CustomEvent<{participant: CallParticipant, memberId: string}>} sw-participant-remove - the member was removed
 */
export class SwParticipants extends SwElement {
  static override properties: PropertyDeclarations = { call: { type: Object } };
  declare call: Call | undefined;
  readonly #source = new CallSource(this);
  readonly #members = new Members(this, () => this.#source.state.participants ?? []);
  /** Whose menu is open, and which item gets the focus when it is shown. */
  #open: string | undefined;
  #focus: 'first' | 'last' | undefined;
  #busy = false;
  #failure: { id: string; text: string } | undefined;
  #forget: ReturnType<typeof setTimeout> | undefined;
  /** The member whose button or menu had the focus before this render. */
  #focused: string | undefined;
  readonly #float = new Float(() => this.#shut(false));

  static override styles = styles;

  override connectedCallback(): void {
    super.connectedCallback();
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#forget);
    this.#failure = undefined;
    this.#shut(false);
  }

  protected override willUpdate(): void {
    this.#focused = this.#memberOf(this.shadowRoot?.activeElement);
    if (this.#open !== undefined && !this.#layers.some(({ member_id }) => member_id === this.#open)) this.#shut(false);
  }

  protected override updated(): void {
    for (const popup of this.renderRoot.querySelectorAll<HTMLElement>('.popup')) {
      if (popup.dataset.member === this.#open) this.#showPopup(popup);
      else if (popup.matches(':popover-open')) popup.hidePopover();
    }
    // Who had the focus was removed: it goes to the next one, not back to the page's beginning.
    if (this.#focused !== undefined && !this.#layers.some(({ member_id }) => member_id === this.#focused)) {
      this.renderRoot.querySelector<HTMLElement>('.trigger')?.focus();
    }
    this.#focused = undefined;
  }

  override render() {
    return html`${repeat(this.#layers, ({ member_id }) => member_id, (layer) => this.#member(layer))}<slot></slot>`;
  }

  #member(layer: LayoutLayer) {
    const id = layer.member_id!;
    const { self } = this.#source.state;
    const own = self?.id === id;
    const participant = own ? self : this.#participant(id);
    const isOpen = this.#open === id;
    const name = participant?.name || (own ? this.word('participant.you') : this.word('participant'));
    const muted = this.#members.muted(participant, 'audio');
    const classes = ['member', own && 'is-self', isOpen && 'open', this.#members.talks(participant) && 'talking'].filter(Boolean).join(' ');
    return html`<div part="overlay" class=${classes} role="group" aria-label=${name} data-member=${id}
      ${inline({ ...place(layer), visibility: layer.visible === false ? 'hidden' : null })}>
      ${participant
        ? html`<div part="name" class=${muted ? 'tag telling' : 'tag'} title=${name}>
            ${muted ? html`<sw-ui-icon name="mic-off" size="16" role="img" aria-label=${this.word('participant.muted')}></sw-ui-icon>` : nothing}<span dir="auto">${name}</span>
          </div>`
        : nothing}
      ${own ? html`<slot name=${`controls-${id}`}></slot>` : this.#menu(id, participant, isOpen)}
      <p class="failure" role="status">${this.#failure?.id === id ? this.#failure.text : nothing}</p>
    </div>`;
  }

  #menu(id: string, participant: CallParticipant | undefined, isOpen: boolean) {
    const items = this.#items(participant);
    const slotted = [...this.children].some((child) => child.slot === `controls-${id}`);
    const label = this.word('participant.actions');
    return html`${items.length > 0 || slotted
        ? html`<button part="menu-trigger" class="trigger" type="button" aria-label=${this.word('participant.menu')}
            aria-haspopup=${items.length > 0 ? 'menu' : 'dialog'} aria-expanded=${isOpen ? 'true' : 'false'}
            @click=${() => (isOpen ? this.#shut(true) : this.#show(id, 'first'))} @keydown=${(event: KeyboardEvent) => this.#onTrigger(event, id)}>
            <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" fill="currentColor">
              <circle cx="12" cy="5" r="2"></circle><circle cx="12" cy="12" r="2"></circle><circle cx="12" cy="19" r="2"></circle>
            </svg>
          </button>`
        : nothing}
      <div part="menu" class=${isOpen ? 'popup shown' : 'popup'} popover="manual" tabindex="-1" data-member=${id}
        role=${items.length > 0 ? nothing : 'dialog'} aria-label=${items.length > 0 ? nothing : label}
        @keydown=${this.#onMenu} @focusout=${this.#left}>
        ${items.length > 0
          ? html`<div role="menu" aria-label=${label}>
              ${items.map(({ action, icon, text, label }) => html`<button class="item ${action}" type="button" role="menuitem" tabindex="-1" aria-label=${label ?? nothing}
                @click=${() => void this.#act(id, action)}><sw-ui-icon name=${icon} size="20"></sw-ui-icon>${text}</button>`)}
            </div>`
          : nothing}
        <slot name=${`controls-${id}`} @slotchange=${() => this.requestUpdate()}></slot>
      </div>`;
  }

  #items(participant: CallParticipant | undefined): Item[] {
    const { capabilities } = this.#source.state;
    const muted = { audio: this.#members.muted(participant, 'audio'), video: this.#members.muted(participant, 'video'), remove: false };
    const all: Item[] = [
      muted.audio
        ? { action: 'audio', icon: 'mic-on', text: this.word('participant.unmute'), label: this.word('participant.unmute.long') }
        : { action: 'audio', icon: 'mic-off', text: this.word('participant.mute'), label: this.word('participant.mute.long') },
      muted.video
        ? { action: 'video', icon: 'camera-on', text: this.word('participant.video.on'), label: undefined }
        : { action: 'video', icon: 'camera-off', text: this.word('participant.video.off'), label: undefined },
      { action: 'remove', icon: 'close', text: this.word('participant.remove'), label: this.word('participant.remove.long') }
    ];
    return all.filter(({ action }) => !capabilities?.length || mayDo(capabilities, action, muted[action]));
  }

  /** Of each member one, the first. */
  get #layers(): LayoutLayer[] {
    const known = new Map<string, LayoutLayer>();
    for (const layer of this.#source.state.layoutLayers ?? []) {
      if (layer.member_id && !known.has(layer.member_id)) known.set(layer.member_id, layer);
    }
    return [...known.values()];
  }

  #participant(id: string): CallParticipant | undefined {
    return this.#source.state.participants?.find((member) => member.id === id);
  }

  async #act(id: string, action: MemberAction): Promise<void> {
    const participant = this.#participant(id);
    if (!participant || this.#busy) return;
    this.#busy = true;
    const muted = action !== 'remove' && this.#members.muted(participant, action);
    const { text, label } = this.#items(participant).find((item) => item.action === action)!;
    try {
      await doTo(participant, action, muted);
      tell(this, EVENTS[action], { participant, memberId: id });
    } catch (error) {
      console.warn(`sw-participants: ${EVENTS[action]}:`, error);
      this.#fail(id, this.word('participant.failed', { action: label ?? text }));
    } finally {
      this.#busy = false;
      if (this.#open === id) this.#shut(true);
    }
  }

  #fail(id: string, text: string): void {
    if (!this.isConnected) return;
    clearTimeout(this.#forget);
    this.#failure = { id, text };
    this.#forget = setTimeout(() => {
      this.#failure = undefined;
      this.requestUpdate();
    }, TELLING);
    this.requestUpdate();
  }

  #show(id: string, focus: 'first' | 'last'): void {
    if (this.#open === undefined) {
      document.addEventListener('keydown', this.#escape);
      document.addEventListener('click', this.#elsewhere);
    }
    this.#open = id;
    this.#focus = focus;
    this.#failure = undefined;
    this.requestUpdate();
  }

  /** Closes the menu; `back` puts the focus where it came from. */
  #shut(back: boolean): void {
    const id = this.#open;
    if (id === undefined) return;
    this.#open = this.#focus = undefined;
    document.removeEventListener('keydown', this.#escape);
    document.removeEventListener('click', this.#elsewhere);
    this.#float.hide();
    if (back) this.#trigger(id)?.focus();
    this.requestUpdate();
  }

  #showPopup(popup: HTMLElement): void {
    const button = this.#trigger(popup.dataset.member!);
    if (!button) return this.#shut(false);
    this.#float.show(popup, button, { gap: 8, align: 'start' });
    const focus = this.#focus;
    this.#focus = undefined;
    if (!focus) return;
    const items = [...popup.querySelectorAll<HTMLElement>('.item')];
    (focus === 'first' ? items[0] : items.at(-1))?.focus();
    if (items.length === 0) popup.focus();
  }

  #trigger(id: string): HTMLElement | null | undefined {
    return this.#box(id)?.querySelector<HTMLElement>('.trigger');
  }

  #box(id: string): HTMLElement | undefined {
    return [...(this.renderRoot?.querySelectorAll<HTMLElement>('.member') ?? [])].find((box) => box.dataset.member === id);
  }

  #memberOf(element: Element | null | undefined): string | undefined {
    return element?.closest<HTMLElement>('.member')?.dataset.member;
  }

  #onTrigger(event: KeyboardEvent, id: string): void {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    event.preventDefault();
    this.#show(id, event.key === 'ArrowDown' ? 'first' : 'last');
  }

  readonly #onMenu = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && !event.isComposing) {
      // A dialog around the picture stays open.
      event.preventDefault();
      event.stopPropagation();
      return this.#shut(true);
    }
    const item = (event.target as Element).closest<HTMLElement>('.item') ?? undefined;
    const atPopup = event.target === event.currentTarget;
    // What was put into the menu has keys of its own.
    if ((!item && !atPopup) || event.ctrlKey || event.metaKey || event.altKey) return;
    const items = [...(event.currentTarget as Element).querySelectorAll<HTMLElement>('.item')];
    const to = items.length > 0 ? next(items, item, event.key) : undefined;
    if (!to) return;
    event.preventDefault();
    to.focus();
  };

  readonly #left = (event: FocusEvent): void => {
    const to = event.relatedTarget as Node | null;
    const popup = event.currentTarget as HTMLElement;
    // Nothing: the window lost the focus, or the click that follows decides.
    if (!to || popup.contains(to) || this.contains(to) || this.#open !== popup.dataset.member) return;
    if (to !== this.#trigger(popup.dataset.member!)) this.#shut(false);
  };

  readonly #escape = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') this.#shut(true);
  };

  readonly #elsewhere = (event: MouseEvent): void => {
    const path = event.composedPath();
    const inside = path.some((node) => node instanceof Element && node.getRootNode() === this.renderRoot && node.matches('.popup, .trigger'));
    const slotted = path.some((node) => node instanceof Element && node.parentElement === this && node.slot.startsWith('controls-'));
    if (!inside && !slotted) this.#shut(false);
  };
}

define('sw-participants', SwParticipants);
declare global {
  interface HTMLElementTagNameMap {
    'sw-participants': SwParticipants;
  }
}
