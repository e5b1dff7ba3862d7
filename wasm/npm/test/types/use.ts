// Compiled by the packaging test, against the packed package: the types as users meet them.
import {
  type Change,
  type Client,
  type Preview,
  type Settlement,
  createClient,
  newOrderId,
} from 'earmark';
import { loadPlugin } from 'earmark/plugin-loader';
import { createClient as createSlim, init } from 'earmark/slim';
import { TestHost } from 'earmark/test-host';

export async function use(bytes: BufferSource): Promise<string> {
  await init(bytes);
  using client: Client = createClient({ url: 'https://shop.example', as: 'customer:ann' });
  using slim = createSlim({ url: new URL('https://shop.example'), live: false });
  await client.watch([{ sku: 'MUG' }, { id: 'item-1' }]);
  const destination = { country: 'GB', location: { lat: 51_507_000, lon: -128_000 } };
  const preview: Preview = client.preview({
    lines: [{ item: { sku: 'MUG' }, quantity: 1 }],
    destination,
  });
  const placed = client.place({
    order: newOrderId(),
    currency: 'GBP',
    lines: [{ item: { sku: 'MUG' }, quantity: 1, unitPrice: '2.50' }],
    destination,
  });
  const items = await slim.query('Items', { search: 'mug' });
  const price: string | undefined = items[0]?.unitPrice;
  const host = new TestHost({ plugin: await loadPlugin(bytes) });
  host.command('DefineItem', { sku: 'MUG', name: 'A mug' });
  // @ts-expect-error an item is named by id or by SKU
  await client.watch([{ name: 'MUG' }]);
  // @ts-expect-error there is no such command
  await client.command('PlaceOrders', {});
  return `${tell(await placed.settled)} ${describe(preview)} ${price ?? ''}`;
}

/** Every settlement is told: a new kind does not compile. */
function tell(settlement: Settlement): string {
  switch (settlement.kind) {
    case 'confirmed':
    case 'cancelled':
    case 'expired':
      return settlement.kind;
    case 'adjusted':
      return settlement.diff.map((change: Change) => change.what).join();
    case 'rejected':
      return settlement.reason;
  }
}

function describe(preview: Preview): string {
  if (preview === 'malformed') return preview;
  if ('served' in preview) return `${preview.served.parcels.length}`;
  if ('short' in preview) return 'short';
  if ('kitsTooLarge' in preview) return `${preview.kitsTooLarge.units}`;
  return `${preview.tooManyParcels.allowed}`;
}
