/** The outlines of the countries around a British shop, made by `vite.config.js`. */
declare module 'virtual:near-land' {
  const near: import('geojson').MultiPolygon[];
  export default near;
}
