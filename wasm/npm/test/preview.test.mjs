// The core in the page: what it says of carts and orders, on a slice of the server's state.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Core, createClient, init, newOrderId, orderIdTime } from 'earmark';

import { LEEDS, LONDON, PARIS, cart, order, shop } from './support.mjs';

async function core(host) {
  await init();
  const items = [{ sku: 'MUG' }, { sku: 'LAMP' }];
  const body = JSON.stringify({ items, orders: [] });
  const answer = await host.fetch('/api/slice', { method: 'POST', body });
  const core = new Core();
  core.load(new Uint8Array(await answer.arrayBuffer()));
  return core;
}

test('a cart that one facility can serve is one parcel from the nearest', async () => {
  const known = await core(await shop());
  const { served } = known.preview(cart({ MUG: 1, LAMP: 2 }, LEEDS));
  assert.equal(served.parcels.length, 1, 'one parcel is cheaper than two near ones');
  assert.equal(served.parcels[0].facility.code, 'LON');
  assert.equal(served.proof, 'optimal');
  assert.equal(known.preview(cart({ LAMP: 1 }, LEEDS)).served.parcels[0].facility.code, 'LDS');
  assert.equal(known.preview(cart({ LAMP: 1 }, LONDON)).served.parcels[0].facility.code, 'LON');
});

test('a preview says the same as the server', async () => {
  const host = await shop();
  const known = await core(host);
  const client = createClient({ url: '', fetch: host.fetch, live: false });
  const carts = [
    cart({ MUG: 3 }),
    cart({ MUG: 3, LAMP: 12 }, LEEDS),
    cart({ LAMP: 5 }, PARIS),
    cart({ MUG: 11 }),
    cart({ NONE: 1, MUG: 1 }),
    { ...cart({ MUG: 1 }), destination: { country: 'GB', location: { lat: 100e6, lon: 0 } } },
  ];
  for (const cart of carts) {
    assert.deepEqual(known.preview(cart), await client.query('Preview', cart));
  }
  client.close();
});

test('a preview is of a moment, the client’s own if the cart names none', async (t) => {
  const day = 86_400_000;
  const clock = { now: Math.floor(Date.now() / day) * day + day / 2 };
  const host = await shop(() => clock.now);
  const rules = { offline: false, serves: [], noHazardous: false, parcelsPerDay: 1 };
  host.command('SetFacilityRules', { facility: { code: 'LON' }, rules });
  host.command('PlaceOrder', order(newOrderId(), { MUG: 1 }));
  const client = createClient({ url: '', fetch: host.fetch, live: false, now: () => clock.now });
  t.after(() => client.close());
  await client.watch([{ sku: 'MUG' }]);
  const mug = cart({ MUG: 1 });
  const { short } = client.preview(mug);
  assert.equal(short?.shortfalls[0].available, 0, 'London took its parcel of today');
  assert.deepEqual(await client.query('Preview', mug), { short }, 'the server has a clock too');
  assert.ok(client.preview({ ...mug, at: clock.now + day }).served, 'tomorrow');
  assert.ok(client.preview({ ...mug, at: null }).served, 'some day');
  assert.ok((await client.query('Preview', { ...mug, at: null })).served);
  const placed = client.place(order(newOrderId(), { MUG: 1 }));
  assert.deepEqual((await placed.settled).kind, 'rejected', 'as foreseen');
  clock.now += day;
  assert.ok(client.preview(mug).served, 'the client’s clock went on');
});

test('a parcel that leaves the country takes a gateway', async () => {
  const { served } = (await core(await shop())).preview(cart({ MUG: 1 }, PARIS));
  const [parcel] = served.parcels;
  assert.equal(parcel.gateway, 'LHR');
  assert.ok(parcel.airMetres > 300_000 && parcel.airMetres < 400_000, `${parcel.airMetres} m`);
});

test('what is short is said with how many there are', async () => {
  const known = await core(await shop());
  const shortfalls = (units) => known.preview(cart(units)).short.shortfalls;
  assert.deepEqual(shortfalls({ MUG: 11, LAMP: 13 }), [
    { line: 'line-0', item: { sku: 'MUG' }, demanded: 11, available: 10 },
    { line: 'line-1', item: { sku: 'LAMP' }, demanded: 13, available: 12 },
  ]);
  assert.deepEqual(shortfalls({ MUG: 1, NONE: 1 }), [
    { line: 'line-1', item: { sku: 'NONE' }, demanded: 1, available: null },
  ]);
});

test('a prediction is the events that the server then tells', async () => {
  const host = await shop();
  const known = await core(host);
  const at = Date.now();
  const command = order(newOrderId(at), { MUG: 2, LAMP: 5 });
  const { events } = known.place({ type: 'PlaceOrder', data: command }, at);
  const told = host.command('PlaceOrder', command);
  assert.ok(events.length >= 4);
  assert.deepEqual(events.map(({ type }) => type), told.map(({ type }) => type));
  const untimed = ({ data: { at: _, ...data } }) => data;
  assert.deepEqual(events.map(untimed), told.map(untimed));
});

test('trying an order changes nothing, predicting it does', async () => {
  const known = await core(await shop());
  const command = { type: 'PlaceOrder', data: order(newOrderId(), { MUG: 8 }) };
  known.place(command, Date.now());
  assert.ok(known.preview(cart({ MUG: 8 })).served);
  const [outcome] = known.predict([command], Date.now());
  assert.ok(outcome.events);
  const { short } = known.preview(cart({ MUG: 8 }));
  assert.equal(short.shortfalls[0].available, 2);
  assert.equal(known.order(command.data.order).status, 'confirmed');
  known.predict([], Date.now());
  assert.ok(known.preview(cart({ MUG: 8 })).served, 'nothing is pending any more');
  assert.equal(known.order(command.data.order), null);
});

test('pending orders are predicted one after the other', async () => {
  const known = await core(await shop());
  const place = (units) => ({ type: 'PlaceOrder', data: order(newOrderId(), units) });
  const outcomes = known.predict([place({ MUG: 6 }), place({ MUG: 6 })], Date.now());
  const last = outcomes.map(({ events }) => events.some(({ type }) => type === 'OrderRejected'));
  assert.deepEqual(last, [false, true]);
});

test('a refusal has a code, a message and facts', async () => {
  const known = await core(await shop());
  const command = { type: 'PlaceOrder', data: order(newOrderId(), {}) };
  const { refusal } = known.place(command, Date.now());
  assert.equal(refusal.code, 'no-lines');
  assert.match(refusal.message, /at least one line/);
  assert.deepEqual(refusal.facts, { order: 'noLines' });
});

test('what can\'t be read is an error, and the core goes on', async () => {
  const known = await core(await shop());
  const thrown = (question, message) => assert.throws(question, { name: 'Error', message });
  thrown(() => known.load(new Uint8Array([1, 2, 3])), /no slice of this version/);
  thrown(() => known.load(new Uint8Array()), /no slice of this version/);
  thrown(() => known.preview({}), /lines/);
  thrown(() => known.preview(null), /./);
  thrown(() => known.preview(cart({ MUG: 0 })), /1 to 1,000,000/);
  thrown(() => known.preview(cart({ MUG: 1.5 })), /./);
  thrown(() => known.preview(cart({ MUG: -1 })), /./);
  thrown(() => known.preview(cart({ MUG: 2 ** 53 })), /./);
  thrown(() => known.place({ type: 'Nonsense', data: {} }, 0), /no command `Nonsense`/);
  thrown(() => known.place(undefined, 0), /no command/);
  thrown(() => known.order('nonsense'), /`nonsense` is not an order id/);
  const nameless = { type: 'PlaceOrder', data: order('x', { MUG: 1 }) };
  thrown(() => known.predict([nameless], 0), /order id/);
  assert.ok(known.preview(cart({ MUG: 1 })).served);
  assert.ok(known.call(new Uint8Array([255, 255])).length > 0);
});

test('after a trap the core goes on with a new instance that knows the same', async () => {
  const host = await shop();
  const [known, other] = [await core(host), await core(host)];
  known.predict([{ type: 'PlaceOrder', data: order(newOrderId(), { MUG: 8 }) }], Date.now());
  const before = known.preview(cart({ MUG: 3 }));
  assert.equal(before.short.shortfalls[0].available, 2);
  // More than a 32-bit memory has room for.
  const traps = () => known.call(new Uint8Array(2 ** 32 - 2 ** 16));
  assert.throws(traps, WebAssembly.RuntimeError);
  assert.deepEqual(known.preview(cart({ MUG: 3 })), before);
  assert.ok(other.preview(cart({ MUG: 10 })).served, 'all cores go on');
  other.free();
});

test('a core that was freed says so', async () => {
  const known = await core(await shop());
  known[Symbol.dispose]();
  assert.throws(() => known.preview(cart({ MUG: 1 })), /freed/);
});

test('order ids are of version 7, carry the clock, and sort by age', () => {
  // Ahead of all ids that were made before: those of a page do not go back with the clock.
  const now = orderIdTime(newOrderId()) + 60_000;
  const ids = Array.from({ length: 1_000 }, () => newOrderId(now));
  const form = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  for (const id of ids) assert.match(id, form);
  assert.deepEqual([...ids].sort(), ids);
  assert.equal(orderIdTime(ids[0]), now);
  assert.equal(new Set(ids).size, ids.length);
});
