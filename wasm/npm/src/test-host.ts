/**
 * A host in memory, for tests and demos: the plugin's real decisions behind the HTTP API, as a
 * `fetch` of its own. Nothing is durable here; nothing crosses a network.
 */
import {
  type Principal,
  Refused,
  configure,
  describe,
  fromJson,
  query,
  slice,
  toJson,
  turn,
} from './abi.js';
import type { CommandName, Commands } from './commands.js';
import type { EventName, Recorded } from './events.js';
import type { Plugin } from './plugin-loader.js';

/** What a host in memory is made from. */
export interface TestHostOptions {
  plugin: Plugin;
  /** The clock, in milliseconds since the epoch. */
  now?: () => number;
}

/** An event in the feed. */
interface Told {
  event: Recorded;
  owner: string;
  ceType: string;
  at: number;
}

const NOT_DEFINED = -1;

/** A host in memory. */
export class TestHost {
  readonly #plugin: Plugin;
  readonly #now: () => number;
  readonly #kinds: ReturnType<typeof describe>;
  readonly #told: Told[] = [];
  readonly #followers = new Set<() => void>();
  readonly #ends = new Set<() => void>();
  #inputs = 0;
  #clock = 0;
  /** Set to make requests fail on their way: before they arrive, or before the answer leaves. */
  lose: 'request' | 'answer' | undefined;

  constructor({ plugin, now = Date.now }: TestHostOptions) {
    this.#plugin = plugin;
    this.#now = now;
    configure(plugin);
    this.#kinds = describe(plugin);
  }

  /** The sequence of the newest event. */
  get position(): number {
    return this.#told.length;
  }

  /** Ends all feeds, as a restart does. */
  disconnect(): void {
    for (const end of [...this.#ends]) end();
  }

  /** Gives a command as the shop's staff; a refusal is thrown. */
  command<N extends CommandName>(name: N, data: Commands[N]): Recorded[] {
    const answer = this.#command(name, data, STAFF);
    if ('refusal' in answer) throw new Error(`${name} was refused: ${answer.refusal.detail}`);
    return answer.events;
  }

  /** The HTTP API, without HTTP: hand it to `createClient`. */
  readonly fetch = async (
    input: string | URL | Request,
    init?: RequestInit,
  ): Promise<Response> => {
    const request = new Request(absolute(input), init);
    if (this.lose === 'request') throw new TypeError('the network is down');
    const answer = await this.#answer(request);
    if (this.lose === 'answer') throw new TypeError('the network went down');
    request.signal.throwIfAborted();
    return answer;
  };

  async #answer(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const [, what, name] = /\/api\/(\w+)(?:\/(\w+))?$/.exec(pathname) ?? [];
    const by = principal(request.headers.get('earmark-as') ?? searchParams.get('as'));
    const last = request.headers.get('last-event-id') ?? searchParams.get('after');
    try {
      if (what === 'events') return this.#feed(Number(last ?? 0), by, request.signal);
      const body: unknown = await request.json();
      if (what === 'commands') return this.#commanded(name ?? '', body, by);
      if (what === 'queries') return this.#queried(name ?? '', body, by);
      if (what === 'slice') return this.#sliced(body, by);
    } catch (error) {
      if (error instanceof Refused) return problem(409, error.code, error.message, null);
      return problem(400, 'malformed', String(error), null);
    }
    return problem(404, 'not-found', `there is no ${pathname}`, null);
  }

  #commanded(name: string, body: unknown, by: Principal): Response {
    if (this.#kindOf('commands', name) === NOT_DEFINED) {
      return problem(404, 'unknown-command', `there is no command ${name}`, null);
    }
    const answer = this.#command(name, body, by);
    if (!('refusal' in answer)) return Response.json(answer);
    const { code, detail, facts } = answer.refusal;
    return problem(409, code, detail, facts);
  }

  #command(name: string, body: unknown, by: Principal): Accepted | Declined {
    const kind = this.#kindOf('commands', name);
    const command = fromJson(this.#plugin, 'Command', kind, body);
    this.#clock = Math.max(this.#clock, this.#now());
    const { subject, owner, verdict } = turn(this.#plugin, by, { at: this.#clock, kind, command });
    const input = ++this.#inputs;
    if ('code' in verdict) {
      const facts = toJson(this.#plugin, 'Refusal', 0, verdict.body);
      return { refusal: { code: verdict.code, detail: verdict.message, facts } };
    }
    const told = verdict.events.map((event) => this.#tell(event, subject, owner));
    for (const follower of [...this.#followers]) follower();
    return { input, subject, events: told, position: this.position };
  }

  #tell(
    event: { kind: number; subject: string; owner: string; body: Uint8Array },
    subject: string,
    owner: string,
  ): Recorded {
    const { name = '', ceType = '' } = this.#kinds.events[event.kind] ?? {};
    const recorded = {
      type: name as EventName,
      sequence: this.#told.length + 1,
      subject: event.subject || subject,
      data: toJson(this.#plugin, 'Event', event.kind, event.body),
    } as Recorded;
    const whose = event.subject ? event.owner : owner;
    this.#told.push({ event: recorded, owner: whose, ceType, at: this.#clock });
    return recorded;
  }

  #queried(name: string, body: unknown, by: Principal): Response {
    const kind = this.#kindOf('queries', name);
    if (kind === NOT_DEFINED) {
      return problem(404, 'unknown-query', `there is no query ${name}`, null);
    }
    const { moment } = this.#kinds.queries[kind] ?? {};
    const now = moment && { [moment]: Math.max(this.#clock, this.#now()) };
    const whole = now && body instanceof Object ? { ...now, ...body } : body;
    const question = fromJson(this.#plugin, 'Query', kind, whole);
    const answer = toJson(this.#plugin, 'Answer', kind, query(this.#plugin, by, kind, question));
    return Response.json(answer, { headers: this.#position() });
  }

  #sliced(body: unknown, by: Principal): Response {
    const request = fromJson(this.#plugin, 'SliceRequest', 0, body);
    const bytes = slice(this.#plugin, by, request) as Uint8Array<ArrayBuffer>;
    const headers = { ...this.#position(), 'content-type': 'application/octet-stream' };
    return new Response(bytes, { headers });
  }

  #feed(after: number, by: Principal, signal: AbortSignal): Response {
    if (after > this.position) {
      const detail = `the journal has ${this.position} events, and none behind ${after}`;
      return problem(409, 'position-ahead', detail, null);
    }
    let at = after;
    const staff = by.scopes.includes('staff');
    const encoder = new TextEncoder();
    const body = new ReadableStream<Uint8Array>({
      start: (stream) => {
        const follow = () => {
          for (; at < this.#told.length; at += 1) {
            const told = this.#told[at];
            if (told && (staff || told.owner === by.subject)) {
              stream.enqueue(encoder.encode(message(told)));
            }
          }
        };
        this.#followers.add(follow);
        const end = () => {
          this.#followers.delete(follow);
          this.#ends.delete(end);
          stream.close();
        };
        this.#ends.add(end);
        signal.addEventListener('abort', () => {
          if (this.#ends.has(end)) end();
        });
        stream.enqueue(encoder.encode(': here it begins\n\n'));
        follow();
      },
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  }

  #kindOf(list: 'commands' | 'queries', name: string): number {
    // Of several versions of one name the last is in force.
    return this.#kinds[list].findLastIndex((kind) => kind.name === name);
  }

  #position(): Record<string, string> {
    return { 'earmark-position': String(this.position) };
  }
}

interface Accepted {
  input: number;
  subject: string;
  events: Recorded[];
  position: number;
}

interface Declined {
  refusal: { code: string; detail: string; facts: unknown };
}

const STAFF: Principal = { subject: 'staff', scopes: ['staff'] };

function principal(as: string | null): Principal {
  if (as?.startsWith('customer:')) return { subject: as.slice('customer:'.length), scopes: [] };
  return STAFF;
}

function message({ event, ceType, at }: Told): string {
  const { type, sequence, subject, data } = event;
  const time = new Date(at).toISOString();
  const envelope = { specversion: '1.0', type: ceType, subject, time, data };
  const padded = String(sequence).padStart(20, '0');
  const json = JSON.stringify({ ...envelope, id: String(sequence), sequence: padded });
  return `id: ${sequence}\nevent: ${type}\ndata: ${json}\n\n`;
}

function problem(status: number, code: string, detail: string, facts: unknown): Response {
  const body = { type: `urn:earmark:${code}`, title: code, status, code, detail, facts };
  const headers = { 'content-type': 'application/problem+json' };
  return new Response(JSON.stringify(body), { status, headers });
}

/** Node's `Request` takes no relative address. */
function absolute(input: string | URL | Request): string | URL | Request {
  return typeof input === 'string' && input.startsWith('/') ? `http://in.memory${input}` : input;
}
