/** The package for browsers and bundlers: it fetches its module from beside itself. */
import { Client, type ClientOptions } from './client.js';
import { type Source, init as initFrom } from './engine.js';

export type * from './slim.js';
export {
  Client,
  Core,
  Problem,
  Unanswered,
  initWithin,
  isReady,
  newOrderId,
  orderIdTime,
} from './slim.js';

/** Starts the core: from the module beside this file, unless another is given. */
export async function init(source?: Source): Promise<void> {
  await initFrom(source ?? fetch(new URL('./earmark_bg.wasm', import.meta.url)));
}

/** A client of one server; it starts the core when it is needed. */
export function createClient(options: ClientOptions): Client {
  return new Client(options, init);
}
