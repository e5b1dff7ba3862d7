/** Where an order can go: some British towns, and capitals abroad. Positions in degrees. */
import type { Destination } from 'earmark';

/** A place that can be chosen. */
export interface Place {
  id: string;
  name: string;
  country: string;
  /** Latitude and longitude, in degrees. */
  at: readonly [lat: number, lon: number];
}

const towns: [string, number, number][] = [
  ['London', 51.5074, -0.1278],
  ['Aberdeen', 57.1497, -2.0943],
  ['Belfast', 54.5973, -5.9301],
  ['Birmingham', 52.4862, -1.8904],
  ['Brighton', 50.8225, -0.1372],
  ['Bristol', 51.4545, -2.5879],
  ['Cardiff', 51.4816, -3.1791],
  ['Edinburgh', 55.9533, -3.1883],
  ['Glasgow', 55.8642, -4.2518],
  ['Inverness', 57.4778, -4.2247],
  ['Leeds', 53.8008, -1.5491],
  ['Liverpool', 53.4084, -2.9916],
  ['Manchester', 53.4808, -2.2426],
  ['Newcastle', 54.9783, -1.6178],
  ['Norwich', 52.6309, 1.2974],
  ['Plymouth', 50.3755, -4.1427],
];

const capitals: [string, string, number, number][] = [
  ['Amsterdam', 'NL', 52.3676, 4.9041],
  ['Athens', 'GR', 37.9838, 23.7275],
  ['Berlin', 'DE', 52.52, 13.405],
  ['Bras\u00edlia', 'BR', -15.7939, -47.8828],
  ['Brussels', 'BE', 50.8503, 4.3517],
  ['Canberra', 'AU', -35.2809, 149.13],
  ['Dublin', 'IE', 53.3498, -6.2603],
  ['Lisbon', 'PT', 38.7223, -9.1393],
  ['Madrid', 'ES', 40.4168, -3.7038],
  ['Nairobi', 'KE', -1.2921, 36.8219],
  ['New Delhi', 'IN', 28.6139, 77.209],
  ['Oslo', 'NO', 59.9139, 10.7522],
  ['Ottawa', 'CA', 45.4215, -75.6972],
  ['Paris', 'FR', 48.8566, 2.3522],
  ['Pretoria', 'ZA', -25.7479, 28.2293],
  ['Reykjav\u00edk', 'IS', 64.1466, -21.9426],
  ['Rome', 'IT', 41.9028, 12.4964],
  ['Singapore', 'SG', 1.3521, 103.8198],
  ['Stockholm', 'SE', 59.3293, 18.0686],
  ['Tokyo', 'JP', 35.6762, 139.6503],
  ['Warsaw', 'PL', 52.2297, 21.0122],
  ['Washington', 'US', 38.9072, -77.0369],
];

/** Within the shop's country. */
export const DOMESTIC: readonly Place[] = towns.map(([name, lat, lon]) => ({
  id: `GB ${name}`,
  name,
  country: 'GB',
  at: [lat, lon],
}));

/** Abroad: by air. */
export const ABROAD: readonly Place[] = capitals.map(([name, country, lat, lon]) => ({
  id: `${country} ${name}`,
  name,
  country,
  at: [lat, lon],
}));

/** What the core calls it. */
export function destination({ country, at: [lat, lon] }: Place): Destination {
  return { country, location: { lat: Math.round(lat * 1e6), lon: Math.round(lon * 1e6) } };
}

const names = new Intl.DisplayNames(['en-GB'], { type: 'region' });

/** The name of a country. */
export function countryName(code: string): string {
  return names.of(code) ?? code;
}
