import { record } from "./receiver";
import { expect, open, rows, test } from "./test";

const node = (nodeId: string, change: object = {}) => ({
  ...{ nodeId, nodeName: nodeId, nodeType: "script", status: "success", durationMs: 300 },
  ...change,
});

test("the list is ordered by duration and by start", async ({ page, receiver }) => {
  const at = (minute: number) => `2026-11-22T19:0${minute}:00Z`;
  await receiver.log(
    record("mid", { workflowId: "sorted", durationMs: 200, startedAt: at(3) }),
    record("slow", { workflowId: "sorted", durationMs: 300, startedAt: at(1) }),
    record("fast", { workflowId: "sorted", durationMs: 100, startedAt: at(2) }),
  );
  await open(page, "/?workflow=sorted");
  const names = () =>
    rows(page).evaluateAll((all) => all.map((row) => row.getAttribute("data-id")));
  const head = (name: string) => page.getByRole("columnheader", { name });
  await expect.poll(names).toEqual(["mid", "fast", "slow"]);
  await expect(head("Started")).toHaveAttribute("aria-sort", "descending");
  await head("Duration").getByRole("button").click();
  await expect.poll(names).toEqual(["slow", "mid", "fast"]);
  await expect(page.getByText("The longest 500 of all executions found")).toBeVisible();
  await expect(page).toHaveURL(/sort=longest/);
  await head("Duration").getByRole("button").click();
  await expect.poll(names).toEqual(["fast", "mid", "slow"]);
  await head("Started").getByRole("button").click();
  await expect.poll(names).toEqual(["mid", "fast", "slow"]);
  await head("Started").getByRole("button").click();
  await expect.poll(names).toEqual(["slow", "fast", "mid"]);
  await receiver.log(record("late", { workflowId: "sorted" }));
  await expect.poll(names).toEqual(["slow", "fast", "mid", "late"]);
});

test("a phone orders the list by a menu", async ({ page, receiver }) => {
  await page.setViewportSize({ width: 390, height: 800 });
  await receiver.log(
    record("brief", { workflowId: "ordered", durationMs: 100, startedAt: "2026-11-22T19:02:00Z" }),
    record("long", { workflowId: "ordered", durationMs: 300, startedAt: "2026-11-22T19:01:00Z" }),
  );
  await open(page, "/?workflow=ordered");
  const first = rows(page).first();
  await expect(first).toHaveAttribute("data-id", "brief");
  await page.getByRole("button", { name: "newest first" }).click();
  await page.getByRole("menuitemradio", { name: "longest first" }).click();
  await expect(first).toHaveAttribute("data-id", "long");
  await expect(page).toHaveURL(/sort=longest/);
  await expect(page.getByRole("button", { name: "longest first" })).toBeVisible();
  // A search in payloads has no order by duration.
  await open(page, "/?workflow=ordered&q=input.a:1");
  await page.getByRole("button", { name: "newest first" }).click();
  await expect(page.getByRole("menuitemradio")).toHaveText(["newest first", "oldest first"]);
});

test("rows show the request and the values in which they differ", async ({ page, receiver }) => {
  const order = (id: number) => ({
    trigger: {
      type: "http",
      data: { method: "POST", path: "/orders", body: { orderId: id, shop: "Bern" } },
    },
    workflowId: "differs",
  });
  await receiver.log(record("d1", order(71)), record("d2", order(72)));
  await open(page, "/?workflow=differs");
  for (const row of await rows(page).all()) await expect(row).toContainText("POST /orders");
  await expect(page.getByTestId("differs").filter({ hasText: "orderId 71" })).toBeVisible();
  await expect(page.getByTestId("differs").filter({ hasText: "Bern" })).toHaveCount(0);
});

test("a square names its node", async ({ page, receiver }) => {
  await receiver.log(
    record("squares", { nodeExecutions: [node("Validate"), node("Charge", { status: "error" })] }),
  );
  await open(page, "/?q=id:squares");
  const strip = rows(page).getByRole("img", { name: "2 of 2 nodes, 1 failed" });
  await strip.hover({ position: { x: 12, y: 5 } });
  await expect(page.getByRole("tooltip")).toContainText("Charge · error · 300 ms");
});

test("Enter in the search box moves to the results", async ({ page, receiver }) => {
  await receiver.log(record("found-by-enter"));
  await open(page);
  await page.keyboard.press("/");
  await page.keyboard.type("id:found-by-enter");
  await page.keyboard.press("Enter");
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page).getByRole("link")).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/executions\/found-by-enter/);
});

test("nodes without times are placed by sequence and duration", async ({ page, receiver }) => {
  await receiver.log(
    record("no-times", { nodeExecutions: [node("First"), node("Second", { durationMs: 900 })] }),
  );
  await open(page, "/executions/no-times");
  await expect(page.getByText("≈ Without start times")).toBeVisible();
  const [first, second] = await page.locator("[data-sequence][data-status]").all();
  const [a, b] = [await first?.boundingBox(), await second?.boundingBox()];
  expect(b?.x).toBeGreaterThanOrEqual((a?.x ?? 0) + (a?.width ?? 0) - 1);
  expect(b?.width).toBeGreaterThan(2 * (a?.width ?? 0));
});

test("a crashed run has an approximate duration", async ({ page, receiver }) => {
  await receiver.log(
    record("crashed-here", {
      ...{ status: "error", durationMs: undefined, startedAt: "2026-11-22T14:00:00Z" },
      error: { message: "The process ended", kind: "crashed" },
      nodeExecutions: [
        node("Load", { startedAt: "2026-11-22T14:00:01Z", completedAt: "2026-11-22T14:11:00Z" }),
      ],
    }),
  );
  await open(page, "/executions/crashed-here");
  await expect(page.getByRole("banner")).toContainText(/≈ 11 min 00 s, last recorded \d+:11:00/);
});

test("keys lead to the previous success and failure, and keep the node", async ({
  page,
  receiver,
}) => {
  const at = (minute: number) => ({
    ...{ workflowId: "walk", startedAt: `2026-11-22T18:0${minute}:00Z` },
    nodeExecutions: [node("A"), node("B", { durationMs: 500 })],
  });
  const failed = { status: "error", error: { message: "bad" } };
  await receiver.log(
    record("w-good", at(1)),
    record("w-bad", { ...at(2), ...failed }),
    record("w-running", { ...at(3), status: "running", durationMs: undefined }),
    record("w-last", { ...at(4), nodeExecutions: [node("C"), ...at(4).nodeExecutions] }),
  );
  await open(page, "/executions/w-last?node=1");
  const chosen = page
    .getByRole("region", { name: "Inspector" })
    .getByRole("heading", { name: "A" });
  await expect(chosen).toBeVisible();
  await page.keyboard.press("{");
  await expect(page).toHaveURL(/w-bad\?.*step=A/);
  await expect(chosen).toBeVisible();
  await page.keyboard.press("(");
  await expect(page).toHaveURL(/w-good/);
  await expect(page.getByRole("banner")).toContainText("w-good");
  await expect(chosen).toBeVisible();
  await page.keyboard.press("]");
  await expect(page).toHaveURL(/w-bad\?.*step=A/);
  await expect(chosen).toBeVisible();
});

test("a payload that does not exist leaves its space to the other", async ({ page, receiver }) => {
  await receiver.log(record("one-sided", { nodeExecutions: [node("Only", { input: { a: 1 } })] }));
  await open(page, "/executions/one-sided");
  const output = page.getByRole("region", { name: "Output", exact: true });
  await expect(output).toContainText("No output was recorded.");
  expect((await output.boundingBox())?.height).toBeLessThan(40);
  await page.getByRole("button", { name: "Actions" }).click();
  await expect(page.getByRole("menuitem", { name: "Copy as cURL" })).toBeVisible();
});

test("only runs of requests are copied as cURL", async ({ page, receiver }) => {
  await receiver.log(record("by-hand", { trigger: { type: "manual", data: { a: 1 } } }));
  await open(page, "/executions/by-hand");
  await page.getByRole("button", { name: "Actions" }).click();
  await expect(page.getByRole("menuitem", { name: "Copy as JSON" })).toBeVisible();
  await expect(page.getByRole("menuitem", { name: "Copy as cURL" })).toHaveCount(0);
});

test("a name with U+202E or in Hebrew does not turn the row", async ({ page, receiver }) => {
  await receiver.log(
    record("rlo", { name: "gpj.\u202Eexe.name" }),
    record("hebrew", { name: "טעינה 12 (יומי)!" }),
  );
  await open(page, "/?q=id:hebrew");
  const hebrew = rows(page).getByText("טעינה 12 (יומי)!", { exact: true });
  // In text from right to left, the exclamation mark at the end is on the left.
  const getX = (offset: number) =>
    hebrew.evaluate((name, at) => {
      const range = document.createRange();
      range.setStart(name.firstChild as Text, at);
      range.setEnd(name.firstChild as Text, at + 1);
      return range.getBoundingClientRect().x;
    }, offset);
  expect(await getX(15)).toBeLessThan(await getX(0));
  const posted = await rows(page).getByText("Posted hebrew").boundingBox();
  expect(posted?.x).toBeLessThan(await getX(15));
  await open(page, "/?q=id:rlo");
  const row = rows(page);
  const [workflow, name] = [row.getByText("Posted rlo"), row.getByText("exe.name")];
  const [a, b] = [await workflow.boundingBox(), await name.boundingBox()];
  expect(b?.x).toBeGreaterThan(a?.x ?? Infinity);
});

test("at 640 px no filter and no hint of the search is cut off", async ({ page }) => {
  await page.setViewportSize({ width: 640, height: 720 });
  await open(page);
  const star = page.getByRole("button", { name: "Only starred" });
  await expect(star).toBeInViewport({ ratio: 1 });
  const search = page.getByRole("combobox", { name: "Search executions" });
  expect((await search.boundingBox())?.width).toBeGreaterThan(500);
});

test("forced colours keep bars and the chosen row", async ({ page, receiver }) => {
  await page.emulateMedia({ forcedColors: "active" });
  await receiver.log(record("forced", { nodeExecutions: [node("One"), node("Two")] }));
  await open(page, "/executions/forced");
  const bar = page.locator("[data-sequence][data-status=success]").first();
  await expect(bar).toHaveCSS("background-color", "rgb(0, 0, 0)");
  await expect(page.getByRole("row", { selected: true })).toHaveCSS("outline-style", "solid");
});
