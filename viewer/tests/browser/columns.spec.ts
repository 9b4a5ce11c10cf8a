import { record } from "./receiver";
import { expect, open, rows, test } from "./test";

test("columns have names, and a click on a tag narrows the list", async ({ page, receiver }) => {
  const tags = { customer: "acme-1", region: "eu west" };
  await receiver.log(
    record("tagged", { workflowId: "tagged", name: "Import of May", tags }),
    record("untagged", { workflowId: "tagged" }),
  );
  await open(page, "/?workflow=tagged");
  const table = page.getByRole("table", { name: "Executions" });
  await expect(table.getByRole("columnheader")).toHaveText([
    ...["Select", "Status", "Workflow / run", "Trigger", "Started ↓", "Duration", "Nodes"],
    ...["Error", "Star"],
  ]);
  await expect(rows(page)).toHaveCount(2);
  const tagged = rows(page).filter({ hasText: "Import of May" });
  await expect(tagged.getByRole("cell").nth(2)).toContainText("Posted tagged / Import of May");
  await expect(
    tagged.getByRole("link", { name: "Posted tagged, run Import of May, success", exact: true }),
  ).toBeVisible();
  await expect(tagged.getByRole("cell").nth(1)).toHaveText("success");
  for (const [head, cell] of [
    ["Started", ".fl-cell-time"],
    ["Nodes", ".fl-cell-nodes"],
  ] as const) {
    const headBox = await table.getByRole("columnheader", { name: head }).boundingBox();
    const cellBox = await tagged.locator(cell).boundingBox();
    expect(headBox?.x).toBe(cellBox?.x);
  }
  await tagged.getByRole("button", { name: "customer acme-1" }).click();
  await expect(page).toHaveURL(/q=tag\.customer:acme-1/);
  await expect(rows(page)).toHaveCount(1);
});

test("crashed executions are a filter of their own", async ({ page, receiver }) => {
  const error = { message: "The process ended before the execution did.", kind: "crashed" };
  await receiver.log(record("crash", { workflowId: "crash", status: "error", error }));
  await receiver.log(record("no-crash", { workflowId: "crash", status: "error" }));
  await open(page, "/?workflow=crash&status=success");
  const crashed = page.getByRole("button", { name: "Only crashed" });
  await crashed.click();
  await expect(page).toHaveURL(/\?workflow=crash&q=is:crashed$/);
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page).getByRole("cell").nth(1)).toHaveText("crashed");
  await crashed.click();
  await expect(rows(page)).toHaveCount(2);
});
