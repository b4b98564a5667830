import '@offhook/web-components/sw-call-status';
import '@offhook/web-components/sw-call-widget';
import { useEffect, useState } from 'react';
import { createRoot, hydrateRoot } from 'react-dom/client';
import type { Client } from '@offhook/web-components';
import { openClient } from '../client.js';
import { App } from './app.js';

function Page() {
  const [client, setClient] = useState<Client>();
  useEffect(() => {
    void openClient().then((opened) => {
      setClient(opened);
      document.documentElement.dataset.ready = '';
    });
  }, []);
  return <App client={client} />;
}

const root = document.querySelector('#app')!;
// What a server has rendered is taken over, the elements in it included.
if (root.childElementCount > 0) hydrateRoot(root, <Page />);
else createRoot(root).render(<Page />);
