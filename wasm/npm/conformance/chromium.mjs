// The conformance run in a page of headless Chromium: served on loopback, under a strict policy.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; base-uri 'none'";
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.wasm': 'application/wasm',
};
/** What keeps a headless Chromium from asking the outside world. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** As long as a run of the whole real file takes on a slow machine. */
const PATIENCE_MS = 600_000;

/** Runs corpora in a page, or times previews if there is none; `plugin` as in Node. */
export async function inChromium({ corpus, plugin, program }) {
  const corpora = (corpus ?? []).map((file, nth) => [`/corpus/${nth}`, file]);
  const files = { '/plugin.wasm': plugin, ...Object.fromEntries(corpora) };
  const query = corpus ? `?corpora=${corpora.length}${plugin ? '&plugin' : ''}` : '?time';
  const server = createServer((request, response) => serve(request, response, files));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await chromium.launch({ executablePath: program, args: FLAGS });
  try {
    const page = await browser.newPage();
    const errors = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    const { port } = server.address();
    await page.goto(`http://127.0.0.1:${port}/conformance/page.html${query}`);
    const told = page.waitForFunction(() => globalThis.told, null, { timeout: PATIENCE_MS });
    const found = await (await told).jsonValue();
    if (found.error) throw new Error([found.error, ...errors].join('\n'));
    return found;
  } finally {
    await browser.close();
    await new Promise((resolve) => server.close(resolve));
  }
}

function serve(request, response, files) {
  const { pathname } = new URL(request.url, 'http://loopback');
  const file = files[pathname] ?? ROOT + normalize(pathname);
  const headers = {
    'content-security-policy': POLICY,
    'content-type': TYPES[extname(pathname)] ?? 'application/octet-stream',
    // A page that is kept apart from others has a clock of 5 microseconds instead of 100.
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
  };
  try {
    const bytes = readFileSync(file);
    response.writeHead(200, headers).end(bytes);
  } catch {
    response.writeHead(404, headers).end();
  }
}
