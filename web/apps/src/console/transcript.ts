/** What is being said in a call, as far as its speech agent tells. */
import { TranscriptController } from '@offhook/web-components';
import type { WebRTCCall } from '@offhook/js';
import { html, LitElement } from 'lit';

class ConsoleTranscript extends LitElement {
  static override properties = { call: { attribute: false } };
  declare call: WebRTCCall | undefined;
  readonly #transcript = new TranscriptController(this as never);

  protected override createRenderRoot(): HTMLElement {
    return this;
  }
  protected override willUpdate(): void {
    this.#transcript.setCall(this.call as never);
  }
  override render() {
    return html`<sw-ui-transcript-view data-testid="transcript" .entries=${this.#transcript.state.entries}
      empty-text=${this.call ? 'Nothing has been transcribed in this call.' : 'What is said in a call with transcription is shown here.'}></sw-ui-transcript-view>`;
  }
}
customElements.define('console-transcript', ConsoleTranscript);
