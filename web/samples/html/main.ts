import '@offhook/web-components/sw-call-status';
import '@offhook/web-components/sw-call-widget';
import { openClient } from '../client.js';

const widget = document.querySelector('sw-call-widget')!;
const status = document.querySelector('sw-call-status')!;
const log = document.querySelector('#log')!;
const note = (text: string): void => log.append(Object.assign(document.createElement('li'), { textContent: text }));

widget.addEventListener('sw-dial', (event) => note(`dialling ${(event as CustomEvent<{ destination: string }>).detail.destination}`));
widget.addEventListener('sw-call-ended', (event) => note(`ended: ${(event as CustomEvent<{ status: string }>).detail.status}`));

const client = await openClient();
// Every call that the client places from here on is shown by the status, too.
const dial = client.dial.bind(client);
client.dial = async (...how) => (status.call = await dial(...how));
widget.client = client;
document.documentElement.dataset.ready = '';
