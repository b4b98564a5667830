import { css } from 'lit';

/**
 * The tokens that an element reads, each with a value of its own for pages that have no theme. Elements use these
 * private names only.
 */
export const palette = css`
  :host {
    --_page: var(--bg-page, #0e0e18); --_surface: var(--bg-surface, #181a28); --_raised: var(--bg-surface-raised, #222436);
    --_fg: var(--fg-default, #f0f0f4); --_dim: var(--fg-muted, #a0a0aa); --_line: var(--border-default, rgb(255 255 255 / 12%));
    --_shadow: var(--shadow-md, 0 4px 16px rgb(0 0 0 / 50%)); --_press: var(--interactive-dropdown-hover, #333338);
    --_warn: var(--interactive-status-warning, #ffd700);
    --_primary: var(--interactive-button-primary-bg, #044ef4); --_primary-hover: var(--interactive-button-primary-hover, #0342cf);
    --_on-primary: var(--interactive-button-primary-text, #fff);
    --_bad: var(--interactive-button-destructive-bg, #dc2626); --_bad-hover: var(--interactive-button-destructive-hover, #b91c1c);
    --_good: var(--interactive-status-success, #15803d);
    /* Colours that fill a button are too dark or too light for text: mixed with the text's colour they can be read. */
    --_good-text: color-mix(in srgb, var(--_good) 55%, var(--_fg)); --_bad-text: color-mix(in srgb, var(--_bad) 55%, var(--_fg));
    --_warn-text: color-mix(in srgb, var(--_warn) 70%, var(--_fg)); --_primary-text: color-mix(in srgb, var(--_primary) 45%, var(--_fg));
    --_radius: var(--radius-md, 8px); --_round: var(--radius-full, 100px);
    --_font: var(--type-family-body, system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif);
    --_body: var(--type-size-body, 16px); --_small: var(--type-size-small, 14px); --_caption: var(--type-size-caption, 13px);
    --_fast: var(--transition-fast, 0.15s ease);
    --_1: var(--sp-1, 0.25rem); --_2: var(--sp-2, 0.5rem); --_3: var(--sp-3, 0.75rem); --_4: var(--sp-4, 1rem);
  }
  @media (prefers-color-scheme: light) {
    :host {
      --_page: var(--bg-page, #fafbfc); --_surface: var(--bg-surface, #f3f4f6); --_raised: var(--bg-surface-raised, #e8eaf0);
      --_fg: var(--fg-default, #1a1a18); --_dim: var(--fg-muted, #5f5f5d); --_line: var(--border-default, rgb(0 0 0 / 10%));
      --_shadow: var(--shadow-md, 0 4px 16px rgb(0 0 0 / 8%)); --_press: var(--interactive-dropdown-hover, #f6f6f4);
      --_warn: var(--interactive-status-warning, #a16207);
    }
  }
`;
