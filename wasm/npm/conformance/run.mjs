// The chain of a corpus and the state it ends with, in Node or in headless Chromium:
//
//   node run.mjs --corpus FILE .. [--plugin FILE] [--chromium [--program FILE]]
//
// With a plugin that very file is run; without, the core of this package. Each corpus begins with
// an empty state. Prints one line of JSON a corpus.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { Core, init } from 'earmark';
import { loadPlugin } from 'earmark/plugin-loader';

import { inChromium } from './chromium.mjs';
import { run } from './corpus.mjs';

const { values } = parseArgs({
  options: {
    corpus: { type: 'string', multiple: true },
    plugin: { type: 'string' },
    chromium: { type: 'boolean', default: false },
    program: { type: 'string', default: process.env.CHROMIUM ?? '/usr/bin/chromium' },
  },
});
if (!values.corpus) {
  console.error('usage: run.mjs --corpus FILE .. [--plugin FILE] [--chromium [--program FILE]]');
  process.exit(2);
}

const started = performance.now();
const all = values.chromium ? await inChromium(values) : await inNode(values);
const body = values.plugin ? 'plugin' : 'npm';
const seconds = Number(((performance.now() - started) / 1000).toFixed(3));
const where = values.chromium ? 'chromium' : 'node';
for (const told of all) console.log(JSON.stringify({ ...told, body, in: where, seconds }));

async function inNode({ corpus, plugin }) {
  const door = plugin ? await loadPlugin(readFileSync(plugin)) : (await init(), new Core());
  return corpus.map((file) => run(door, readFileSync(file)));
}
