/** Queries and their answers: what people and programs see of a shop. */
import type {
  Aim,
  Alternative,
  Amount,
  Awaited,
  CancelReason,
  CancellationAnswer,
  CancellationNumber,
  Carriage,
  Cost,
  Country,
  Destination,
  ExpectedNumber,
  ExplodedKit,
  FacilityId,
  FacilityRef,
  FulfilmentStatus,
  GeoPoint,
  HoldKind,
  HoldNumber,
  ItemId,
  ItemName,
  ItemRef,
  KitShort,
  KitsTooLarge,
  LineNumber,
  OrderId,
  PaymentStatus,
  PlacedBy,
  Policy,
  Portion,
  Proof,
  Rejection,
  ReturnNumber,
  ReturnState,
  ReturnsStatus,
  ShelfName,
  ShipmentNumber,
  Shortfall,
  Status,
  StockStatus,
  Tier,
  Timestamp,
  TransferNumber,
  UnitPrice,
  UnitsOfLine,
  WorkNumber,
  WorkState,
} from './values.js';

/** What would be ordered, and where it would go. */
export interface Cart {
  lines: { item: ItemRef; quantity: number }[];
  destination: Destination;
}

/**
 * What would become of an order, if it were placed now. `malformed` means more lines than an order
 * may have, or a destination that is no point on the globe.
 */
export type Preview =
  | { served: PreviewPlan }
  | { short: { shortfalls: Shortfall[]; kits: KitShort[] } }
  | { tooManyParcels: { allowed: number } }
  | { kitsTooLarge: KitsTooLarge }
  | 'malformed';

/** How an order would be served. */
export interface PreviewPlan {
  /** One parcel per facility. */
  parcels: ParcelView[];
  cost: Cost;
  proof: Proof;
  /** The cheapest other choice of facilities that was met. */
  runnerUp: Alternative | null;
  /** The kits in the cart: the portions name the lines of their components. */
  kits: ExplodedKit[];
  /** What is not there, and would be promised within the limits of the items. */
  backordered: Awaited[];
}

/** One parcel. */
export interface ParcelView {
  facility: FacilityView;
  gateway: string | null;
  groundMetres: number;
  airMetres: number;
  portions: Portion[];
}

/** A facility. */
export interface FacilityView {
  id: FacilityId;
  code: string;
  name: string;
  country: Country;
  location: GeoPoint;
}

/** An item; its shelves only for those who work for the shop. */
export interface ItemView {
  id: ItemId;
  sku: string;
  name: string;
  unitPrice: UnitPrice;
  /** Of a kit: as many as its components make up. */
  available: number;
  /** What it is made of, if it is a kit. */
  kit: { item: ItemName; each: number }[] | null;
  /** Units that may be promised beyond that, before they are there. */
  backorderRoom: number;
  shelves: ShelfView[] | null;
}

/** A line of an order. */
export interface LineView {
  item: ItemRef;
  name: string | null;
  unitPrice: UnitPrice;
  /** Of a kit: whole kits, each as far as the least of its components. */
  buckets: Buckets;
  /** The line of the kit that it belongs to, and its units in one kit. */
  kit: LineNumber | null;
  each: number | null;
  /** Whether it is a kit, taken apart into other lines. */
  isKit: boolean;
}

/** A shelf. */
export interface ShelfView {
  facility: FacilityId;
  tier: Tier;
  onHand: number;
  unavailable: number;
  reserved: number;
  allocated: number;
  available: number;
}

/** The units of one line, by where they are; `ordered` is the sum of all up to the returns. */
export interface Buckets {
  ordered: number;
  cancelled: number;
  unsourced: number;
  backordered: number;
  reserved: number;
  allocated: number;
  released: number;
  picked: number;
  packed: number;
  inTransit: number;
  delivered: number;
  lost: number;
  returnedToSender: number;
  returnRequested: number;
  restocked: number;
  quarantined: number;
  writtenOff: number;
  returnedToCustomer: number;
}

/** An order. */
export interface OrderView {
  order: OrderId;
  number: string | null;
  owner: string | null;
  status: Status;
  rejection: Rejection | null;
  placedAt: Timestamp;
  endedAt: Timestamp | null;
  /** Until when a payment is awaited, or what is missing of it. */
  payUntil: Timestamp | null;
  /** The order whose place it takes, or was to take. */
  replaces: OrderId | null;
  /** The order that took its place, or is about to. */
  replacedBy: OrderId | null;
  total: Amount;
  cancellable: boolean;
  lines: LineView[];
  tied: Portion[];
  shipments: {
    number: ShipmentNumber;
    facility: FacilityId;
    delivered: boolean;
    portions: Portion[];
  }[];
}

/** How an order stands; all but `status` is derived from its units and records. */
export interface OrderStatusView {
  order: OrderId;
  status: Status;
  payment: PaymentStatus;
  stock: StockStatus;
  fulfilment: FulfilmentStatus;
  returns: ReturnsStatus;
  /** Holds that are open. */
  holds: {
    number: HoldNumber;
    kind: HoldKind;
    reason: string | null;
    placedAt: Timestamp;
    until: Timestamp | null;
    placedBy: PlacedBy | null;
  }[];
  /** Requests to cancel what warehouses work on. */
  cancellations: CancellationView[];
  shipments: {
    number: ShipmentNumber;
    facility: FacilityId;
    state: Carriage;
    deliveredAt: Timestamp | null;
  }[];
  /** What comes back; no `units` for a parcel that came back undelivered. */
  returned: {
    number: ReturnNumber;
    state: ReturnState;
    units: UnitsOfLine[];
    received: UnitsOfLine[];
  }[];
  /** Facilities that are out of the question for it. */
  excluded: FacilityId[];
}

/** All counters of an item. */
export interface ItemLevels {
  item: ItemName;
  available: number;
  /** On their way to any of its shelves, or expected; also to those that are still empty. */
  incoming: number;
  /** Units that facilities keep back from sale. */
  safety: { facility: FacilityId; quantity: number }[];
  /** Units that may be promised at a time before they are there. */
  backorderLimit: number;
  /** Units that wait for stock. */
  backordered: number;
  shelves: ShelfLevels[];
}

/** All counters of a shelf; the conditions are parts of what is on hand. */
export interface ShelfLevels {
  facility: FacilityId;
  tier: Tier;
  onHand: number;
  damaged: number;
  qualityControl: number;
  quarantined: number;
  reserved: number;
  allocated: number;
  /** Less safety stock. */
  available: number;
  incoming: number;
}

/** Units that will come to a shelf, by a transfer or from a supplier. */
export interface IncomingView {
  item: ItemName;
  to: ShelfName;
  quantity: number;
  transfer: TransferNumber | null;
  from: ShelfName | null;
  expected: ExpectedNumber | null;
  due: Timestamp | null;
  reference: string | null;
}

/** Who waits for an item. */
export interface BackordersView {
  item: ItemName;
  backorderLimit: number;
  backordered: number;
  /** Units that may still be promised, by the limit and the policy. */
  backorderRoom: number;
  /** When the queue is looked at again without new stock. */
  due: Timestamp | null;
  /** In order of the queue; of one order all or none are on a page. */
  entries: { order: OrderId; until: Timestamp | null; units: Awaited }[];
}

/** An item that is watched. */
export interface AlertView {
  item: ItemName;
  threshold: number;
  available: number;
  isLow: boolean;
  isOut: boolean;
}

/** A request to cancel what a warehouse works on. */
export interface CancellationView {
  number: CancellationNumber;
  facility: FacilityId;
  reason: CancelReason;
  answer: CancellationAnswer | null;
  portions: Portion[];
}

/** A work order: what a facility is to do for an order. */
export interface WorkView {
  order: OrderId;
  work: WorkNumber;
  state: WorkState;
  askedAt: Timestamp;
  answerBy: Timestamp | null;
  shipBy: Timestamp | null;
  units: {
    line: LineNumber;
    item: ItemId;
    sku: string | null;
    tier: Tier;
    toPick: number;
    picked: number;
    packed: number;
  }[];
  /** Requests to let go of some of them, which the facility has still to accept or decline. */
  cancellations: CancellationView[];
}

/** How much open work a facility has, in work orders. */
export interface WorkloadView {
  facility: FacilityId;
  requested: number;
  accepted: number;
  inProgress: number;
  timedOut: number;
  oldestWaiting: Timestamp | null;
}

/** The shop at a glance. */
export interface Summary {
  policy: Policy;
  policyVersion: number;
  facilities: FacilityView[];
  items: number;
  openReservations: number;
  ordersAtHand: [Status, number][];
}

/** Why a facility may not serve an order. */
export type Barred =
  | 'excluded'
  | 'offline'
  | 'notServed'
  | 'noGateway'
  | { tooFar: { metres: number } }
  | { fullToday: { parcels: number } };

/** Why a facility is or is not in a plan. */
export type Verdict =
  | 'ships'
  | { barred: Barred }
  | 'noStock'
  | { beaten: { cost: Cost; aims: AimValue[]; proven: boolean } }
  | 'noPlan';

/** How good a plan is by one aim: less is better. */
export interface AimValue {
  aim: Aim;
  value: number;
}

/** Why a plan is as it is. */
export interface Explanation {
  plan: {
    parcels: {
      parcel: {
        facility: FacilityId;
        gateway: string | null;
        groundMetres: number;
        airMetres: number;
      };
      portions: Portion[];
      /** What the parcel costs; together they are the cost of the plan. */
      costs: {
        parcel: Cost;
        export: Cost;
        way: Cost;
        primary: Cost;
        back: Cost;
        unitPrices: Cost;
      };
    }[];
    cost: Cost;
    aims: AimValue[];
    exactAims: number;
    proof: Proof;
    runnerUp: Alternative | null;
    nodes: number;
    kits: ExplodedKit[];
  } | null;
  shortfalls: Shortfall[];
  tooManyParcels: number | null;
  kitsTooLarge: boolean;
  facilities: {
    facility: FacilityId;
    code: string;
    verdict: Verdict;
    barredItems: { item: ItemId; why: 'hazardous' | 'hazardousByAir' | 'noExport' }[];
  }[];
}

/** Every query of the HTTP API: the question, and the answer. */
export interface Queries {
  Preview: { ask: Cart; answer: Preview };
  Order: { ask: { order: OrderId }; answer: OrderView };
  Orders: {
    ask: { status?: Status | null; before?: OrderId | null; limit?: number | null };
    answer: OrderView[];
  };
  Items: {
    ask: { search?: string | null; skip?: number | null; limit?: number | null };
    answer: ItemView[];
  };
  Stock: { ask: { items: ItemRef[] }; answer: ItemView[] };
  Summary: { ask: Record<string, never>; answer: Summary };
  Explain: {
    ask: Cart & { excluded?: FacilityRef[]; at?: Timestamp | null };
    answer: Explanation;
  };
  Levels: { ask: { items: ItemRef[] }; answer: ItemLevels[] };
  Incoming: {
    ask: { item?: ItemRef | null; skip?: number | null; limit?: number | null };
    answer: IncomingView[];
  };
  Alerts: { ask: { skip?: number | null; limit?: number | null }; answer: AlertView[] };
  OrderStatus: { ask: { order: OrderId }; answer: OrderStatusView };
  /** For the next page, `after` names the last work order of this one. */
  Worklist: {
    ask: {
      facility: FacilityId;
      after?: { askedAt: Timestamp; order: OrderId } | null;
      limit?: number | null;
    };
    answer: WorkView[];
  };
  Workload: { ask: Record<string, never>; answer: WorkloadView[] };
  Backorders: {
    ask: { item: ItemRef; after?: OrderId | null; limit?: number | null };
    answer: BackordersView;
  };
}

/** The name of a query. */
export type QueryName = keyof Queries;
