/** What the other side sends besides sound: content to show, or events of its own. */
import type { ReactiveController, ReactiveElement } from 'lit';
import { tell } from '../base/define.js';
import type { Call, Subscription } from '../base/interfaces.js';
import type { DisplayContent } from './chat-state.js';
import { events } from './events.js';

const FORMATS = ['text', 'markdown', 'code', 'html'] as const;
/** Characters of content that are shown; more is cut. */
export const LONGEST_CONTENT = 200_000;

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value.slice(0, LONGEST_CONTENT) : undefined);

/** Content to show, out of whatever was sent. */
export function displayContent(params: Record<string, unknown>): DisplayContent {
  const format = FORMATS.find((known) => known === params.format) ?? 'text';
  return { content: text(params.content) ?? '', format, title: text(params.title), language: text(params.language) };
}

/** Tells the page of each user event: `sw-display-content`, or `signalwire-address:event`. */
export class UserEventController implements ReactiveController {
  #call: Call | undefined;
  #kept: Subscription | undefined;

  constructor(private readonly host: ReactiveElement) {
    host.addController(this);
  }

  setCall(call?: Call): void {
    if (call === this.#call) return;
    this.#call = call;
    this.#kept?.unsubscribe();
    this.#kept = call && events(call, 'user_event', (event) => this.#take(event));
  }

  hostDisconnected(): void {
    this.setCall(undefined);
  }

  #take(event: unknown): void {
    const params = (event as { params?: unknown } | null)?.params;
    if (!params || typeof params !== 'object') return;
    if ((params as { type?: unknown }).type === 'display_content') tell(this.host, 'sw-display-content', displayContent(params as Record<string, unknown>));
    else tell(this.host, 'signalwire-address:event', params);
  }
}
