import type { Call, Client } from '@offhook/web-components';
import { useState } from 'react';

/** The page. Rendered on a server there is no client yet: the elements stand there with their attributes and wait. */
export function App({ client }: { client: Client | undefined }) {
  const [call, setCall] = useState<Call>();
  const [open, setOpen] = useState(true);
  const [log, setLog] = useState<string[]>([]);
  const note = (text: string): void => setLog((before) => [...before, text]);
  return (
    <main>
      <h1>Support</h1>
      {open && (
        <sw-call-widget
          client={client && watched(client, setCall)}
          destination="/public/support"
          heading="Support"
          audio-only
          onsw-dial={({ detail }) => note(`dialling ${detail.destination}`)}
          onsw-call-ended={({ detail }) => note(`ended: ${detail.status}`)}
        >
          <button>Call us</button>
        </sw-call-widget>
      )}
      <sw-call-status call={call} />
      <ol id="log">
        {log.map((text, at) => (
          <li key={at}>{text}</li>
        ))}
      </ol>
      <button onClick={() => setOpen(!open)}>{open ? 'Put it away' : 'Bring it back'}</button>
    </main>
  );
}

const known = new WeakMap<Client, Client>();
/** The client, which tells of the calls that it places. The same object at each render: else the widget would begin anew. */
function watched(client: Client, placed: (call: Call) => void): Client {
  if (!known.has(client)) {
    const dial = client.dial.bind(client);
    client.dial = async (...how) => {
      const call = await dial(...how);
      placed(call);
      return call;
    };
    known.set(client, client);
  }
  return known.get(client)!;
}
