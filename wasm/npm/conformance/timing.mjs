// How long a preview takes: 10 lines, 20 facilities; in Node and in pages.
//
// The shop is made by the raw door of the same build, so nothing but the package is needed.

const FACILITIES = 20;
const LINES = 10;
const [TURN, SLICE] = [3, 7];
const [DEFINE_ITEM, DEFINE_FACILITY, RECEIVE_STOCK] = [9, 10, 11];
const [SKU, CODE, PRIMARY] = [1, 1, 0];

/** Times previews: microseconds, for stock that lies everywhere and for stock that is scattered. */
export function time(Core, rounds = 20_000) {
  const everywhere = timed(Core, () => 50, rounds);
  // Each facility has some two thirds of the items: an order takes several parcels.
  const scattered = timed(Core, (item, place) => ((item + place) % 3 ? 2 : 0), rounds);
  return { lines: LINES, facilities: FACILITIES, rounds, everywhere, scattered };
}

function timed(Core, stock, rounds) {
  const core = new Core();
  core.load(slice(core, stock));
  const line = (item, quantity) => ({ item: { sku: `SKU-${item}` }, quantity });
  const cart = (units) => ({
    lines: range(LINES).map((item) => line(item, 1 + (units % 3))),
    destination: { country: 'GB', location: { lat: 51_000_000 + units * 1_000, lon: -100_000 } },
  });
  const { served } = core.preview(cart(0));
  for (let round = 0; round < rounds / 10; round += 1) core.preview(cart(round % 997));
  // Clocks of pages are coarse: the mean is of all together.
  const times = [];
  const begin = performance.now();
  for (let round = 0; round < rounds; round += 1) {
    const asked = cart(round % 997);
    const at = performance.now();
    core.preview(asked);
    times.push((performance.now() - at) * 1000);
  }
  const mean = ((performance.now() - begin) * 1000) / rounds;
  times.sort((a, b) => a - b);
  const share = (part) => Math.round(times[Math.floor(times.length * part)] * 10) / 10;
  core.free();
  return {
    parcels: served.parcels.length,
    p50: share(0.5),
    p99: share(0.99),
    mean: Math.round(mean * 10) / 10,
  };
}

/** A slice of a shop with this stock. */
function slice(core, stock) {
  ask(core, [1, 0]);
  for (const item of range(LINES)) {
    give(core, DEFINE_ITEM, [...text(`SKU-${item}`), ...text(`Item ${item}`), ...number(25_000)]);
  }
  for (const place of range(FACILITIES)) {
    const [lat, lon] = [50_000_000 + place * 400_000, -3_000_000 + ((place * 700_000) % 4_000_000)];
    const where = [...signed(lat), ...signed(lon)];
    give(core, DEFINE_FACILITY, [
      ...[...text(`F${place}`), ...text(`Facility ${place}`), ...utf8('GB'), ...where],
      ...[1, ...text('LHR'), ...signed(51_470_000), ...signed(-454_300)],
    ]);
    for (const item of range(LINES)) {
      const units = stock(item, place);
      if (units === 0) continue;
      const [what, at] = [[SKU, ...text(`SKU-${item}`)], [CODE, ...text(`F${place}`)]];
      give(core, RECEIVE_STOCK, [...what, ...at, PRIMARY, ...number(units)]);
    }
  }
  const items = range(LINES).flatMap((item) => [SKU, ...text(`SKU-${item}`)]);
  const answer = ask(core, [SLICE, ...STAFF, ...blob([LINES, ...items, 0])]);
  return answer.slice(answer.length - size(answer, 1));
}

const STAFF = [...text('staff'), 1, ...text('staff')];

function give(core, kind, command) {
  ask(core, [TURN, 1, ...STAFF, 1, ...number(1_000), 0, kind, ...blob(command), 0]);
}

function ask(core, bytes) {
  const answer = core.call(Uint8Array.from(bytes));
  if (answer[0] === 7) throw new Error(new TextDecoder().decode(answer.subarray(2)));
  return answer;
}

function range(length) {
  return Array.from({ length }, (_, index) => index);
}

function utf8(string) {
  return [...new TextEncoder().encode(string)];
}

function text(string) {
  return blob(utf8(string));
}

function blob(bytes) {
  return [...number(bytes.length), ...bytes];
}

function number(value) {
  return value < 128 ? [value] : [(value % 128) | 128, ...number(Math.floor(value / 128))];
}

function signed(value) {
  return number(value < 0 ? -2 * value - 1 : 2 * value);
}

/** The number that stands at a place. */
function size(bytes, at) {
  let value = 0;
  for (let place = 1, index = at; ; place *= 128, index += 1) {
    value += (bytes[index] & 127) * place;
    if (bytes[index] < 128) return value;
  }
}
