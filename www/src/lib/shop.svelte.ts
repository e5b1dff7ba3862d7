/** What the page knows and does: the catalogue, the basket, the client, the orders. */
import {
  type ClientState,
  type FacilityId,
  type FacilityView,
  type ItemView,
  type OrderView,
  type PlaceOrder,
  type Preview,
  createClient,
  newOrderId,
} from 'earmark';

import { DOMESTIC, type Place, destination } from './places';
import { and, count, settled } from './words';

/** Items found at once: what is found is watched, so that it can be previewed without asking. */
const FOUND = 24;
const TYPING_MS = 120;
const REFRESH_MS = 4_000;
const AGAIN_MS = 2_000;

/** A line of the basket. */
export interface BasketLine {
  item: ItemView;
  quantity: number;
}

/** An order as the page remembers it: what was ordered, and where it goes. */
export interface Remembered {
  lines: readonly BasketLine[];
  place: Place;
}

export class Shop {
  search = $state('');
  found = $state.raw<readonly ItemView[]>([]);
  searching = $state(true);
  basket = $state<BasketLine[]>([]);
  place = $state.raw<Place>(DOMESTIC[0] as Place);
  delay = $state(1_200);
  ready = $state(false);
  trouble = $state('');
  client = $state.raw<ClientState>({
    connection: 'idle',
    position: undefined,
    freshAt: undefined,
    orders: [],
  });
  earlier = $state.raw<readonly OrderView[]>([]);
  facilities = $state.raw<readonly FacilityView[]>([]);
  /** Said to those who can't see it. */
  news = $state('');

  readonly preview = $derived.by(() => this.#preview());
  readonly remembered = new Map<string, Remembered>();
  readonly #client = createClient({
    url: '.',
    as: `customer:${visitor()}`,
    fetch: (input, init) => this.#fetch(input, init),
    refreshMs: REFRESH_MS,
  });
  #typing: ReturnType<typeof setTimeout> | undefined;
  #searches = 0;
  #told = new Set<string>();

  /** Begins; ends when what it returns is called. */
  start(): () => void {
    const stop = this.#client.subscribe((state) => this.#changed(state));
    void this.#begin();
    return () => {
      stop();
      this.#client.close();
    };
  }

  /** The customer types what he looks for. */
  look(text: string): void {
    this.search = text;
    this.searching = true;
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => {
      this.#find().catch((error: unknown) => this.#failed(error));
    }, TYPING_MS);
  }

  /** One more of an item. */
  add(item: ItemView): void {
    const line = this.basket.find(({ item: { id } }) => id === item.id);
    if (line) line.quantity += 1;
    else this.basket.push({ item, quantity: 1 });
  }

  /** So many of an item; none takes it out. */
  set(line: BasketLine, quantity: number): void {
    const units = Math.min(Math.max(0, Math.floor(quantity) || 0), 1_000_000);
    if (units > 0) line.quantity = units;
    else this.basket = this.basket.filter((other) => other.item.id !== line.item.id);
  }

  /** Places what is in the basket. */
  order(): void {
    const lines = $state.snapshot(this.basket) as BasketLine[];
    const order: PlaceOrder = {
      order: newOrderId(),
      currency: 'GBP',
      lines: lines.map(({ item, quantity }) => ({
        item: { id: item.id },
        quantity,
        unitPrice: item.unitPrice,
      })),
      destination: destination(this.place),
    };
    this.remembered.set(order.order, { lines, place: this.place });
    this.#client.place(order);
    this.news = 'Order placed: predicted, and on its way.';
    this.basket = [];
  }

  /** Cancels what is not shipped yet. */
  async cancel(order: string): Promise<void> {
    const answer = await this.#client.cancel(order);
    this.news = answer.cancelled ? 'Order cancelled.' : answer.refusal.message;
    await this.#recall();
  }

  facilityName(id: FacilityId): string {
    return this.facilities.find((facility) => facility.id === id)?.name ?? id;
  }

  #preview(): Preview | undefined {
    // A new slice, or another order on its way, is another preview.
    void this.client;
    if (!this.ready || this.basket.length === 0) return undefined;
    const lines = this.basket.map(({ item, quantity }) => ({ item: { id: item.id }, quantity }));
    return this.#client.preview({ lines, destination: destination(this.place) });
  }

  async #begin(): Promise<void> {
    try {
      await this.#client.ready();
      const [summary] = await Promise.all([this.#client.query('Summary', {}), this.#find()]);
      this.facilities = summary.facilities;
      await this.#recall();
      this.ready = true;
    } catch (error) {
      this.#failed(error);
      setTimeout(() => void this.#begin(), AGAIN_MS);
    }
  }

  #failed(error: unknown): void {
    this.searching = false;
    this.trouble = `The shop can\u2019t be reached: ${(error as Error).message}.`;
  }

  async #find(): Promise<void> {
    const search = ++this.#searches;
    const text = this.search.trim();
    const found = await this.#client.query('Items', {
      ...(text !== '' && { search: text }),
      limit: FOUND,
    });
    if (search !== this.#searches) return;
    this.found = found;
    this.searching = false;
    this.trouble = '';
    const items = [...found, ...this.basket.map(({ item }) => item)];
    await this.#client.watch(items.map(({ id }) => ({ id })));
  }

  async #recall(): Promise<void> {
    this.earlier = await this.#client.query('Orders', { limit: 12 });
  }

  #changed(state: ClientState): void {
    this.client = state;
    for (const { id, settlement } of state.orders) {
      if (!settlement || this.#told.has(id)) continue;
      this.#told.add(id);
      this.news = `Order ${settled(settlement).toLowerCase()}.`;
    }
  }

  /** Commands wait a little before they are sent, so that people see what was predicted. */
  async #fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    if (String(input).includes('/commands/') && this.delay > 0) {
      await new Promise((resolve) => setTimeout(resolve, this.delay));
    }
    return fetch(input, init);
  }
}

/** A preview in a sentence, for those who can't see it. */
export function said(preview: Preview | undefined): string {
  if (preview === undefined) return '';
  if (preview === 'malformed') return 'This can\u2019t be ordered.';
  if ('short' in preview) {
    return `${count(preview.short.shortfalls.length, 'item')} short: nothing would be sent.`;
  }
  if ('tooManyParcels' in preview) {
    return `There is enough, but not in ${count(preview.tooManyParcels.allowed, 'parcel')}.`;
  }
  if ('kitsTooLarge' in preview) return 'With the parts of its kits the order is too large.';
  const { parcels } = preview.served;
  const from = and(parcels.map(({ facility }) => facility.name));
  return `${count(parcels.length, 'parcel')} from ${from}.`;
}

/** Who this browser is to the shop, for as long as it keeps what it stores. */
function visitor(): string {
  const key = 'earmark-visitor';
  const made = () => `visitor-${newOrderId().slice(-6)}`;
  try {
    const known = localStorage.getItem(key) ?? made();
    localStorage.setItem(key, known);
    return known;
  } catch {
    return made();
  }
}
