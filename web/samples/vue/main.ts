import '@offhook/web-components/sw-call-status';
import '@offhook/web-components/sw-call-widget';
import { createApp, markRaw } from 'vue';
import { openClient } from '../client.js';
import App from './App.vue';

// Raw: a call or a client seen through a proxy is another object.
createApp(App, { client: markRaw(await openClient()) }).mount('#app');
document.documentElement.dataset.ready = '';
