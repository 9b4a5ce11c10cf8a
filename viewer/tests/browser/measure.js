// Measures the viewer in a real browser, for benchmarks/browser.py: node measure.js URL MORE_URL.
// The second receiver serves the same history while new runs arrive. Prints one line of JSON.
import { existsSync } from "node:fs";
import process from "node:process";
import { gzipSync } from "node:zlib";
import chromiumFromNpm from "@sparticuz/chromium";
import { chromium } from "@playwright/test";

const SYSTEM = "/usr/bin/chromium";
const OPENINGS = 7;
const SCROLL_MS = 4_000;
const [url, busyUrl] = process.argv.slice(2);

/** Remembers when the first rows were drawn, counted from the navigation. */
function watchFirstRow() {
  const look = () => {
    if (document.querySelector("[data-id]") === null) requestAnimationFrame(look);
    else requestAnimationFrame(() => (window.firstRowMs = performance.now()));
  };
  requestAnimationFrame(look);
}

/** Scrolls a step each frame; answers the longest time between two frames. */
function scroll({ selector, stepPx, forMs }) {
  const list = document.querySelector(selector);
  return new Promise((resolve) => {
    let longest = 0;
    let last = performance.now();
    const end = last + forMs;
    const frame = (now) => {
      longest = Math.max(longest, now - last);
      last = now;
      list.scrollBy({ top: stepPx });
      if (now < end) requestAnimationFrame(frame);
      else resolve(longest);
    };
    requestAnimationFrame((now) => {
      last = now;
      requestAnimationFrame(frame);
    });
  });
}

/** Clicks a link; answers how long it took until something was drawn. */
function openAndWait({ link, drawn }) {
  return new Promise((resolve) => {
    const start = performance.now();
    document.querySelector(link).click();
    const look = () => {
      if (document.querySelector(drawn) === null) requestAnimationFrame(look);
      else requestAnimationFrame(() => resolve(performance.now() - start));
    };
    requestAnimationFrame(look);
  });
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

const browser = await chromium.launch({
  executablePath: existsSync(SYSTEM) ? SYSTEM : await chromiumFromNpm.executablePath(),
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
});

async function newPage() {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
  return context.newPage();
}

async function firstList() {
  const page = await newPage();
  await page.addInitScript(watchFirstRow);
  await page.goto(url);
  await page.waitForFunction(() => window.firstRowMs !== undefined);
  const firstRowMs = await page.evaluate(() => window.firstRowMs);
  await page.context().close();
  return firstRowMs;
}

async function bundleBytes() {
  const page = await newPage();
  const sizes = [];
  page.on("response", (response) => {
    const isPart = /\.(js|css)$/.test(new URL(response.url()).pathname);
    if (isPart) sizes.push(response.body().then((body) => gzipSync(body).byteLength));
  });
  await page.goto(url);
  await page.locator("[data-id]").first().waitFor();
  const loaded = await Promise.all(sizes);
  await page.context().close();
  return loaded.reduce((sum, size) => sum + size, 0);
}

async function longestFrame(from) {
  const page = await newPage();
  await page.goto(from);
  await page.locator("[data-id]").first().waitFor();
  await page.getByRole("button", { name: /^All \d/ }).waitFor();
  const selector = '[data-testid="rows"]';
  const gaps = [];
  for (const stepPx of [60, 400, -200]) {
    gaps.push(await page.evaluate(scroll, { selector, stepPx, forMs: SCROLL_MS }));
  }
  await page.context().close();
  return Math.max(...gaps);
}

/** Goes to the oldest row and back to the newest; answers how long both took until they were drawn. */
async function endAndBack() {
  const page = await newPage();
  await page.goto(url);
  await page.locator("[data-id]").first().waitFor();
  await page.getByRole("button", { name: /^All \d/ }).waitFor();
  const newest = (await page.locator("[data-id]").first().getAttribute("data-id")) ?? "";
  const start = performance.now();
  await page.keyboard.press("End");
  await page.locator('[data-id="bulk-0000000"]').waitFor();
  await page.keyboard.press("Home");
  await page.locator(`[data-id="${newest}"]`).waitFor();
  const took = performance.now() - start;
  await page.context().close();
  return took;
}

async function largeExecution() {
  const page = await newPage();
  await page.goto(`${url}/?text=nodes-5000`);
  await page.locator('[data-id="nodes-5000"]').waitFor();
  const link = '[data-id="nodes-5000"] a';
  const took = await page.evaluate(openAndWait, { link, drawn: '[role="treegrid"] [role="row"]' });
  await page.context().close();
  return took;
}

async function times(count, measured) {
  const values = [];
  for (let number = 0; number < count; number += 1) values.push(await measured());
  return values;
}

await firstList();
const firsts = await times(OPENINGS, firstList);
await largeExecution();
const larges = await times(OPENINGS, largeExecution);
console.log(
  JSON.stringify({
    firstListMs: median(firsts),
    largeExecutionMs: median(larges),
    endAndBackMs: await endAndBack(),
    longestFrameMs: await longestFrame(url),
    longestFrameBusyMs: await longestFrame(busyUrl),
    bundleBytes: await bundleBytes(),
  }),
);
await browser.close();
