import { expect, expectAccessible, open, test } from "./test";

test.use({
  receiverOptions: { scenario: "everything", largeMib: 1, nodes: 50 },
  reducedMotion: "reduce",
});

const VIEWS = { timeline: "treegrid", table: "grid" } as const;

for (const [view, role] of Object.entries(VIEWS)) {
  test(`the ${view} has no violation`, async ({ page }) => {
    await open(page, `/executions/order-declined?view=${view}`);
    await expect(page.getByRole(role as "grid")).toBeVisible();
    await page.getByRole("button", { name: "whole stack" }).click();
    await expect(page.getByText("redacted 9f2c")).toBeVisible();
    await expectAccessible(page);
  });
}

test("the graph has no violation", async ({ page }) => {
  await open(page, "/executions/order-declined?view=graph");
  await expect(page.locator(".react-flow__edge")).toHaveCount(7);
  await expectAccessible(page);
});

test("folded iterations have no violation", async ({ page }) => {
  await open(page, "/executions/sync-200");
  await expect(page.getByRole("treegrid")).toBeVisible();
  await expectAccessible(page);
});

test("payloads have no violation", async ({ page }) => {
  const output = page.getByRole("region", { name: "Output" });
  for (const sequence of [0, 1, 8]) {
    await open(page, `/executions/gallery?node=${sequence}`);
    const folds = output.locator("[aria-expanded=false] [data-fold]:first-child");
    await expect(output.getByRole("treeitem").first()).toHaveAttribute("aria-posinset");
    if (sequence !== 1) await folds.first().click();
    await expectAccessible(page);
  }
});

test("Markdown, a table, a search and raw text have no violation", async ({ page }) => {
  const output = page.getByRole("region", { name: "Output" });
  await open(page, "/executions/gallery?node=6");
  await expect(output.getByRole("heading", { name: "Weekly report" })).toBeVisible();
  await expectAccessible(page);
  await open(page, "/executions/gallery?node=3");
  await output.getByRole("button", { name: "As a table" }).click();
  await expect(output.getByRole("table")).toBeVisible();
  await output.getByRole("button", { name: /^Search in it/ }).click();
  await page.keyboard.type("row 17");
  await expect(output.getByText("11 matches")).toBeVisible();
  await expectAccessible(page);
  await open(page, "/executions/gallery?node=2");
  await output.getByRole("button", { name: "Raw text" }).click();
  await expect(output.getByRole("textbox", { name: "Raw JSON" })).toBeVisible();
  await expectAccessible(page);
});

test("the sheet of a phone has no violation", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await open(page, "/executions/order-declined");
  await expectAccessible(page);
  await page.getByRole("treegrid").press("Enter");
  await expect(page.getByRole("dialog")).toContainText("card_declined");
  await expectAccessible(page);
});
