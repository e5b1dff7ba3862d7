/** Commands: what can be asked of a shop. Imperative, and may be refused. */
import type {
  Adjustment,
  Amount,
  CancelReason,
  CancellationNumber,
  Condition,
  Cost,
  Country,
  Currency,
  Destination,
  Disposition,
  ExpectedNumber,
  FacilityId,
  FacilityRef,
  FacilityRules,
  GatewaySpec,
  GeoPoint,
  HoldKind,
  HoldNumber,
  ItemRef,
  ItemRules,
  LineNumber,
  OrderId,
  Policy,
  Putaway,
  Rest,
  ReturnNumber,
  ShipmentNumber,
  StockReason,
  Tier,
  Timestamp,
  TransferNumber,
  UnitPrice,
} from './values.js';

/** One line of an order. */
export interface OrderLine {
  item: ItemRef;
  quantity: number;
  /** The price agreed for one unit. */
  unitPrice: UnitPrice;
}

/**
 * Place an order. The same order again is answered as before; the same id with other contents is
 * refused.
 */
export interface PlaceOrder {
  order: OrderId;
  /** The number the shop shows people, if it has one. */
  number?: string | null;
  /** The customer, if staff places the order for one. */
  customer?: string | null;
  currency: Currency;
  /** 1 to 2,000 lines; an item may stand in several. */
  lines: OrderLine[];
  destination: Destination;
}

/**
 * Place an order in place of an earlier one, such as when a shopper tries the same cart again: a
 * draft or pending, not paid, and of the same customer. If the stock can't serve the new one, the
 * earlier one stays as it was.
 */
export interface ReplaceOrder {
  place: PlaceOrder;
  replaces: OrderId;
}

/** Units of one line, or of all lines of one item. */
export interface LineUnits {
  line: { number: LineNumber } | { item: ItemRef };
  quantity: number;
}

/**
 * Cancel an order, or units of some of its lines. What no warehouse works on is cancelled at once;
 * for what one works on it is asked.
 */
export interface CancelOrder {
  order: OrderId;
  /** Which units; without it, everything that is not shipped yet. */
  lines?: LineUnits[] | null;
  reason: CancelReason;
}

/** Tell that a payment was authorized. */
export interface AuthorizePayment {
  order: OrderId;
  amount: Amount;
}

/** Announce that delivered units come back. */
export interface RequestReturn {
  order: OrderId;
  lines: LineUnits[];
}

/**
 * Save an order that is not placed yet: no stock is asked for. Saving it again replaces it, placing
 * an order of the same id ends it.
 */
export type SaveDraft = PlaceOrder;

/** What changes of a line; what is left out stays. */
export interface LineChange {
  line: LineNumber;
  /** Units wanted from now on, those shipped already among them. To drop a line, cancel it. */
  quantity?: number | null;
  unitPrice?: UnitPrice | null;
}

/** Change an order that was placed: what is more is asked for, what is less is released. */
export interface AmendOrder {
  order: OrderId;
  lines?: LineChange[];
  /** New lines. */
  added?: OrderLine[];
  /** Another destination, as long as nothing was released or shipped. */
  destination?: Destination | null;
}

/** Tell which released units were picked, and which were not found. */
export interface PickOrder {
  order: OrderId;
  facility: FacilityId;
  /** Units picked; without it, all that are released there and not missing. */
  lines?: LineUnits[] | null;
  /** Units not found: the shelf is corrected, and they are sourced again from elsewhere. */
  missing?: LineUnits[] | null;
}

/** Keep an order from being released, until the hold is released. */
export interface PlaceHold {
  order: OrderId;
  kind: HoldKind;
  reason?: string | null;
  /** Milliseconds after which the hold ends by itself; without it, never. */
  autoRelease?: number | null;
}

/** Units of an item on one shelf. */
interface OfShelf {
  item: ItemRef;
  facility: FacilityRef;
  tier: Tier;
}

/** Every command of the HTTP API, by its name there. */
export interface Commands {
  SetPolicy: { policy: Policy };
  PlaceOrder: PlaceOrder;
  ReplaceOrder: ReplaceOrder;
  AuthorizePayment: AuthorizePayment;
  CancelOrder: CancelOrder;
  ShipOrder: { order: OrderId; facility?: FacilityId | null };
  DeliverShipment: { order: OrderId; shipment?: ShipmentNumber | null };
  RequestReturn: RequestReturn;
  ReceiveReturn: {
    order: OrderId;
    number?: ReturnNumber | null;
    facility?: FacilityId | null;
    disposition: Disposition;
  };
  DefineItem: { sku: string; name: string; unitPrice?: UnitPrice };
  /** An item that is sold as one and stocked as its components: 1 to 64 items that are no kits. */
  DefineKit: {
    sku: string;
    name: string;
    unitPrice?: UnitPrice;
    components: { item: ItemRef; quantity: number }[];
  };
  DefineFacility: {
    code: string;
    name: string;
    country: Country;
    location: GeoPoint;
    gateways?: GatewaySpec[];
  };
  ReceiveStock: { item: ItemRef; facility: FacilityRef; tier: Tier; quantity: number };
  AdjustStock: {
    item: ItemRef;
    facility: FacilityRef;
    tier: Tier;
    adjustment: Adjustment;
    quantity: number;
  };
  SetFacilityRules: { facility: FacilityRef; rules: Partial<FacilityRules> };
  SetItemRules: { item: ItemRef; rules: Partial<ItemRules> };
  SetUnitPrices: { item: ItemRef; prices: { facility: FacilityRef; price: Cost }[] };
  MoveStock: OfShelf & { from: Condition; to: Condition; quantity: number };
  /** Without a condition, units that are fit for sale. */
  WriteOffStock: OfShelf & { condition?: Condition; quantity: number; reason: StockReason };
  SetSafetyStock: { item: ItemRef; facility: FacilityRef; quantity: number };
  /** Without a condition, units that are fit for sale. */
  CountStock: OfShelf & { condition?: Condition; counted: number; reason: StockReason };
  /** A threshold of 0 tells only of out of stock and back, `null` of nothing. */
  SetLowStock: { item: ItemRef; threshold: number | null };
  /** How many units may be promised before they are there; 0 and `null` for none. */
  SetBackorderLimit: { item: ItemRef; limit: number | null };
  SendTransfer: {
    item: ItemRef;
    from: FacilityRef;
    fromTier: Tier;
    to: FacilityRef;
    toTier: Tier;
    quantity: number;
  };
  ReceiveTransfer: { transfer: TransferNumber; quantity: number; rest: Rest };
  CancelTransfer: { transfer: TransferNumber };
  ExpectStock: OfShelf & { quantity: number; due: Timestamp; reference?: string | null };
  ReceiveExpected: { expected: ExpectedNumber; quantity: number };
  WithdrawExpected: { expected: ExpectedNumber };
  ReleaseOrder: { order: OrderId; facility?: FacilityId | null };
  PickOrder: PickOrder;
  PackOrder: { order: OrderId; facility: FacilityId };
  RejectFulfilment: { order: OrderId; facility: FacilityId; reason?: string | null };
  VoidShipping: { order: OrderId; shipment: ShipmentNumber };
  LoseShipment: { order: OrderId; shipment: ShipmentNumber };
  ReturnToSender: {
    order: OrderId;
    shipment: ShipmentNumber;
    facility?: FacilityId | null;
    putaway: Putaway;
  };
  PlaceHold: PlaceHold;
  ReleaseHold: { order: OrderId; hold: HoldNumber };
  AcceptCancellation: { order: OrderId; cancellation: CancellationNumber };
  DeclineCancellation: {
    order: OrderId;
    cancellation: CancellationNumber;
    reason?: string | null;
  };
  ReceiveReturnedUnits: {
    order: OrderId;
    number?: ReturnNumber | null;
    lines: LineUnits[];
    facility?: FacilityId | null;
    disposition: Disposition;
  };
  RefuseReturn: { order: OrderId; number: ReturnNumber; reason?: string | null };
  SaveDraft: SaveDraft;
  AmendOrder: AmendOrder;
  /** Ask that an order may be paid until later; one that has expired is placed again instead. */
  ExtendOrder: { order: OrderId; until: Timestamp };
  ReopenOrder: { order: OrderId };
  CompleteOrder: { order: OrderId };
  /** What happened in another partition: the event's kind, and its bytes in hexadecimal digits. */
  HearEvent: { kind: number; bytes: string };
  /** A facility takes what was released to it, with or without a promise of when it ships. */
  AcceptFulfilment: { order: OrderId; facility: FacilityId; shipBy?: Timestamp | null };
}

/** The name of a command. */
export type CommandName = keyof Commands;
/** The commands that can be predicted from a slice: those of a customer. */
export type PredictableName = 'PlaceOrder' | 'CancelOrder' | 'AuthorizePayment' | 'RequestReturn';
/** A command with its name. */
export type Command<N extends CommandName = PredictableName> = {
  [K in N]: { type: K; data: Commands[K] };
}[N];

/** Why a command was refused: the code is stable, the message is for people. */
export interface Refusal {
  code: string;
  message: string;
  /** What the caller needs to know, by code; `null` if there is nothing more. */
  facts: unknown;
}
