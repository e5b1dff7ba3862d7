// Walks through the page in headless Chromium, at a running host:
//
//   node e2e/run.mjs --url URL [--screenshot FILE.png] [--program CHROMIUM]
//
// Prints one line of JSON and ends with 0, or says what was not as it should be and ends with 1.
// The host must believe the header `Earmark-As` (demo mode, on loopback): in one step, stock is
// found to be gone while an order is on its way.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { chromium } from 'playwright-core';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** Long enough to see the prediction, and to take stock away meanwhile. */
const DELAY_MS = 2_000;

/** The whole walk; gives what it saw. */
export async function walk({ url, screenshot, program }) {
  const executablePath = program ?? process.env.CHROMIUM ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  try {
    const seen = { requests: [], errors: [] };
    const page = await open(browser, url, seen, { width: 1280, height: 900 }, 'light');
    const told = {};
    await previews(page, seen, told);
    await orders(page, url, told);
    told.shift = await page.evaluate(() => globalThis.shifted);
    told.keyToPreviewMicros = await timed(page);
    if (screenshot) await pictures(browser, page, url, screenshot);
    await again(page);
    const origin = new URL(url).origin;
    const outside = seen.requests.filter((to) => !to.startsWith(origin) && !to.startsWith('data:'));
    assert.deepEqual(outside, [], 'the page asked somebody else');
    assert.deepEqual(seen.errors, [], 'the page had errors');
    assert.ok(told.shift < 0.1, `the layout shifted by ${told.shift}`);
    return told;
  } finally {
    await browser.close();
  }
}

async function open(browser, url, seen, viewport, colorScheme) {
  const page = await browser.newPage({ viewport, colorScheme, deviceScaleFactor: 2 });
  page.on('request', (request) => seen.requests.push(request.url()));
  page.on('pageerror', (error) => seen.errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') seen.errors.push(message.text());
  });
  await page.addInitScript(() => {
    globalThis.shifted = 0;
    new PerformanceObserver((list) => {
      for (const shift of list.getEntries()) {
        if (!shift.hadRecentInput) globalThis.shifted += shift.value;
      }
    }).observe({ type: 'layout-shift', buffered: true });
  });
  await page.goto(url);
  await page.getByRole('button', { name: /^Add / }).first().waitFor();
  return page;
}

/** The preview follows the basket and the destination, and asks nobody. */
async function previews(page, seen, told) {
  const headline = page.getByTestId('headline');
  await pick(page, 0);
  await expectText(headline, /^1 parcel to London$/);
  await page.waitForTimeout(300);
  const before = seen.requests.length;
  const units = page.getByRole('spinbutton').first();
  const parcels = page.getByTestId('parcels');
  const one = await parcels.innerText();
  await units.fill('999999');
  await expectText(headline, /^Not enough in stock$/);
  told.short = (await parcels.innerText()).replace(/\s+/g, ' ');
  assert.match(told.short, /left of 999,999|sold out/);
  await units.fill('3');
  await expectText(headline, /^1 parcel to London$/);
  assert.notEqual(await parcels.innerText(), one, 'the preview shows the units');
  await page.getByLabel('Deliver to').selectOption('FR Paris');
  await expectText(headline, /^1 parcel to Paris, by air$/);
  told.abroad = (await parcels.innerText()).replace(/\s+/g, ' ');
  assert.match(told.abroad, /km to [A-Z]{3}, [\d,]+ km by air/);
  await page.getByLabel('Deliver to').selectOption('GB Edinburgh');
  await expectText(headline, /^1 parcel to Edinburgh$/);
  const asked = seen.requests.slice(before).filter((to) => /Preview|commands/.test(to));
  assert.deepEqual(asked, [], 'a preview asked the server');
}

async function orders(page, url, told) {
  await page.getByLabel('Delay before sending').fill(String(DELAY_MS));
  const first = page.getByTestId('orders').locator('article').first();
  told.delayMs = DELAY_MS;
  const placedAt = Date.now();
  await page.getByRole('button', { name: 'Place order' }).click();
  const status = first.getByTestId('status');
  await expectText(status, /^Predicted: confirmed$/);
  told.predictedAfterMs = Date.now() - placedAt;
  assert.ok(told.predictedAfterMs < DELAY_MS, 'the prediction shows before anything is sent');
  assert.match(await first.getAttribute('data-state'), /queued|sent/);
  await expectText(status, /^Confirmed, as predicted$/);
  told.settledAfterMs = Date.now() - placedAt;
  assert.equal(await first.getAttribute('data-settlement'), 'confirmed');
  await overtaken(page, url, told);
  await pick(page, 2);
  await page.getByRole('button', { name: 'Place order' }).click();
  await first.getByRole('button', { name: /^Cancel/ }).waitFor();
  await expectText(status, /^Confirmed, as predicted$/);
  await first.getByRole('button', { name: /^Cancel/ }).click();
  await expectText(status, /^Cancelled$/);
  told.orders = await shown(page);
}

/** The orders, the oldest first: how each stands, and on which events of the journal that rests. */
async function shown(page) {
  const cards = await page.getByTestId('orders').locator('article').all();
  const card = async (article) => {
    const events = {};
    for (const step of await article.getByRole('listitem').all()) {
      const note = await step.locator('.note').innerText();
      const name = await step.locator('.name').innerText();
      if (note.startsWith('#')) events[name] = Number(note.slice(1));
    }
    return { status: await article.getByTestId('status').innerText(), events };
  };
  return Promise.all(cards.reverse().map(card));
}

/** Another visit: the orders are still there. */
async function again(page) {
  await page.reload();
  await page.getByRole('heading', { name: 'Earlier' }).waitFor();
  assert.ok((await page.locator('.earlier li').count()) >= 3);
  await page.getByRole('button', { name: /^Add / }).first().waitFor();
}

/** Stock that was predicted goes while the order is on its way: it is served otherwise. */
async function overtaken(page, url, told) {
  await page.getByLabel('Deliver to').selectOption('GB London');
  await pick(page, 1);
  const [item, facility] = await predicted(page, url);
  await page.getByRole('button', { name: 'Place order' }).click();
  const first = page.getByTestId('orders').locator('article').first();
  await expectText(first.getByTestId('status'), /^Predicted: confirmed$/);
  for (const { tier, onHand } of item.shelves.filter((shelf) => shelf.facility === facility.id)) {
    if (onHand === 0) continue;
    const where = { item: { id: item.id }, facility: { id: facility.id }, tier };
    await staff(url, 'commands/AdjustStock', { ...where, adjustment: 'lost', quantity: onHand });
  }
  await expectText(first.getByTestId('status'), /^Confirmed, with changes$/);
  told.adjusted = (await first.locator('.why').allInnerTexts()).join(' ');
  assert.match(told.adjusted, new RegExp(`none from ${facility.name} any more`));
}

/** Which item is in the basket, and from where it would come. */
async function predicted(page, url) {
  const headline = page.getByTestId('headline');
  await expectText(headline, /^1 parcel to London$/);
  const place = await page.getByTestId('parcels').locator('.from').first().innerText();
  const title = await page.getByRole('list', { name: 'Basket' }).locator('.title').innerText();
  const { facilities } = await staff(url, 'queries/Summary', {});
  const found = await staff(url, 'queries/Items', { search: title });
  const items = found.filter(({ name }) => name === title).map(({ id }) => ({ id }));
  const [item] = await staff(url, 'queries/Stock', { items });
  return [item, facilities.find(({ name }) => name === place)];
}

async function staff(url, path, body) {
  const headers = { 'content-type': 'application/json', 'earmark-as': 'staff' };
  const request = { method: 'POST', headers, body: JSON.stringify(body) };
  const answer = await fetch(new URL(`api/${path}`, url), request);
  assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.clone().text()}`);
  return answer.json();
}

/** Adds an item that there is enough of. */
async function pick(page, number) {
  const available = page.locator('.card li').filter({ hasText: / available/ });
  await available.nth(number).getByRole('button').click();
}

/** From a key to the new preview in the page, all told, on average: microseconds. */
async function timed(page) {
  await pick(page, 3);
  const units = page.getByRole('spinbutton').first();
  await units.waitFor();
  return page.evaluate(async () => {
    const input = document.querySelector('input[type=number]');
    const rounds = 200;
    const at = performance.now();
    for (let units = 1; units <= rounds; units += 1) {
      input.value = String((units % 3) + 1);
      input.dispatchEvent(new Event('input', { bubbles: true }));
      // The page is brought up to date within the turn.
      await new Promise((resolve) => queueMicrotask(resolve));
    }
    return Math.round(((performance.now() - at) * 1000) / rounds);
  });
}

async function pictures(browser, page, url, file) {
  const name = (suffix) => file.replace(/(\.png)?$/, `${suffix}.png`);
  await fill(page);
  await page.screenshot({ path: name(''), fullPage: true });
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.getByLabel('Deliver to').selectOption('IN New Delhi');
  await page.waitForTimeout(900);
  await page.screenshot({ path: name('-dark'), fullPage: true });
  const seen = { requests: [], errors: [] };
  const phone = await open(browser, url, seen, { width: 390, height: 844 }, 'light');
  await fill(phone);
  await phone.getByLabel('Delay before sending').fill('0');
  await phone.getByRole('button', { name: 'Place order' }).click();
  await pick(phone, 4);
  await phone.waitForTimeout(800);
  await phone.screenshot({ path: name('-phone'), fullPage: true });
}

/** A basket for abroad, and an order on its way. */
async function fill(page) {
  for (const number of [0, 4, 5]) await pick(page, number);
  await page.getByLabel('Deliver to').selectOption('IT Rome');
  await page.getByLabel('Delay before sending').fill('5000');
  await page.getByRole('button', { name: 'Place order' }).click();
  for (const number of [1, 3, 5]) await pick(page, number);
  await page.getByLabel('Deliver to').selectOption('GB Bristol');
  await page.getByRole('spinbutton').first().fill('12');
  await page.waitForTimeout(700);
}

async function expectText(locator, pattern) {
  const until = Date.now() + 10_000;
  let text = '';
  while (Date.now() < until) {
    text = await locator.innerText({ timeout: 10_000 });
    if (pattern.test(text)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.match(text, pattern);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const options = {
    url: { type: 'string' },
    screenshot: { type: 'string' },
    program: { type: 'string' },
  };
  const { values } = parseArgs({ options });
  if (!values.url) {
    console.error('usage: run.mjs --url URL [--screenshot FILE.png] [--program CHROMIUM]');
    process.exit(2);
  }
  try {
    console.log(JSON.stringify(await walk(values)));
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
