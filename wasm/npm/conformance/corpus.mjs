// Runs a corpus of turns against a raw door of ABI 1, and tells the chain: in Node and in pages.
//
// A corpus is `EMCORP1\n`, then records: a length (32 bits, little end first) and so many bytes.
// A record is a turn without its chain: postcard of the principals and of the inputs. The chain is
// carried from each answer to the next call, so that one number stands for the whole run.

const MAGIC = 'EMCORP1\n';
/** `Configure` with no role named: all of them. */
const CONFIGURE = Uint8Array.of(1, 0);
const TURN = 3;
const DIGEST = Uint8Array.of(9);
const DONE = 1;
const TURNED = 2;
const DIGESTED = 6;
const CHAIN = 32;

/** Cuts a corpus into its records. */
export function* records(corpus) {
  const magic = new TextDecoder().decode(corpus.subarray(0, MAGIC.length));
  if (magic !== MAGIC) throw new Error('this is no corpus: it does not begin with EMCORP1');
  const view = new DataView(corpus.buffer, corpus.byteOffset, corpus.byteLength);
  for (let at = MAGIC.length; at < corpus.length; ) {
    if (at + 4 > corpus.length) throw new Error(`the corpus ends within a length, at byte ${at}`);
    const length = view.getUint32(at, true);
    const end = at + 4 + length;
    if (end > corpus.length) throw new Error(`the corpus ends within a record, at byte ${at}`);
    yield corpus.subarray(at + 4, end);
    at = end;
  }
}

/** Runs a corpus from an empty state: `{ chain, state, inputs, turns }`. */
export function run(door, corpus) {
  expect(door.call(CONFIGURE), DONE, 'Configure');
  let chain = new Uint8Array(CHAIN);
  let [inputs, turns] = [0, 0];
  for (const record of records(corpus)) {
    const call = new Uint8Array(1 + record.length + 1 + CHAIN);
    call[0] = TURN;
    call.set(record, 1);
    // The option is there.
    call[1 + record.length] = 1;
    call.set(chain, 1 + record.length + 1);
    const answer = door.call(call);
    expect(answer, TURNED, `turn ${turns}`);
    // One outcome for each input; the carried chain is the last of an answer.
    inputs += number(answer, 1);
    chain = answer.slice(answer.length - CHAIN);
    turns += 1;
  }
  const digest = door.call(DIGEST);
  expect(digest, DIGESTED, 'Digest');
  const state = digest.slice(1, 1 + CHAIN);
  return { chain: hex(chain), state: hex(state), inputs, turns };
}

function expect(answer, tag, what) {
  if (answer[0] === tag) return;
  const text = new TextDecoder().decode(answer.subarray(1, 400));
  throw new Error(`${what} was answered with ${answer[0]} instead of ${tag}: ${text}`);
}

/** A number in postcard. */
function number(bytes, at) {
  let value = 0;
  for (let place = 1, index = at; ; place *= 128, index += 1) {
    const byte = bytes[index];
    value += (byte & 127) * place;
    if (byte < 128) return value;
  }
}

function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
