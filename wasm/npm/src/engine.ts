/**
 * The core in WebAssembly, with types.
 *
 * There is one instance for all cores of a page. An instance that has trapped is never asked
 * again: the next call finds a new one, and whoever holds a core tells it anew what it knew.
 */
import type { Command, Refusal } from './commands.js';
import type { Event } from './events.js';
import { Core as Glue, initSync } from './glue/core.js';
import type { Cart, OrderView, Preview } from './queries.js';
import type { OrderId } from './values.js';

/** What a module can be made from. */
export type Source = BufferSource | WebAssembly.Module | Response | Promise<Response>;

/** What a command leads to: events, or a refusal and nothing has changed. */
export type Outcome =
  | { events: Event[]; refusal?: never }
  | { refusal: Refusal; events?: never };

let compiled: WebAssembly.Module | undefined;
let started = 0;

/** Compiles and starts the core. The second time nothing happens. */
export async function init(source: Source): Promise<void> {
  const given = await source;
  if (compiled) return;
  const module = await compile(given);
  compiled ??= module;
  if (started === 0) start();
}

/** Compiles and starts the core at once, from bytes or a compiled module. */
export function initWithin(source: BufferSource | WebAssembly.Module): void {
  if (compiled) return;
  compiled = source instanceof WebAssembly.Module ? source : new WebAssembly.Module(source);
  start();
}

/** Whether the core is started. */
export function isReady(): boolean {
  return started > 0;
}

async function compile(source: Awaited<Source>): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return source;
  if (!(source instanceof Response)) return WebAssembly.compile(source);
  if (!source.ok) {
    const { url, status } = source;
    throw new Error(`earmark: the module could not be fetched from ${url}: ${status}`);
  }
  const typed = source.headers.get('content-type')?.startsWith('application/wasm');
  if (typed) return WebAssembly.compileStreaming(source);
  return WebAssembly.compile(await source.arrayBuffer());
}

function start(): void {
  if (!compiled) {
    throw new Error('earmark: the core is not started: await `init()` or `client.ready()` first');
  }
  initSync({ module: compiled });
  started += 1;
}

/**
 * The core of a client: what the server confirmed (a slice), and what is predicted on top of it.
 * All methods are synchronous; what can't be read is a thrown `Error`.
 */
export class Core {
  readonly #held: Held = { instance: 0, glue: undefined };
  #slice: Uint8Array | undefined;
  #predicted: [commands: readonly Command[], at: number, subject: string | undefined] | undefined;

  constructor() {
    this.#fresh();
    forgotten.register(this, this.#held, this);
  }

  /** Takes a slice of the server's state for what is confirmed; nothing is predicted then. */
  load(slice: Uint8Array): void {
    this.#ask((glue) => glue.load(slice));
    this.#slice = slice;
    this.#predicted = undefined;
  }

  /**
   * What would become of an order, if it were placed after all that is predicted, at the moment
   * that the cart names; if it names none, no facility is left out since it is full that day.
   */
  preview(cart: Cart): Preview {
    return this.#ask((glue) => glue.preview(cart)) as Preview;
  }

  /** What one command would lead to after all that is predicted; changes nothing. */
  place(command: Command, at: number, subject?: string): Outcome {
    return this.#ask((glue) => glue.place(command, at, subject)) as Outcome;
  }

  /** Predicts anew: carries out pending commands, in order, on top of what is confirmed. */
  predict(commands: readonly Command[], at: number, subject?: string): Outcome[] {
    const outcomes = this.#ask((glue) => glue.predict([...commands], at, subject)) as Outcome[];
    this.#predicted = [commands, at, subject];
    return outcomes;
  }

  /** An order as predicted; `null` if there is none, or it is somebody else's. */
  order(order: OrderId, subject?: string): OrderView | null {
    return this.#ask((glue) => glue.order(order, subject)) as OrderView | null;
  }

  /** The raw door of ABI 1: bytes in, bytes out, with a state of its own. For conformance runs. */
  call(bytes: Uint8Array): Uint8Array {
    return this.#ask((glue) => glue.call(bytes));
  }

  /** Frees its memory; it can't be used any more. */
  free(): void {
    forgotten.unregister(this);
    release(this.#held);
    this.#held.instance = FREED;
  }

  #ask<T>(question: (glue: Glue) => T): T {
    if (this.#held.instance === FREED) throw new Error('earmark: this core was freed');
    if (this.#held.instance !== started) this.#again();
    try {
      return question(this.#held.glue as Glue);
    } catch (error) {
      // A trap leaves memory that nobody can trust: the instance goes, the error stays.
      if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) start();
      throw error;
    }
  }

  #again(): void {
    this.#fresh();
    if (this.#slice) this.#held.glue?.load(this.#slice);
    if (this.#predicted) {
      const [commands, at, subject] = this.#predicted;
      this.#held.glue?.predict([...commands], at, subject);
    }
  }

  #fresh(): void {
    if (started === 0) start();
    this.#held.glue = new Glue();
    this.#held.instance = started;
  }
}

interface Held {
  instance: number;
  glue: Glue | undefined;
}

const FREED = -1;

/** Cores that nobody freed and nobody has any more. */
const forgotten = new FinalizationRegistry<Held>(release);

/** What an old instance had is gone with it. */
function release(held: Held): void {
  if (held.instance === started) held.glue?.free();
  held.glue = undefined;
}

export interface Core extends Disposable {}

if (Symbol.dispose) {
  Core.prototype[Symbol.dispose] = function dispose(this: Core) {
    this.free();
  };
}
