/**
 * The client: previews by the core in this page, orders that show at once and settle against the
 * server.
 *
 * Model: what the server confirmed (a slice at a position) + the commands that it does not contain
 * yet, run again on every new slice.
 */
import type { CommandName, Commands, PlaceOrder, Refusal } from './commands.js';
import { Core, isReady } from './engine.js';
import type { Recorded } from './events.js';
import {
  type Accepted,
  type Answered,
  type Connection,
  Http,
  Problem,
  Unanswered,
} from './http.js';
import { type OrderState, Tracked } from './order.js';
import type { Cart, Preview, Queries, QueryName } from './queries.js';
import type { Settlement } from './settle.js';
import { Sync, type SyncState, wait } from './sync.js';
import type { CancelReason, ItemRef, OrderId } from './values.js';

/** How a client is made. */
export interface ClientOptions extends Connection {
  /** The customer that orders are placed for; without it, and without `as`, the shop's staff. */
  subject?: string;
  /** Follow the server's event feed; true if not said. */
  live?: boolean;
  /** Fetch what is watched anew at least so often, in milliseconds; 15,000 if not said. */
  refreshMs?: number;
  /** How long an answer is waited for before it counts as unknown, in milliseconds; 10,000. */
  timeoutMs?: number;
  /** The first wait before something is sent again, in milliseconds; 500. It doubles, to 30 s. */
  retryMs?: number;
  /** The clock, in milliseconds since the epoch. */
  now?: () => number;
}

/** What a client knows: a new object for every change. */
export interface ClientState extends SyncState {
  /** The orders placed through this client, the newest first. */
  readonly orders: readonly OrderState[];
}

/** What became of a cancellation. */
export type Cancellation = { cancelled: true } | { cancelled: false; refusal: Refusal };

/** Something that can be watched; a store in the sense of Svelte, and of React's external ones. */
export interface Watchable<T> {
  /** Calls back at once, and then for every change, until what it returns is called. */
  subscribe(listener: (value: T) => void): () => void;
  /** What is known now: the same object as long as nothing changes. */
  getSnapshot(): T;
}

/** An order that was placed: shown at once, settled by the server. */
export interface PlacedOrder extends Watchable<OrderState> {
  readonly id: OrderId;
  readonly state: OrderState['state'];
  readonly settlement: Settlement | undefined;
  /**
   * What it came to. Never rejects: what the server refuses is a settlement too. Once the client
   * is closed it stays open.
   */
  readonly settled: Promise<Settlement>;
  cancel(reason?: CancelReason): Promise<Cancellation>;
}

/** A client of one server. */
export class Client implements Watchable<ClientState> {
  readonly #http: Http;
  readonly #sync: Sync;
  readonly #init: () => Promise<void>;
  readonly #subject: string | undefined;
  readonly #now: () => number;
  readonly #timeoutMs: number;
  readonly #retryMs: number;
  readonly #end = new AbortController();
  readonly #orders = new Map<OrderId, Tracked>();
  readonly #listeners = new Set<() => void>();
  #core: Core | undefined;
  #state: ClientState | undefined;

  /** Use `createClient`. */
  constructor(options: ClientOptions, init: () => Promise<void>) {
    this.#http = new Http(options);
    this.#init = init;
    this.#subject = options.subject ?? subjectOf(options.as);
    this.#now = options.now ?? Date.now;
    this.#timeoutMs = options.timeoutMs ?? 10_000;
    this.#retryMs = options.retryMs ?? 500;
    this.#sync = new Sync({
      http: this.#http,
      signal: this.#end.signal,
      live: options.live ?? true,
      refreshMs: options.refreshMs ?? 15_000,
      retryMs: this.#retryMs,
      orders: () => this.#unsettled(),
      loaded: (slice, position) => this.#loaded(slice, position),
      told: (event) => this.#told(event),
      changed: () => this.#changed(),
    });
  }

  /** Resolves when previews can be asked for. */
  async ready(): Promise<void> {
    if (!isReady()) await this.#init();
    this.#core ??= new Core();
  }

  /** Fetches what is needed to preview and place orders of these items, and keeps it fresh. */
  async watch(items: readonly ItemRef[]): Promise<void> {
    await this.ready();
    await this.#sync.watch(items);
  }

  /**
   * What would become of an order, if it were placed now, or at the moment that the cart names.
   * Pure but for the clock, and synchronous.
   */
  preview(cart: Cart): Preview {
    const { at = this.#now() } = cart;
    return this.#started().preview({ ...cart, at });
  }

  /**
   * Places an order. It shows at once, as predicted; it is sent, and sent again with the same id
   * as long as nobody knows whether it arrived.
   */
  place(order: PlaceOrder): PlacedOrder {
    const known = this.#orders.get(order.order);
    if (known) return this.#handle(known);
    const core = this.#started();
    const predicted = core.place({ type: 'PlaceOrder', data: order }, this.#now(), this.#subject);
    const tracked = new Tracked(order, predicted, this.#now, () => this.#changed());
    this.#orders.set(order.order, tracked);
    this.#predict();
    this.#changed();
    tracked.queue = this.#send(tracked);
    return this.#handle(tracked);
  }

  /** Cancels what is not shipped yet of an order. */
  async cancel(order: OrderId, reason: CancelReason = 'customer'): Promise<Cancellation> {
    const command = { order, reason };
    const tracked = this.#orders.get(order);
    if (!tracked) return cancellation(await this.#insist('CancelOrder', command, {}));
    if (tracked.cancel(command) === 'done') {
      this.#predict();
      return { cancelled: true };
    }
    this.#predict();
    const sent = tracked.queue.then(async () => {
      const answered = await this.#insist('CancelOrder', command, {});
      tracked.cancelAnswered();
      if ('events' in answered) this.#took(tracked, answered);
      this.#predict();
      return cancellation(answered);
    });
    tracked.queue = sent.catch(() => undefined);
    return sent;
  }

  /** Gives any command and waits for what it came to: nothing is predicted, nothing sent twice. */
  async command<N extends CommandName>(name: N, data: Commands[N]): Promise<Answered> {
    return this.#http.command(name, data, this.#patience());
  }

  /** Asks the server. */
  async query<N extends QueryName>(
    name: N,
    ask: Queries[N]['ask'],
  ): Promise<Queries[N]['answer']> {
    return this.#http.query(name, ask, this.#patience());
  }

  /** Fetches what is watched anew, now. */
  async refresh(): Promise<void> {
    await this.#sync.refresh();
  }

  /** An order placed through this client. */
  order(id: OrderId): PlacedOrder | undefined {
    const tracked = this.#orders.get(id);
    return tracked && this.#handle(tracked);
  }

  subscribe(listener: (state: ClientState) => void): () => void {
    return listen(this.#listeners, () => this.getSnapshot(), listener);
  }

  getSnapshot(): ClientState {
    const orders = () => [...this.#orders.values()].map(({ state }) => state).reverse();
    this.#state ??= Object.freeze({ ...this.#sync.state, orders: orders() });
    return this.#state;
  }

  /** Ends the feed and everything that is on its way; frees the core. */
  close(): void {
    this.#end.abort();
    this.#core?.free();
    this.#core = undefined;
    this.#listeners.clear();
  }

  #started(): Core {
    if (this.#core) return this.#core;
    const why = this.#end.signal.aborted ? 'it was closed' : 'await `client.ready()` first';
    throw new Error(`earmark: the client can't do that: ${why}`);
  }

  async #send(tracked: Tracked): Promise<void> {
    // What is done in the same turn of the page, such as a cancellation, still comes before.
    await Promise.resolve();
    if (tracked.state.state !== 'queued') return;
    try {
      const answered = await this.#insist('PlaceOrder', tracked.state.command, {
        sending: () => tracked.sending(),
        unanswered: () => tracked.unanswered(),
      });
      if ('refusal' in answered) tracked.refused(answered.refusal);
      else if (answered.events.length > 0) this.#took(tracked, answered);
      else await this.#look(tracked, answered.position);
      this.#predict();
    } catch (error) {
      if (this.#end.signal.aborted) return;
      if (!(error instanceof Problem)) throw error;
      tracked.refused(error.refusal);
    }
  }

  /** The server had it already: what became of it then? */
  async #look(tracked: Tracked, position: number): Promise<void> {
    const { id } = tracked.state;
    const view = await this.#untilAnswered(() =>
      this.#http.query('Order', { order: id }, this.#patience()),
    );
    tracked.seen(view, position);
    this.#sync.stale();
  }

  #took(tracked: Tracked, { events, position }: Accepted): void {
    const about = (event: Recorded) => event.subject === tracked.state.id;
    tracked.happened(events.filter(about), position);
    this.#sync.stale();
  }

  async #insist<N extends CommandName>(
    name: N,
    data: Commands[N],
    on: { sending?: () => void; unanswered?: () => void },
  ): Promise<Answered> {
    return this.#untilAnswered(() => {
      on.sending?.();
      return this.#http.command(name, data, this.#patience());
    }, on.unanswered);
  }

  async #untilAnswered<T>(ask: () => Promise<T>, unanswered?: () => void): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof Unanswered) || this.#end.signal.aborted) throw error;
        unanswered?.();
        await wait(this.#retryMs, attempt, this.#end.signal);
      }
    }
  }

  #patience(): AbortSignal {
    return AbortSignal.any([this.#end.signal, AbortSignal.timeout(this.#timeoutMs)]);
  }

  #told(event: Recorded): void {
    this.#orders.get(event.subject)?.happened([event]);
  }

  #loaded(slice: Uint8Array, position: number): void {
    this.#core?.load(slice);
    for (const tracked of this.#orders.values()) tracked.contained(position);
    this.#predict();
  }

  /** Runs what the slice does not contain yet on top of it. */
  #predict(): void {
    const pending = [...this.#orders.values()].flatMap((tracked) =>
      tracked.pending.map((command) => ({ tracked, command })),
    );
    const commands = pending.map(({ command }) => command);
    const outcomes = this.#core?.predict(commands, this.#now(), this.#subject) ?? [];
    for (const [at, outcome] of outcomes.entries()) {
      const { tracked, command } = pending[at] ?? {};
      if (command?.type === 'PlaceOrder') tracked?.rebase(outcome);
    }
    this.#changed();
  }

  #unsettled(): OrderId[] {
    const pending = [...this.#orders.values()].filter((tracked) => tracked.pending.length > 0);
    return pending.map(({ state }) => state.id);
  }

  #handle(tracked: Tracked): PlacedOrder {
    const snapshot = () => tracked.state;
    return {
      id: tracked.state.id,
      get state() {
        return tracked.state.state;
      },
      get settlement() {
        return tracked.state.settlement;
      },
      settled: tracked.settled,
      cancel: (reason) => this.cancel(tracked.state.id, reason),
      subscribe: (listener) => listen(this.#listeners, snapshot, listener),
      getSnapshot: snapshot,
    };
  }

  #changed(): void {
    this.#state = undefined;
    for (const listener of [...this.#listeners]) listener();
  }
}

export interface Client extends Disposable {}

if (Symbol.dispose) {
  Client.prototype[Symbol.dispose] = function dispose(this: Client) {
    this.close();
  };
}

function subjectOf(as: Connection['as']): string | undefined {
  return as?.startsWith('customer:') ? as.slice('customer:'.length) : undefined;
}

function cancellation(answered: Answered): Cancellation {
  if ('refusal' in answered) return { cancelled: false, refusal: answered.refusal };
  return { cancelled: true };
}

/** Calls a listener at once, and then whenever the snapshot is another one. */
function listen<T>(
  listeners: Set<() => void>,
  snapshot: () => T,
  listener: (value: T) => void,
): () => void {
  let last = snapshot();
  const call = () => {
    const now = snapshot();
    if (now === last) return;
    last = now;
    listener(now);
  };
  listeners.add(call);
  listener(last);
  return () => listeners.delete(call);
}
