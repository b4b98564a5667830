/** Loads what shows content from outside, when it is needed. */
import type * as Content from './markdown.js';

const url = new URL('./offhook-markdown.mjs', import.meta.url).href;
let loading: Promise<typeof Content> | undefined;

export function loadContent(): Promise<typeof Content> {
  loading ??= (import(/* @vite-ignore */ url) as Promise<typeof Content>).catch((error: unknown) => {
    // Tried again the next time.
    loading = undefined;
    throw error;
  });
  return loading;
}
