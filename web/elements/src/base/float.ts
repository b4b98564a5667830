/**
 * A panel beside its anchor, in the top layer of the page where the browser has one: no `overflow: hidden`, container
 * or large z-index of the page comes between. It follows while the page scrolls and changes its size.
 */

/** Pixels that stay free between the panel and the edge of the window. */
const EDGE = 8;

export interface Place {
  /** Pixels between panel and anchor. */
  gap: number;
  align: 'center' | 'start';
}

export class Float {
  #panel: HTMLElement | undefined;
  #anchor: Element | undefined;
  #place: Place = { gap: 0, align: 'center' };
  /** Where the anchor was when the panel was put beside it. */
  #at: { left: number; top: number } = { left: 0, top: 0 };
  #resized: ResizeObserver | undefined;
  #frame = 0;

  /** `lost` is told when the anchor is not to be seen any more. */
  constructor(private readonly lost: () => void = () => undefined) {}

  /** Shows the panel (`popover="manual"` in its markup). Harmless when it is shown already. */
  show(panel: HTMLElement, anchor: Element, place: Place): void {
    if (panel !== this.#panel || anchor !== this.#anchor) {
      this.hide();
      this.#resized = new ResizeObserver(this.#put);
      this.#resized.observe(panel);
      this.#resized.observe(anchor);
      addEventListener('scroll', this.#put, { capture: true, passive: true });
      addEventListener('resize', this.#put, { passive: true });
      this.#frame = requestAnimationFrame(this.#follow);
    }
    [this.#panel, this.#anchor, this.#place] = [panel, anchor, place];
    // Browsers before popovers show it in its place in the page.
    if ('showPopover' in panel && panel.isConnected && !panel.matches(':popover-open')) panel.showPopover();
    this.#put();
  }

  hide(): void {
    this.#resized?.disconnect();
    cancelAnimationFrame(this.#frame);
    removeEventListener('scroll', this.#put, { capture: true });
    removeEventListener('resize', this.#put);
    this.#panel = this.#anchor = undefined;
  }

  /** What lies above the anchor may grow: nothing else tells that it has moved. */
  readonly #follow = (): void => {
    const { left, top } = this.#anchor!.getBoundingClientRect();
    if (left !== this.#at.left || top !== this.#at.top) this.#put();
    if (this.#panel) this.#frame = requestAnimationFrame(this.#follow);
  };

  readonly #put = (): void => {
    const [panel, anchor] = [this.#panel, this.#anchor];
    if (!panel || !anchor) return;
    if (!anchor.checkVisibility?.()) return this.lost();
    const [{ gap, align }, at, root] = [this.#place, anchor.getBoundingClientRect(), document.documentElement];
    this.#at = at;
    // Measured like its anchor; written in its own pixels, which a `zoom` of the page makes larger.
    const zoom = panel.currentCSSZoom ?? 1;
    panel.style.setProperty('max-inline-size', `${(root.clientWidth - 2 * EDGE) / zoom}px`);
    panel.style.setProperty('max-block-size', 'none');
    const [width, height] = [panel.offsetWidth * zoom, panel.offsetHeight * zoom];
    const above = at.top - gap - EDGE;
    const below = root.clientHeight - at.bottom - gap - EDGE;
    const up = height <= above || above >= below;
    const room = Math.max(up ? above : below, 0);
    const rightToLeft = getComputedStyle(panel).direction === 'rtl';
    const wanted = align === 'center' ? at.left + (at.width - width) / 2 : rightToLeft ? at.right - width : at.left;
    const left = Math.max(EDGE, Math.min(wanted, root.clientWidth - EDGE - width));
    panel.style.setProperty('max-block-size', `${room / zoom}px`);
    const top = up ? at.top - gap - Math.min(height, room) : at.bottom + gap;
    // Whole pixels: between two of them letters are blurred, and drawn at the one or at the other.
    panel.style.setProperty('left', `${Math.round(left) / zoom}px`);
    panel.style.setProperty('top', `${Math.round(top) / zoom}px`);
  };
}
