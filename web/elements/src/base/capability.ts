/**
 * Whether a list of capabilities allows one, or some part of it. Capabilities are dotted (`member.mute.audio`); a whole allows
 * its parts, and the camel-case spelling of older pages (`memberMuteAudio`) counts as well.
 */
export function allows(capabilities: readonly string[], wanted: string): boolean {
  const parts = wanted.split('.');
  const camel = parts.map((part, at) => (at === 0 ? part : part[0]!.toUpperCase() + part.slice(1))).join('');
  const wholes = parts.map((_, at) => parts.slice(0, at + 1).join('.'));
  return capabilities.some((has) => has === camel || wholes.includes(has.replace(/\.\*$/, '')) || has.startsWith(`${wanted}.`));
}
