// Orders that show at once and settle: against a host in memory with the plugin's real decisions.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createClient, newOrderId } from 'earmark';

import { LEEDS, LONDON, cart, lose, order, receive, shop, until } from './support.mjs';

const ITEMS = [{ sku: 'MUG' }, { sku: 'LAMP' }];

/** A client of a new shop; ends with the test. */
async function connected(t, options = {}) {
  const host = await shop();
  const client = createClient({ url: '', fetch: host.fetch, retryMs: 20, ...options });
  t.after(() => client.close());
  await client.watch(ITEMS);
  return { host, client };
}

/** A fetch that keeps commands back until they are let go. */
function gate(host) {
  let open = () => undefined;
  const opened = new Promise((resolve) => {
    open = resolve;
  });
  const fetch = async (input, init) => {
    if (String(input).includes('/commands/')) await opened;
    return host.fetch(input, init);
  };
  return { fetch, open };
}

test('an order shows at once as predicted, and is confirmed by the answer', async (t) => {
  const { client } = await connected(t, { live: false });
  const placed = client.place(order(newOrderId(), { MUG: 2 }));
  assert.equal(placed.state, 'queued');
  assert.equal(placed.getSnapshot().status, 'confirmed', 'as predicted');
  assert.deepEqual(client.getSnapshot().orders.map(({ id }) => id), [placed.id]);
  assert.deepEqual(await placed.settled, { kind: 'confirmed' });
  const { state, events, attempts } = placed.getSnapshot();
  assert.equal(state, 'settled');
  assert.equal(attempts, 1);
  assert.deepEqual(events.map(({ type }) => type).slice(0, 2), ['OrderPlaced', 'InventoryTied']);
});

test('what is placed is no longer offered, before and after it is settled', async (t) => {
  const host = await shop();
  const { fetch, open } = gate(host);
  const client = createClient({ url: '', fetch });
  t.after(() => client.close());
  await client.watch(ITEMS);
  const offered = () => client.preview(cart({ MUG: 10 })).short?.shortfalls[0].available ?? 10;
  assert.equal(offered(), 10);
  const placed = client.place(order(newOrderId(), { MUG: 4 }));
  assert.equal(offered(), 6);
  await until(placed, ({ state }) => state === 'sent');
  open();
  const before = client.getSnapshot().position;
  await placed.settled;
  assert.equal(offered(), 6, 'the slice does not contain it yet');
  await until(client, ({ position }) => position > before);
  assert.equal(offered(), 6, 'the slice contains it now');
});

test('an order that is served otherwise is adjusted, with what differs', async (t) => {
  const { host, client } = await connected(t, { live: false });
  lose(host, 'LAMP', 'LON', 1);
  const placed = client.place(order(newOrderId(), { LAMP: 2 }));
  assert.equal((await placed.settled).kind, 'adjusted');
  assert.deepEqual(placed.settlement.diff, [
    { what: 'units', line: 'line-0', facility: 'facility-0', predicted: 2, actual: 0 },
    { what: 'units', line: 'line-0', facility: 'facility-1', predicted: 0, actual: 2 },
  ]);
});

test('an order that needs more parcels than predicted is adjusted', async (t) => {
  const { host, client } = await connected(t, { live: false });
  lose(host, 'MUG', 'LON', 10);
  receive(host, 'MUG', 'LDS', 1);
  lose(host, 'LAMP', 'LDS', 10);
  const placed = client.place(order(newOrderId(), { LAMP: 1, MUG: 1 }));
  const { diff } = await placed.settled;
  assert.deepEqual(diff[0], { what: 'parcels', predicted: 1, actual: 2 });
});

test('an order for what has gone is rejected, with reason and facts', async (t) => {
  const { host, client } = await connected(t, { live: false });
  lose(host, 'MUG', 'LON', 9);
  const placed = client.place(order(newOrderId(), { MUG: 2 }));
  assert.equal(placed.getSnapshot().status, 'confirmed', 'the client did not know');
  const settlement = await placed.settled;
  assert.equal(settlement.kind, 'rejected');
  assert.equal(settlement.refused, false);
  assert.equal(settlement.reason, 'stock');
  assert.equal(settlement.message, '2 of MUG are wanted, 1 are available');
  assert.equal(settlement.facts.shortfalls[0].available, 1);
  assert.equal(placed.getSnapshot().status, 'rejected');
  await until(client, () => client.preview(cart({ MUG: 1 })).served);
});

test('a refused command is a settlement too', async (t) => {
  const { host, client } = await connected(t, { live: false, as: 'customer:ann' });
  const taken = newOrderId();
  host.command('PlaceOrder', { ...order(taken, { MUG: 1 }), customer: 'bob' });
  const placed = client.place(order(taken, { MUG: 2 }));
  const settlement = await placed.settled;
  assert.equal(settlement.kind, 'rejected');
  assert.equal(settlement.refused, true);
  assert.match(settlement.reason, /placed-differently|not-your-order|unknown-order/);
});

test('without an answer an order is unknown, and is sent again with its id', async (t) => {
  const { host, client } = await connected(t, { live: false });
  host.lose = 'answer';
  const placed = client.place(order(newOrderId(), { MUG: 3 }));
  await until(placed, ({ state, attempts }) => state === 'unknown' && attempts >= 3);
  assert.equal(placed.settlement, undefined);
  host.lose = undefined;
  assert.deepEqual(await placed.settled, { kind: 'confirmed' });
  const orders = await client.query('Orders', {});
  assert.equal(orders.length, 1, 'it was placed once');
});

test('an order that never arrived is placed when the network is back', async (t) => {
  const { host, client } = await connected(t, { live: false });
  host.lose = 'request';
  const placed = client.place(order(newOrderId(), { MUG: 3 }));
  await until(placed, ({ state }) => state === 'unknown');
  assert.equal((await host.fetch('/api/x').catch((e) => e)).message, 'the network is down');
  host.lose = undefined;
  assert.deepEqual(await placed.settled, { kind: 'confirmed' });
});

test('an answer that was lost is told by the feed', async (t) => {
  const host = await shop();
  const fetch = async (input, init) => {
    const answer = await host.fetch(input, init);
    if (String(input).includes('/commands/')) return new Promise(() => undefined);
    return answer;
  };
  const client = createClient({ url: '', fetch });
  t.after(() => client.close());
  await client.watch(ITEMS);
  await until(client, ({ connection }) => connection === 'live');
  const placed = client.place(order(newOrderId(), { MUG: 1 }));
  assert.deepEqual(await placed.settled, { kind: 'confirmed' });
});

test('an order that waits for its payment is journaled, and expires by the feed', async (t) => {
  let now = Date.now();
  const host = await shop(() => now);
  const policy = (await (await ask(host, 'Summary')).json()).policy;
  policy.orders.payment = { required: { deadline: 1_000 } };
  host.command('SetPolicy', { policy });
  const client = createClient({ url: '', fetch: host.fetch });
  t.after(() => client.close());
  await client.watch(ITEMS);
  const [one, other] = [1, 2].map((MUG) => client.place(order(newOrderId(), { MUG })));
  assert.equal(one.getSnapshot().status, 'pending');
  await until(one, ({ state }) => state === 'journaled');
  await until(other, ({ state }) => state === 'journaled');
  host.command('AuthorizePayment', { order: one.id, amount: { currency: 'GBP', value: '2.50' } });
  assert.deepEqual(await one.settled, { kind: 'confirmed' });
  now += 1_000;
  host.command('Tick', {});
  assert.deepEqual(await other.settled, { kind: 'expired' });
});

test('others take stock, and the preview follows the feed', async (t) => {
  const { host, client } = await connected(t);
  await until(client, ({ connection }) => connection === 'live');
  host.command('PlaceOrder', order(newOrderId(), { MUG: 9 }));
  await until(client, () => client.preview(cart({ MUG: 2 })).short !== undefined);
});

test('a pending order that the newest stock changes says so', async (t) => {
  const host = await shop();
  const { fetch, open } = gate(host);
  const client = createClient({ url: '', fetch });
  t.after(() => client.close());
  await client.watch(ITEMS);
  const placed = client.place(order(newOrderId(), { LAMP: 2 }, LONDON));
  assert.equal(placed.getSnapshot().rebased, 'same');
  lose(host, 'LAMP', 'LON', 2);
  await until(placed, ({ rebased }) => rebased === 'changed');
  lose(host, 'LAMP', 'LDS', 9);
  await until(placed, ({ rebased }) => rebased === 'refused');
  open();
  assert.equal((await placed.settled).kind, 'rejected');
});

test('an order is cancelled before it is sent, without a word to the server', async (t) => {
  const { host, client } = await connected(t, { live: false });
  const before = host.position;
  const placed = client.place(order(newOrderId(), { MUG: 1 }));
  assert.deepEqual(await placed.cancel(), { cancelled: true });
  assert.deepEqual(await placed.settled, { kind: 'cancelled' });
  assert.equal(host.position, before);
});

test('a confirmed order is cancelled by the server', async (t) => {
  const { client } = await connected(t);
  const placed = client.place(order(newOrderId(), { MUG: 10 }));
  await placed.settled;
  assert.deepEqual(await client.cancel(placed.id), { cancelled: true });
  assert.equal(placed.getSnapshot().status, 'cancelled');
  assert.deepEqual(placed.settlement, { kind: 'confirmed' }, 'the settlement stays what it was');
  await until(client, () => client.preview(cart({ MUG: 10 })).served !== undefined);
});

test('a shipped order is not cancelled, and the refusal says why', async (t) => {
  const { host, client } = await connected(t, { live: false });
  const placed = client.place(order(newOrderId(), { MUG: 1 }));
  await placed.settled;
  host.command('ShipOrder', { order: placed.id });
  const answer = await client.cancel(placed.id);
  assert.equal(answer.cancelled, false);
  assert.equal(answer.refusal.code, 'use-return');
});

test('a customer sees and follows his own orders, and nobody else\'s', async (t) => {
  const { host, client } = await connected(t, { as: 'customer:ann' });
  await until(client, ({ connection }) => connection === 'live');
  const placed = client.place(order(newOrderId(), { MUG: 1 }));
  assert.deepEqual(await placed.settled, { kind: 'confirmed' });
  host.command('ShipOrder', { order: placed.id });
  host.command('DeliverShipment', { order: placed.id });
  await until(placed, ({ status }) => status === 'completed');
  host.command('PlaceOrder', { ...order(newOrderId(), { MUG: 1 }), customer: 'bob' });
  assert.equal((await client.query('Orders', {})).length, 1);
});

test('a feed that breaks off is taken up again, and nothing is missed', async (t) => {
  const { host, client } = await connected(t);
  await until(client, ({ connection }) => connection === 'live');
  const placed = client.place(order(newOrderId(), { MUG: 1 }));
  await placed.settled;
  host.disconnect();
  host.command('ShipOrder', { order: placed.id });
  host.command('DeliverShipment', { order: placed.id });
  await until(placed, ({ status }) => status === 'completed');
});

test('a server that has begun anew is believed', async (t) => {
  const [one, other] = [await shop(), await shop()];
  let host = one;
  const client = createClient({ url: '', fetch: (...ask) => host.fetch(...ask), retryMs: 20 });
  t.after(() => client.close());
  lose(one, 'MUG', 'LON', 10);
  await client.watch(ITEMS);
  await until(client, ({ connection }) => connection === 'live');
  assert.ok(client.preview(cart({ MUG: 1 })).short);
  host = other;
  one.disconnect();
  await until(client, () => client.preview(cart({ MUG: 1 })).served !== undefined);
});

test('the snapshot is the same object until something changes', async (t) => {
  const { client } = await connected(t, { live: false });
  const before = client.getSnapshot();
  assert.equal(client.getSnapshot(), before);
  const seen = [];
  const stop = client.subscribe((state) => seen.push(state));
  assert.equal(seen.length, 1);
  const placed = client.place(order(newOrderId(), { MUG: 1 }));
  await placed.settled;
  assert.ok(seen.length > 1);
  assert.equal(new Set(seen).size, seen.length);
  stop();
});

test('a client that is not ready, or closed, says so', async () => {
  const client = createClient({ url: '', fetch: () => Promise.reject(new Error('no')) });
  assert.throws(() => client.preview(cart({ MUG: 1 }, LEEDS)), /await `client.ready\(\)` first/);
  client[Symbol.dispose]();
  assert.throws(() => client.preview(cart({ MUG: 1 }, LEEDS)), /closed/);
});

function ask(host, name) {
  return host.fetch(`/api/queries/${name}`, { method: 'POST', body: '{}' });
}
