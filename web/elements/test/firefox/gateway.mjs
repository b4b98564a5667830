#!/usr/bin/env node
// Stands between Playwright and a Firefox of the system (its extended support release): Playwright sets media features by a
// command of WebDriver BiDi that this Firefox does not know yet, before any page. It is answered here; all else passes through.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { WebSocket, WebSocketServer } from 'ws';

const UNKNOWN = new Set(['emulation.setMediaFeaturesOverride']);

const firefox = spawn(process.env.OFFHOOK_FIREFOX ?? '/usr/bin/firefox-esr', process.argv.slice(2), { stdio: ['ignore', 'inherit', 'pipe'] });
firefox.on('exit', (code) => process.exit(code ?? 1));
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => firefox.kill(signal));

createInterface({ input: firefox.stderr }).on('line', (line) => {
  const [, address] = /^WebDriver BiDi listening on (ws:\/\/\S+)$/.exec(line) ?? [];
  if (address) relay(address);
  else console.error(line);
});

function relay(address) {
  const gateway = new WebSocketServer({ host: '127.0.0.1', port: 0 }, () => console.error(`WebDriver BiDi listening on ws://127.0.0.1:${gateway.address().port}`));
  gateway.on('connection', (playwright, { url }) => {
    const browser = new WebSocket(address + url, { perMessageDeflate: false, maxPayload: 256 * 1024 * 1024 });
    const early = [];
    playwright.on('message', (data) => {
      const text = data.toString();
      const { id, method } = JSON.parse(text);
      if (UNKNOWN.has(method)) playwright.send(JSON.stringify({ type: 'success', id, result: {} }));
      else if (browser.readyState === WebSocket.OPEN) browser.send(text);
      else early.push(text);
    });
    browser.on('open', () => early.splice(0).forEach((text) => browser.send(text)));
    browser.on('message', (data) => playwright.send(data.toString()));
    browser.on('close', () => playwright.close());
    browser.on('error', (error) => console.error(`gateway: ${error.message}`));
    playwright.on('close', () => browser.close());
  });
}
