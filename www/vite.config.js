// One page, with relative names: whoever serves `dist` at any path serves the app.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { brotliCompressSync } from 'node:zlib';

import { svelte } from '@sveltejs/vite-plugin-svelte';
import { feature } from 'topojson-client';
import { defineConfig } from 'vite';

/** The countries around a British shop, in more detail than the world has: ISO 3166-1 numbers. */
const NEAR = new Set(['826', '372', '833', '250', '056', '528']);

/** `virtual:near-land`: their outlines, cut out of the atlas when the app is built. */
function nearLand() {
  const name = 'virtual:near-land';
  return {
    name: 'near-land',
    resolveId: (id) => (id === name ? `\0${name}` : undefined),
    load(id) {
      if (id !== `\0${name}`) return undefined;
      const file = createRequire(import.meta.url).resolve('world-atlas/countries-50m.json');
      const atlas = JSON.parse(readFileSync(file, 'utf8'));
      const { features } = feature(atlas, atlas.objects.countries);
      const near = features.filter((country) => NEAR.has(country.id)).map(outline);
      return `export default ${JSON.stringify(near)}`;
    },
  };
}

/** Without properties, to about 100 m, and without what lies overseas. */
function outline({ geometry }) {
  const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
  const isNear = ([[[lon, lat]]]) => lon > -12 && lon < 10 && lat > 45 && lat < 62;
  const round = (point) => point.map((degrees) => Math.round(degrees * 1000) / 1000);
  const coordinates = polygons.filter(isNear).map((rings) => rings.map((ring) => ring.map(round)));
  return { type: 'MultiPolygon', coordinates };
}

/** What compresses well is kept compressed beside itself, for hosts that serve it so. */
function compressed() {
  return {
    name: 'compressed',
    apply: 'build',
    generateBundle(_, bundle) {
      for (const [fileName, made] of Object.entries(bundle)) {
        if (!/\.(wasm|js|css|svg)$/.test(fileName)) continue;
        const source = brotliCompressSync(made.type === 'chunk' ? made.code : made.source);
        this.emitFile({ type: 'asset', fileName: `${fileName}.br`, source });
      }
    },
  };
}

const host = process.env.EARMARK_URL ?? 'http://127.0.0.1:8787';

export default defineConfig({
  base: './',
  plugins: [svelte(), nearLand(), compressed()],
  build: { target: 'es2022', assetsInlineLimit: 0 },
  server: { proxy: { '/api': host, '/health': host } },
});
