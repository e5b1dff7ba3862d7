/** One placed order, from the click to its settlement and beyond. */
import type { CancelOrder, Command, PlaceOrder, Refusal } from './commands.js';
import type { Outcome } from './engine.js';
import type { Recorded } from './events.js';
import type { OrderView } from './queries.js';
import {
  type Plan,
  type Settlement,
  differences,
  planOf,
  planOfEvents,
  planOfView,
  refusedAs,
  settlementOf,
  statusAfter,
} from './settle.js';
import type { OrderId, Status } from './values.js';

/**
 * How far an order has come on its way to the server:
 * `queued` (not sent yet), `sent`, `journaled` (the server has it, and it is pending there),
 * `unknown` (no answer: it is sent again, with the same id), `settled`.
 */
export type Progress = 'queued' | 'sent' | 'journaled' | 'unknown' | 'settled';

/** What the newest state of the server makes of a prediction. */
export type Rebased = 'same' | 'changed' | 'refused';

/** What is known of an order: a new object for every change. */
export interface OrderState {
  readonly id: OrderId;
  readonly command: PlaceOrder;
  readonly state: Progress;
  /** As the server told it last; as predicted, until it told anything. */
  readonly status: Status;
  /** What the client showed when the order was placed. */
  readonly predicted: Outcome;
  /** What the newest state of the server makes of that, as long as it is not settled. */
  readonly rebased: Rebased;
  /** How often it was sent. */
  readonly attempts: number;
  /** Whether a cancellation is on its way. */
  readonly cancelling: boolean;
  /** What happened to it, as the server told it, in order. */
  readonly events: readonly Recorded[];
  /** When it was placed, by the client's clock. */
  readonly placedAt: number;
  /** When it was settled, by the client's clock. */
  readonly settledAt: number | undefined;
  readonly settlement: Settlement | undefined;
}

/** The book-keeping behind an [`OrderState`]; the client's own. */
export class Tracked {
  readonly settled: Promise<Settlement>;
  /** The commands about it that the slice does not contain yet. */
  pending: Command[];
  /** The position from which on a slice contains all of it that is known. */
  position = 0;
  /** Requests about one order go one after the other. */
  queue: Promise<unknown> = Promise.resolve();
  #state: OrderState;
  readonly #plan: Plan;
  readonly #seen = new Set<number>();
  readonly #settle: (settlement: Settlement) => void;
  readonly #changed: () => void;
  readonly #now: () => number;

  constructor(command: PlaceOrder, predicted: Outcome, now: () => number, changed: () => void) {
    let settle: (settlement: Settlement) => void = () => undefined;
    this.settled = new Promise((resolve) => {
      settle = resolve;
    });
    this.#settle = settle;
    this.#changed = changed;
    this.#now = now;
    this.#plan = planOf(predicted);
    this.pending = [{ type: 'PlaceOrder', data: command }];
    this.#state = Object.freeze({
      id: command.order,
      command,
      state: 'queued',
      status: this.#plan.status,
      predicted,
      rebased: 'same',
      attempts: 0,
      cancelling: false,
      events: [],
      placedAt: now(),
      settledAt: undefined,
      settlement: undefined,
    });
  }

  get state(): OrderState {
    return this.#state;
  }

  /** It is on its way, for the first time or again. */
  sending(): void {
    const attempts = this.#state.attempts + 1;
    // An order of which nobody knows whether it arrived stays unknown while it is sent again.
    const state = this.#state.state === 'queued' ? 'sent' : this.#state.state;
    this.#set({ attempts, state });
  }

  /** No answer came. */
  unanswered(): void {
    if (this.#state.state === 'sent') this.#set({ state: 'unknown' });
  }

  /** The customer cancels it: before it was sent, that is the end of it. */
  cancel(command: CancelOrder): 'done' | 'send' {
    if (this.#state.state === 'queued') {
      this.#end({ kind: 'cancelled' }, { status: 'cancelled' });
      return 'done';
    }
    this.pending = [...this.pending, { type: 'CancelOrder', data: command }];
    this.#set({ cancelling: true });
    return 'send';
  }

  /** The cancellation was answered. */
  cancelAnswered(): void {
    this.pending = this.pending.filter((command) => command.type !== 'CancelOrder');
    this.#set({ cancelling: false });
  }

  /** The server refused to place it. */
  refused(refusal: Refusal): void {
    this.#end(refusedAs(refusal), { status: 'rejected' });
  }

  /** The server told events: in the answer, by the feed, or both. */
  happened(events: readonly Recorded[], position = 0): void {
    const news = events.filter(({ sequence }) => !this.#seen.has(sequence));
    for (const { sequence } of news) this.#seen.add(sequence);
    this.position = Math.max(this.position, position, ...news.map(({ sequence }) => sequence));
    if (news.length === 0) return;
    const all = [...this.#state.events, ...news].sort((a, b) => a.sequence - b.sequence);
    const status = news.reduce((status, event) => statusAfter(status, event), this.#told());
    this.#set({ events: all, status });
    this.#judge(planOfEvents(all));
  }

  /** The server told what it has, not how that came about. */
  seen(view: OrderView, position: number): void {
    this.position = Math.max(this.position, position);
    this.#set({ status: view.status });
    const plan = planOfView(view);
    this.#judge(plan);
  }

  /** What the newest slice makes of the commands that it does not contain. */
  rebase(outcome: Outcome): void {
    if (this.#state.state === 'settled' || outcome.events?.length === 0) return;
    const now = planOf(outcome);
    const same = now.status === this.#plan.status && differences(this.#plan, now).length === 0;
    const rebased = now.status === 'rejected' ? 'refused' : 'changed';
    this.#set({ rebased: same ? 'same' : rebased });
  }

  /** The slice contains everything of it that is known. */
  contained(position: number): void {
    if (this.#state.state === 'settled' && position >= this.position) {
      this.pending = this.pending.filter((command) => command.type !== 'PlaceOrder');
    }
  }

  #told(): Status {
    return this.#state.events.length === 0 ? 'unplaced' : this.#state.status;
  }

  #judge(actual: Plan): void {
    if (this.#state.state === 'settled') return;
    const settlement = settlementOf(this.#plan, actual);
    if (settlement) this.#end(settlement, { status: actual.status });
    else this.#set({ state: 'journaled' });
  }

  #end(settlement: Settlement, more: Partial<OrderState>): void {
    if (this.#state.state === 'settled') return;
    const holds = settlement.kind === 'confirmed' || settlement.kind === 'adjusted';
    // What holds no stock is not to be run on the next slice again.
    if (!holds) this.pending = [];
    this.#set({ ...more, state: 'settled', settlement, settledAt: this.#now() });
    this.#settle(settlement);
  }

  #set(change: Partial<OrderState>): void {
    const keys = Object.keys(change) as (keyof OrderState)[];
    if (keys.every((key) => this.#state[key] === change[key])) return;
    this.#state = Object.freeze({ ...this.#state, ...change });
    this.#changed();
  }
}
