import type { Page } from "@playwright/test";
import { record } from "./receiver";
import { expect, open, test } from "./test";

const inspector = (page: Page) => page.getByRole("region", { name: "Inspector" });
const timeline = (page: Page) => page.getByRole("treegrid", { name: "Nodes over time" });
const row = (page: Page, name: string | RegExp) =>
  timeline(page)
    .getByRole("row")
    .filter({ has: page.getByRole("rowheader", { name }) });
test("says everything about the run in its head", async ({ page }) => {
  await open(page, "/executions/order-declined");
  const head = page.getByRole("banner");
  await expect(head.getByRole("link", { name: "Order intake" })).toHaveAttribute(
    "href",
    "/?workflow=order-intake",
  );
  await expect(head).toContainText("order-declined");
  await expect(head).toContainText("error");
  await expect(head).toContainText("2.7 s");
  await expect(head).toContainText("production");
  await head.locator("time").hover();
  await expect(head.locator("time")).toHaveAttribute("title", /\d\d:\d\d:\d\d\.\d{3}/);
});

test("a long name without a space stays within the error", async ({ page, receiver }) => {
  const [error, name] = [{ message: "no", nodeId: "w" }, "W".repeat(300)];
  const node = { nodeId: "w", nodeName: name, nodeType: "script", status: "error", error };
  await receiver.log(record("wide", { status: "error", error, nodeExecutions: [node] }));
  await open(page, "/executions/wide");
  const banner = page.getByRole("region", { name: "Error" });
  await expect(banner.getByRole("button", { name })).toBeVisible();
  expect(await banner.evaluate((it) => it.scrollWidth - it.clientWidth)).toBe(0);
});

test("draws a decorated workflow as the run, and shows its result and the logs", async ({
  page,
  receiver,
}) => {
  const line = { time: "2026-11-22T19:04:11Z", level: "WARNING", logger: "shop" };
  const done = { status: "success", durationMs: 90 };
  await receiver.log(
    record("decorated", {
      name: "Order 7",
      workflowId: "decorated-orders",
      nodeExecutions: [
        {
          ...{ nodeId: "decorated-orders", nodeName: "Orders", nodeType: "workflow", sequence: 0 },
          ...{ ...done, output: { paid: "all of it" }, logs: [{ ...line, message: "taken" }] },
        },
        {
          ...{
            nodeId: "charge",
            nodeName: "Charge",
            nodeType: "t",
            sequence: 1,
            parentSequence: 0,
          },
          ...{ ...done, logs: [{ ...line, message: "the card is slow" }] },
        },
      ],
    }),
  );
  await open(page, "/executions/decorated");
  await expect(page.getByRole("banner")).toContainText("Order 7");
  await expect(row(page, "Charge")).toBeVisible();
  await expect(row(page, "Orders")).toHaveCount(0);
  await expect(inspector(page).getByRole("region", { name: "Logs" })).toContainText(
    "shop: the card is slow",
  );
  await open(page, "/executions/decorated?node=trigger");
  await expect(inspector(page).getByRole("region", { name: "Result" })).toContainText("all of it");
  await expect(inspector(page).getByRole("region", { name: "Logs" })).toContainText("taken");
});

test("judges the duration against what is usual", async ({ page, receiver }) => {
  const quick = Array.from({ length: 30 }, (_, index) =>
    record(`quick-${index}`, { workflowId: "usual", durationMs: 100 }),
  );
  await receiver.log(...quick, record("slow", { workflowId: "usual", durationMs: 3000 }));
  await open(page, "/executions/slow");
  await expect(page.getByRole("banner")).toContainText(/\d+× usual/);
});

test("tells the error first: node, kind, place in the user's code, folded stack", async ({
  page,
}) => {
  await open(page, "/executions/order-declined");
  const error = page.getByRole("region", { name: "Error" });
  await expect(error).toContainText("Charge card failed:");
  await expect(error).toContainText("card_declined: Your card was declined");
  await expect(error).toContainText("app/charge.py:41 in charge");
  await error.getByRole("button", { name: "whole stack" }).click();
  await expect(error).toContainText("/srv/shop/app/charge.py:41");
  await expect(error.getByText("site-packages")).toHaveCount(0);
  await error.getByRole("button", { name: "2 frames of libraries" }).click();
  await expect(error.getByText("site-packages")).toBeVisible();
});

test("says of a crash what ran when the process ended", async ({ page }) => {
  await open(page, "/executions/crashed");
  await expect(page.getByRole("banner")).toContainText("crashed");
  await expect(page.getByRole("region", { name: "Error" })).toContainText(
    "was running when its process ended",
  );
});

test("chooses what failed at first, else the slowest node", async ({ page }) => {
  await open(page, "/executions/order-declined");
  await expect(inspector(page).getByRole("heading", { level: 2 })).toHaveText("Charge card");
  await expect(inspector(page)).toContainText("attempt 2 of 2");
  await open(page, "/executions/order-ok");
  await expect(inspector(page).getByRole("heading", { level: 2 })).toHaveText("Charge card");
  await expect(inspector(page)).toContainText(/\(usual ≈ \d+ ms\)/);
});

test("draws attempts in one row, to scale, and nothing thinner than 2 px", async ({ page }) => {
  await open(page, "/executions/order-declined");
  const charge = row(page, /Charge card/);
  await expect(charge).toHaveCount(1);
  const bars = charge.locator("[data-status=error]");
  await expect(bars).toHaveCount(2);
  const [first, second] = await bars.evaluateAll((all) =>
    all.map((bar) => bar.getBoundingClientRect().width),
  );
  expect((second ?? 0) / (first ?? 1)).toBeCloseTo(1000 / 850, 1);
  const thin = await timeline(page)
    .locator("[data-status]")
    .evaluateAll((all) => all.map((bar) => bar.getBoundingClientRect().width));
  expect(Math.min(...thin)).toBeGreaterThanOrEqual(2);
  await expect(row(page, /Ask for review/)).toContainText("skipped");
  await bars.first().click();
  await expect(inspector(page)).toContainText("attempt 1 of 2");
});

test("labels get the space that they need, with their attempts", async ({ page }) => {
  await open(page, "/executions/order-declined");
  const label = row(page, /Charge card/).locator("[title^='Charge card']");
  await expect(label).toBeVisible();
  expect(await label.evaluate((name) => name.scrollWidth <= name.clientWidth)).toBe(true);
});

test("folds iterations into one row with their count, and unfolds them", async ({ page }) => {
  await open(page, "/executions/sync-200");
  const folded = row(page, /Read product ×200/);
  await expect(folded).toHaveAttribute("aria-expanded", "false");
  await expect(folded).toHaveAttribute("aria-level", "2");
  await expect(folded.getByTitle(/^200 runs: shortest .*, median .*, longest /)).toBeVisible();
  await folded.locator("[data-fold]").click();
  await expect(folded).toHaveAttribute("aria-expanded", "true");
  await expect(timeline(page)).toHaveAttribute("aria-rowcount", "203");
  await expect(row(page, /Read product #/).first()).toBeVisible();
});

test("zooms by dragging, resets by a double click, and shows the time at the pointer", async ({
  page,
}) => {
  await open(page, "/executions/order-declined");
  const bar = row(page, /Charge card/)
    .locator("[data-status=error]")
    .first();
  const before = await bar.boundingBox();
  if (before === null) throw new Error("The bar is drawn.");
  const y = before.y + 200;
  await page.mouse.move(before.x, y);
  await expect(page.locator("[data-time]")).toHaveAttribute("data-time", /ms$|s$/);
  await page.mouse.down();
  await page.mouse.move(before.x + before.width / 2, y, { steps: 4 });
  await page.mouse.up();
  const reset = page.getByRole("button", { name: "whole run" });
  await expect(reset).toBeVisible();
  await expect.poll(async () => (await bar.boundingBox())?.width).toBeGreaterThan(before.width * 2);
  await timeline(page).dblclick({ position: { x: 400, y: 300 } });
  await expect(reset).toHaveCount(0);
  await expect.poll(async () => (await bar.boundingBox())?.width).toBeCloseTo(before.width, 0);
});

test("shows the critical path", async ({ page }) => {
  await open(page, "/executions/order-ok");
  await page.getByRole("button", { name: "Critical path" }).click();
  await expect(row(page, /Fetch user/)).toHaveCSS("opacity", "0.4");
  await expect(row(page, /Fetch stock/)).toHaveCSS("opacity", "1");
});

test("keeps three views in step on one node, in the address", async ({ page }) => {
  await open(page, "/executions/order-declined");
  await row(page, /Fetch stock/).click();
  await expect(page).toHaveURL(/\?node=2$/);
  await page.getByRole("tab", { name: "Graph" }).click();
  await expect(page).toHaveURL(/node=2&view=graph/);
  const step = page.getByRole("button", { name: /^Fetch stock, success, 320 ms/ });
  await expect(step).toHaveAttribute("aria-pressed", "true");
  await page.getByRole("button", { name: /^Validate order, success/ }).click();
  await page.getByRole("tab", { name: "Table" }).click();
  const chosen = page.getByRole("grid", { name: "Nodes" }).locator("[aria-selected=true]");
  await expect(chosen).toContainText("Validate order");
  await expect(inspector(page).getByRole("heading", { level: 2 })).toHaveText("Validate order");
  await page.reload();
  await expect(chosen).toContainText("Validate order");
});

test("draws the graph as the manifest has it, taken edges strong", async ({ page }) => {
  await open(page, "/executions/order-declined?view=graph");
  await expect(page.locator(".react-flow__edge")).toHaveCount(7);
  await expect(page.getByText("as the record shows it")).toHaveCount(0);
  const styles = await page
    .locator(".react-flow__edge-path")
    .evaluateAll((all) => all.map((path) => getComputedStyle(path).strokeDasharray));
  expect(styles.filter((dashes) => dashes === "none")).toHaveLength(5);
  await expect(page.getByRole("button", { name: /^Ask for review, skipped/ })).toBeVisible();
});

test("infers the graph from the record where there is no definition", async ({ page }) => {
  await open(page, "/executions/sync-200?view=graph");
  await expect(page.getByText("as the record shows it")).toBeVisible();
  await expect(page.getByRole("button", { name: /^Read product, .*×200/ })).toBeVisible();
  // A box encloses the nodes of the loop, and a line leads on from the loop.
  await expect(page.locator(".react-flow__edge")).toHaveCount(1);
  await expect(page.locator(".react-flow__node-group")).toHaveCount(1);
});

test("sorts the table by any column", async ({ page }) => {
  await open(page, "/executions/order-declined?view=table");
  const names = page.getByRole("grid", { name: "Nodes" }).getByRole("row");
  await page.getByRole("columnheader", { name: "Duration" }).getByRole("button").click();
  await expect(names.nth(1)).toContainText("1.0 s");
  await expect(page.getByRole("columnheader", { name: "Duration" })).toHaveAttribute(
    "aria-sort",
    "descending",
  );
  await page.getByRole("columnheader", { name: "Node" }).getByRole("button").click();
  await expect(names.nth(1)).toContainText("Ask for review");
});

test("draws a live run as it goes, and keeps what one chose", async ({ page, receiver }) => {
  const startedAt = new Date().toISOString();
  const step = (nodeId: string, sequence: number, change: object) => ({
    ...{ nodeId, nodeName: nodeId, nodeType: "log", sequence, startedAt, ...change },
  });
  const part = (revision: number, status: string, ...nodeExecutions: object[]) =>
    record("goes", { startedAt, status, revision, durationMs: undefined, nodeExecutions });
  await receiver.log(part(1, "running", step("first", 0, { status: "running", input: 1 })));
  await open(page, "/executions/goes");
  await expect(row(page, /running first/)).toBeVisible();
  await expect(inspector(page)).toContainText("The node still runs.");
  await receiver.log(
    part(2, "running", step("first", 0, { status: "success", durationMs: 5, output: "done" })),
    part(3, "running", step("second", 1, { status: "running" })),
  );
  await expect(row(page, /success first/)).toBeVisible();
  await expect(row(page, /running second/)).toBeVisible();
  await expect(inspector(page).getByRole("heading", { level: 2 })).toHaveText("second");
  await row(page, /first/).click();
  await expect(inspector(page).getByRole("region", { name: "Output" })).toContainText("done");
  await receiver.log(part(4, "success", step("second", 1, { status: "success", durationMs: 9 })));
  await expect(page.getByRole("banner")).toContainText("success");
  await expect(inspector(page).getByRole("heading", { level: 2 })).toHaveText("first");
});

test("can be used by keyboard alone", async ({ page }) => {
  await open(page, "/executions/order-declined");
  await timeline(page).focus();
  await page.keyboard.press("Home");
  await expect(page).toHaveURL(/node=0/);
  await page.keyboard.press("ArrowDown");
  await expect(page).toHaveURL(/node=1/);
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowLeft");
  await expect(page).toHaveURL(/node=4/);
  await page.keyboard.press("ArrowRight");
  await expect(page).toHaveURL(/node=5/);
  await page.keyboard.press("z");
  await expect(page.getByRole("button", { name: "whole run" })).toBeVisible();
  await page.keyboard.press("0");
  await expect(page.getByRole("button", { name: "whole run" })).toHaveCount(0);
  await page.keyboard.press("Enter");
  await expect(inspector(page)).toBeFocused();
  await page.keyboard.press("2");
  await expect(page.getByRole("tab", { name: "Graph" })).toHaveAttribute("aria-selected", "true");
  const charge = page.locator("[data-step=charge]");
  await expect(charge).toBeVisible();
  await charge.focus();
  await page.keyboard.press("ArrowLeft");
  await expect(page.getByRole("button", { name: /^Is it large/ })).toBeFocused();
  await page.keyboard.press("3");
  await page.getByRole("grid", { name: "Nodes" }).focus();
  await page.keyboard.press("ArrowDown");
  await expect(page).toHaveURL(/node=4&view=table/);
});

test("on a phone, a tap opens the details as a sheet", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await open(page, "/executions/order-declined");
  await expect(inspector(page)).toHaveCount(0);
  await row(page, /Fetch user/).click();
  const sheet = page.getByRole("dialog", { name: "Details" });
  await expect(sheet).toContainText("Fetch user");
  await sheet.getByRole("tab", { name: "Input" }).click();
  await expect(sheet.getByRole("tree")).toContainText("https://users.example.com");
  await page.keyboard.press("Escape");
  await expect(sheet).toHaveCount(0);
  await row(page, /Charge card/).click();
  await expect(sheet.getByText("Your card was declined").first()).toBeVisible();
});

test("says when there is no such execution, and when it was deleted", async ({ page }) => {
  await page.goto("/executions/nobody");
  await expect(page.getByText("There is no such execution")).toBeVisible();
  await expect(page.getByRole("link", { name: "To all executions" })).toBeVisible();
});

test("says when nothing was recorded but the start", async ({ page, receiver }) => {
  const bare = { nodeExecutions: [], trigger: undefined };
  await receiver.log(record("bare", bare), record("begun", { ...bare, status: "running" }));
  await open(page, "/executions/bare");
  await expect(page.getByText("No node was recorded")).toBeVisible();
  await open(page, "/executions/begun");
  await expect(page.getByText("No node has begun yet")).toBeVisible();
});
