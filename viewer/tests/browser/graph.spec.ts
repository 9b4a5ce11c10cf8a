import type { Locator, Page } from "@playwright/test";
import { record } from "./receiver";
import { expect, open, test } from "./test";

const node = (nodeId: string, sequence: number, change: object = {}) => ({
  ...{ nodeId, nodeName: nodeId, nodeType: "script", status: "success", durationMs: 300 },
  ...{ sequence, ...change },
});

/** Return the box of a node on the page. */
function step(page: Page, name: string): Locator {
  return page.getByRole("button", { name: new RegExp(`^${name},`) });
}

/** Whether one element is drawn wholly within another. */
async function isWithin(outer: Locator, inner: Locator): Promise<boolean> {
  const [around, within] = await Promise.all([outer.boundingBox(), inner.boundingBox()]);
  if (around === null || within === null) throw new Error("The element isn't drawn.");
  return (
    within.x >= around.x &&
    within.y >= around.y &&
    within.x + within.width <= around.x + around.width &&
    within.y + within.height <= around.y + around.height
  );
}

test("a loop is a box around its nodes, without marks of the library", async ({
  page,
  receiver,
}) => {
  await receiver.log(
    record("boxes", {
      nodeExecutions: [
        node("Load", 0),
        node("Each item", 1, { durationMs: 2000 }),
        ...[0, 1, 2].flatMap((run) => [
          node("Check", 2 + 2 * run, { parentSequence: 1 }),
          node("Store", 3 + 2 * run, { parentSequence: 1 }),
        ]),
        node("Report", 8),
      ],
    }),
  );
  const errors: string[] = [];
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  await open(page, "/executions/boxes?view=graph");
  const box = page.locator(".react-flow__node-group");
  await expect(box).toContainText("2 nodes within");
  expect(await isWithin(box, step(page, "Check"))).toBe(true);
  expect(await isWithin(box, step(page, "Store"))).toBe(true);
  expect(await isWithin(box, step(page, "Report"))).toBe(false);
  await expect(page.locator(".react-flow__attribution")).toHaveCount(0);
  expect(errors).toEqual([]);
});

test("200 nodes stay readable, with a map of the whole", async ({ page, receiver }) => {
  const nodes = Array.from({ length: 200 }, (_, index) =>
    node(`Step ${index}`, index, { status: index === 150 ? "error" : "success" }),
  );
  const error = { message: "bad", nodeId: "Step 150" };
  await receiver.log(record("long", { status: "error", error, nodeExecutions: nodes }));
  await open(page, "/executions/long?view=graph");
  await expect(page.getByRole("img", { name: "Map of the whole graph" })).toBeVisible();
  const failed = page.getByRole("button", { name: /^Step 150, error/ });
  await expect(failed).toBeInViewport({ ratio: 1 });
  expect((await failed.boundingBox())?.width).toBeGreaterThanOrEqual(90);
});

test("a manifest's loops and parallel nodes are boxes around their nodes", async ({
  page,
  receiver,
}) => {
  await receiver.log(
    record("prices", {
      workflowId: "price-update",
      nodeExecutions: [
        node("load-prices", 0),
        ...[0, 1, 2].flatMap((run) => [
          node("convert-price", 1 + 2 * run),
          node("store-price", 2 + 2 * run),
        ]),
        node("notify-mail", 7),
        node("notify-chat", 8),
        node("report", 9),
      ],
    }),
  );
  await open(page, "/executions/prices?view=graph");
  const boxes = page.locator(".react-flow__node-group");
  await expect(boxes).toHaveCount(2);
  const loop = boxes.filter({ hasText: "×3 · 2 nodes within" });
  const parallel = boxes.filter({ hasText: /^2 nodes within/ });
  for (const name of ["Each price", "Convert price to euro", "Store price"]) {
    expect(await isWithin(loop, step(page, name))).toBe(true);
    expect(await isWithin(parallel, step(page, name))).toBe(false);
  }
  for (const name of ["Notify all", "Mail", "Chat"]) {
    expect(await isWithin(parallel, step(page, name))).toBe(true);
    expect(await isWithin(loop, step(page, name))).toBe(false);
  }
  for (const box of [loop, parallel]) expect(await isWithin(box, step(page, "Report"))).toBe(false);
  // The nodes stand where the manifest has them: children below their parent.
  const y = async (name: string) => (await step(page, name).boundingBox())?.y ?? NaN;
  expect(await y("Mail")).toBeGreaterThan(await y("Notify all"));
  expect(await y("Chat")).toBeGreaterThan(await y("Mail"));
});

test("long names take two lines, and are whole on hover", async ({ page, receiver }) => {
  const names = ["Load prices_of_suppliers and stores", "x".repeat(80), "Report"];
  await receiver.log(
    record("long-names", {
      nodeExecutions: names.map((name, index) => node(`n${index}`, index, { nodeName: name })),
    }),
  );
  await open(page, "/executions/long-names?view=graph");
  const [long, endless] = [step(page, "Load prices_.* stores"), step(page, "x{80}")];
  const isCut = (box: Locator) =>
    box.locator("span.line-clamp-2").evaluate((text) => text.scrollHeight > text.clientHeight);
  expect(await isCut(long)).toBe(false);
  expect(await isCut(endless)).toBe(true);
  await endless.hover();
  await expect(endless).toHaveAttribute("title", /^x{80}\nscript · success/);
});

test("names stay readable from far away", async ({ page, receiver }) => {
  const nodes = Array.from({ length: 40 }, (_, index) => node(`Step ${index}`, index));
  await receiver.log(record("far", { nodeExecutions: nodes }));
  await open(page, "/executions/far?view=graph");
  const first = step(page, "Step 0");
  await expect(first).toBeInViewport({ ratio: 1 });
  await expect(first.getByText("script")).toBeHidden();
  const letters = first.locator("span.line-clamp-2");
  const drawnPx = () =>
    letters.evaluate(
      (text) =>
        (parseFloat(getComputedStyle(text).fontSize) * text.getBoundingClientRect().width) /
        (text as HTMLElement).offsetWidth,
    );
  expect(await drawnPx()).toBeGreaterThanOrEqual(9);
});
