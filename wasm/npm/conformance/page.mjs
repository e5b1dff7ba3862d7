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
  const corpus = new Uint8Array(await (await fetch('/corpus')).arrayBuffer());
  return run(await door(), corpus);
}

async function door() {
  if (location.search === '?plugin') return loadPlugin('/plugin.wasm');
  await init();
  return new Core();
}
