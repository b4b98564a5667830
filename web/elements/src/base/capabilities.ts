/**
 * What a member may do, by the strings that come with a call. SDKs write them with dots (`member.mute.audio.on`), page
 * code also in camel case (`memberMuteAudio`). A string allows itself and everything below it.
 */

const plain = (name: string): string => name.replaceAll('.', '').toLowerCase();

/**
 * Whether `wanted`, with dots, is allowed. Without `on` or `off` at its end, one of the two is enough. An empty list says
 * nothing: it is what there is until the call is joined, and with SDKs that tell no capabilities.
 */
export function allows(held: readonly string[], wanted: string): boolean {
  if (held.length === 0) return true;
  const steps = wanted.split('.');
  const enough = new Set(steps.map((_, at) => plain(steps.slice(0, at + 1).join('.'))));
  const switched = ['on', 'off'].includes(steps.at(-1)!) ? [] : [plain(`${wanted}.on`), plain(`${wanted}.off`)];
  return held.some((name) => enough.has(plain(name)) || switched.includes(plain(name)));
}

/** Whether a switch may be moved to where it is not. */
export function allowsSwitch(held: readonly string[], name: string, to: boolean): boolean {
  return allows(held, `${name}.${to ? 'on' : 'off'}`);
}
