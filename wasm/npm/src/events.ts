/** Events: what happened. Facts in the past tense, never refused. */
import type { OrderLine } from './commands.js';
import type {
  Adjustment,
  Amount,
  CancelReason,
  Cost,
  Country,
  Demand,
  Destination,
  Disposition,
  FacilityId,
  FacilityRules,
  GatewaySpec,
  GeoPoint,
  Hold,
  ItemId,
  ItemName,
  ItemRules,
  LineNumber,
  OrderId,
  Policy,
  Portion,
  Rejection,
  ReservationNumber,
  ReturnNumber,
  ShipmentNumber,
  Shortfall,
  Sourced,
  Tier,
  Timestamp,
  UnitPrice,
} from './values.js';

interface OfOrder {
  order: OrderId;
}
interface UnitsOfLine {
  line: LineNumber;
  quantity: number;
}
interface OfReservation extends OfOrder {
  reservation: ReservationNumber;
}

/** The contents of every event, by its name. */
export interface Events {
  PolicySet: { version: number; policy: Policy };
  OrderPlaced: OfOrder & {
    at: Timestamp;
    owner: string | null;
    number: string | null;
    lines: OrderLine[];
    destination: Destination;
    payment: 'notRequired' | { required: { deadline: Timestamp } };
    total: Amount;
  };
  OrderSourced: OfReservation & { hold: Hold; portions: Portion[] };
  AllocationRequested: OfReservation;
  OrderAllocated: OfReservation;
  OrderConfirmed: OfOrder;
  OrderRejected: OfOrder & { at: Timestamp; why: Rejection; released: Portion[] };
  OrderExpired: OfOrder & { at: Timestamp; released: Portion[] };
  OrderLinesCancelled: OfOrder & {
    reason: CancelReason;
    unsourced: UnitsOfLine[];
    released: Portion[];
  };
  OrderCancelled: OfOrder & { at: Timestamp; reason: CancelReason };
  OrderUnsourced: OfReservation & {
    portions: Portion[];
    demands: Demand[];
    destination: Destination;
    hold: Hold;
  };
  TieReturned: OfOrder & { portions: Portion[] };
  PaymentAuthorized: OfOrder & { amount: Amount };
  ShipmentShipped: OfOrder & {
    at: Timestamp;
    shipment: ShipmentNumber;
    facility: FacilityId;
    portions: Portion[];
  };
  ShipmentDelivered: OfOrder & { at: Timestamp; shipment: ShipmentNumber };
  ReturnRequested: OfOrder & { number: ReturnNumber; units: UnitsOfLine[] };
  ReturnReceived: OfOrder & { number: ReturnNumber; disposition: Disposition; units: Portion[] };
  OrderCompleted: OfOrder & { at: Timestamp };
  OrderArchived: OfOrder;
  ItemDefined: { id: ItemId; sku: string; name: string; unitPrice: UnitPrice };
  FacilityDefined: {
    id: FacilityId;
    code: string;
    name: string;
    country: Country;
    location: GeoPoint;
    gateways: GatewaySpec[];
  };
  StockReceived: { item: ItemName; facility: FacilityId; tier: Tier; quantity: number };
  StockAdjusted: {
    item: ItemName;
    facility: FacilityId;
    tier: Tier;
    adjustment: Adjustment;
    quantity: number;
  };
  PromiseStripped: OfOrder & { portions: Portion[] };
  InventoryTied: OfReservation & {
    hold: Hold;
    portions: Portion[];
    items: ItemName[];
    sourced: Sourced;
  };
  InventoryRejected: OfReservation & {
    shortfalls: Shortfall[];
    tooManyParcels: number | null;
    lapsed: boolean;
  };
  InventoryAllocated: OfReservation;
  InventoryReleased: OfOrder & { portions: Portion[] };
  InventoryExpired: OfReservation;
  StockShipped: OfOrder & { shipment: ShipmentNumber; portions: Portion[] };
  StockRestocked: OfOrder & { number: ReturnNumber; sellable: boolean; portions: Portion[] };
  CustomerNotified: OfOrder & { news: News };
  OrderForgotten: OfOrder;
  FacilityRulesSet: { facility: FacilityId; rules: FacilityRules };
  ItemRulesSet: { item: ItemName; rules: ItemRules };
  UnitPricesSet: { item: ItemName; prices: { facility: FacilityId; price: Cost }[] };
  ParcelsBooked: OfOrder & { day: number; facilities: FacilityId[] };
}

/** What a customer is told about an order, each once. */
export type News =
  | 'accepted'
  | 'rejected'
  | 'expired'
  | 'cancelled'
  | 'shortened'
  | { shipped: ShipmentNumber }
  | { delivered: ShipmentNumber };

/** The name of an event. */
export type EventName = keyof Events;

/** An event with its name, as the core predicts it. */
export type Event<N extends EventName = EventName> = {
  [K in N]: { type: K; data: Events[K] };
}[N];

/** An event as the server tells it. */
export type Recorded<N extends EventName = EventName> = Event<N> & {
  /** Its place in the server's journal. */
  sequence: number;
  /** What it is about: an order, or an item or facility. */
  subject: string;
};
