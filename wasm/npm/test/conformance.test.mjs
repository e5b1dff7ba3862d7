// One history, one chain: the plugin file and this package, in Node and in Chromium.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { records, run } from '../conformance/corpus.mjs';
import { Writer, fromJson } from '../dist/abi.js';
import { LONDON, PARIS, order, place, plugin, pluginFile } from './support.mjs';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const runner = fileURLToPath(new URL('../conformance/run.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'earmark-corpus-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const STAFF = { subject: 'staff', scopes: ['staff'] };
const ANN = { subject: 'ann', scopes: [] };
/** The places of the commands in the description, which never change. */
const KINDS = { PlaceOrder: 2, CancelOrder: 4, ShipOrder: 5, DefineItem: 9 };
Object.assign(KINDS, { DefineFacility: 10, ReceiveStock: 11, AdjustStock: 12 });

/** A history with orders at home and abroad, refusals, rejections, cancellations and losses. */
function* history() {
  for (const [code, lat, lon] of [['A', 51.5, -0.1], ['B', 53.8, -1.5], ['C', 55.9, -3.2]]) {
    const gateways = [{ iata: 'LHR', location: place(51.47, -0.45) }];
    const location = place(lat, lon);
    yield ['DefineFacility', { code, name: `Place ${code}`, country: 'GB', location, gateways }];
  }
  for (const sku of ['X', 'Y']) {
    yield ['DefineItem', { sku, name: `Thing ${sku}`, unitPrice: '1.25' }];
    for (const code of ['A', 'B', 'C']) {
      for (const tier of ['primary', 'back']) {
        const [item, facility] = [{ sku }, { code }];
        yield ['ReceiveStock', { item, facility, tier, quantity: 40 }];
      }
    }
  }
  for (let number = 0; number < 200; number += 1) {
    const id = `00000000-0000-7000-8000-${String(number % 150).padStart(12, '0')}`;
    const units = { X: 1 + (number % 5), ...(number % 3 === 0 && { Y: 2 }) };
    yield ['PlaceOrder', order(id, units, number % 4 === 0 ? PARIS : LONDON), ANN];
    if (number % 7 === 0) yield ['CancelOrder', { order: id, reason: 'customer' }, ANN];
    if (number % 6 === 1) yield ['ShipOrder', { order: id }];
  }
  const [item, facility] = [{ sku: 'X' }, { code: 'A' }];
  yield ['AdjustStock', { item, facility, tier: 'primary', adjustment: 'lost', quantity: 3 }];
}

/** The history as a corpus, so many inputs a turn. */
async function corpus(inputsPerTurn) {
  const door = await plugin();
  const inputs = [...history()].map(([name, data, by = STAFF], number) => {
    const command = fromJson(door, 'Command', KINDS[name], data);
    return { at: 1_000 + number, by: by === STAFF ? 0 : 1, kind: KINDS[name], command };
  });
  const parts = [Buffer.from('EMCORP1\n')];
  for (let at = 0; at < inputs.length; at += inputsPerTurn) {
    const turn = new Writer();
    turn.list([STAFF, ANN], (who) => turn.principal(who));
    turn.list(inputs.slice(at, at + inputsPerTurn), (input) => {
      turn.number(input.at).number(input.by).number(input.kind).blob(input.command);
    });
    const length = Buffer.alloc(4);
    length.writeUInt32LE(turn.bytes().length);
    parts.push(length, turn.bytes());
  }
  return Buffer.concat(parts);
}

test('every body tells the same chain, however the turns are cut', async () => {
  const bodies = [['--plugin', pluginFile()], []];
  if (existsSync(CHROMIUM)) {
    for (const body of [...bodies]) bodies.push([...body, '--chromium', '--program', CHROMIUM]);
  }
  const told = [];
  for (const inputsPerTurn of [1, 64]) {
    const file = join(folder, `${inputsPerTurn}.corpus`);
    writeFileSync(file, await corpus(inputsPerTurn));
    for (const body of bodies) {
      const args = [runner, '--corpus', file, ...body];
      const ran = spawnSync(process.execPath, args, { encoding: 'utf8' });
      assert.equal(ran.status, 0, ran.stderr);
      told.push(JSON.parse(ran.stdout));
    }
  }
  const [first] = told;
  assert.match(first.chain, /^[0-9a-f]{64}$/);
  assert.ok(first.inputs > 250, `${first.inputs} inputs`);
  for (const one of told) {
    const end = ({ chain, state, inputs }) => [chain, state, inputs];
    assert.deepEqual(end(one), end(first), JSON.stringify(one));
  }
  assert.equal(new Set(told.map(({ turns }) => turns)).size, 2);
});

test('another history has another chain', async () => {
  const whole = await corpus(64);
  const [first] = records(whole);
  const part = whole.subarray(0, 8 + 4 + first.length);
  assert.notEqual(run(await plugin(), part).chain, run(await plugin(), whole).chain);
});

test('what is no corpus is told from one, and where it breaks off', async () => {
  const whole = await corpus(64);
  const door = await plugin();
  assert.throws(() => run(door, Buffer.from('something else')), /does not begin with EMCORP1/);
  assert.throws(() => run(door, whole.subarray(0, 100)), /ends within a record, at byte 8/);
  assert.throws(() => run(door, whole.subarray(0, 10)), /ends within a length, at byte 8/);
  const broken = Buffer.from(whole);
  broken.fill(255, 12, 40);
  assert.throws(() => run(door, broken), /turn 0 was answered with 7/);
});
