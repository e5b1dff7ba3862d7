// The chain of a corpus, in Node or in headless Chromium:
//
//   node run.mjs --corpus FILE [--plugin FILE] [--chromium [--program FILE]]
//
// With a plugin that very file is run; without, the core of this package. Prints one line of JSON.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { Core, init } from 'earmark';
import { loadPlugin } from 'earmark/plugin-loader';

import { inChromium } from './chromium.mjs';
import { run } from './corpus.mjs';

const { values } = parseArgs({
  options: {
    corpus: { type: 'string' },
    plugin: { type: 'string' },
    chromium: { type: 'boolean', default: false },
    program: { type: 'string', default: process.env.CHROMIUM ?? '/usr/bin/chromium' },
  },
});
if (!values.corpus) {
  console.error('usage: run.mjs --corpus FILE [--plugin FILE] [--chromium [--program FILE]]');
  process.exit(2);
}

const started = performance.now();
const told = values.chromium ? await inChromium(values) : await inNode(values);
const body = values.plugin ? 'plugin' : 'npm';
const seconds = Number(((performance.now() - started) / 1000).toFixed(3));
console.log(JSON.stringify({ ...told, body, in: values.chromium ? 'chromium' : 'node', seconds }));

async function inNode({ corpus, plugin }) {
  const turns = readFileSync(corpus);
  if (plugin) return run(await loadPlugin(readFileSync(plugin)), turns);
  await init();
  return run(new Core(), turns);
}
