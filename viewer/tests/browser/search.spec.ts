import type { Page } from "@playwright/test";
import { record } from "./receiver";
import { expect, expectAccessible, open, rows, test } from "./test";

const box = (page: Page) => page.getByRole("combobox", { name: "Search executions" });
const options = (page: Page) =>
  page.getByRole("listbox", { name: "Suggestions" }).getByRole("option");

/** A run with a value that no other run has. */
function charged(id: string, receipt: string): object {
  const output = { status: 402, items: [{ receipt }], customer: { id: 987_654 } };
  const node = { nodeId: "charge", nodeName: "Charge card", nodeType: "script" };
  return record(id, {
    workflowId: "charges",
    nodeExecutions: [
      {
        ...node,
        nodeId: "check",
        nodeName: "Check",
        status: "success",
        durationMs: 900,
        output: 1,
      },
      { ...node, status: "success", durationMs: 100, output },
    ],
  });
}

test("a pasted value finds its run, and opens the payload at the match", async ({
  page,
  receiver,
}) => {
  await receiver.log(charged("pasted-1", "ch_zq81xk"));
  await open(page);
  await page.keyboard.press("/");
  await page.keyboard.insertText("ch_zq81xk");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\?q=ch_zq81xk$/);
  await expect(rows(page)).toHaveCount(1);
  const match = rows(page).getByRole("link", { name: /^Charge card/ });
  await expect(match).toContainText("output.items[0].receipt");
  await expect(match.locator("mark")).toHaveText("ch_zq81xk");
  await expect(page.getByRole("button", { name: "All 1", exact: true })).toBeVisible();

  await match.click();
  await expect(page).toHaveURL(/\/executions\/pasted-1\?node=\d&at=output%2Fitems%2F0%2Freceipt$/);
  const chosen = page
    .getByRole("region", { name: "Output" })
    .locator("[role=treeitem][aria-selected=true]");
  await expect(chosen).toContainText("ch_zq81xk");
  await page.goBack();
  await expect(box(page)).toHaveValue("ch_zq81xk");
  await page.goBack();
  await expect(page).toHaveURL(/\/$/);
});

test("the row's own link opens its first match, by keyboard alone", async ({ page, receiver }) => {
  await receiver.log(charged("pasted-2", "ch_kk55aa"));
  await open(page, "/?q=output.items.receipt:ch_kk55aa");
  await expect(rows(page)).toHaveCount(1);
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/at=output%2Fitems%2F0%2Freceipt$/);
});

test("completes fields and values by keyboard", async ({ page }) => {
  await open(page);
  await page.keyboard.press("/");
  await page.keyboard.type("node:charge stat");
  await expect(options(page).first()).toContainText("status:");
  await page.keyboard.press("ArrowDown");
  await expect(options(page).first()).toHaveAttribute("aria-selected", "true");
  await expect(box(page)).toHaveAttribute("aria-activedescendant", /-0$/);
  await page.keyboard.press("Tab");
  await expect(box(page)).toHaveValue("node:charge status:");
  await page.keyboard.type("err");
  await expect(options(page)).toHaveCount(1);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(box(page)).toHaveValue("node:charge status:error ");
  await page.keyboard.press("Escape");
  await expect(options(page)).toHaveCount(0);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/(?=.*status=error).*q=node:charge(?!\+)/);
  await expect(rows(page).filter({ hasText: "card_declined" }).first()).toBeVisible();
});

test("what is typed letter by letter is one step of the browser's history", async ({ page }) => {
  await open(page, "/?last=7d");
  await page.keyboard.press("/");
  await page.keyboard.type("charge");
  await expect(page).toHaveURL(/q=charge/);
  await page.keyboard.type(" declined");
  await expect(page).toHaveURL(/q=charge\+declined/);
  await page.keyboard.press("Enter");
  await page.goBack();
  await expect(page).toHaveURL(/\/\?last=7d$/);
});

test("a wrong value suggests the right one", async ({ page }) => {
  await open(page, "/?q=status:failed");
  const problem = page.getByRole("alert");
  await expect(problem).toContainText("at column 8");
  await expect(problem.locator("mark")).toHaveText("failed");
  await problem.getByRole("button", { name: "Search for status:error" }).click();
  await expect(page).toHaveURL(/\?status=error$/);
  await expect(rows(page).getByRole("img", { name: "error", exact: true })).not.toHaveCount(0);
  await expect(rows(page).getByRole("img", { name: "success", exact: true })).toHaveCount(0);
});

test("without results, the nearest query with results is offered", async ({ page, receiver }) => {
  await receiver.log(charged("nearest-1", "ch_near01"));
  await open(page, "/?q=output.items.receipt:ch_near01+output.status:999");
  await expect(page.getByText("No executions match")).toBeVisible();
  await page.getByRole("button", { name: "output.items.receipt:ch_near01: 1" }).click();
  await expect(page).toHaveURL(/\?q=output\.items\.receipt:ch_near01$/);
  await expect(rows(page)).toHaveCount(1);
});

test("facets count what is found, narrow it, and can be given up", async ({ page, receiver }) => {
  await receiver.log(charged("facet-1", "ch_facets"), charged("facet-2", "ch_facets"));
  await open(page, "/?q=ch_facets");
  await expect(rows(page)).toHaveCount(2);
  await page.keyboard.press("f");
  const facets = page.getByRole("complementary", { name: "Facets" });
  const node = facets.getByRole("region", { name: "Node" }).getByRole("button", { name: /^Check/ });
  await expect(node).toHaveText("Check2");
  await node.click();
  await expect(page).toHaveURL(/\?q=ch_facets\+node:Check$/);
  await expect(node).toHaveAttribute("aria-pressed", "true");
  await facets.getByRole("region", { name: "Status" }).getByRole("button").first().click();
  await expect(page).toHaveURL(/(?=.*status=success).*q=ch_facets\+node:Check/);
  await node.click();
  await expect(page).toHaveURL(/(?=.*status=success).*q=ch_facets(?!\+)/);
  await page.reload();
  await expect(facets).toBeVisible();
  await page.keyboard.press("f");
  await expect(facets).toHaveCount(0);
});

test("searches are kept: recent ones, and those with a name", async ({ page }) => {
  await open(page, "/?last=7d");
  await page.keyboard.press("/");
  await page.keyboard.type("status:error declined");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/last=7d/);
  await page.getByRole("button", { name: "Saved searches" }).click();
  const dialog = page.getByRole("dialog", { name: "Saved searches" });
  await dialog.getByRole("textbox", { name: "Save this search as" }).fill("Declined cards");
  await page.keyboard.press("Enter");
  await expect(dialog).toHaveCount(0);

  await open(page, "/");
  await page.keyboard.press("/");
  await expect(options(page).nth(0)).toHaveText("Declined cards");
  await expect(options(page).nth(1)).toHaveText("status:error declined");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/(?=.*status=error)(?=.*last=7d).*q=declined/);

  await page.getByRole("button", { name: "Saved searches" }).click();
  await dialog.getByRole("button", { name: "Remove Declined cards" }).click();
  await dialog.getByRole("button", { name: "Forget 1 recent search" }).click();
  await expect(dialog.getByText("No search is saved yet")).toBeVisible();
});

test("saved searches of an earlier version are moved to the history", async ({ page }) => {
  await open(page, "/");
  await page.evaluate(() => {
    const saved = [{ name: "Late errors", address: "?status=error&q=late&last=24h" }];
    localStorage.setItem("flightlog-searches", JSON.stringify({ recent: [], saved }));
  });
  await open(page, "/");
  await page.getByRole("button", { name: "Saved searches" }).click();
  const dialog = page.getByRole("dialog", { name: "Saved searches" });
  await dialog.getByRole("button", { name: /^Move 1 saved search of/ }).click();
  await expect(dialog.getByRole("button", { name: /^Move/ })).toHaveCount(0);
  await dialog.getByRole("button", { name: /^Late errors/ }).click();
  await expect(page).toHaveURL(/(?=.*status=error)(?=.*last=24h).*q=late/);
  await page.getByRole("button", { name: "Saved searches" }).click();
  await dialog.getByRole("button", { name: "Remove Late errors" }).click();
  await expect(dialog.getByText("No search is saved yet")).toBeVisible();
});

test("suggestions, matches and facets have no violation", async ({ page, receiver }) => {
  await receiver.log(charged("access", "ch_access"));
  await open(page, "/?q=ch_access+node:Check");
  await expect(
    rows(page)
      .getByRole("link", { name: /^Charge card/ })
      .first(),
  ).toBeVisible();
  await page.keyboard.press("f");
  await expect(page.getByRole("region", { name: "Node" })).toBeVisible();
  await expectAccessible(page);
  await box(page).fill("status:error NOT duration:>2s wrong.field:1 st");
  await expect(options(page).first()).toBeVisible();
  await page.keyboard.press("ArrowDown");
  await expectAccessible(page);
  await page.goto("/?q=status:failed");
  await expect(page.getByRole("alert")).toBeVisible();
  await expectAccessible(page);
});

test("fits a phone, with matches and facets", async ({ page, receiver }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await receiver.log(charged("phone-1", "ch_phone1"));
  await open(page, "/?q=ch_phone1");
  await expect(rows(page).locator("mark").first()).toHaveText("ch_phone1");
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  await page.getByRole("button", { name: "Facets" }).click();
  await expect(page.getByRole("dialog", { name: "Facets" })).toContainText("Charge card");
  await page.keyboard.press("Escape");
  await rows(page)
    .getByRole("link", { name: /^Charge card/ })
    .click();
  await expect(page.getByRole("dialog", { name: "Details" })).toContainText("ch_phone1");
});
