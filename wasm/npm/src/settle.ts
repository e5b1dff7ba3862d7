/**
 * How a placed order was settled, and in what that differs from what was predicted.
 *
 * Two plans are the same if the same units of the same lines come from the same facilities, by the
 * same gateways, for the same total; reservation numbers and sequences do not matter.
 */
import type { Refusal } from './commands.js';
import type { Outcome } from './engine.js';
import type { Event } from './events.js';
import type { OrderView } from './queries.js';
import type {
  FacilityId,
  LineNumber,
  Portion,
  Rejection,
  Shortfall,
  Status,
} from './values.js';

/** What became of an order, for good. */
export type Settlement =
  /** As predicted. */
  | { kind: 'confirmed' }
  /** Confirmed, but not as predicted. */
  | { kind: 'adjusted'; diff: Change[] }
  /**
   * It can't be had (`refused` is false: an event that everybody hears), or the command itself was
   * refused (true: only the caller hears it).
   */
  | { kind: 'rejected'; refused: boolean; reason: string; message: string; facts: unknown }
  /** Cancelled before it was confirmed. */
  | { kind: 'cancelled' }
  /** Not paid in time. */
  | { kind: 'expired' };

/** One difference between what was predicted and what happened. */
export type Change =
  /** It was predicted to end otherwise. */
  | { what: 'status'; predicted: Status; actual: Status }
  | { what: 'parcels'; predicted: number; actual: number }
  /** Units of a line come from a facility in another number; 0 is not at all. */
  | {
      what: 'units';
      line: LineNumber;
      facility: FacilityId;
      predicted: number;
      actual: number;
    }
  | {
      what: 'gateway';
      facility: FacilityId;
      predicted: string | null;
      actual: string | null;
    }
  | { what: 'total'; predicted: string; actual: string };

/** What is known of how an order is served. */
export interface Plan {
  status: Status;
  /** Units by `line facility`. */
  units: Map<string, number>;
  /** Gateways by facility, where known. */
  gateways: Map<FacilityId, string | null>;
  total: string | undefined;
  rejection: Rejection | undefined;
}

/** The plan that a command's outcome tells. */
export function planOf(outcome: Outcome): Plan {
  return outcome.events ? planOfEvents(outcome.events) : { ...empty(), status: 'rejected' };
}

/** The plan that events of one order tell, in order. */
export function planOfEvents(events: readonly Event[]): Plan {
  const plan = empty();
  for (const event of events) {
    plan.status = statusAfter(plan.status, event);
    if (event.type === 'OrderPlaced') plan.total = event.data.total.value;
    if (event.type === 'OrderSourced') add(plan, event.data.portions);
    if (event.type === 'OrderRejected') plan.rejection = event.data.why;
    if (event.type === 'InventoryTied') {
      for (const { facility, gateway } of event.data.sourced.parcels) {
        plan.gateways.set(facility, gateway);
      }
    }
  }
  return plan;
}

/** The plan that the server's view of an order tells: gateways are not in it. */
export function planOfView(view: OrderView): Plan {
  const plan = empty();
  add(plan, view.tied);
  for (const shipment of view.shipments) add(plan, shipment.portions);
  plan.status = view.status;
  plan.total = view.total.value;
  plan.rejection = view.rejection ?? undefined;
  return plan;
}

/** The status of an order after one more of its events. */
export function statusAfter(status: Status, event: Event): Status {
  switch (event.type) {
    case 'OrderDrafted':
      return 'draft';
    case 'OrderPlaced':
      return 'pending';
    case 'OrderConfirmed':
    case 'OrderReopened':
      return 'confirmed';
    case 'OrderRejected':
      return 'rejected';
    case 'OrderExpired':
      return 'expired';
    case 'OrderCancelled':
      return 'cancelled';
    case 'OrderCompleted':
      return 'completed';
    default:
      return status;
  }
}

/** What an order came to; nothing as long as it is pending. */
export function settlementOf(predicted: Plan, actual: Plan): Settlement | undefined {
  switch (actual.status) {
    case 'confirmed':
    case 'completed': {
      const diff = differences(predicted, actual);
      return diff.length === 0 ? { kind: 'confirmed' } : { kind: 'adjusted', diff };
    }
    case 'rejected':
      return rejected(actual.rejection);
    case 'cancelled':
      return { kind: 'cancelled' };
    case 'expired':
      return { kind: 'expired' };
    case 'unplaced':
    case 'draft':
    case 'pending':
      return undefined;
  }
}

/** The settlement of a command that was refused. */
export function refusedAs(refusal: Refusal): Settlement {
  const { code: reason, message, facts } = refusal;
  return { kind: 'rejected', refused: true, reason, message, facts };
}

/** Every difference that somebody who ordered would care about. */
export function differences(predicted: Plan, actual: Plan): Change[] {
  const diff: Change[] = [];
  const expected = predicted.status === 'pending' ? 'confirmed' : predicted.status;
  if (expected !== 'confirmed') {
    diff.push({ what: 'status', predicted: expected, actual: actual.status });
  }
  const parcels = { predicted: facilities(predicted).size, actual: facilities(actual).size };
  if (parcels.predicted !== parcels.actual) diff.push({ what: 'parcels', ...parcels });
  for (const key of new Set([...predicted.units.keys(), ...actual.units.keys()])) {
    const [line, facility] = key.split(' ') as [LineNumber, FacilityId];
    const units = { predicted: predicted.units.get(key) ?? 0, actual: actual.units.get(key) ?? 0 };
    if (units.predicted !== units.actual) diff.push({ what: 'units', line, facility, ...units });
  }
  for (const [facility, gateway] of actual.gateways) {
    const before = predicted.gateways.get(facility);
    if (before === undefined || before === gateway) continue;
    diff.push({ what: 'gateway', facility, predicted: before, actual: gateway });
  }
  if (predicted.total !== undefined && actual.total !== undefined) {
    const total = { predicted: predicted.total, actual: actual.total };
    if (total.predicted !== total.actual) diff.push({ what: 'total', ...total });
  }
  return diff;
}

function empty(): Plan {
  return {
    status: 'unplaced',
    units: new Map(),
    gateways: new Map(),
    total: undefined,
    rejection: undefined,
  };
}

function add(plan: Plan, portions: readonly Portion[]): void {
  for (const { line, facility, quantity } of portions) {
    const key = `${line} ${facility}`;
    plan.units.set(key, (plan.units.get(key) ?? 0) + quantity);
  }
}

function facilities(plan: Plan): Set<string> {
  return new Set([...plan.units.keys()].map((key) => key.slice(key.indexOf(' ') + 1)));
}

function rejected(why: Rejection | undefined): Settlement {
  const of = (reason: string, message: string, facts: unknown): Settlement => ({
    kind: 'rejected',
    refused: false,
    reason,
    message,
    facts,
  });
  if (why === undefined || why === 'reservationLapsed') {
    return of('reservationLapsed', 'the stock was not held long enough', null);
  }
  if ('tooManyParcels' in why) {
    const { allowed } = why.tooManyParcels;
    const message = `there is enough, but not in ${allowed} parcels`;
    return of('tooManyParcels', message, why.tooManyParcels);
  }
  if ('kitsTooLarge' in why) {
    const { lines, units } = why.kitsTooLarge;
    const message = `with the parts of its kits the order has ${lines} lines, one of ${units} units`;
    return of('kitsTooLarge', message, why.kitsTooLarge);
  }
  return of('stock', why.stock.shortfalls.map(tell).join('; '), why.stock);
}

function tell({ item, demanded, available }: Shortfall): string {
  const name = 'sku' in item ? item.sku : item.id;
  return available === null
    ? `there is no item ${name}`
    : `${demanded} of ${name} are wanted, ${available} are available`;
}
