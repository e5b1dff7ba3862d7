/** The HTTP API: one function per kind of request, and what can go wrong told apart. */
import type { CommandName, Commands, Refusal } from './commands.js';
import type { Recorded } from './events.js';
import type { Queries, QueryName } from './queries.js';
import type { ItemRef, OrderId } from './values.js';

/** Who asks, where the server believes it without a token (loopback, demo). */
export type As = 'staff' | `customer:${string}`;

/** How to reach a server. */
export interface Connection {
  /** Where the API is: what stands before `/api/...`. */
  url: string | URL;
  /** Instead of the global `fetch`: to add a token, a delay, or a server that is none. */
  fetch?: typeof globalThis.fetch;
  /** Who asks, in demo mode. */
  as?: As;
}

/** A command was carried out; without events if it had been before. */
export interface Accepted {
  input: number;
  subject: string;
  events: Recorded[];
  position: number;
}

/** What a command came to. */
export type Answered = Accepted | { refusal: Refusal };

/** The server did not answer, or not with an answer: nobody knows whether the request arrived. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered';
}

/** The server refused, or did not understand; asking again will not help. */
export class Problem extends Error {
  override readonly name = 'Problem';
  constructor(
    readonly status: number,
    readonly refusal: Refusal,
  ) {
    super(refusal.message);
  }
}

/** The API of one server. */
export class Http {
  readonly #base: string;
  readonly #fetch: typeof globalThis.fetch;
  readonly #headers: Record<string, string>;

  constructor({ url, fetch, as }: Connection) {
    this.#base = String(url).replace(/\/+$/, '');
    this.#fetch = fetch ?? ((input, init) => globalThis.fetch(input, init));
    this.#headers = as === undefined ? {} : { 'earmark-as': as };
  }

  /** Gives a command; a refusal is an answer. */
  async command<N extends CommandName>(
    name: N,
    data: Commands[N],
    signal: AbortSignal,
  ): Promise<Answered> {
    try {
      const answer = await this.#post(`commands/${name}`, data, signal);
      return (await json(answer)) as Answered;
    } catch (error) {
      if (error instanceof Problem) return { refusal: error.refusal };
      throw error;
    }
  }

  /** Asks a question. */
  async query<N extends QueryName>(
    name: N,
    ask: Queries[N]['ask'],
    signal: AbortSignal,
  ): Promise<Queries[N]['answer']> {
    return (await json(await this.#post(`queries/${name}`, ask, signal))) as Queries[N]['answer'];
  }

  /** Fetches a slice, and the position it is of. */
  async slice(
    items: readonly ItemRef[],
    orders: readonly OrderId[],
    signal: AbortSignal,
  ): Promise<{ bytes: Uint8Array; position: number }> {
    const answer = await this.#post('slice', { items, orders }, signal);
    const position = Number(answer.headers.get('earmark-position') ?? 0);
    const bytes = await answer.arrayBuffer().catch((cause: unknown) => {
      throw new Unanswered('the answer broke off', { cause });
    });
    return { bytes: new Uint8Array(bytes), position };
  }

  /** Opens the event feed behind a position. */
  async feed(after: number, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const headers = { ...this.#headers, accept: 'text/event-stream' };
    const answer = await this.#send(`events?after=${after}`, { headers, signal });
    if (!answer.body) throw new Unanswered('the feed has no body');
    return answer.body;
  }

  async #post(path: string, body: unknown, signal: AbortSignal): Promise<Response> {
    const headers = { ...this.#headers, 'content-type': 'application/json' };
    return this.#send(path, { method: 'POST', headers, body: JSON.stringify(body), signal });
  }

  async #send(path: string, request: RequestInit): Promise<Response> {
    let answer: Response;
    try {
      answer = await this.#fetch(`${this.#base}/api/${path}`, request);
    } catch (cause) {
      throw new Unanswered('the server could not be reached', { cause });
    }
    if (answer.ok) return answer;
    if (answer.status >= 500 || answer.status === 408 || answer.status === 429) {
      await answer.body?.cancel().catch(() => undefined);
      throw new Unanswered(`the server answered ${answer.status}`);
    }
    throw new Problem(answer.status, await refusalOf(answer));
  }
}

async function json(answer: Response): Promise<unknown> {
  try {
    return await answer.json();
  } catch (cause) {
    throw new Unanswered('the answer broke off', { cause });
  }
}

/** The refusal inside `application/problem+json`. */
async function refusalOf(answer: Response): Promise<Refusal> {
  const problem: unknown = await answer.json().catch(() => undefined);
  const parts = (typeof problem === 'object' && problem !== null ? problem : {}) as {
    code?: string;
    detail?: string;
    title?: string;
    facts?: unknown;
  };
  return {
    code: parts.code ?? `http-${answer.status}`,
    message: parts.detail ?? parts.title ?? `the server answered ${answer.status}`,
    facts: parts.facts ?? null,
  };
}
