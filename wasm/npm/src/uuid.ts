/** Order ids: UUIDs of version 7 (RFC 9562), made by the client. */
import type { OrderId } from './values.js';

let last = 0;

/**
 * A new order id. Its first 48 bits are the clock; ids made in the same page sort by age even if
 * the clock stands still or goes back.
 */
export function newOrderId(now: number = Date.now()): OrderId {
  last = Math.max(last + 1, Math.floor(now));
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const view = new DataView(bytes.buffer);
  view.setUint16(0, Math.floor(last / 2 ** 32));
  view.setUint32(2, last >>> 0);
  view.setUint8(6, 0x70 | (view.getUint8(6) & 0x0f));
  view.setUint8(8, 0x80 | (view.getUint8(8) & 0x3f));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** The moment inside an order id. */
export function orderIdTime(id: OrderId): number {
  return Number.parseInt(id.replace('-', '').slice(0, 12), 16);
}
