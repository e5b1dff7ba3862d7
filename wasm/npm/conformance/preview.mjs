// How long a preview takes, in Node or in headless Chromium: one line of JSON, microseconds.
//
//   node preview.mjs [--chromium [--program FILE]]
import { parseArgs } from 'node:util';

import { Core, init } from 'earmark';

import { inChromium } from './chromium.mjs';
import { time } from './timing.mjs';

const { values } = parseArgs({
  options: {
    chromium: { type: 'boolean', default: false },
    program: { type: 'string', default: process.env.CHROMIUM ?? '/usr/bin/chromium' },
  },
});
await init();
const told = values.chromium ? await inChromium(values) : time(Core);
console.log(JSON.stringify({ ...told, in: values.chromium ? 'chromium' : 'node' }));
