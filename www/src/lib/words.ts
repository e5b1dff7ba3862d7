/** How things are said to people. */
import type { Change, FacilityId, LineNumber, Settlement, Shortfall } from 'earmark';

/** What names are needed to say it. */
export interface Names {
  facility: (id: FacilityId) => string;
  item: (line: LineNumber) => string;
}

/** `1 parcel`, `2 parcels`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en-GB')} ${number === 1 ? one : many}`;
}

/** `a, b and c`. */
export function and(words: readonly string[]): string {
  return new Intl.ListFormat('en-GB').format(words);
}

/** Kilometres, for people. */
export function kilometres(metres: number): string {
  const kilometres = metres / 1000;
  const digits = kilometres < 10 ? 1 : 0;
  return `${kilometres.toLocaleString('en-GB', { maximumFractionDigits: digits })} km`;
}

/** Ten-thousandths of a pound. */
export function cost(tenThousandths: number): string {
  return pounds(tenThousandths / 10_000);
}

/** Pounds. */
export function pounds(amount: number): string {
  return amount.toLocaleString('en-GB', { style: 'currency', currency: 'GBP' });
}

/** The total of lines in pounds, each rounded half to even as on the server. */
export function total(lines: readonly { unitPrice: string; quantity: number }[]): number {
  const pence = lines.map(({ unitPrice, quantity }) => {
    const [whole = '0', part = ''] = unitPrice.split('.');
    const exact = BigInt(whole + part.padEnd(4, '0')) * BigInt(quantity);
    const [down, rest] = [exact / 100n, exact % 100n];
    const up = rest > 50n || (rest === 50n && down % 2n === 1n);
    return up ? down + 1n : down;
  });
  return Number(pence.reduce((sum, line) => sum + line, 0n)) / 100;
}

/** A moment of today, to the second. */
export function clock(milliseconds: number): string {
  return new Date(milliseconds).toLocaleTimeString('en-GB');
}

/** What is missing, and of what. */
export function shortfall({ demanded, available }: Shortfall): string {
  if (available === null) return 'is not in the catalogue';
  if (available === 0) return 'is sold out';
  return `has ${available.toLocaleString('en-GB')} left of ${demanded.toLocaleString('en-GB')}`;
}

/** A settlement in a word. */
export function settled(settlement: Settlement): string {
  const words = {
    confirmed: 'Confirmed, as predicted',
    adjusted: 'Confirmed, with changes',
    rejected: 'Rejected',
    cancelled: 'Cancelled',
    expired: 'Expired',
  };
  return words[settlement.kind];
}

/** Why, in sentences. */
export function reasons(settlement: Settlement, names: Names): string[] {
  if (settlement.kind === 'rejected') return [sentence(settlement.message)];
  if (settlement.kind === 'adjusted') return settlement.diff.map((change) => told(change, names));
  return [];
}

function told(change: Change, names: Names): string {
  switch (change.what) {
    case 'status':
      return `It was predicted to be ${change.predicted}.`;
    case 'parcels':
      return `${count(change.actual, 'parcel')} instead of ${change.predicted}.`;
    case 'units': {
      const [item, place] = [names.item(change.line), names.facility(change.facility)];
      if (change.actual === 0) return `${item}: none from ${place} any more.`;
      if (change.predicted === 0) return `${item}: ${change.actual} from ${place} now.`;
      return `${item}: ${change.actual} from ${place} instead of ${change.predicted}.`;
    }
    case 'gateway':
      return `By ${change.actual ?? 'road'} instead of ${change.predicted ?? 'road'}.`;
    case 'total':
      return `The total is ${change.actual} instead of ${change.predicted}.`;
  }
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
