/** What an owner pastes into a page, for one call button. */

export interface SnippetOptions {
  /** The server's origin. */
  origin: string;
  token: string;
  label: string;
  audioOnly: boolean;
}
export interface Snippet {
  id: 'module' | 'older' | 'frame';
  title: string;
  /** When to take this one. */
  when: string;
  code: string;
}

/** As a value in markup. */
const attribute = (text: string): string => text.replace(/[&"<>]/g, (character) => `&#${character.charCodeAt(0)};`);
/** As a string in a script inside markup. */
const literal = (text: string): string => JSON.stringify(text).replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');

export function snippets({ origin, token, label, audioOnly }: SnippetOptions): Snippet[] {
  const sound = audioOnly ? ' audio-only' : '';
  const query = new URLSearchParams({ label, ...(audioOnly && { 'audio-only': '' }) }).toString().replace('audio-only=', 'audio-only');
  return [
    {
      id: 'module',
      title: 'Element',
      when: 'For every page that may load a script: one line where the button shall be.',
      code: `<script type="module" async src="${origin}/js/offhook-embed.js"></script>
<sw-click-to-call token="${attribute(token)}" label="${attribute(label)}"${sound}></sw-click-to-call>`
    },
    {
      id: 'older',
      title: 'Older snippet',
      when: 'For pages that have a snippet with sw.c2c.spawn already: the same functions are called at the same times.',
      code: `<div id="click2call"></div>
<div id="call"></div>
<script src="${origin}/js/offhook-c2c.js" data-token="${attribute(token)}"></script>
<script>
  sw.c2c.spawn('C2CButton', {
    buttonParentSelector: '#click2call',
    callParentSelector: '#call',
    innerHTML: ${literal(attribute(label))},${audioOnly ? '\n    audioOnly: true,' : ''}
    beforeCallStartFn: () => true, // false: no call
    afterCallStartFn: () => {},
    beforeCallLeaveFn: () => true, // false: the call goes on
    afterCallLeaveFn: () => {},
    onCallError: (error) => console.error(error)
  });
</script>`
    },
    {
      id: 'frame',
      title: 'Frame',
      when: 'For pages whose policy lets no script in, or whose editor takes none. Only the sites of the button can show it.',
      code: `<iframe src="${origin}/embed/${encodeURIComponent(token)}?${attribute(query)}"
  allow="microphone; camera; autoplay; display-capture" title="${attribute(label)}"
  width="360" height="480" style="border: 0"></iframe>`
    }
  ];
}

/** What the page's own Content-Security-Policy must allow, by snippet. */
export function policy(id: Snippet['id'], origin: string): string {
  if (id === 'frame') return `frame-src ${origin};`;
  const socket = origin.replace(/^http/, 'ws');
  return `script-src ${origin} 'wasm-unsafe-eval';\nconnect-src ${origin} ${socket};\nmedia-src mediastream: blob:`;
}
