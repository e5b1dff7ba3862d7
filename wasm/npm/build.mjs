// Builds `dist`: the glue of the bindgen step as this package loads it, the TypeScript face, and
// the one module. The glue's folder is `EARMARK_GLUE`, or where `cargo xtask npm` puts it.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const glue = process.env.EARMARK_GLUE ?? join(root, 'target/earmark/browser');
const dist = join(here, 'dist');
const generated = join(here, 'src/glue');

if (!existsSync(join(glue, 'core_bg.wasm'))) {
  console.error(`there is no \`core_bg.wasm\` in \`${glue}\`: run \`cargo xtask npm\``);
  process.exit(1);
}

rmSync(dist, { recursive: true, force: true });
rmSync(generated, { recursive: true, force: true });
mkdirSync(generated, { recursive: true });
writeFileSync(join(generated, 'core.js'), loadable(readFileSync(join(glue, 'core.js'), 'utf8')));
writeFileSync(join(generated, 'core.d.ts'), types());

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const compiled = spawnSync(process.execPath, [tsc, '-p', here], { stdio: 'inherit' });
if (compiled.status !== 0) process.exit(compiled.status ?? 1);

cpSync(generated, join(dist, 'glue'), { recursive: true });
cpSync(join(glue, 'core_bg.wasm'), join(dist, 'earmark_bg.wasm'));
for (const licence of ['LICENSE-MIT', 'LICENSE-APACHE']) {
  cpSync(join(root, licence), join(here, licence));
}

/**
 * The glue, changed in three places: the module is handed to it and never looked for, so that
 * there is one module for all entry points; it can be started again, since an instance that has
 * trapped is thrown away; and so it must not free by itself what an old instance had.
 */
function loadable(source) {
  const cut = (text, from, to, what) => {
    const at = text.indexOf(from);
    const end = text.indexOf(to, at);
    if (at < 0 || end < 0) throw new Error(`the glue has no ${what} any more: look at build.mjs`);
    return text.slice(0, at) + text.slice(end);
  };
  let text = source;
  text = cut(text, 'async function __wbg_load(', 'function initSync(', 'loader');
  text = cut(text, 'let __wbg_init_promise', 'export { initSync', 'asynchronous start');
  const guard = '    if (wasm !== undefined) return wasm;';
  text = cut(text, guard, '    if (module !== undefined)', 'guard');
  text = cut(text, "(typeof FinalizationRegistry === 'undefined')", '\n    ? {', 'finalizer');
  text = text.replace('const CoreFinalization = ', 'const CoreFinalization = true');
  return text.replace(/export \{ initSync.*\};/, 'export { initSync };');
}

function types() {
  return `export class Core {
  constructor();
  load(slice: Uint8Array): void;
  preview(query: unknown): unknown;
  place(command: unknown, at: number, subject?: string): unknown;
  predict(commands: unknown[], at: number, subject?: string): unknown;
  order(order: string, subject?: string): unknown;
  call(call: Uint8Array): Uint8Array;
  free(): void;
  __destroy_into_raw(): number;
}
export function initSync(options: { module: WebAssembly.Module }): unknown;
`;
}
