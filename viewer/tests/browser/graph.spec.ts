import { record } from "./receiver";
import { expect, open, test } from "./test";

const node = (nodeId: string, sequence: number, change: object = {}) => ({
  ...{ nodeId, nodeName: nodeId, nodeType: "script", status: "success", durationMs: 300 },
  ...{ sequence, ...change },
});

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
  const outer = await box.boundingBox();
  const within = async (name: string) => {
    const inner = await page.getByRole("button", { name: new RegExp(`^${name},`) }).boundingBox();
    if (outer === null || inner === null) return false;
    return inner.x >= outer.x && inner.x + inner.width <= outer.x + outer.width;
  };
  expect(await within("Check")).toBe(true);
  expect(await within("Store")).toBe(true);
  expect(await within("Report")).toBe(false);
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
