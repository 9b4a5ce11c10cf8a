// Measures the viewer in a real browser, for benchmarks/browser.py: node measure.js LINK MORE_LINK.
// The second receiver serves the same history while new runs arrive. Prints one line of JSON.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { gzipSync } from "node:zlib";
import chromiumFromNpm from "@sparticuz/chromium";
import { chromium } from "@playwright/test";

const SYSTEM = "/usr/bin/chromium";
const OPENINGS = 7;
const SCROLL_MS = 4_000;
const [link, busyLink] = process.argv.slice(2);
const [url, busyUrl] = [link, busyLink].map((text) => new URL(text).origin);
const origins = await Promise.all([link, busyLink].map(readStorage));

/** Record when the first rows were drawn, counted from the navigation. */
function watchFirstRow() {
  const look = () => {
    if (document.querySelector("[data-id]") === null) requestAnimationFrame(look);
    else requestAnimationFrame(() => (window.firstRowMs = performance.now()));
  };
  requestAnimationFrame(look);
}

/** Watch frames and long tasks from now on. `seen` returns the results. */
function watchFrames() {
  const seen = { longestFrameMs: 0, longTasks: 0 };
  const tasks = new PerformanceObserver((list) => (seen.longTasks += list.getEntries().length));
  tasks.observe({ type: "longtask" });
  let last = performance.now();
  let frame = requestAnimationFrame(function look(now) {
    seen.longestFrameMs = Math.max(seen.longestFrameMs, now - last);
    last = now;
    frame = requestAnimationFrame(look);
  });
  window.seen = () => {
    seen.longTasks += tasks.takeRecords().length;
    tasks.disconnect();
    cancelAnimationFrame(frame);
    return seen;
  };
}

/**
 * Click the element with a given text, and return the time until the expected element was drawn.
 */
function openAndWait({ click, drawn }) {
  const find = ({ selector, text }) =>
    [...document.querySelectorAll(selector)].find((each) => each.textContent.includes(text));
  return new Promise((resolve) => {
    const start = performance.now();
    find(click).click();
    const look = () => {
      if (find(drawn) === undefined) requestAnimationFrame(look);
      else requestAnimationFrame(() => resolve(performance.now() - start));
    };
    requestAnimationFrame(look);
  });
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

const program = {
  executablePath: existsSync(SYSTEM) ? SYSTEM : await chromiumFromNpm.executablePath(),
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
};
const browser = await chromium.launch(program);

/** Exchange the code of a link for a session, as it is kept in the storage of a page. */
async function readStorage(text) {
  const { origin, hash } = new URL(text);
  const answer = await fetch(`${origin}/api/sessions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code: hash.replace("#code=", "") }),
  });
  const { session } = await answer.json();
  return { origin, localStorage: [{ name: "flightlog.session", value: session }] };
}

async function newPage() {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 720 },
    storageState: { cookies: [], origins },
  });
  return context.newPage();
}

/** Open the list in a profile that the browser makes for it, which takes a part of the time. */
async function firstList() {
  const page = await newPage();
  const firstRowMs = await openList(page);
  await page.context().close();
  return firstRowMs;
}

/**
 * Open the list in a profile that is in use, as a person does: with an empty cache, and with the
 * files and the compiled scripts of earlier visits.
 */
async function visits() {
  const profile = mkdtempSync(join(tmpdir(), "flightlog-profile-"));
  const context = await chromium.launchPersistentContext(profile, {
    ...program,
    viewport: { width: 1280, height: 720 },
  });
  const inPage = async (act) => {
    const page = await context.newPage();
    const result = await act(page);
    await page.close();
    return result;
  };
  const clear = async (page) =>
    (await context.newCDPSession(page)).send("Network.clearBrowserCache");
  const [session] = origins[0].localStorage;
  await inPage(async (page) => {
    await page.goto(`${url}/health`);
    await page.evaluate(({ name, value }) => localStorage.setItem(name, value), session);
  });
  const found = { first: [], returning: [] };
  for (let number = 0; number < OPENINGS; number += 1) {
    await inPage(clear);
    found.first.push(await inPage(openList));
    // The browser keeps compiled scripts after the second visit.
    await inPage(openList);
    await inPage(openList);
    found.returning.push(await inPage(openList));
  }
  await context.close();
  rmSync(profile, { recursive: true });
  return found;
}

async function openList(page) {
  await page.addInitScript(watchFirstRow);
  // Wait for the receiver's aggregates, because they would slow down the next opening.
  const sums = ["counts", "series", "workflows"].map((name) =>
    page.waitForResponse((response) => new URL(response.url()).pathname === `/api/${name}`),
  );
  await page.goto(url);
  // The page requests the aggregates once the rows have arrived. Until then, leave it alone: a wait
  // in the page would make it run Playwright's own large script before the rows are drawn.
  await Promise.all(sums);
  await page.waitForFunction(() => window.firstRowMs !== undefined);
  return page.evaluate(() => window.firstRowMs);
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

/** Turn the wheel over the list for a while, at several speeds. */
async function scroll(from) {
  const page = await newPage();
  await page.goto(from);
  await page.locator("[data-id]").first().waitFor();
  await page.getByRole("button", { name: /^All \d/ }).waitFor();
  const list = page.getByTestId("rows");
  await list.hover();
  await page.evaluate(watchFrames);
  for (const stepPx of [60, 400, -200]) {
    const end = performance.now() + SCROLL_MS;
    while (performance.now() < end) {
      await page.mouse.wheel(0, stepPx);
      await page.evaluate(() => new Promise(requestAnimationFrame));
    }
  }
  const seen = await page.evaluate(() => window.seen());
  const scrolledPx = await list.evaluate((element) => element.scrollTop);
  if (scrolledPx < 10_000) throw new Error(`The wheel moved the list by ${scrolledPx} px only.`);
  await page.context().close();
  return seen;
}

/**
 * Go to the oldest row and back to the newest. Return how long each step took until the row was
 * drawn.
 */
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
  const click = { selector: '[data-id="nodes-5000"] a', text: "" };
  const drawn = { selector: '[role="treegrid"] [role="row"]', text: "" };
  const took = await page.evaluate(openAndWait, { click, drawn });
  await page.context().close();
  return took;
}

/** Choose the node with the large output, which the receiver has not read before. */
async function largePayload() {
  const page = await newPage();
  await page.goto(`${url}/executions/gallery?node=0`);
  await page.locator('[aria-label="Output"] [role="treeitem"]').first().waitFor();
  const click = { selector: '[role="treegrid"] [role="row"]', text: "Large" };
  const drawn = { selector: '[aria-label="Output"] [role="treeitem"]', text: "in the haystack" };
  const took = await page.evaluate(openAndWait, { click, drawn });
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
const visited = await visits();
const largePayloadMs = await largePayload();
await largeExecution();
const larges = await times(OPENINGS, largeExecution);
const still = await scroll(url);
const busy = await scroll(busyUrl);
console.log(
  JSON.stringify({
    newProfileMs: median(firsts),
    firstVisitMs: median(visited.first),
    returningVisitMs: median(visited.returning),
    largeExecutionMs: median(larges),
    endAndBackMs: await endAndBack(),
    largePayloadMs,
    still,
    busy,
    bundleBytes: await bundleBytes(),
  }),
);
await browser.close();
