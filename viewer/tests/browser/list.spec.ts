import { readFile } from "node:fs/promises";
import { record } from "./receiver";
import { expect, open, rows, test } from "./test";

test("shows executions as they went, the newest first", async ({ page }) => {
  // Show one workflow, because other tests of the same receiver post runs of other workflows.
  await open(page, "/?workflow=order-intake");
  const declined = rows(page).filter({ hasText: "card_declined" }).first();
  await expect(declined).toContainText("Order intake");
  await expect(declined).toContainText("charge:");
  await expect(declined.getByRole("img", { name: "error" })).toBeVisible();
  await expect(declined.getByRole("img", { name: /of \d+ nodes, \d failed/ })).toBeVisible();
  const times = await rows(page)
    .locator("time")
    .evaluateAll((all) => all.map((time) => (time as HTMLTimeElement).dateTime));
  expect(times).toEqual([...times].sort().reverse());
  const time = rows(page).locator("time").first();
  await time.hover();
  await expect(time).toHaveAttribute("title", /\d\d:\d\d:\d\d\.\d{3}/);
});

test("filters by status, with counts, in the address", async ({ page }) => {
  await open(page);
  const status = page.getByRole("group", { name: "Status" });
  await expect(status.getByRole("button", { name: /^All \d/ })).toBeVisible();
  await status.getByRole("button", { name: /^error/ }).click();
  await expect(page).toHaveURL(/\?status=error$/);
  await expect(rows(page).filter({ hasText: "Nightly sync" })).toHaveCount(0);
  await expect(rows(page).getByRole("img", { name: "success", exact: true })).toHaveCount(0);
  await expect(page.getByRole("combobox", { name: "Search executions" })).toHaveValue(
    "status:error",
  );
  await page.goBack();
  await expect(page).toHaveURL(/\/$/);
  await expect(rows(page).getByRole("img", { name: "success", exact: true })).not.toHaveCount(0);
});

test("filters by workflow, trigger, mode, duration and star", async ({ page }) => {
  await open(page);
  await page.getByRole("button", { name: "workflow" }).click();
  await page.getByRole("menuitemcheckbox", { name: /Order intake/ }).click();
  await page.keyboard.press("Escape");
  await expect(page).toHaveURL(/workflow=order-intake/);
  await page.getByRole("button", { name: "trigger" }).click();
  await page.getByRole("menuitemradio", { name: "http", exact: true }).click();
  await expect(page).toHaveURL(/trigger=http/);
  await page.getByRole("button", { name: "mode" }).click();
  await page.getByRole("menuitemradio", { name: "test" }).click();
  await expect(page).toHaveURL(/mode=test/);
  await page.getByRole("button", { name: "duration", exact: true }).click();
  await page.getByRole("menuitemradio", { name: "1.0 s or more" }).click();
  await expect(page).toHaveURL(/min=1000/);
  await page.getByRole("button", { name: "Only starred" }).click();
  await expect(page).toHaveURL(/starred=true/);
});

test("a query finds values in payloads, and its error names the column", async ({ page }) => {
  await open(page);
  const box = page.getByRole("combobox", { name: "Search executions" });
  await box.fill("status:failed OR output.nothing:1");
  await box.press("Enter");
  await expect(page.getByText("at column 8")).toBeVisible();
  await expect(page.getByTestId("histogram-loading")).toHaveCount(0);
  await box.fill("any.no-such-name:* OR status:error");
  await expect(page).toHaveURL(/q=any\.no-such-name:\*\+OR\+status:error/);
  await expect(page.getByText("at column")).toHaveCount(0);
  // Other tests post failures, too, so the newest row may be theirs.
  await expect(rows(page).filter({ hasText: "card_declined" }).first()).toBeVisible();
});

test("searches by words and tokens", async ({ page }) => {
  await open(page);
  await page.keyboard.press("/");
  await page.keyboard.type("status:error node:charge declined");
  await expect(page).toHaveURL(/\?status=error&q=node:charge\+declined$/);
  await expect(rows(page).filter({ hasText: "card_declined" }).first()).toBeVisible();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Clear the search" }).click();
  await expect(page).toHaveURL(/\/$/);
});

test("nothing matches: says what was searched, and the nearest filter to drop", async ({
  page,
}) => {
  await open(page, "/?workflow=order-intake&q=no-such-text-anywhere");
  await expect(page.getByText("No executions match")).toBeVisible();
  await expect(page.getByRole("main").getByText("no-such-text-anywhere").first()).toBeVisible();
  await expect(page.getByText(/^Searched for this query, workflow order-intake in /)).toBeVisible();
  await page.getByRole("button", { name: /^Without query “no-such-text-anywhere”: \d+/ }).click();
  await expect(page).toHaveURL(/\?workflow=order-intake$/);
  await expect(rows(page).first()).toContainText("Order intake");
});

test("a range is chosen by dragging over the histogram, or from the menu", async ({ page }) => {
  await open(page);
  const box = await page.getByTestId("histogram").boundingBox();
  if (box === null) throw new Error("There is a histogram.");
  await page.mouse.move(box.x + box.width * 0.5, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width - 2, box.y + 20, { steps: 4 });
  await page.mouse.up();
  await expect(page).toHaveURL(/after=[\dT:.Z-]+&before=[\dT:.Z-]+/);
  await page.getByRole("button", { name: /–|since|before/ }).click();
  await page.getByRole("menuitemradio", { name: "last 7 days" }).click();
  await expect(page).toHaveURL(/\?last=7d$/);
});

test("keys: move, select, open, come back to the same place", async ({ page }) => {
  await open(page);
  await expect(rows(page).first()).toBeVisible();
  await page.keyboard.press("j");
  await expect(rows(page).nth(0).getByRole("link")).toBeFocused();
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  const second = rows(page).nth(1);
  await expect(second.getByRole("link")).toBeFocused();
  await page.keyboard.press("x");
  await expect(page.getByText("1 selected")).toBeVisible();
  await page.keyboard.press("J");
  await expect(page.getByText("2 selected")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByText("selected")).toHaveCount(0);
  for (let step = 0; step < 30; step += 1) await page.keyboard.press("j");
  const place = page.getByTestId("rows");
  await expect.poll(() => place.evaluate((element) => element.scrollTop)).toBeGreaterThan(0);
  const before = await place.evaluate((element) => element.scrollTop);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/executions\//);
  await page.goBack();
  await expect.poll(() => place.evaluate((element) => element.scrollTop)).toBe(before);
});

test("all keys are on one sheet, and lead to the pages", async ({ page }) => {
  await open(page);
  await page.keyboard.press("?");
  const sheet = page.getByRole("dialog", { name: "Keys" });
  await expect(sheet.getByText("Next execution")).toBeVisible();
  await expect(sheet.getByText("Overview")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(sheet).toHaveCount(0);
  await page.keyboard.press("g");
  await page.keyboard.press("o");
  await expect(page).toHaveURL(/\/overview$/);
  await page.keyboard.press("g");
  await page.keyboard.press("l");
  await expect(page).toHaveURL(/\/$/);
});

test("stars, and keeps them", async ({ page, receiver }) => {
  await receiver.log(record("to-star"));
  await open(page, "/?q=id:to-star");
  const row = rows(page).filter({ hasText: "Posted to-star" });
  await row.hover();
  const kept = page.waitForResponse((answer) => answer.url().endsWith("/star") && answer.ok());
  await row.getByRole("button", { name: "Star" }).click();
  await kept;
  await page.reload();
  await expect(row.getByRole("button", { name: "Remove the star" })).toBeVisible();
});

test("exports what is selected", async ({ page, receiver }) => {
  await receiver.log(record("export-1"), record("export-2"));
  await open(page, "/?q=id:export-");
  await rows(page).nth(0).getByRole("checkbox").click();
  await rows(page)
    .nth(1)
    .getByRole("checkbox")
    .click({ modifiers: ["Shift"] });
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export" }).click();
  const text = await readFile(await (await download).path(), "utf8");
  const ids = text
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { id: string }).id);
  expect(ids.sort()).toEqual(["export-1", "export-2"]);
});

test("other filters select nothing: what isn't seen is never deleted", async ({ page }) => {
  await open(page);
  await rows(page).first().getByRole("checkbox").click();
  await expect(page.getByText("1 selected")).toBeVisible();
  await page.keyboard.press("/");
  await page.keyboard.type("status:error");
  await expect(page).toHaveURL(/status=error/);
  await expect(page.getByText("selected")).toHaveCount(0);
});

test("an error is shown as an error, and tried again", async ({ page }) => {
  const problem = {
    title: "The history is busy",
    detail: "Another process holds it.",
    code: "store_busy",
    hint: "Try again.",
    retryable: true,
  };
  await page.route("**/api/summaries*", (route) =>
    route.fulfill({ status: 503, contentType: "application/problem+json", json: problem }),
  );
  await page.goto("/");
  const alert = page.getByRole("alert").filter({ hasText: "The history is busy" });
  await expect(alert).toContainText("Another process holds it.");
  await page.unroute("**/api/summaries*");
  // The list may try again by itself, before the click.
  await expect(async () => {
    const again = alert.getByRole("button", { name: "Try again" });
    if (await again.isVisible()) await again.click({ timeout: 1_000 });
    await expect(rows(page).first()).toBeVisible({ timeout: 1_000 });
  }).toPass();
});

test("asks for counts only when the first rows are there", async ({ page }) => {
  const told: string[] = [];
  const note = (event: string) => (request: { url: () => string }) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith("/api/")) told.push(`${event} ${pathname.slice("/api/".length)}`);
  };
  page.on("request", note("asks"));
  page.on("response", note("has"));
  await open(page);
  await expect(page.getByRole("button", { name: /^All \d/ })).toBeVisible();
  await expect.poll(() => told).toContain("has workflows");
  for (const sum of ["counts", "series", "workflows"]) {
    expect(told.indexOf(`asks ${sum}`)).toBeGreaterThan(told.indexOf("has summaries"));
  }
});

test("requests the first page once, beside the scripts", async ({ page }) => {
  const asked: string[] = [];
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (pathname === "/api/summaries") asked.push(request.url());
  });
  const answered = page.waitForResponse("**/api/summaries*");
  // The large script arrives last, however fast the machine is.
  await page.route("**/assets/viewer-*.js", async (route) => {
    await answered;
    await route.continue();
  });
  await open(page);
  await expect(rows(page).first()).toBeVisible();
  // The counts come after a reset that the live connection would cause.
  await expect(page.getByRole("button", { name: /^All \d/ })).toBeVisible();
  expect(asked).toHaveLength(1);
});

test("shows the list although the live connection doesn't open", async ({ page }) => {
  await page.route("**/api/events", () => undefined);
  await page.goto("/");
  await expect(rows(page).first()).toBeVisible();
});

test("the longest duration stays on its line, and within its column", async ({
  page,
  receiver,
}) => {
  await receiver.log(record("long-run", { workflowId: "long-run", durationMs: 86_340_000 }));
  for (const width of [1280, 800]) {
    await page.setViewportSize({ width, height: 720 });
    await open(page, "/?workflow=long-run");
    const cell = rows(page).first().locator(".fl-cell-duration");
    const text = cell.getByText("23 h 59 min");
    expect((await text.boundingBox())?.height).toBeLessThan(24);
    expect(await cell.evaluate((it) => it.scrollWidth - it.clientWidth)).toBe(0);
  }
});

test("fits a phone", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await open(page);
  await expect(rows(page).first()).toBeVisible();
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width).toBe(390);
  const box = await rows(page).first().boundingBox();
  expect(box?.height).toBe(56);
  // The filters are one line, which the focus scrolls.
  const all = page.getByRole("button", { name: /^All/ });
  const star = page.getByRole("button", { name: "Only starred" });
  await expect(star).not.toBeInViewport({ ratio: 1 });
  const [left, right] = [await all.boundingBox(), await star.boundingBox()];
  expect(Math.abs((left?.y ?? 0) - (right?.y ?? 99))).toBeLessThan(8);
  await star.focus();
  await expect(star).toBeInViewport({ ratio: 1 });
});

test("the theme is the system's until another is chosen, and stays", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "dark" });
  await open(page);
  const background = () =>
    page.evaluate(
      () => getComputedStyle(document.querySelector(".flightlog") ?? document.body).backgroundColor,
    );
  expect(await background()).toBe("rgb(19, 20, 23)");
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitemradio", { name: "light" }).click();
  expect(await background()).toBe("rgb(255, 255, 255)");
  await page.reload();
  expect(await background()).toBe("rgb(255, 255, 255)");
});

test("a click anywhere in a row opens its execution", async ({ page }) => {
  for (const cell of ["fl-cell-duration", "fl-cell-time"]) {
    await open(page, "/?workflow=order-intake");
    await rows(page).first().locator(`.${cell}`).click();
    await expect(page).toHaveURL(/\/executions\//);
  }
});
