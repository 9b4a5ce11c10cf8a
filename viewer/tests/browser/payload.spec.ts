import type { Page } from "@playwright/test";
import { expect, open, rows, test } from "./test";

test.use({
  receiverOptions: { scenario: "everything", largeMib: 1, nodes: 50 },
  permissions: ["clipboard-read", "clipboard-write"],
});

const NODES = ["scalars", "marks", "secrets", "table", "numbers", "matrix", "markdown", "html"];
const MORE = ["image", "nested", "text", "none", "xss", "large"];
const output = (page: Page) => page.getByRole("region", { name: "Output" });
const item = (page: Page, text: string | RegExp) =>
  output(page).getByRole("treeitem").filter({ hasText: text });
const clipboard = (page: Page) => page.evaluate(() => navigator.clipboard.readText());

async function openOutput(page: Page, name: string) {
  await open(page, `/executions/gallery?node=${[...NODES, ...MORE].indexOf(name)}`);
  await expect(output(page).getByRole("treeitem").first()).toHaveAttribute("aria-posinset");
}

async function unfold(page: Page, text: string | RegExp) {
  await item(page, text).first().locator("[data-fold]").first().click();
}

test("shows values as they are, numbers not rounded", async ({ page }) => {
  await openOutput(page, "scalars");
  await expect(item(page, "big:")).toContainText("12345678901234567890123456789");
  await expect(item(page, "small:")).toContainText("1e-300");
  await expect(item(page, "empty list:")).toContainText("[0]");
  await expect(item(page, "empty list:")).not.toHaveAttribute("aria-expanded");
  await unfold(page, "long:");
  await expect(output(page).getByRole("region", { name: "Text" })).toContainText("lorem ipsum");
});

test("shows marks as marks, never as data", async ({ page }) => {
  await openOutput(page, "marks");
  await expect(item(page, "price:")).toContainText(/1\.10\s*decimal/);
  await expect(item(page, "body:")).toContainText("truncated");
  await expect(item(page, "dropped:")).toContainText("not kept");
  await expect(item(page, "failed:")).toContainText("removed");
  await expect(item(page, "self:")).toContainText("cycle");
  await unfold(page, "rows:");
  await expect(item(page, "958 more, not kept")).toBeVisible();
  await unfold(page, "rest:");
  await expect(item(page, "12 more, not kept")).toBeVisible();
  await unfold(page, "tags:");
  await unfold(page, "items:");
  await expect(item(page, '"b"').first()).toBeVisible();
  await expect(output(page).getByText("$flightlog", { exact: false })).toHaveCount(0);
});

test("shows redactions as marks that tell secrets apart", async ({ page }) => {
  await openOutput(page, "secrets");
  await expect(item(page, "password:")).toContainText("redacted 3f9a");
  await expect(item(page, "token:")).toContainText("redacted 9f2c");
  await expect(output(page).getByText("[REDACTED")).toHaveCount(0);
});

test("pages a long list, and jumps to any index", async ({ page }) => {
  await openOutput(page, "numbers");
  await output(page).getByRole("tree").focus();
  await page.keyboard.press("End");
  const next = output(page).getByRole("button", { name: "next 100" });
  await expect(next).toBeVisible();
  await next.click();
  await expect(item(page, "100:").first()).toBeVisible();
  await output(page).getByRole("tree").focus();
  await page.keyboard.press("End");
  await expect(output(page).getByText("0–199 of 5,000")).toBeVisible();
  await output(page).getByRole("textbox", { name: "go to" }).fill("4321");
  await page.keyboard.press("Enter");
  await expect(item(page, "4321:")).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("Home");
  await expect(output(page).getByRole("button", { name: "previous 100" })).toBeVisible();
});

test("goes down 120 levels", async ({ page }) => {
  await openOutput(page, "nested");
  await output(page).getByRole("tree").focus();
  await page.keyboard.press("Home");
  for (let level = 0; level < 20; level += 1) {
    const open = output(page).locator("[role=treeitem][aria-selected=true]");
    if ((await open.getAttribute("aria-expanded")) === "false")
      await page.keyboard.press("ArrowRight");
    await expect(open).toHaveAttribute("aria-expanded", "true");
    await expect(output(page).getByRole("status")).toHaveCount(0);
    await page.keyboard.press("ArrowRight");
  }
  await expect(output(page).locator("code")).toHaveText(/^\$(\.in\[0\]){8,}/);
});

test("copies the path and the value, and finds executions with it", async ({ page }) => {
  await openOutput(page, "scalars");
  await item(page, "url:").click();
  await expect(output(page).locator("code")).toHaveText("$.url");
  await output(page).getByRole("button", { name: "Copy path" }).click();
  await expect(page.getByText("Copied the path")).toBeVisible();
  expect(await clipboard(page)).toBe("$.url");
  await output(page).getByRole("button", { name: "Copy value" }).click();
  await expect(page.getByText("Copied the value")).toBeVisible();
  expect(await clipboard(page)).toBe("https://example.com/a?b=c#d");
  await item(page, "long:").click({ position: { x: 20, y: 10 } });
  await output(page).getByRole("button", { name: "Copy value" }).click();
  await expect.poll(() => clipboard(page)).toBe("lorem ipsum dolor ".repeat(600));
  await item(page, "date:").click();
  await output(page).getByRole("button", { name: "Find runs with this value" }).click();
  await page.getByRole("menuitem", { name: /^at this path output\.date:/ }).click();
  await expect(page).toHaveURL(/\/\?q=output\.date:%222026-11-22T19:04:11Z%22$/);
  await expect(rows(page)).toHaveCount(1);
});

test("searches names and values, and selects by JSONPath", async ({ page }) => {
  await openOutput(page, "table");
  await output(page)
    .getByRole("button", { name: /^Search in it/ })
    .click();
  await page.keyboard.type("row 17");
  const matches = output(page).getByRole("list", { name: "Matches" });
  await expect(output(page).getByText("11 matches")).toBeVisible();
  await matches.getByRole("button", { name: /\$\[173\]\.name/ }).click();
  await expect(item(page, 'name:"row 173"')).toHaveAttribute("aria-selected", "true");
  const field = output(page).getByRole("textbox", { name: "Search in the payload" });
  await field.fill("$[?@.only == 'here'].id");
  await field.press("Enter");
  await expect(output(page).getByText("25 matches")).toBeVisible();
  await field.fill("$[?");
  await field.press("Enter");
  await expect(output(page).getByRole("alert")).toBeVisible();
  await field.press("Escape");
  await expect(field).toHaveCount(0);
});

test("shows a list of similar objects as a table", async ({ page }) => {
  await openOutput(page, "table");
  await output(page).getByRole("button", { name: "As a table" }).click();
  const table = output(page).getByRole("table");
  await expect(table.getByRole("columnheader")).toHaveText([
    "#",
    "id",
    "name",
    "ok",
    "more",
    "only",
  ]);
  await expect(table.getByRole("row")).toHaveCount(101);
  await output(page).getByRole("button", { name: "Next rows" }).click();
  await expect(output(page).getByText("101–200 of 250")).toBeVisible();
  await expect(table.getByRole("row").nth(1)).toContainText("row 100");
  await output(page).getByRole("button", { name: "Tree" }).click();
  await expect(output(page).getByRole("tree")).toBeVisible();
});

test("shows Markdown rendered, and as the text that it is", async ({ page }) => {
  await openOutput(page, "markdown");
  const text = output(page).getByRole("region", { name: "Text" });
  await expect(text.getByRole("heading", { name: "Weekly report" })).toBeVisible();
  await expect(text.getByRole("cell", { name: "Oak chair" })).toBeVisible();
  const link = text.getByRole("link", { name: "the figures" });
  await expect(link).toHaveAttribute("rel", /noopener noreferrer/);
  await expect(text.getByRole("link", { name: "click" })).toHaveCount(0);
  await expect(text.locator("img, script")).toHaveCount(0);
  await output(page).getByRole("button", { name: "Text", exact: true }).click();
  await expect(text.locator("pre")).toContainText("# Weekly report");
  await output(page).getByRole("button", { name: "read raw" }).click();
  await expect(page.getByRole("dialog").getByRole("textbox", { name: "Raw text" })).toContainText(
    "# Weekly report",
  );
});

test("shows pictures, drawn from their bytes; SVG stays a text", async ({ page }) => {
  await openOutput(page, "image");
  await unfold(page, "picture:");
  const picture = output(page).getByRole("img", { name: /picture/ });
  await expect(picture).toHaveAttribute("src", /^blob:/);
  await expect(output(page).getByText("10 × 10")).toBeVisible();
  await unfold(page, "vector:");
  await expect(output(page).getByRole("region", { name: "Text" })).toContainText("data:image/svg");
  await expect(output(page).getByRole("img", { name: /picture/ })).toHaveCount(1);
});

test("shows the raw JSON, and downloads it", async ({ page }) => {
  await openOutput(page, "scalars");
  await output(page).getByRole("button", { name: "Raw text" }).click();
  await expect(output(page).getByRole("textbox", { name: "Raw JSON" })).toContainText(
    '"big":12345678901234567890123456789',
  );
  const download = page.waitForEvent("download");
  await output(page).getByRole("button", { name: "Download" }).click();
  expect((await download).suggestedFilename()).toBe("gallery-0-output.json");
});

test("unfolds by keyboard alone", async ({ page }) => {
  await openOutput(page, "scalars");
  const tree = output(page).getByRole("tree");
  await tree.focus();
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowUp");
  const chosen = output(page).locator("[role=treeitem][aria-selected=true]");
  await expect(chosen).toContainText("a/b~c:");
  await page.keyboard.press("ArrowRight");
  await expect(chosen).toHaveAttribute("aria-expanded", "true");
  await expect(
    output(page).locator("[role=treeitem][aria-level='2'][aria-posinset]"),
  ).toBeVisible();
  await page.keyboard.press("ArrowRight");
  await expect(output(page).locator("code")).toHaveText('$["a/b~c"][""]');
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  await expect(chosen).toHaveAttribute("aria-expanded", "false");
});

test("a payload is never markup, wherever it stands", async ({ page, receiver }) => {
  // Many pages, one after another.
  test.slow();
  const answer = await receiver.get("/api/summaries?text=Attack&limit=50");
  const { summaries } = (await answer.json()) as { summaries: { id: string }[] };
  expect(summaries.length).toBeGreaterThan(10);
  for (const { id } of summaries) {
    await open(page, `/executions/${encodeURIComponent(id)}`);
    await page.getByRole("button", { name: "whole stack" }).click();
    await expect(output(page).getByRole("treeitem").first()).toBeVisible();
    await page.keyboard.press("2");
    await expect(page.locator("[data-step]").first()).toBeVisible();
    await page.keyboard.press("3");
    await expect(page.getByRole("grid", { name: "Nodes" }).getByRole("row")).toHaveCount(3);
    expect(await page.evaluate(() => "__xss" in window)).toBe(false);
  }
  for (const name of ["xss", "html", "markdown", "image"]) {
    await openOutput(page, name);
    const folds = output(page).locator("[aria-expanded=false] [data-fold]:first-child");
    for (let left = await folds.count(); left > 0; left -= 1) await folds.first().click();
    await output(page).getByRole("button", { name: "Raw text" }).click();
    await expect(output(page).getByRole("textbox", { name: "Raw JSON" })).toBeVisible();
    expect(await page.evaluate(() => "__xss" in window)).toBe(false);
  }
});
