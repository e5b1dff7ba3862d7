/**
 * ABI 1 in bytes, as far as a host in JavaScript needs it: calls written and answers read in
 * postcard. What is inside (commands, events, answers) stays bytes, or goes through the plugin's
 * own JSON.
 */

/** Whoever asks. */
export interface Principal {
  subject: string;
  scopes: string[];
}

/** One input of a turn. */
export interface Input {
  at: number;
  /** An index into the turn's principals. */
  by: number;
  /** The kind of command, an index into the description. */
  kind: number;
  command: Uint8Array;
}

/** What became of an input. */
export type Verdict =
  | { events: { kind: number; subject: string; owner: string; body: Uint8Array }[] }
  | { code: string; message: string; body: Uint8Array };

/** What is to be turned into JSON, or from it; the place is the tag. */
export const FORMS = ['Command', 'Event', 'Query', 'Answer', 'Refusal', 'SliceRequest'] as const;
export type Form = (typeof FORMS)[number];

/** What a call begins with; the place is the tag. */
const CALLS = [
  'Describe',
  'Configure',
  'Restore',
  'Turn',
  'Apply',
  'Query',
  'Audit',
  'Slice',
  'Snapshot',
  'Digest',
  'FromJson',
  'ToJson',
] as const;

const ANSWERS = [
  'Described',
  'Done',
  'Turned',
  'Bytes',
  'Refused',
  'Audited',
  'Digest',
  'Failed',
] as const;
type AnswerName = (typeof ANSWERS)[number];

/** Writes postcard. */
export class Writer {
  #bytes: number[] = [];

  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  raw(bytes: Iterable<number>): this {
    for (const byte of bytes) this.#bytes.push(byte);
    return this;
  }

  /** An unsigned number, a length or a tag. */
  number(value: number): this {
    let rest = BigInt(value);
    while (rest >= 128n) {
      this.#bytes.push(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    this.#bytes.push(Number(rest));
    return this;
  }

  blob(bytes: Uint8Array): this {
    return this.number(bytes.length).raw(bytes);
  }

  text(text: string): this {
    return this.blob(new TextEncoder().encode(text));
  }

  list<T>(items: readonly T[], write: (item: T) => void): this {
    this.number(items.length);
    for (const item of items) write(item);
    return this;
  }

  call(name: (typeof CALLS)[number]): this {
    return this.number(CALLS.indexOf(name));
  }

  principal({ subject, scopes }: Principal): this {
    return this.text(subject).list(scopes, (scope) => this.text(scope));
  }
}

/** Reads postcard. */
export class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get rest(): number {
    return this.#bytes.length - this.#at;
  }

  raw(length: number): Uint8Array {
    if (length > this.rest) throw new RangeError('the bytes end too early');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  number(): number {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.raw(1)[0] ?? 0;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(value);
    }
  }

  blob(): Uint8Array {
    return this.raw(this.number());
  }

  text(): string {
    return new TextDecoder().decode(this.blob());
  }

  list<T>(read: () => T): T[] {
    return Array.from({ length: this.number() }, read);
  }

  option<T>(read: () => T): T | undefined {
    return this.number() === 0 ? undefined : read();
  }
}

/** Anything with the raw door of ABI 1: a plugin, or a core of this package. */
export interface Door {
  call(bytes: Uint8Array): Uint8Array;
}

/** Asks, and reads the answer up to its contents; a failure is thrown. */
export function ask(door: Door, call: Writer, expected: AnswerName): Reader {
  const answer = new Reader(door.call(call.bytes()));
  const name = ANSWERS[answer.number()];
  if (name === expected) return answer;
  if (name === 'Failed') {
    answer.number();
    throw new Error(`the plugin failed: ${answer.text()}`);
  }
  if (name === 'Refused') throw new Refused(answer.text(), answer.text());
  throw new Error(`the plugin answered ${name ?? 'nonsense'} instead of ${expected}`);
}

/** A query or slice was refused. */
export class Refused extends Error {
  override readonly name = 'Refused';
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Starts the door empty, with all roles. */
export function configure(door: Door): void {
  ask(door, new Writer().call('Configure').number(0), 'Done');
}

/** Kinds by name, in the order of the description. */
export interface Described {
  commands: { name: string; scope: string }[];
  events: { name: string; ceType: string }[];
  /** With the property that is the moment of asking, if there is one. */
  queries: { name: string; scope: string; moment: string | undefined }[];
}

export function describe(door: Door): Described {
  const answer = ask(door, new Writer().call('Describe'), 'Described');
  answer.text();
  answer.text();
  answer.number();
  answer.list(() => answer.text());
  const commands = answer.list(() => {
    const [name, , scope] = [answer.text(), answer.text(), answer.text(), answer.text()];
    return { name, scope };
  });
  const events = answer.list(() => {
    const [name, ceType] = [answer.text(), answer.text(), answer.text()];
    return { name, ceType };
  });
  const queries = answer.list(() => {
    const [name, , scope, schema] = Array.from({ length: 5 }, () => answer.text());
    return { name: name ?? '', scope: scope ?? '', moment: momentOf(schema || '{}') };
  });
  return { commands, events, queries };
}

function momentOf(schema: string): string | undefined {
  const { properties = {} } = JSON.parse(schema) as { properties?: Record<string, unknown> };
  const marked = ([, of]: [string, unknown]) => (of as Record<string, unknown>)['x-now'] === true;
  return Object.entries(properties).find(marked)?.[0];
}

/** Carries out one input. */
export function turn(door: Door, by: Principal, input: Omit<Input, 'by'>): Outcome {
  const call = new Writer().call('Turn');
  call.list([by], (principal) => call.principal(principal));
  call.list([input], ({ at, kind, command }) => {
    call.number(at).number(0).number(kind).blob(command);
  });
  const [outcome] = turned(ask(door, call.number(0), 'Turned'));
  if (!outcome) throw new Error('the plugin answered a turn without an outcome');
  return readOutcome(outcome);
}

/** The outcomes of a turn, in bytes. */
export function turned(answer: Reader): Uint8Array[] {
  return answer.list(() => answer.blob());
}

/** What became of one input. */
export interface Outcome {
  subject: string;
  owner: string;
  verdict: Verdict;
}

function readOutcome(bytes: Uint8Array): Outcome {
  const reader = new Reader(bytes);
  const [subject, owner] = [reader.text(), reader.text()];
  if (reader.number() === 1) {
    const [code, message, body] = [reader.text(), reader.text(), reader.blob()];
    return { subject, owner, verdict: { code, message, body } };
  }
  const events = reader.list(() => ({
    kind: reader.number(),
    subject: reader.text(),
    owner: reader.text(),
    body: reader.blob(),
  }));
  return { subject, owner, verdict: { events } };
}

/** Answers a question. */
export function query(door: Door, by: Principal, kind: number, body: Uint8Array): Uint8Array {
  const call = new Writer().call('Query').principal(by).number(kind).blob(body);
  return ask(door, call, 'Bytes').blob();
}

/** Cuts out a slice. */
export function slice(door: Door, by: Principal, body: Uint8Array): Uint8Array {
  return ask(door, new Writer().call('Slice').principal(by).blob(body), 'Bytes').blob();
}

/** Turns JSON into bytes; throws what is wrong with it. */
export function fromJson(door: Door, form: Form, kind: number, value: unknown): Uint8Array {
  const call = new Writer().call('FromJson').number(FORMS.indexOf(form)).number(kind);
  return ask(door, call.text(JSON.stringify(value)), 'Bytes').blob();
}

/** Turns bytes into what their JSON says. */
export function toJson(door: Door, form: Form, kind: number, bytes: Uint8Array): unknown {
  const call = new Writer().call('ToJson').number(FORMS.indexOf(form)).number(kind).blob(bytes);
  return JSON.parse(ask(door, call, 'Bytes').text());
}
