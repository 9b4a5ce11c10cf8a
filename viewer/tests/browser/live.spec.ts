import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { Receiver, record } from "./receiver";
import { expect, open, rows, test } from "./test";

test.use({ receiverOptions: { scenario: "shop" } });

/** Scroll down, and wait until the rows there are drawn. */
async function readOn(page: Page): Promise<void> {
  await expect(rows(page).first()).toBeVisible();
  await page.getByTestId("rows").evaluate((element) => element.scrollTo({ top: 1700 }));
  await expect
    .poll(() => rows(page).first().getAttribute("aria-rowindex").then(Number))
    .toBeGreaterThan(30);
}

test("new executions flow in at the top, and change in place", async ({ page, receiver }) => {
  await open(page);
  await expect(rows(page).first()).toBeVisible();
  const running = record("goes-on", { status: "running", durationMs: undefined });
  await receiver.log(running);
  const row = rows(page).first();
  await expect(row).toContainText("Posted goes-on");
  await expect(row.getByRole("img", { name: "running", exact: true })).toBeVisible();
  await receiver.log(record("goes-on", { durationMs: 4321 }));
  await expect(row.getByRole("img", { name: "success", exact: true })).toBeVisible();
  await expect(row).toContainText("4.3 s");
});

test("executions with odd and long ids change in place, too", async ({ page, receiver }) => {
  await open(page);
  const long = Array.from({ length: 120 }, (_, number) => `${number} ${"é,🛩".repeat(30)}`);
  const startedAt = new Date(Date.now() - 1000).toISOString();
  for (const durationMs of [111, 222]) {
    const others = long.map((id) => record(id, { durationMs, startedAt }));
    await receiver.log(...others, record("one, two", { durationMs }));
    await expect(rows(page).first()).toContainText("Posted one, two");
    await expect(rows(page).first()).toContainText(`${durationMs} ms`);
    await expect(rows(page).filter({ hasText: "é,🛩" }).first()).toContainText(`${durationMs} ms`);
  }
});

test("while one reads on, they gather and nothing moves", async ({ page, receiver }) => {
  await open(page);
  await readOn(page);
  const id = await rows(page).nth(20).getAttribute("data-id");
  const same = page.locator(`[data-id="${id ?? ""}"]`);
  const before = await same.boundingBox();
  await receiver.log(record("new-1"), record("new-2"), record("new-3"));
  const fresh = page.getByRole("button", { name: "3 new" });
  await expect(fresh).toBeVisible();
  expect(await same.boundingBox()).toEqual(before);
  await fresh.click();
  await expect(rows(page).first()).toContainText("Posted new-");
  await expect(fresh).toHaveCount(0);
});

test("a thousand new ones move nothing that one reads, and the newest are a click away", async ({
  page,
  receiver,
}) => {
  await open(page);
  await readOn(page);
  const id = await rows(page).nth(20).getAttribute("data-id");
  const same = page.locator(`[data-id="${id ?? ""}"]`);
  const before = await same.boundingBox();
  for (let batch = 0; batch < 5; batch += 1) {
    const ids = Array.from({ length: 200 }, (_, index) => `many-${batch}-${index}`);
    await receiver.log(...ids.map((each) => record(each)));
  }
  const fresh = page.getByRole("button", { name: "1,000 new" });
  await expect(fresh).toBeVisible();
  expect(await same.boundingBox()).toEqual(before);
  await fresh.click();
  await expect(rows(page).first()).toContainText("Posted many-4-");
});

test("a lost connection is said, heals itself, and nothing is missing after", async ({
  browser,
}) => {
  const directory = await mkdtemp(join(tmpdir(), "flightlog-viewer-"));
  let receiver = await Receiver.start({ scenario: "shop", directory });
  const page = await browser.newPage();
  try {
    await open(page, receiver.link);
    await expect(rows(page).first()).toBeVisible();
    await receiver.stop();
    await expect(page.getByText("Connection lost")).toBeVisible();
    await expect(rows(page).first()).toBeVisible();
    receiver = await Receiver.start({ scenario: "shop", directory, port: receiver.port });
    await receiver.log(record("while-away"));
    await expect(page.getByText("Connection lost")).toHaveCount(0);
    await expect(rows(page).first()).toContainText("Posted while-away");
  } finally {
    await page.close();
    await receiver.stop();
    await rm(directory, { recursive: true, force: true });
  }
});

test("the first three lines record a first execution, and it shows by itself", async ({
  browser,
}) => {
  const receiver = await Receiver.start({ scenario: "empty" });
  const spool = await mkdtemp(join(tmpdir(), "flightlog-spool-"));
  const page = await browser.newPage();
  try {
    await open(page, receiver.link);
    await expect(page.getByText("Waiting for the first execution")).toBeVisible();
    await expect(page.getByRole("button", { name: "Copy" })).toBeVisible();
    const lines = await page.getByLabel("Example").textContent();
    const python = process.env.FLIGHTLOG_PYTHON ?? "../.venv/bin/python";
    const run = spawn(python, ["-c", lines ?? ""], {
      stdio: "inherit",
      env: {
        ...process.env,
        FLIGHTLOG_KEY: "the-key-of-the-browser-tests",
        FLIGHTLOG_SPOOL_DIR: spool,
      },
    });
    const [code] = (await once(run, "exit")) as [number];
    expect(code).toBe(0);
    await expect(rows(page).first()).toContainText("First steps");
  } finally {
    await page.close();
    await receiver.stop();
    await rm(spool, { recursive: true, force: true });
  }
});
