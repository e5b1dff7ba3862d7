/**
 * Keeps what is watched fresh: a slice of the server's state, and its event feed.
 *
 * The feed says that something happened; the next slice says what is available then. A slice that
 * comes late never replaces a newer one.
 */
import type { EventName, Recorded } from './events.js';
import { messages } from './feed.js';
import { type Http, Problem } from './http.js';
import type { ItemRef, OrderId } from './values.js';

/** How the client stands with the server. */
export interface SyncState {
  /** `idle` (no feed wanted yet), `connecting`, `live`, or `waiting` to connect again. */
  readonly connection: 'idle' | 'connecting' | 'live' | 'waiting';
  /** The position of the newest slice; nothing before the first. */
  readonly position: number | undefined;
  /** When the newest slice came, by the local clock. */
  readonly freshAt: number | undefined;
}

/** What a [`Sync`] needs, and whom it tells. */
export interface SyncOptions {
  http: Http;
  signal: AbortSignal;
  live: boolean;
  refreshMs: number;
  retryMs: number;
  orders: () => OrderId[];
  loaded: (slice: Uint8Array, position: number) => void;
  told: (event: Recorded) => void;
  changed: () => void;
}

/** Events close together cause one fetch. */
const TOGETHER_MS = 60;
/** Between two fetches, however much happens. */
const APART_MS = 250;
const LONGEST_WAIT_MS = 30_000;
const SLICE_TIMEOUT_MS = 10_000;

/** Events after which what is available, or by which rules, may be another. */
const STOCK: ReadonlySet<EventName> = new Set<EventName>([
  'PolicySet',
  'ItemDefined',
  'FacilityDefined',
  'KitDefined',
  'StockReceived',
  'StockAdjusted',
  'InventoryTied',
  'InventoryReleased',
  'InventoryExpired',
  'StockRestocked',
  'FacilityRulesSet',
  'ItemRulesSet',
  'UnitPricesSet',
  'ParcelsBooked',
  'StockMoved',
  'StockWrittenOff',
  'SafetyStockSet',
  'StockCounted',
  'TransferSent',
  'TransferReceived',
  'TransferCancelled',
  'ExpectedReceived',
  'StockUnshipped',
]);

/** The slice and the feed of one client. */
export class Sync {
  readonly #by: SyncOptions;
  #state: SyncState = { connection: 'idle', position: undefined, freshAt: undefined };
  #items: readonly ItemRef[] = [];
  #following = false;
  #seen = 0;
  #asked = 0;
  #askedAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dueAt = Infinity;

  constructor(options: SyncOptions) {
    this.#by = options;
    options.signal.addEventListener('abort', () => clearTimeout(this.#timer), { once: true });
  }

  get state(): SyncState {
    return this.#state;
  }

  /** Watches these items from now on. */
  async watch(items: readonly ItemRef[]): Promise<void> {
    this.#items = [...items];
    await this.refresh();
    if (this.#by.live && !this.#following) {
      this.#following = true;
      void this.#follow();
    }
  }

  /** Fetches a slice now. */
  async refresh(): Promise<void> {
    const { http, signal, orders, loaded, refreshMs } = this.#by;
    const asked = ++this.#asked;
    this.#askedAt = Date.now();
    clearTimeout(this.#timer);
    this.#dueAt = Infinity;
    if (refreshMs > 0) this.#later(refreshMs);
    const patience = AbortSignal.any([signal, AbortSignal.timeout(SLICE_TIMEOUT_MS)]);
    const { bytes, position } = await http.slice(this.#items, orders(), patience);
    // One that was asked for earlier may not have what is watched now.
    if (asked < this.#asked || position < (this.#state.position ?? 0)) {
      this.stale();
      return;
    }
    // The feed starts behind the first slice; from then on it alone says what it has told.
    if (!this.#following) this.#seen = position;
    this.#set({ position, freshAt: Date.now() });
    loaded(bytes, position);
  }

  /** What is watched may be out of date: fetch it soon, and not too often. */
  stale(): void {
    this.#later(Math.max(TOGETHER_MS, this.#askedAt + APART_MS - Date.now()));
  }

  #later(milliseconds: number): void {
    const dueAt = Date.now() + milliseconds;
    if (dueAt >= this.#dueAt || this.#by.signal.aborted) return;
    clearTimeout(this.#timer);
    this.#dueAt = dueAt;
    this.#timer = setTimeout(() => {
      this.#dueAt = Infinity;
      this.refresh().catch(() => this.#later(Math.max(APART_MS, this.#by.retryMs)));
    }, milliseconds);
  }

  async #follow(): Promise<void> {
    const { http, signal, retryMs } = this.#by;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      this.#set({ connection: 'connecting' });
      try {
        const body = await http.feed(this.#seen, signal);
        this.#set({ connection: 'live' });
        for await (const message of messages(body)) {
          attempt = 0;
          this.#take(message);
        }
      } catch (error) {
        // Whatever it was: the loop connects again, behind what was seen. A server that has not
        // come as far as that has begun anew.
        if (error instanceof Problem && error.refusal.code === 'position-ahead') this.#anew();
      }
      if (signal.aborted) return;
      this.#set({ connection: 'waiting' });
      await wait(retryMs, attempt, signal).catch(() => undefined);
    }
  }

  /** The server's history is another one: what was seen of it does not count. */
  #anew(): void {
    this.#seen = 0;
    this.#set({ position: undefined });
    this.stale();
  }

  #take({ id, event, data }: { id: string; event: string; data: string }): void {
    const sequence = Number(id);
    if (!Number.isSafeInteger(sequence) || sequence <= this.#seen) return;
    const told = parse(data);
    if (!told) return;
    this.#seen = sequence;
    const type = event as EventName;
    this.#by.told({ type, sequence, subject: told.subject ?? '', data: told.data } as Recorded);
    if (STOCK.has(type)) this.stale();
  }

  #set(change: Partial<SyncState>): void {
    this.#state = { ...this.#state, ...change };
    this.#by.changed();
  }
}

/** An event that can't be read is left out: the next slice tells what it did. */
function parse(data: string): { subject?: string; data: unknown } | undefined {
  try {
    return JSON.parse(data) as { subject?: string; data: unknown };
  } catch {
    return undefined;
  }
}

/** Waits before attempt number `attempt`, longer each time and never quite as long as another. */
export function wait(firstMs: number, attempt: number, signal: AbortSignal): Promise<void> {
  const longest = Math.min(firstMs * 2 ** attempt, LONGEST_WAIT_MS);
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(
      () => {
        signal.removeEventListener('abort', stop);
        resolve();
      },
      longest * (0.75 + Math.random() / 4),
    );
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}
