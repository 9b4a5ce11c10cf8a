import type { Page } from "@playwright/test";
import { record } from "./receiver";
import { expect, expectAccessible, open, test } from "./test";

test.use({ permissions: ["clipboard-read", "clipboard-write"] });

const clipboard = (page: Page) => page.evaluate(() => navigator.clipboard.readText());

async function act(page: Page, name: string | RegExp) {
  await page.getByRole("button", { name: "Actions" }).click();
  await page.getByRole("menuitem", { name }).click();
}

test("goes to the previous and the next run of the workflow", async ({ page }) => {
  await open(page, "/executions/order-declined?view=table");
  await page.getByRole("button", { name: "Previous run of the workflow" }).click();
  await expect(page).not.toHaveURL(/order-declined/);
  await expect(page).toHaveURL(/view=table/);
  await expect(page.getByRole("banner")).toContainText("Order intake");
  await page.keyboard.press("]");
  await expect(page).toHaveURL(/order-declined/);
});

test("opens sub-workflows, their parent, and what is replayed", async ({ page }) => {
  await open(page, "/executions/order-ok");
  await page.getByRole("button", { name: "Actions" }).click();
  await page
    .getByRole("menuitem", { name: /Send mail/ })
    .first()
    .click();
  await expect(page).toHaveURL(/\/executions\/mail-\d/);
  await act(page, "Open the run that started this one");
  await expect(page).toHaveURL(/\/executions\/order-ok/);
  await open(page, "/executions/again");
  await act(page, "Open the run that this one repeats");
  await expect(page).not.toHaveURL(/\/executions\/again/);
});

test("copies the trigger as cURL, the run as JSON, and outputs for pinning", async ({ page }) => {
  await open(page, "/executions/order-ok");
  await act(page, "Copy as cURL");
  await expect(page.getByText("Copied the cURL command")).toBeVisible();
  expect(await clipboard(page)).toMatch(/^curl --globoff .*'http:\/\/localhost:8000\/'/s);
  await act(page, "Copy as JSON");
  await expect(page.getByText("Copied the run as JSON")).toBeVisible();
  expect(JSON.parse(await clipboard(page))).toMatchObject({ id: "order-ok" });
  await act(page, /Copy all outputs for pinning/);
  await expect(page.getByText(/Copied \d outputs for pinning/)).toBeVisible();
  const pinned = JSON.parse(await clipboard(page)) as { nodePins: { nodeId: string }[] };
  expect(pinned).toMatchObject({ workflowId: "order-intake" });
  expect(pinned.nodePins.map((pin) => pin.nodeId)).toContain("charge");
});

test("shares a run as one file that needs no network", async ({ page }, info) => {
  await open(page, "/executions/order-declined");
  const download = page.waitForEvent("download");
  await act(page, "Share as one file");
  const file = info.outputPath("run.html");
  expect((await download).suggestedFilename()).toBe("flightlog-order-declined.html");
  await (await download).saveAs(file);
  await expect(page.getByText(/^Saved a page of/)).toBeVisible();
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto(`file://${file}`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Order intake");
  await expect(page.locator("details.node[open]")).toContainText("card_declined");
  await page.getByText("Fetch user").click();
  await expectAccessible(page);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow).toBeLessThanOrEqual(0);
});

test("keeps numbers as they were written in what it copies", async ({ page, receiver }) => {
  await receiver.log(record("big"));
  await fetch(`${receiver.url}/api/executions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(record("big-number")).replace(
      '"data":{"id":"big-number"}',
      '"data":{"method":"PUT","path":"/a b","headers":{"host":"shop.test"},"body":{"n":12345678901234567890}}',
    ),
  });
  await open(page, "/executions/big-number");
  await expect(page.getByRole("banner")).toContainText("PUT /a b");
  await act(page, "Copy as cURL");
  await expect(page.getByText("Copied the cURL command")).toBeVisible();
  const command = await clipboard(page);
  expect(command).toContain('{"n":12345678901234567890}');
  expect(command).toContain("'http://shop.test/a%20b'");
});

test("stars, exports, and deletes with undo", async ({ page, receiver }) => {
  await receiver.log(record("to-keep"), record("to-delete"));
  await open(page, "/executions/to-keep");
  const star = page.getByRole("button", { name: "Star", exact: true });
  await star.click();
  await expect(page.getByRole("button", { name: "Remove the star" })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("button", { name: "Remove the star" })).toBeVisible();
  const download = page.waitForEvent("download");
  await act(page, "Export");
  expect((await download).suggestedFilename()).toBe("to-keep.ndjson");
  await act(page, "Delete");
  await expect(page).toHaveURL(/\/$/);
  await page.getByRole("button", { name: "Undo" }).click();
  await open(page, "/executions/to-keep");
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Posted to-keep");
});

test("shows what started the run", async ({ page }) => {
  await open(page, "/executions/order-ok");
  await page.getByRole("button", { name: /^http\b/ }).click();
  await expect(page).toHaveURL(/node=trigger/);
  await expect(page.getByRole("region", { name: "Data" })).toContainText('"POST"');
});
