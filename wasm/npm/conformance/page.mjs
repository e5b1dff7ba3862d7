// The conformance run, or the timing of previews, in a page: leaves what it found in
// `globalThis.told`.
import { loadPlugin } from '../dist/plugin-loader.js';
import { Core, init } from '../dist/web.js';
import { run } from './corpus.mjs';
import { time } from './timing.mjs';

try {
  globalThis.told = location.search === '?time' ? await timed() : await ran();
} catch (error) {
  globalThis.told = { error: String(error) };
}

async function timed() {
  await init();
  return time(Core);
}

async function ran() {
  const asked = new URLSearchParams(location.search);
  const own = await door(asked.has('plugin'));
  const all = [];
  for (let nth = 0; nth < Number(asked.get('corpora')); nth += 1) {
    const corpus = await (await fetch(`/corpus/${nth}`)).arrayBuffer();
    all.push(run(own, new Uint8Array(corpus)));
  }
  return all;
}

async function door(plugin) {
  if (plugin) return loadPlugin('/plugin.wasm');
  await init();
  return new Core();
}
