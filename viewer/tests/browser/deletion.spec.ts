import { record } from "./receiver";
import { expect, open, rows, test } from "./test";

test("deletes after a while in which it can be undone", async ({ page, receiver }) => {
  await receiver.log(record("del-1"), record("del-2"));
  await page.clock.install();
  await open(page, "/?q=id:del-");
  await expect(rows(page)).toHaveCount(2);
  await rows(page).first().getByRole("checkbox").click();
  await page.getByRole("button", { name: "Delete" }).click();
  await expect(rows(page)).toHaveCount(1);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(rows(page)).toHaveCount(2);

  await rows(page).first().getByRole("checkbox").click();
  await page.getByRole("button", { name: "Delete" }).click();
  await expect(rows(page)).toHaveCount(1);
  const sent = page.waitForResponse(
    (answer) =>
      answer.url().endsWith("/api/deletions") &&
      answer.request().postData()?.includes("afterMs") === false,
  );
  await page.clock.fastForward(8000);
  expect(await (await sent).json()).toEqual({ deleted: 1 });
  await expect(rows(page)).toHaveCount(1);
  expect([await receiver.has("del-1"), await receiver.has("del-2")].filter(Boolean)).toHaveLength(
    1,
  );
});

test("the rest follows when all that is loaded is deleted, before it is done", async ({
  page,
  receiver,
}) => {
  const ids = Array.from({ length: 130 }, (_, index) => `all-${index}`);
  await receiver.log(...ids.map((id) => record(id, { workflowId: "delete-all" })));
  await open(page, "/?workflow=delete-all");
  await rows(page).first().getByRole("checkbox").check();
  await page.getByRole("button", { name: /^Select all 100/ }).click();
  await page.getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("100 executions deleted")).toBeVisible();
  await expect(rows(page).first()).toContainText("Posted all-");
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByText("100 executions deleted")).toHaveCount(0);
  await expect(rows(page).first()).toContainText("Posted all-");
});

test("a deletion is sent when the page goes away before", async ({ page, receiver }) => {
  await receiver.log(record("leaving"), record("leaving-not"));
  await open(page, "/?q=id:leaving");
  const row = rows(page).filter({ has: page.getByRole("checkbox", { name: /, leaving$/ }) });
  await row.getByRole("link").focus();
  await page.keyboard.press("#");
  await expect(rows(page).getByRole("link")).toBeFocused();
  await expect(page.getByText("Execution deleted")).toBeVisible();
  await page.goto("about:blank");
  await expect.poll(() => receiver.has("leaving")).toBe(false);
});
