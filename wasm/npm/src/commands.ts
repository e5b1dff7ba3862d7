/** Commands: what can be asked of a shop. Imperative, and may be refused. */
import type {
  Adjustment,
  Amount,
  CancelReason,
  Cost,
  Country,
  Currency,
  Destination,
  Disposition,
  FacilityId,
  FacilityRef,
  FacilityRules,
  GatewaySpec,
  GeoPoint,
  ItemRef,
  ItemRules,
  LineNumber,
  OrderId,
  Policy,
  ReturnNumber,
  ShipmentNumber,
  Tier,
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

/** Units of one line, or of all lines of one item. */
export interface LineUnits {
  line: { number: LineNumber } | { item: ItemRef };
  quantity: number;
}

/** Cancel an order, or units of some of its lines. */
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

/** Every command of the HTTP API, by its name there. */
export interface Commands {
  SetPolicy: { policy: Policy };
  PlaceOrder: PlaceOrder;
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
