/**
 * Inline styles by property. A `style` attribute in a template, or Lit's own directive, writes an attribute first,
 * which a strict Content-Security-Policy refuses; the properties of `element.style` it does not.
 */
import { noChange } from 'lit';
import { directive, Directive, type ElementPart } from 'lit/directive.js';

type Rules = Record<string, string | null | undefined>;

class StyleDirective extends Directive {
  #last: Rules = {};

  render(_rules: Rules): unknown {
    return noChange;
  }

  override update(part: ElementPart, [rules]: [Rules]): unknown {
    const { style } = part.element as HTMLElement;
    for (const name of Object.keys(this.#last)) if (!(name in rules)) style.removeProperty(name);
    for (const [name, value] of Object.entries(rules)) {
      if (this.#last[name] === value) continue;
      if (value === null || value === undefined) style.removeProperty(name);
      else style.setProperty(name, value);
    }
    this.#last = { ...rules };
    return noChange;
  }
}

/** `<div ${inline({ left: '5%', '--level': '0.3' })}>`: names as in a style sheet. */
export const inline = directive(StyleDirective);
