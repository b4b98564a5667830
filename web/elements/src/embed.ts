/**
 * The script for web pages: the button, and Lit, which the widget that comes later takes from here, so that it is loaded
 * once.
 */
export { SwClickToCall } from './sw-click-to-call/sw-click-to-call.js';
export { css, html, LitElement, noChange, nothing, svg } from 'lit';
export { directive, Directive } from 'lit/directive.js';
export { keyed } from 'lit/directives/keyed.js';
export { live } from 'lit/directives/live.js';
export { repeat } from 'lit/directives/repeat.js';
