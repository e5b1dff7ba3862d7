// What the tests share: the package as built, the plugin, and a shop to ask.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { loadPlugin } from 'earmark/plugin-loader';
import { TestHost } from 'earmark/test-host';

const inMicro = (degrees) => Math.round(degrees * 1e6);

/** A place by degrees. */
export const place = (lat, lon) => ({ lat: inMicro(lat), lon: inMicro(lon) });

export const LONDON = { country: 'GB', location: place(51.507, -0.128) };
export const LEEDS = { country: 'GB', location: place(53.8, -1.55) };
export const PARIS = { country: 'FR', location: place(48.857, 2.352) };

/** Where the plugin is that `cargo xtask plugin` built. */
export function pluginFile() {
  const built = '../../../target/earmark/earmark.plugin.wasm';
  const file = process.env.EARMARK_PLUGIN ?? fileURLToPath(new URL(built, import.meta.url));
  if (existsSync(file)) return file;
  throw new Error(`there is no plugin \`${file}\`: run \`cargo xtask plugin\``);
}

/** A new plugin, with no state yet. */
export async function plugin() {
  return loadPlugin(readFileSync(pluginFile()));
}

/** A shop of two facilities: London has 10 mugs and 2 lamps, Leeds 10 lamps. */
export async function shop(now = Date.now) {
  const host = new TestHost({ plugin: await plugin(), now });
  for (const [code, name, lat, lon, iata] of [
    ['LON', 'London warehouse', 51.5, -0.1, 'LHR'],
    ['LDS', 'Leeds warehouse', 53.8, -1.5, 'LBA'],
  ]) {
    const gateways = [{ iata, location: place(lat, lon - 0.3) }];
    const location = place(lat, lon);
    host.command('DefineFacility', { code, name, country: 'GB', location, gateways });
  }
  host.command('DefineItem', { sku: 'MUG', name: 'A mug', unitPrice: '2.50' });
  host.command('DefineItem', { sku: 'LAMP', name: 'A lamp', unitPrice: '20' });
  receive(host, 'MUG', 'LON', 10);
  receive(host, 'LAMP', 'LON', 2);
  receive(host, 'LAMP', 'LDS', 10);
  return host;
}

/** Takes in stock, in the primary tier. */
export function receive(host, sku, code, quantity) {
  host.command('ReceiveStock', { item: { sku }, facility: { code }, tier: 'primary', quantity });
}

/** Stock that is seen to be gone. */
export function lose(host, sku, code, quantity) {
  const [item, facility] = [{ sku }, { code }];
  host.command('AdjustStock', { item, facility, tier: 'primary', adjustment: 'lost', quantity });
}

/** An order of these SKUs. */
export function order(id, units, destination = LONDON) {
  const line = ([sku, quantity]) => ({ item: { sku }, quantity, unitPrice: '2.50' });
  return { order: id, currency: 'GBP', lines: Object.entries(units).map(line), destination };
}

/** A cart of these SKUs. */
export function cart(units, destination = LONDON) {
  const line = ([sku, quantity]) => ({ item: { sku }, quantity });
  return { lines: Object.entries(units).map(line), destination };
}

/** Waits until a watchable says what is wanted. */
export function until(watchable, wanted, milliseconds = 5_000) {
  return new Promise((resolve, reject) => {
    let stop = () => undefined;
    const give = (value) => {
      clearTimeout(timer);
      queueMicrotask(() => stop());
      resolve(value);
    };
    const timer = setTimeout(() => {
      stop();
      reject(new Error(`still waiting: ${JSON.stringify(watchable.getSnapshot())}`));
    }, milliseconds);
    stop = watchable.subscribe((value) => {
      if (wanted(value)) give(value);
    });
  });
}
