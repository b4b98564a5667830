import '@offhook/web-components/sw-call-status';
import '@offhook/web-components/sw-call-widget';
import { mount } from 'svelte';
import { openClient } from '../client.js';
import App from './App.svelte';

mount(App, { target: document.querySelector('#app')!, props: { client: await openClient() } });
document.documentElement.dataset.ready = '';
