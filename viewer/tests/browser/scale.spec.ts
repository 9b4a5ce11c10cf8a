import type { Page } from "@playwright/test";
import { expect, open, rows, test } from "./test";

test.use({ receiverOptions: { scenario: "everything", executions: 100_000 } });

const list = (page: Page) => page.getByTestId("rows");
const place = (page: Page) =>
  rows(page)
    .first()
    .getAttribute("aria-rowindex")
    .then((text) => Number(text) - 1);

test("100,000 executions are scrolled to the end and back, and never held", async ({ page }) => {
  await open(page);
  await expect(rows(page).first()).toBeVisible();
  const newest = await rows(page).first().getAttribute("data-id");

  const oldest = page.locator('[data-id="bulk-0000000"]');
  // Retry, because the list's end moves until the counts have arrived.
  await expect(async () => {
    await list(page).evaluate((element) => element.scrollTo({ top: element.scrollHeight }));
    await expect(oldest).toBeInViewport({ timeout: 1_000 });
  }).toPass();
  await expect.poll(() => place(page)).toBeGreaterThan(99_000);

  await list(page).evaluate((element) => element.scrollTo({ top: element.scrollHeight / 2 }));
  await expect.poll(async () => Math.abs((await place(page)) - 50_000)).toBeLessThan(2_000);
  const held = await page.locator("[data-id]").count();
  expect(held).toBeLessThan(100);

  await list(page).evaluate((element) => element.scrollTo({ top: 0 }));
  await expect(page.locator(`[data-id="${newest ?? ""}"]`)).toBeInViewport();
  expect(await place(page)).toBe(1);
});

test("page by page, rows follow each other without a gap", async ({ page }) => {
  await open(page, "/?workflow=bulk-3");
  await expect(rows(page).first()).toBeVisible();
  const seen = new Map<number, string>();
  for (let step = 0; step < 38; step += 1) {
    const drawn = await rows(page).evaluateAll((all) =>
      all.map((row) => [Number(row.ariaRowIndex), row.getAttribute("data-id") ?? ""] as const),
    );
    for (const [index, id] of drawn) {
      expect(seen.get(index) ?? id).toBe(id);
      seen.set(index, id);
    }
    const last = drawn.at(-1)?.[0] ?? 0;
    await list(page).evaluate((element) => element.scrollBy({ top: 800 }));
    await expect
      .poll(() => rows(page).last().getAttribute("aria-rowindex").then(Number))
      .toBeGreaterThan(last);
  }
  expect(new Set(seen.values()).size).toBe(seen.size);
  expect(seen.size).toBeGreaterThan(800);
});

test("the oldest and the newest are a key away", async ({ page }) => {
  await open(page);
  await expect(rows(page).first()).toBeVisible();
  await page.keyboard.press("G");
  await expect(page.locator('[data-id="bulk-0000000"]')).toBeInViewport();
  await page.keyboard.press("g");
  await page.keyboard.press("g");
  await expect.poll(() => place(page)).toBe(1);
});

test("what hostile workflows wrote is text, and nothing else", async ({ page }) => {
  await open(page, "/?q=xss");
  await expect(rows(page).first()).toBeVisible();
  expect(await rows(page).count()).toBeGreaterThan(5);
  await page.goto("/overview?last=24h");
  await expect(page.getByRole("table", { name: "Durations by workflow" })).toBeVisible();
  expect(await page.evaluate(() => "__xss" in window)).toBe(false);
});
