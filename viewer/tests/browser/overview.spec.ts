import { expect, open, rows, test } from "./test";

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
