import { record } from "./receiver";
import { expect, expectAccessible, open, rows, test } from "./test";

test("every mark leads to the list behind it", async ({ page }) => {
  await open(page, "/overview");
  const errors = page.getByRole("table", { name: "Most frequent errors" });
  await errors
    .getByRole("link", { name: /card_declined/ })
    .first()
    .click();
  await expect(page).toHaveURL(
    /workflow=order-intake&status=error&q=error\.node:charge\+error:%22card_declined/,
  );
  await expect(rows(page).first()).toContainText("card_declined");

  await page.goBack();
  await errors.getByRole("row").nth(1).getByRole("link").last().click();
  await expect(page).toHaveURL(/\/executions\//);

  await page.goBack();
  await page
    .getByRole("table", { name: "Durations by workflow" })
    .getByRole("link", { name: "Order intake" })
    .click();
  await expect(page).toHaveURL(/\?workflow=order-intake$/);

  await page.goBack();
  await page.getByRole("table", { name: "Slowest nodes" }).getByRole("link").first().click();
  await expect(page).toHaveURL(/\?workflow=[\w-]+&min=\d+$/);
  await expect(rows(page).first()).toBeVisible();
});

test("begins with figures compared with the period before", async ({ page }) => {
  await open(page, "/overview?last=1h");
  const figures = page.getByRole("region", { name: "Figures" });
  await expect(figures).toContainText("last hour, compared with the hour before");
  await expect(figures.getByRole("definition").first()).toContainText(/^\d+/);
  await expect(figures.getByRole("term")).toHaveText(["Runs", "Failure rate", "p95"]);
  await page.goto("/overview");
  await expect(figures).toContainText("last 7 days, compared with the 7 days before");
  await expectAccessible(page);
});

test("errors are grouped by their pattern", async ({ page, receiver }) => {
  const failed = (number: number) =>
    record(`late-${number}`, {
      workflowId: `late-${number % 2}`,
      workflowName: `Late ${number % 2}`,
      status: "error",
      error: { message: `Gave up after ${number * 37} ms`, type: "app.GaveUp" },
    });
  await receiver.log(...Array.from({ length: 11 }, (_, number) => failed(number)));
  await open(page, "/overview");
  const row = page.getByRole("row", { name: /Gave up after ⟨n⟩ ms/ });
  await expect(row).toContainText("GaveUp");
  await expect(row.getByRole("cell").nth(1)).toContainText("Late 0, Late 1");
  await expect(row.getByRole("cell").nth(3)).toHaveText("11");
  await expect(row.getByRole("img", { name: /^11 over time/ })).toBeVisible();
  await row.getByRole("link").first().click();
  await expect(rows(page).first()).toContainText("Gave up after");
  await expect(page.getByRole("button", { name: /^All 11/ })).toBeVisible();
});

test("a point of a chart is opened by a click and by keys", async ({ page }) => {
  await open(page, "/overview");
  const chart = page.getByRole("slider", { name: "Runs over time" });
  await chart.focus();
  await page.keyboard.press("End");
  await expect(chart).toHaveAttribute("aria-valuetext", /: [\d,]+ runs/);
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/\?after=.+&before=.+/);
  await page.goBack();
  await expect(page.getByTestId("chart-durations").locator("canvas")).toBeVisible();
  await page
    .getByTestId("chart-durations")
    .locator(".u-over")
    .click({ position: { x: 200, y: 60 } });
  await expect(page).toHaveURL(/\/\?after=.+&before=.+/);
});

test("is about a time range and goes along with it", async ({ page }) => {
  await open(page, "/overview");
  await page.getByRole("button", { name: "any time" }).click();
  await page.getByRole("menuitemradio", { name: "last 7 days" }).click();
  await expect(page).toHaveURL(/\/overview\?last=7d$/);
  await page
    .getByRole("table", { name: "Durations by workflow" })
    .getByRole("link")
    .first()
    .click();
  await expect(page).toHaveURL(/last=7d/);
});

/** Count the requests of the overview that wait for their answers at the same time. */
function watchRequests() {
  const send = fetch;
  let waiting = 0;
  Object.assign(window, {
    mostWaiting: 0,
    fetch: async (path: string, init: RequestInit) => {
      if (!/\/api\/(comparison|nodes|errors|usage)/.test(path)) return send(path, init);
      waiting += 1;
      Object.assign(window, {
        mostWaiting: Math.max(waiting, Number(Reflect.get(window, "mostWaiting"))),
      });
      return send(path, init).finally(() => (waiting -= 1));
    },
  });
}

test("a query narrows all sections, one after another, and goes along with the links", async ({
  page,
}) => {
  await page.addInitScript(watchRequests);
  await open(page, "/?status=error&q=declined");
  await page.getByRole("link", { name: "Overview" }).click();
  await expect(page).toHaveURL(/\/overview\?status=error&q=declined$/);
  const workflows = page.getByRole("table", { name: "Durations by workflow" });
  await expect(workflows.getByRole("row")).toHaveCount(2);
  await expect(page.getByRole("table", { name: "Most frequent errors" })).toContainText("declined");
  await expect(page.getByRole("region", { name: "Figures" })).toContainText("100%");
  expect(await page.evaluate("mostWaiting")).toBe(1);
  await page.keyboard.press("/");
  await page.keyboard.type("status:success");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/overview\?status=success$/);
  await expect(workflows.getByRole("row")).not.toHaveCount(2);
  await page.getByRole("link", { name: "Show these runs" }).click();
  await expect(page).toHaveURL(/\/\?status=success$/);
  await page.goto("/overview?q=stauts:error");
  await expect(page.getByRole("alert")).toContainText("stauts");
});
