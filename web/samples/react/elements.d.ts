import '@offhook/web-components/react';
