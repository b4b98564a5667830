/** A page without any policy: what is stopped there, is stopped by the elements. */
import type { Page } from '@playwright/test';

export async function openBarePage(page: Page): Promise<void> {
  await page.route('**/bare', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html><html lang="en"><title>Bare</title><main id="stage"></main><script type="module" src="/elements/harness.mjs"></script>' })
  );
  await page.goto(new URL('/bare', page.url()).href);
  await page.waitForFunction(() => 'sim' in globalThis);
}

/** Markup that tries to run something (it would set `ran`), to lead somewhere, or to bring its own looks. */
export const HOSTILE = [
  '<script>ran = 1</script>',
  '<img src=x onerror="ran = 1">',
  '<b onclick="ran=1" onfocus="ran=1" onpointerdown="ran=1">b</b>',
  '<svg><script>ran=1</script></svg>',
  '<svg onload="ran=1"><animate onbegin="ran=1" attributeName="x"/></svg>',
  '<svg><a xlink:href="javascript:ran=1"><text>x</text></a></svg>',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=ran=1&gt;">',
  '<math><mi xlink:href="javascript:ran=1">x</mi></math>',
  '<iframe srcdoc="<script>parent.ran=1</script>"></iframe>',
  '<object data="javascript:ran=1"></object><embed src="javascript:ran=1">',
  '<form action="javascript:ran=1"><input name="x" formaction="javascript:ran=1"><button>go</button></form>',
  '<style>@import "https://elsewhere.example/x.css"; * { color: red }</style>',
  '<p style="background: url(https://elsewhere.example/x)">p</p>',
  '<link rel="stylesheet" href="https://elsewhere.example/x.css"><meta http-equiv="refresh" content="0;url=javascript:ran=1"><base href="https://elsewhere.example/">',
  '<a href="javascript:ran=1">a</a><a href="java\nscript:ran=1">a</a><a href=" &#1;javascript:ran=1">a</a><a href="JaVaScRiPt&colon;ran=1">a</a>',
  '<a href="data:text/html,<script>ran=1</script>">a</a><a href="vbscript:ran">a</a><a href="blob:https://x/1">a</a><a href="file:///etc/passwd">a</a>',
  '<img src="javascript:ran=1"><img src="data:text/html,x"><video src=x onerror="ran=1"><audio src=x onerror="ran=1">',
  '<template><script>ran=1</script></template><noscript><p title="</noscript><img src=x onerror=ran=1>">',
  '<div id="stage" name="heard" data-x="1" aria-hidden="true" slot="x" part="y" is="sw-ui-alert">div</div>',
  '<sw-ui-alert title="x"></sw-ui-alert><slot></slot><details ontoggle="ran=1" open>x</details>'
];
