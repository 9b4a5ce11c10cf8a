import { Receiver } from "./receiver";
import { expect, expectAccessible, open, rows, test } from "./test";

// A low page, because axe's time grows with the number of drawn rows.
test.use({ reducedMotion: "reduce", viewport: { width: 1280, height: 480 } });

test("the list has no violation, selected or not", async ({ page }) => {
  await open(page);
  await expect(rows(page).first()).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await expect(page.getByText("1 selected")).toBeVisible();
  await expectAccessible(page);
});

test("menus and sheets have no violation", async ({ page }) => {
  await open(page);
  await page.getByRole("button", { name: "workflow" }).click();
  await expect(page.getByRole("menu")).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  await expect(page.getByRole("menu")).toHaveCount(0);
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog")).toBeVisible();
  await expectAccessible(page);
});

test("the overview has no violation", async ({ page }) => {
  await open(page, "/overview");
  await expect(page.getByTestId("chart-runs").locator("canvas")).toBeVisible();
  await expect(page.getByRole("table", { name: "Slowest nodes" })).toBeVisible();
  await expectAccessible(page);
});

test("no match, and a phone, have no violation", async ({ page }) => {
  await open(page, "/?q=no-such-text-anywhere");
  await expect(page.getByRole("button", { name: /^Without/ })).toBeVisible();
  await expectAccessible(page);
  await page.setViewportSize({ width: 390, height: 844 });
  await open(page);
  await expect(rows(page).first()).toBeVisible();
  await expectAccessible(page);
});

test("the first start has no violation", async ({ page }) => {
  const receiver = await Receiver.start({ scenario: "empty" });
  try {
    const context = await page.context().browser()?.newContext();
    if (context === undefined) throw new Error("There is a browser.");
    const empty = await context.newPage();
    await open(empty, receiver.link);
    await expect(empty.getByText("Waiting for the first execution")).toBeVisible();
    await expectAccessible(empty);
    await context.close();
  } finally {
    await receiver.stop();
  }
});

test("by keyboard one skips to the content, and sees where one is", async ({ page }) => {
  await open(page);
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
});
