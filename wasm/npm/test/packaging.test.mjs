// The package as users get it: packed, installed somewhere else, imported and compiled there.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';

/** What crosses a network may not grow unseen: bytes. The aim is far lower, and the build says so:
 * the raw door still carries every command of the shop's staff. */
const BUDGET = { wasmRaw: 1_184_000, wasmBrotli: 322_000, scriptsGzip: 25_000 };

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const place = mkdtempSync(join(tmpdir(), 'earmark-npm-'));
const installed = join(place, 'node_modules/earmark');
let packed;

before(() => {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', place];
  [packed] = JSON.parse(run('npm', args, root));
  const manifest = { name: 'a-user', private: true, type: 'module' };
  writeFileSync(join(place, 'package.json'), JSON.stringify(manifest));
  const quiet = ['--offline', '--no-audit', '--no-fund', '--ignore-scripts'];
  run('npm', ['install', ...quiet, `./${packed.filename}`], place);
});

after(() => rmSync(place, { recursive: true, force: true }));

test('the package has one module, its licences, and nothing that is not for users', () => {
  const files = packed.files.map(({ path }) => path);
  assert.deepEqual(files.filter((path) => path.endsWith('.wasm')), ['dist/earmark_bg.wasm']);
  for (const wanted of ['README.md', 'LICENSE-MIT', 'LICENSE-APACHE', 'package.json']) {
    assert.ok(files.includes(wanted), `${wanted} is missing`);
  }
  const stray = files.filter((path) => !/^(dist\/|README|LICENSE|package\.json)/.test(path));
  assert.deepEqual(stray, []);
});

test('every entry point leads to files that are there, types first', () => {
  const { exports } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  for (const [entry, to] of Object.entries(exports)) {
    const files = typeof to === 'string' ? [to] : Object.values(to);
    for (const file of files) readFileSync(join(installed, file));
    if (typeof to !== 'string') assert.equal(Object.keys(to)[0], 'types', entry);
  }
});

test('Node imports it, and it works without being told where its module is', () => {
  const said = node(`
    import { Core, init } from 'earmark';
    import * as slim from 'earmark/slim';
    import { readFileSync } from 'node:fs';
    import { createRequire } from 'node:module';
    await init();
    using(new Core());
    function using(core) {
      const empty = { lines: [], destination: { country: 'GB', location: { lat: 0, lon: 0 } } };
      console.log(JSON.stringify(core.preview(empty)));
      core[Symbol.dispose]();
    }
    const wasm = createRequire(import.meta.url).resolve('earmark/earmark_bg.wasm');
    await slim.init(readFileSync(wasm));
    console.log(new slim.Core().call(new Uint8Array([1, 0])).join());
  `);
  assert.equal(said[0].slice(0, 10), '{"served":');
  assert.equal(said[1], '1,0', 'configured, and nothing is due');
});

test('importing it does nothing: no window is looked for, no module is fetched', () => {
  const said = node(`
    const looked = [];
    globalThis.fetch = () => looked.push('fetch');
    for (const name of ['window', 'document', 'self', 'location']) {
      Object.defineProperty(globalThis, name, { get: () => looked.push(name) });
    }
    const face = await import(new URL('./web.js', import.meta.resolve('earmark')));
    console.log(looked.length, Object.keys(face).sort().join());
    const node = await import('earmark');
    console.log(Object.keys(face).sort().join() === Object.keys(node).sort().join());
  `);
  assert.match(said[0], /^0 .*createClient,init/);
  assert.equal(said[1], 'true', 'both faces are the same');
});

test('before it is started it says what to do', () => {
  const said = node(`
    import { Core, createClient } from 'earmark/slim';
    try { new Core(); } catch (error) { console.log(error.message); }
    await createClient({ url: '' }).ready().catch((error) => console.log(error.message));
  `);
  for (const line of said) assert.match(line, /await `init/);
});

for (const [module, moduleResolution] of [['ESNext', 'Bundler'], ['Node16', 'Node16']]) {
  test(`its types compile with the module resolution ${moduleResolution}`, () => {
    cpSync(join(here, 'types'), join(place, 'types'), { recursive: true });
    const options = {
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noEmit: true,
      target: 'ES2022',
      lib: ['ES2022', 'ESNext.Disposable', 'DOM', 'DOM.Iterable'],
      types: [],
      module,
      moduleResolution,
    };
    const config = { compilerOptions: options, include: ['types'] };
    writeFileSync(join(place, 'tsconfig.json'), JSON.stringify(config));
    run(process.execPath, [tsc, '-p', place], place);
  });
}

test('it is within its budget', (t) => {
  const wasm = readFileSync(join(installed, 'dist/earmark_bg.wasm'));
  const forTests = ['test-host.js', 'abi.js', 'plugin-loader.js'];
  const scripts = scriptsOf(join(installed, 'dist'), forTests);
  const sizes = {
    wasmRaw: wasm.length,
    wasmBrotli: brotliCompressSync(wasm).length,
    scriptsGzip: gzipSync(Buffer.concat(scripts), { level: 9 }).length,
  };
  t.diagnostic(JSON.stringify(sizes));
  for (const [name, most] of Object.entries(BUDGET)) {
    assert.ok(sizes[name] <= most, `${name}: ${sizes[name]} bytes, ${most} are the most`);
  }
});

test('the module asks for its glue alone, and tells nothing of where it was built', () => {
  const wasm = readFileSync(join(installed, 'dist/earmark_bg.wasm'));
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(wasm));
  const from = new Set(imports.map(({ module }) => module));
  assert.equal(from.size, 1);
  const text = wasm.toString('latin1');
  for (const path of ['/home/', '/root/', '/Users/']) {
    assert.ok(!text.includes(path), `it holds a path below ${path}`);
  }
});

test('building it again gives the same bytes', () => {
  const hash = (folder) => {
    const hash = createHash('sha256');
    for (const file of filesOf(folder)) hash.update(readFileSync(join(folder, file)));
    return hash.digest('hex');
  };
  // The built files are those of the sources here: what is packed is what was built.
  assert.equal(hash(join(installed, 'dist')), hash(join(root, 'dist')));
  const again = join(place, 'again');
  run(process.execPath, [tsc, '-p', root, '--outDir', again], root);
  for (const file of filesOf(again)) {
    const [one, other] = [join(again, file), join(installed, 'dist', file)];
    assert.equal(readFileSync(one, 'utf8'), readFileSync(other, 'utf8'), file);
  }
});

function run(program, args, cwd) {
  const ran = spawnSync(program, args, { cwd, encoding: 'utf8' });
  const line = [program, ...args].join(' ');
  assert.equal(ran.status, 0, `${line}\n${ran.stdout}\n${ran.stderr}\n${ran.error ?? ''}`);
  return ran.stdout;
}

/** Runs a module in the place where the package is installed; gives its lines. */
function node(source) {
  const file = join(place, 'try.mjs');
  writeFileSync(file, source);
  return run(process.execPath, [file], place).trim().split('\n');
}

function filesOf(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const below = ({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1);
  return files.map(below).sort();
}

function scriptsOf(folder, but) {
  const scripts = filesOf(folder).filter((file) => file.endsWith('.js') && !but.includes(file));
  return scripts.map((file) => readFileSync(join(folder, file)));
}
