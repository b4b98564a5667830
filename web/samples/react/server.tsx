/** What a server sends: the page without a client, as markup. */
import { renderToString } from 'react-dom/server';
import { App } from './app.js';

export const rendered = (): string => renderToString(<App client={undefined} />);
