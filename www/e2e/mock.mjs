// A host for tests of the page: the plugin's real decisions in memory, behind real HTTP, and the
// built page. `node e2e/mock.mjs --plugin FILE [--port N]` serves until it is ended.
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { loadPlugin } from 'earmark/plugin-loader';
import { TestHost } from 'earmark/test-host';

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
].join('; ');
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/** Serves a shop on loopback; ends by `close()`. */
export async function serve(pluginFile, port = 0) {
  const host = new TestHost({ plugin: await loadPlugin(readFileSync(pluginFile)) });
  stock(host);
  const server = createServer((request, response) => {
    const answered = request.url.startsWith('/api/')
      ? api(host, request, response)
      : Promise.resolve(file(request, response));
    answered.catch((error) => response.destroy(error));
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${server.address().port}/`, host, close };
}

async function api(host, request, response) {
  const parts = [];
  for await (const part of request) parts.push(part);
  const ended = new AbortController();
  response.on('close', () => ended.abort());
  const answer = await host.fetch(`http://loopback${request.url}`, {
    method: request.method,
    headers: request.headers,
    signal: ended.signal,
    ...(parts.length > 0 && { body: Buffer.concat(parts) }),
  });
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  Readable.fromWeb(answer.body).on('error', () => response.end()).pipe(response);
}

function file(request, response) {
  const { pathname } = new URL(request.url, 'http://loopback');
  const name = join(DIST, normalize(pathname === '/' ? '/index.html' : pathname));
  if (!name.startsWith(DIST) || !existsSync(name)) {
    response.writeHead(404).end();
    return;
  }
  const type = TYPES[extname(name)] ?? 'application/octet-stream';
  const headers = { 'content-type': type, 'content-security-policy': POLICY };
  response.writeHead(200, headers).end(readFileSync(name));
}

const FACILITIES = [
  ['DAV', 'Daventry distribution centre', 52.282, -1.18, ['EMA', 'BHX']],
  ['DON', 'Doncaster distribution centre', 53.49, -1.1, ['EMA', 'MAN']],
  ['WAR', 'Warrington distribution centre', 53.405, -2.55, ['MAN']],
  ['THU', 'Thurrock import centre', 51.4781, 0.2885, ['STN', 'LHR']],
  ['BEL', 'Bellshill warehouse', 55.825, -4.01, ['PIK']],
  ['ANT', 'Antrim logistics partner', 54.715, -6.21, ['BFS']],
  ['LON', 'London store', 51.515, -0.141, ['LHR', 'STN']],
  ['EDB', 'Edinburgh store', 55.953, -3.19, ['EDI']],
];
const AIRPORTS = {
  EMA: [52.8259, -1.3306],
  BHX: [52.4525, -1.7333],
  MAN: [53.3629, -2.2734],
  STN: [51.8893, 0.2627],
  LHR: [51.47, -0.4543],
  PIK: [55.5084, -4.6113],
  BFS: [54.6624, -6.2176],
  EDI: [55.9481, -3.3642],
};
const ITEMS = [
  ['85123A', 'White hanging heart T-light holder', '2.55'],
  ['71053', 'White metal lantern', '3.39'],
  ['84406B', 'Cream cupid hearts coat hanger', '2.75'],
  ['84029G', 'Knitted Union flag hot water bottle', '3.39'],
  ['22752', 'Set of 7 babushka nesting boxes', '7.65'],
  ['21730', 'Glass star frosted T-light holder', '4.25'],
  ['22633', 'Hand warmer Union Jack', '1.85'],
  ['84879', 'Assorted colour bird ornament', '1.69'],
  ['22745', 'Poppy\u2019s playhouse bedroom', '2.10'],
  ['22310', 'Ivory knitted mug cosy', '1.65'],
  ['84969', 'Box of 6 assorted colour teaspoons', '4.25'],
  ['22623', 'Box of vintage jigsaw blocks', '4.95'],
  ['21754', 'Home building block word', '5.95'],
  ['48187', 'Doormat New England', '7.95'],
  ['22960', 'Jam making set with jars', '4.25'],
  ['22914', 'Blue coat rack Paris fashion', '4.95'],
];

function stock(host) {
  const at = ([lat, lon]) => ({ lat: Math.round(lat * 1e6), lon: Math.round(lon * 1e6) });
  for (const [code, name, lat, lon, airports] of FACILITIES) {
    const gateways = airports.map((iata) => ({ iata, location: at(AIRPORTS[iata]) }));
    const location = at([lat, lon]);
    host.command('DefineFacility', { code, name, country: 'GB', location, gateways });
  }
  for (const [number, [sku, name, unitPrice]] of ITEMS.entries()) {
    host.command('DefineItem', { sku, name, unitPrice });
    for (const [place, [code]] of FACILITIES.entries()) {
      const quantity = ((number * 7 + place * 5) % 23) + 2;
      if (quantity < 8) continue;
      const [item, facility] = [{ sku }, { code }];
      host.command('ReceiveStock', { item, facility, tier: 'primary', quantity });
      host.command('ReceiveStock', { item, facility, tier: 'back', quantity: 4 });
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const options = { plugin: { type: 'string' }, port: { type: 'string' } };
  const { values } = parseArgs({ options });
  const plugin = values.plugin ?? process.env.EARMARK_PLUGIN;
  const { url } = await serve(plugin, Number(values.port ?? 0));
  console.log(url);
}
