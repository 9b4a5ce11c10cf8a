import type { SpaceReport } from "@/api";
import { expect, expectAccessible, open, rows, test } from "./test";

test("the settings say what takes the space and lead to the runs concerned", async ({ page }) => {
  await open(page, "/");
  await page.getByRole("link", { name: "Settings" }).click();
  await expect(page).toHaveURL(/\/settings$/);
  const parts = page.getByRole("table", { name: "Parts of the history" });
  await expect(parts.getByRole("row").filter({ hasText: "Rows" })).toContainText(/\d+ (KB|MB)/);
  await expect(page.getByRole("table", { name: "Limits" })).toContainText("at most 10 GB");
  await expect(page.getByRole("alert")).toHaveCount(0);
  await expectAccessible(page);

  await page
    .getByRole("table", { name: "Once the budget is full, for one day of growth" })
    .getByRole("link")
    .first()
    .click();
  await expect(page).toHaveURL(/workflow=[\w-]+&status=\w+&after=.+&before=.+/);
  await expect(rows(page).first()).toBeVisible();

  await page.goBack();
  await page
    .getByRole("table", { name: "Space by workflow" })
    .getByRole("link", { name: "Order intake" })
    .click();
  await expect(page).toHaveURL(/\?workflow=order-intake$/);
});

test("the settings warn when protected runs alone exceed the budget", async ({ page }) => {
  // A history whose starred runs exceed the smallest budget of 256 MB would take minutes to make.
  await page.route("**/api/space*", async (route) => {
    const answer = await route.fetch();
    const report = (await answer.json()) as SpaceReport;
    report.limits.maxBytes = 256 * 2 ** 20;
    report.space.protected = {
      ...report.space.protected,
      starred: 1_200,
      newestGood: 3,
      bytes: 300 * 2 ** 20,
      exceedsBudget: true,
    };
    await route.fulfill({ response: answer, json: report });
  });
  await open(page, "/settings");
  const warning = page.getByRole("alert");
  await expect(warning).toBeVisible();
  await expect(warning).toContainText("300 MB");
  await expect(warning).toContainText("max_size");
  await expect(page.getByRole("table", { name: "Limits" })).toContainText("at most 256 MB");
  await expectAccessible(page);
});
