/** Events: what happened. Facts in the past tense, never refused. */
import type { OrderLine } from './commands.js';
import type {
  Adjustment,
  Amount,
  Awaited,
  CancelReason,
  CancellationNumber,
  Condition,
  Cost,
  Country,
  Demand,
  Destination,
  Disposition,
  ExpectedNumber,
  ExplodedKit,
  FacilityId,
  FacilityRules,
  GatewaySpec,
  GeoPoint,
  Hold,
  HoldKind,
  HoldNumber,
  ItemId,
  ItemName,
  ItemRules,
  KitShort,
  KitsTooLarge,
  LineNumber,
  OrderId,
  PlacedBy,
  Policy,
  Portion,
  Putaway,
  Rejection,
  ReservationNumber,
  Resourcing,
  ReturnNumber,
  ShelfName,
  ShipmentNumber,
  Shortfall,
  Sourced,
  StockReason,
  Tier,
  Timestamp,
  TransferNumber,
  UnitPrice,
  UnitsOfLine,
  UnitsOfParcel,
  WorkNumber,
  WorkStage,
  WorkState,
} from './values.js';

interface OfOrder {
  order: OrderId;
}
interface OfWork extends OfOrder {
  facility: FacilityId;
}
interface OfReservation extends OfOrder {
  reservation: ReservationNumber;
}
interface OfShelf {
  item: ItemName;
  facility: FacilityId;
  tier: Tier;
}
interface OfTransfer {
  transfer: TransferNumber;
  item: ItemName;
}
interface OfExpected {
  expected: ExpectedNumber;
  item: ItemName;
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
  ReturnRequested: OfOrder & {
    number: ReturnNumber;
    units: UnitsOfLine[];
    /** The same units by the parcels they came in; none where the first version told it. */
    parcels: UnitsOfParcel[];
  };
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
  KitDefined: {
    id: ItemId;
    sku: string;
    name: string;
    unitPrice: UnitPrice;
    components: { item: ItemName; each: number }[];
  };
  /** Kits of an order were taken apart: the tie that follows names the new lines. */
  KitsExploded: OfReservation & { kits: ExplodedKit[] };
  ExplosionRejected: OfReservation & KitsTooLarge;
  KitsShort: OfReservation & { kits: KitShort[] };
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
  StockMoved: OfShelf & { from: Condition; to: Condition; quantity: number };
  StockWrittenOff: OfShelf & { condition: Condition; quantity: number; reason: StockReason };
  SafetyStockSet: { item: ItemName; facility: FacilityId; quantity: number };
  StockCounted: OfShelf & {
    condition: Condition;
    /** Units there by the books. */
    expected: number;
    counted: number;
    /** `counted` less `expected`. */
    difference: number;
    reason: StockReason;
  };
  LowStockSet: { item: ItemName; threshold: number | null };
  LowStock: { item: ItemName; available: number; threshold: number };
  StockReplenished: { item: ItemName; available: number; threshold: number };
  OutOfStock: { item: ItemName };
  BackInStock: { item: ItemName; available: number };
  TransferSent: OfTransfer & { from: ShelfName; to: ShelfName; quantity: number };
  TransferReceived: OfTransfer & {
    to: ShelfName;
    received: number;
    lost: number;
    onItsWay: number;
  };
  TransferCancelled: OfTransfer & { from: ShelfName; quantity: number };
  StockExpected: OfExpected & {
    facility: FacilityId;
    tier: Tier;
    quantity: number;
    due: Timestamp;
    reference: string | null;
  };
  ExpectedReceived: OfExpected & {
    facility: FacilityId;
    tier: Tier;
    quantity: number;
    /** Units that are still expected. */
    left: number;
  };
  ExpectedWithdrawn: OfExpected & { quantity: number };
  InventoryExtended: OfReservation & { until: Timestamp };
  FulfilmentReleased: OfOrder & { at: Timestamp; facility: FacilityId; portions: Portion[] };
  ItemsPicked: OfOrder & { facility: FacilityId; portions: Portion[] };
  ItemsPacked: OfOrder & { facility: FacilityId; portions: Portion[] };
  FulfilmentRejected: OfOrder & { at: Timestamp; facility: FacilityId; reason: string | null };
  OrderResourced: OfReservation & {
    why: Resourcing;
    portions: Portion[];
    demands: Demand[];
    destination: Destination;
    hold: Hold;
    excluded: FacilityId[];
  };
  ShippingVoided: OfOrder & { at: Timestamp; shipment: ShipmentNumber; portions: Portion[] };
  ShipmentLost: OfOrder & { at: Timestamp; shipment: ShipmentNumber };
  ShipmentReturnedToSender: OfOrder & {
    at: Timestamp;
    shipment: ShipmentNumber;
    /** Counted with the returns. */
    number: ReturnNumber;
    putaway: Putaway;
    units: Portion[];
  };
  OrderHoldPlaced: OfOrder & {
    at: Timestamp;
    hold: HoldNumber;
    kind: HoldKind;
    reason: string | null;
    until: Timestamp | null;
    /** `null` in events of version 1, which did not say. */
    placedBy: PlacedBy | null;
  };
  OrderHoldReleased: OfOrder & { at: Timestamp; hold: HoldNumber; lapsed: boolean };
  StockUnshipped: OfOrder & { shipment: ShipmentNumber; portions: Portion[] };
  CancellationRequested: OfOrder & {
    at: Timestamp;
    cancellation: CancellationNumber;
    facility: FacilityId;
    reason: CancelReason;
    portions: Portion[];
  };
  CancellationAccepted: OfOrder & {
    at: Timestamp;
    cancellation: CancellationNumber;
    portions: Portion[];
  };
  CancellationDeclined: OfOrder & {
    at: Timestamp;
    cancellation: CancellationNumber;
    reason: string | null;
  };
  ReturnPartlyReceived: OfOrder & {
    number: ReturnNumber;
    disposition: Disposition;
    units: Portion[];
  };
  ReturnRefused: OfOrder & { number: ReturnNumber; reason: string | null; units: UnitsOfLine[] };
  OrderDrafted: OfOrder & {
    at: Timestamp;
    owner: string | null;
    number: string | null;
    lines: OrderLine[];
    destination: Destination;
    total: Amount;
  };
  OrderAmended: OfOrder & {
    at: Timestamp;
    prices: { line: LineNumber; unitPrice: UnitPrice }[];
    /** Units less that were not tied. */
    unsourced: UnitsOfLine[];
    /** Units less that were tied, and are free again. */
    released: Portion[];
    /** Units more. */
    more: UnitsOfLine[];
    added: OrderLine[];
    destination: Destination | null;
    total: Amount;
  };
  OrderReopened: OfOrder & { at: Timestamp };
  OrderLinesExploded: OfReservation & { kits: ExplodedKit[] };
  /** Lines were numbered that the order has given to others: it says the number of the next. */
  OrderKitsAskedAgain: OfReservation & {
    demands: Demand[];
    destination: Destination;
    hold: Hold;
    excluded: FacilityId[];
    next: LineNumber;
  };
  WorkRequested: OfWork & {
    at: Timestamp;
    work: WorkNumber;
    answerBy: Timestamp | null;
    portions: Portion[];
  };
  FulfilmentAccepted: OfWork & { at: Timestamp; shipBy: Timestamp | null };
  FulfilmentTimedOut: OfWork & { at: Timestamp; portions: Portion[] };
  WorkAdvanced: OfWork & { to: WorkStage; portions: Portion[] };
  WorkShipped: OfWork & { shipment: ShipmentNumber; portions: Portion[] };
  WorkWithdrawn: OfWork & { portions: Portion[] };
  WorkEnded: OfWork & { work: WorkNumber; state: WorkState };
  WorkForgotten: OfOrder;
  BackorderLimitSet: { item: ItemName; limit: number | null };
  InventoryBackordered: OfReservation & {
    hold: Hold;
    /** Units that are not there, and wait in the queues of their items. */
    units: Awaited[];
    items: ItemName[];
    destination: Destination;
    excluded: FacilityId[];
  };
  BackorderFilled: OfReservation & {
    hold: Hold;
    portions: Portion[];
    items: ItemName[];
    sourced: Sourced;
  };
  BackorderReleased: OfOrder & { units: Awaited[] };
  /** The queue of an item is looked at again then; `null`: it has been looked through. */
  BackordersDue: {
    item: ItemName;
    at: Timestamp | null;
    after: OrderId | null;
    afterReservation: ReservationNumber | null;
  };
  OrderBackordered: OfReservation & { hold: Hold; units: Awaited[] };
  BackorderSourced: OfReservation & { hold: Hold; portions: Portion[] };
  /** Units wait no more: they are unsourced, and the event that follows tells what becomes of them. */
  BackorderDropped: OfOrder & { units: Awaited[] };
  BackorderReturned: OfOrder & { units: Awaited[] };
  /** The order knows that units were stripped of reservations for which it still waits. */
  OrderStripHeard: OfOrder & { reservations: ReservationNumber[] };
  /** What these reservations wait for may be filled again. */
  WaitingResumed: OfOrder & { reservations: ReservationNumber[] };
  /** Another order is to take the place of this one; until the stock has answered, it can't be paid. */
  OrderSetAside: OfOrder & { at: Timestamp; by: OrderId };
  ReplacementPlaced: Events['OrderPlaced'] & { replaces: OrderId };
  OrderReplaced: OfOrder & {
    at: Timestamp;
    by: OrderId;
    released: Portion[];
    dropped: Awaited[];
  };
  /** The order that was to take the place of this one can't be had: this one stays as it was. */
  OrderKept: OfOrder & { by: OrderId };
  OrderExtended: OfOrder & {
    at: Timestamp;
    until: Timestamp;
    reservations: ReservationNumber[];
  };
  /** Promised stock was not there: the units are unsourced, and stock is asked for again. */
  OrderStockLost: OfReservation & {
    /** Units that no facility worked on. */
    untouched: Portion[];
    inWork: Portion[];
    demands: Demand[];
    destination: Destination;
    hold: Hold;
    excluded: FacilityId[];
  };
  /** Units of a request came loose before it was answered: they are cancelled. */
  CancellationMet: OfOrder & {
    at: Timestamp;
    cancellation: CancellationNumber;
    portions: Portion[];
  };
  /** The order was paid for, and is not any more: nothing leaves until what is missing is paid. */
  OrderPaymentNeeded: OfOrder & {
    at: Timestamp;
    number: number;
    missing: Amount;
    /** Then what is not paid for is cancelled; `null` in what an earlier version told. */
    until: Timestamp | null;
  };
  /** What is not paid for is cancelled: the events before say what. */
  OrderPaymentMissed: OfOrder & { at: Timestamp; number: number; missing: Amount };
  /** It is to go to another address: what it has counts as free, and stays until the answer. */
  OrderMoveRequested: OfOrder & {
    at: Timestamp;
    destination: Destination;
    reservation: ReservationNumber;
    demands: Demand[];
    hold: Hold;
    excluded: FacilityId[];
    next: LineNumber;
  };
  OrderMoved: OfOrder & {
    at: Timestamp;
    destination: Destination;
    reservation: ReservationNumber;
    released: Portion[];
    dropped: Awaited[];
  };
  /** Nobody may serve the other address: the order stays as it was. */
  OrderMoveRefused: OfOrder & {
    at: Timestamp;
    reservation: ReservationNumber;
    destination: Destination;
    why: Rejection;
  };
  /** Units are cancelled since stock is not there; the event before says which. */
  OrderShortened: OfOrder & { at: Timestamp; number: number };
}

/** What a customer is told about an order, each once. */
export type News =
  | 'accepted'
  | 'rejected'
  | 'expired'
  | 'cancelled'
  | 'shortened'
  | { shipped: ShipmentNumber }
  | { delivered: ShipmentNumber }
  | { lost: ShipmentNumber }
  | { returnedToSender: ShipmentNumber }
  | { cancellationAccepted: CancellationNumber }
  | { cancellationDeclined: CancellationNumber }
  | { returnRefused: ReturnNumber }
  | 'backordered'
  | { replaced: OrderId }
  | { paymentNeeded: number }
  | { shortenedAgain: number }
  | { moveRefused: ReservationNumber }
  | { paymentMissed: number };

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
