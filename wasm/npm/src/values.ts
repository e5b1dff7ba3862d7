/**
 * The small values of the domain, as they stand in JSON and in what the core answers.
 *
 * Decided once for all of them: ids are strings, quantities and moments are numbers, prices and
 * amounts are decimal strings, and 64-bit costs are numbers too (a cost beyond 2^53 - 1 is an
 * error, never a rounded number).
 */

/** An order: a UUID of version 7 that the client makes; see `newOrderId`. */
export type OrderId = string;
/** An item by the id that never changes, such as `item-12`. */
export type ItemId = `item-${number}`;
/** A facility by the id that never changes, such as `facility-3`. */
export type FacilityId = `facility-${number}`;
/** A line of an order, counted from 0 as placed. */
export type LineNumber = `line-${number}`;
/** A reservation of an order, counted from 1. */
export type ReservationNumber = `reservation-${number}`;
/** A shipment of an order, counted from 1. */
export type ShipmentNumber = `shipment-${number}`;
/** A return of an order, counted from 1. */
export type ReturnNumber = `return-${number}`;
/** A hold of an order, counted from 1. */
export type HoldNumber = `hold-${number}`;
/** A request to cancel what a warehouse works on, of an order, counted from 1. */
export type CancellationNumber = `cancellation-${number}`;
export type WorkNumber = `work-${number}`;
/** A transfer of the shop, counted from 1. */
export type TransferNumber = `transfer-${number}`;
/** Stock that is expected, of the shop, counted from 1. */
export type ExpectedNumber = `expected-${number}`;
/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Timestamp = number;
/** Ten-thousandths of the currency's major unit. */
export type Cost = number;
/** A decimal number with at most four decimals, such as `"2.55"`. */
export type UnitPrice = string;
/** A currency by its ISO 4217 code, such as `"GBP"`. */
export type Currency = string;
/** A country by its ISO 3166-1 alpha-2 code, such as `"GB"`. */
export type Country = string;
/** Pick faces are `primary`; bulk that must be fetched is `back`. */
export type Tier = 'primary' | 'back';

/** An amount of money: a decimal string with as many decimals as the currency has. */
export interface Amount {
  currency: Currency;
  value: string;
}

/** A place on the globe, in millionths of a degree. */
export interface GeoPoint {
  lat: number;
  lon: number;
}

/** Where an order goes. */
export interface Destination {
  country: Country;
  location: GeoPoint;
}

/** How a command names an item: by id, or by SKU. */
export type ItemRef = { id: ItemId } | { sku: string };
/** How a command names a facility: by id, or by code. */
export type FacilityRef = { id: FacilityId } | { code: string };
/** How an event names an item: the id, and the SKU of that moment. */
export interface ItemName {
  id: ItemId;
  sku: string;
}

/** A place for the units of an item. */
export interface ShelfName {
  facility: FacilityId;
  tier: Tier;
}

/** Where an order stands in its life. */
export type Status =
  | 'unplaced'
  | 'draft'
  | 'pending'
  | 'confirmed'
  | 'completed'
  | 'rejected'
  | 'expired'
  | 'cancelled';

/** How the payment of an order stands. */
export type PaymentStatus = 'notRequired' | 'awaiting' | 'authorized' | 'voided';
/** How the stock stands for what of an order is still to leave. */
export type StockStatus =
  | 'notRequired'
  | 'unsourced'
  | 'partiallyReserved'
  | 'reserved'
  | 'allocated'
  | 'partiallyBackordered'
  | 'backordered';
/** How far the warehouses and carriers have come with an order. */
export type FulfilmentStatus =
  | 'unfulfilled'
  | 'onHold'
  | 'released'
  | 'inProgress'
  | 'partiallyShipped'
  | 'shipped'
  | 'partiallyDelivered'
  | 'delivered'
  | 'incomplete'
  | 'cancelled';
/** How far the returns of an order have come. */
export type ReturnsStatus = 'none' | 'requested' | 'partiallyReturned' | 'returned' | 'refused';

/** How far a parcel has come. */
export type Carriage = 'underWay' | 'delivered' | 'voided' | 'lost' | 'returnedToSender';
/** How far a return has come. */
export type ReturnState = 'requested' | 'partlyReceived' | 'received' | 'refused';
/** What a warehouse says to a request to cancel. */
export type CancellationAnswer = 'accepted' | 'declined';

/** Units of a line. */
export interface UnitsOfLine {
  line: LineNumber;
  quantity: number;
}

/** Units of a line that came in one parcel. */
export interface UnitsOfParcel {
  shipment: ShipmentNumber;
  line: LineNumber;
  quantity: number;
}

/** What one line asks of the stock. */
export interface Demand {
  line: LineNumber;
  item: ItemRef;
  quantity: number;
}

/** Units of a line tied at one tier of one facility. */
export interface Portion {
  reservation: ReservationNumber;
  line: LineNumber;
  item: ItemId;
  facility: FacilityId;
  tier: Tier;
  quantity: number;
}

/** Units of a line that wait for stock to come. */
export interface Awaited {
  /** The reservation that is to tie them. */
  reservation: ReservationNumber;
  line: LineNumber;
  item: ItemId;
  quantity: number;
}

/** An item that the stock cannot serve; `available` is `null` if the item is unknown. */
export interface Shortfall {
  line: LineNumber;
  item: ItemRef;
  demanded: number;
  available: number | null;
}

/** How firmly stock is tied. */
export type Hold = 'hard' | { soft: { until: Timestamp } };
/** Whether a plan is proven cheapest, or how far from it it may be. */
export type Proof = 'optimal' | { bounded: { gap: Cost; nodes: number } };

/** A plan that was not chosen. */
export interface Alternative {
  cost: Cost;
  facilities: FacilityId[];
}

/** The way of one parcel. */
export interface Parcel {
  facility: FacilityId;
  /** The export gateway airport (IATA code), for a parcel that leaves the country. */
  gateway: string | null;
  groundMetres: number;
  airMetres: number;
}

/** The decision behind a tie. */
export interface Sourced {
  cost: Cost;
  proof: Proof;
  runnerUp: Alternative | null;
  parcels: Parcel[];
}

/** Why an order can't be had. */
export type Rejection =
  | { stock: { shortfalls: Shortfall[] } }
  | { tooManyParcels: { allowed: number } }
  | 'reservationLapsed'
  | { kitsTooLarge: KitsTooLarge };

/** With the components of its kits an order would have so many lines, and so many units on one. */
export interface KitsTooLarge {
  lines: number;
  units: number;
}

/** A kit of which too few can be had. */
export interface KitShort {
  line: LineNumber;
  kit: ItemName;
  asked: number;
  available: number;
}

/** A line of a kit, taken apart into lines of its components. */
export interface ExplodedKit {
  line: LineNumber;
  kit: ItemName;
  /** Kits that were asked for. */
  quantity: number;
  /** The new lines, and units of each in one kit. */
  components: { line: LineNumber; item: ItemName; each: number }[];
}

/** Why units are cancelled. */
export type CancelReason =
  | 'customer'
  | 'declined'
  | 'fraud'
  | 'inventory'
  | 'staff'
  | 'other'
  | 'unpaid';
/** What becomes of returned units. */
export type Disposition = 'restock' | 'quarantine' | 'writeOff' | 'backToCustomer';
/** What becomes of units that came back undelivered. */
export type Putaway = 'restock' | 'quarantine' | 'writeOff';
/** Who placed a hold. */
export type PlacedBy = 'system' | 'staff' | { customer: string };
/** What a hold on an order is for. */
export type HoldKind =
  | 'fraud'
  | 'payment'
  | 'address'
  | 'credit'
  | 'approval'
  | 'export'
  | 'stock'
  | 'manual'
  | 'recall';
/** How a facility stands to the work it was asked for. */
export type WorkState =
  | 'unasked'
  | 'requested'
  | 'accepted'
  | 'inProgress'
  | 'timedOut'
  | 'done'
  | 'withdrawn'
  | 'rejected'
  | 'takenBack';
/** How far units in work have come. */
export type WorkStage = 'toPick' | 'picked' | 'packed';
/** Why units are sourced again. */
export type Resourcing = 'facilityRefused' | 'itemsMissing' | 'stockLost' | 'amended';
/** What was seen when stock was looked at. */
export type Adjustment = 'found' | 'lost' | 'damaged';
/** What state units on hand are in; only what is `sellable` can be promised. */
export type Condition = 'sellable' | 'damaged' | 'qualityControl' | 'quarantine';
/** Why the books of a shelf are corrected. */
export type StockReason =
  | 'received'
  | 'damaged'
  | 'lost'
  | 'stolen'
  | 'found'
  | 'sample'
  | 'count'
  | 'misshipOut'
  | 'misshipIn'
  | 'expired'
  | 'integration';
/** What is known of units of a transfer that did not arrive with the others. */
export type Rest = 'onItsWay' | 'lost';

/** An airport that a facility exports by. */
export interface GatewaySpec {
  iata: string;
  location: GeoPoint;
}

/** What a facility may and may not ship. */
export interface FacilityRules {
  offline: boolean;
  /** The only countries it serves; none: all. */
  serves: Country[];
  noHazardous: boolean;
  parcelsPerDay: number | null;
}

/** How and where an item may not go. */
export interface ItemRules {
  /** Neither by air, nor from a facility that may not ship such. */
  hazardous: boolean;
  noExportTo: Country[];
}

/** Something that a plan can be better in than another. */
export type Aim = 'fewestParcels' | 'primaryFirst' | 'shortestWays' | 'evenStock' | 'lowestCost';

/** What the shop may choose; see the core's documentation for the meaning of each figure. */
export interface Policy {
  orders: {
    payment: 'none' | { required: { deadline: number } };
    archiveAfter: number;
    /** Milliseconds after a delivery in which a return may be announced; `null`: as long as it is at hand. */
    returnWindow: number | null;
    /** Whether everything must be released, picked and packed before it ships. */
    staged: boolean;
    /** Whether a completed order may be reopened, as long as it is at hand. */
    reopen: boolean;
    /** Whether units may be promised that are not there, within the limit of each item. */
    backorders: 'refuse' | 'accept';
    /** How often an order may have more time to be paid, and how much; `null` for never. */
    extensions: { times: number; by: number } | null;
    /**
     * Whose prices an order may have that a customer places: his own (`caller`, if not said), or
     * those of the shop only (`staff`), which places the order for him or saves it as a draft.
     */
    prices?: 'caller' | 'staff';
  };
  sourcing: {
    parcel: number;
    groundKm: number;
    airKm: number;
    export: number;
    primaryUnit: number;
    backUnit: number;
    maxParcels: number | null;
    /** What sourcing looks at besides prices; the cheapest plan of all if not said. */
    rules?: {
      objective?: 'weighted' | { lexicographic: Aim[] };
      maxMetres?: number | null;
      /** Milliseconds after midnight UTC at which a facility's day begins. */
      dayStarts?: number;
    };
  };
  /** How facilities are waited for; for ever if not said. */
  fulfilment?: {
    /** Milliseconds in which a facility answers what is released to it; `null`: for ever. */
    answerWithin?: number | null;
  };
}
