/** Gives the buttons their token. A real page has it in its HTML; the demo's is made when the server first starts. */
interface DemoConfig {
  embedToken: string;
}
const buttons = document.querySelectorAll('sw-click-to-call');
const hint = document.querySelector<HTMLElement>('[data-testid=hint]');
try {
  const response = await fetch('/demo/config.json');
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const { embedToken } = (await response.json()) as DemoConfig;
  for (const button of buttons) button.setAttribute('token', embedToken);
} catch {
  if (hint) hint.textContent = 'The demo has no data: start the server with --demo.';
}
export {};
