/**
 * Runs a plugin of ABI 1, the very file a host runs, in Node and in browsers.
 *
 * A plugin imports nothing, so it can do nothing but answer; it is asked in bytes and answers in
 * bytes. After a trap its memory is not to be trusted: make a new one.
 */

/** The exports of ABI 1. */
interface Door {
  memory: WebAssembly.Memory;
  earmark_abi_1: () => void;
  earmark_lend: (length: number) => number;
  earmark_call: (at: number, length: number) => bigint;
}

const FUNCTIONS = ['earmark_abi_1', 'earmark_lend', 'earmark_call'] as const;

/** A plugin with a state of its own. */
export class Plugin {
  readonly #door: Door;
  #trapped: unknown;

  /** Starts a compiled plugin; throws if it has imports, or not the door of ABI 1. */
  constructor(module: WebAssembly.Module) {
    const imports = WebAssembly.Module.imports(module);
    if (imports.length > 0) {
      const names = imports.map(({ module: from, name }) => `${from}.${name}`).join(', ');
      throw new Error(`this is no plugin of ABI 1: it imports ${names}`);
    }
    const exports: WebAssembly.Exports = new WebAssembly.Instance(module).exports;
    for (const name of FUNCTIONS) {
      if (typeof exports[name] === 'function') continue;
      throw new Error(`this is no plugin of ABI 1: it does not export \`${name}\``);
    }
    if (!(exports['memory'] instanceof WebAssembly.Memory)) {
      throw new Error('this is no plugin of ABI 1: it does not export `memory`');
    }
    this.#door = exports as unknown as Door;
  }

  /** Asks in bytes. The answer is a copy, and stays. */
  call(bytes: Uint8Array): Uint8Array {
    if (this.#trapped) {
      throw new Error('the plugin has trapped: make a new one', { cause: this.#trapped });
    }
    const { memory, earmark_lend: lend, earmark_call: call } = this.#door;
    try {
      const at = lend(bytes.length) >>> 0;
      if (at === 0 && bytes.length > 0) {
        throw new RangeError(`the plugin has no room for a call of ${bytes.length} bytes`);
      }
      new Uint8Array(memory.buffer).set(bytes, at);
      const answer = BigInt.asUintN(64, call(at, bytes.length));
      const [from, length] = [Number(answer >> 32n), Number(answer & 0xffff_ffffn)];
      return new Uint8Array(memory.buffer).slice(from, from + length);
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) this.#trapped = error;
      throw error;
    }
  }
}

/** Compiles and starts a plugin: from its bytes, a compiled module, or where it is fetched from. */
export async function loadPlugin(
  source: BufferSource | WebAssembly.Module | Response | URL | string,
): Promise<Plugin> {
  if (source instanceof WebAssembly.Module) return new Plugin(source);
  if (typeof source === 'string' || source instanceof URL) return loadPlugin(await get(source));
  const bytes = source instanceof Response ? await body(source) : source;
  return new Plugin(await WebAssembly.compile(bytes));
}

/** Node's `fetch` knows no files. */
async function get(place: URL | string): Promise<BufferSource | Response> {
  const isFile = place instanceof URL ? place.protocol === 'file:' : place.startsWith('file:');
  if (!isFile) return fetch(place);
  // Bundlers for browsers need not look for it.
  const name = 'node:fs/promises';
  const files = (await import(/* @vite-ignore */ name)) as typeof import('node:fs/promises');
  return files.readFile(new URL(place));
}

async function body(answer: Response): Promise<ArrayBuffer> {
  if (answer.ok) return answer.arrayBuffer();
  throw new Error(`the plugin could not be fetched from ${answer.url}: ${answer.status}`);
}
