// The page, walked through in headless Chromium at a host in memory.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { serve } from './mock.mjs';
import { walk } from './run.mjs';

const built = '../../target/earmark/earmark.plugin.wasm';
const plugin = process.env.EARMARK_PLUGIN ?? fileURLToPath(new URL(built, import.meta.url));

test('previews as one types, orders at once as predicted, settled as they turn out', async (t) => {
  assert.ok(existsSync(plugin), `there is no plugin \`${plugin}\`: run \`cargo xtask plugin\``);
  const shop = await serve(plugin);
  t.after(shop.close);
  const told = await walk({ url: shop.url, screenshot: process.env.EARMARK_SCREENSHOT });
  t.diagnostic(JSON.stringify(told));
});
