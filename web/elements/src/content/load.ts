/** Loads what shows content from outside, when it is needed. */
import { late } from '../base/late.js';
import type * as Content from './markdown.js';

export const loadContent = late<typeof Content>('./offhook-markdown.mjs', import.meta.url);
