// What later versions of the official package added.
import { MediaAccessError, Participant, SelfParticipant, type Call, type CallError, type SDKWarning, type SignalWire } from '@signalwire/js';

export function watch(client: SignalWire, call: Call): void {
  client.warnings$.subscribe((warning: SDKWarning) => console.warn(warning.code, warning.message));
  call.errors$.subscribe(({ error }: CallError) => {
    if (error instanceof MediaAccessError && error.denied) console.log(error.operation, error.media, error.fatal);
  });
  for (const one of call.participants) if (one instanceof Participant && !(one instanceof SelfParticipant)) void one.remove();
}
