/**
 * The package without a way to the module: for those who fetch, inline or cache it themselves.
 * Call `init` (or `initWithin`) with it before anything else.
 */
import { Client, type ClientOptions } from './client.js';

export type * from './commands.js';
export type * from './events.js';
export type * from './queries.js';
export type * from './values.js';
export type {
  Cancellation,
  ClientOptions,
  ClientState,
  PlacedOrder,
  Watchable,
} from './client.js';
export type { Outcome, Source } from './engine.js';
export type { Accepted, Answered, As, Connection } from './http.js';
export type { OrderState, Progress, Rebased } from './order.js';
export type { Change, Settlement } from './settle.js';
export type { SyncState } from './sync.js';
export { Client } from './client.js';
export { Core, init, initWithin, isReady } from './engine.js';
export { Problem, Unanswered } from './http.js';
export { newOrderId, orderIdTime } from './uuid.js';

/** A client of one server; the core must have been started with `init`. */
export function createClient(options: ClientOptions): Client {
  return new Client(options, () => {
    const why = 'await `init(source)` first, or import `earmark` instead of `earmark/slim`';
    return Promise.reject(new Error(`earmark: the core is not started: ${why}`));
  });
}
