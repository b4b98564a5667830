/**
 * The page inside the frame of a call button. The button is in the markup; the widget comes with the pointer, the focus or
 * the click. The page around hears, by `postMessage`, how large the frame should be and how the call goes; from it nothing
 * is heard.
 */
const widgetUrl = '/js/offhook-widget.mjs';
const NOT_LOADED = 'What a call needs could not be loaded. Check the connection, then try again.';
/** What a card with a call needs, CSS pixels. */
const CARD = { width: 360, height: 480 };

type Widget = HTMLElement & { dial(): Promise<void>; audioOnly: boolean };
const widget = document.querySelector<Widget>('sw-call-widget');
const button = document.querySelector('button');
const note = document.querySelector('p');

let loading: Promise<unknown> | undefined;
function load(): Promise<unknown> {
  loading ??= (import(/* @vite-ignore */ widgetUrl) as Promise<{ preload(): void }>).then(
    ({ preload }) => preload(),
    (error: unknown) => {
      loading = undefined;
      throw error;
    }
  );
  return loading;
}

/** Where messages go: the page around, if it is one of the button's. `undefined`: nobody is told. */
function listener(): string | undefined {
  if (parent === window) return undefined;
  const sources = (document.body.dataset.ancestors ?? '').split(' ');
  const told = location.ancestorOrigins?.[0] ?? (document.referrer && new URL(document.referrer).origin);
  if (sources.includes('*')) return told || '*';
  if (told && sources.some((source) => matches(source, told))) return told;
  // A browser that does not tell who is around: one page alone can be meant.
  return !told && sources.length === 1 && !sources[0]!.includes('*') ? sources[0] : undefined;
}

/** As the server compares origins: whole, or below `https://*.example.com`. */
function matches(source: string, origin: string): boolean {
  const [scheme, domain] = source.toLowerCase().split('://*.');
  if (domain === undefined) return source.toLowerCase() === origin.toLowerCase();
  const [ofOrigin, host = ''] = origin.toLowerCase().split('://');
  return scheme === ofOrigin && host.endsWith(`.${domain}`) && host.length > domain.length + 1;
}

const around = listener();
function tell(type: string, detail: object): void {
  if (around) parent.postMessage({ type: `offhook:${type}`, ...detail }, around);
}

let large = false;
function resize(): void {
  const box = button!.getBoundingClientRect();
  const card = widget!.audioOnly || !customElements.get('sw-call-widget') ? CARD : { width: 640, height: 480 };
  const size = large ? card : { width: Math.ceil(box.width) + 16, height: Math.ceil(box.height) + 16 };
  tell('resize', size);
}

if (widget && button && note) {
  const intent = (): void => void load().catch(() => undefined);
  button.addEventListener('pointerenter', intent);
  button.addEventListener('focus', intent);
  button.addEventListener('click', () => {
    note.textContent = '';
    button.setAttribute('aria-busy', 'true');
    load()
      // Once it is there it dials by itself when something in it is clicked; twice is once.
      .then(() => widget.dial())
      .catch(() => (note.textContent = NOT_LOADED))
      .finally(() => button.removeAttribute('aria-busy'));
  });
  widget.addEventListener('sw-dial', () => {
    large = true;
    resize();
    tell('call', { state: 'dialling' });
  });
  widget.addEventListener('sw-call-started', () => tell('call', { state: 'started' }));
  widget.addEventListener('sw-call-ended', () => tell('call', { state: 'ended' }));
  // The button is back, or in sight for the first time.
  new ResizeObserver(() => {
    large = button.offsetWidth === 0;
    resize();
  }).observe(button);
}
export {};
