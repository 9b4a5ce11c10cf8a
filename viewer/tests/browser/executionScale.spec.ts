import { expect, open, test } from "./test";

test.use({ receiverOptions: { scenario: "everything", largeMib: 30, nodes: 5000 } });

const MIB = 1 << 20;

test("an execution of 5,000 nodes is one request and a screen of rows", async ({ page }) => {
  const asked = new Set<string>();
  page.on("request", (request) => {
    const { pathname, search } = new URL(request.url());
    if (pathname.endsWith("/outline")) asked.add(pathname + search);
  });
  await open(page, "/executions/nodes-5000");
  const timeline = page.getByRole("treegrid");
  await expect(timeline).toHaveAttribute("aria-rowcount", "250");
  // The request is repeated if the live connection opens after it, but there are no further pages.
  expect(asked.size).toBe(1);
  expect(await timeline.getByRole("row").count()).toBeLessThan(60);
  await timeline.press("Home");
  await timeline.press("ArrowRight");
  await expect(timeline).toHaveAttribute("aria-rowcount", "270");
  await timeline.press("End");
  await expect(timeline.getByRole("row").last()).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("3");
  const table = page.getByRole("grid", { name: "Nodes" });
  await expect(table).toHaveAttribute("aria-rowcount", "5001");
  expect(await table.getByRole("row").count()).toBeLessThan(60);
  await table.press("End");
  await expect(page).toHaveURL(/node=4999/);
  await page.keyboard.press("2");
  await expect(page.locator("[data-step][aria-pressed=true]")).toBeVisible();
  expect(await page.locator("[data-step]").count()).toBeLessThan(250);
});

test("a payload of 30 MiB opens by pages: the browser never holds it", async ({ page }) => {
  let received = 0;
  const asked: string[] = [];
  page.on("response", async (response) => {
    const { pathname, search } = new URL(response.url());
    if (!pathname.includes("/nodes/13/output")) return;
    asked.push(`${pathname.split("/output")[1] ?? ""}${search}`);
    received += (await response.body()).byteLength;
  });
  await open(page, "/executions/gallery?node=13");
  const output = page.getByRole("region", { name: "Output" });
  const rows = output.getByRole("treeitem").filter({ hasText: "rows:" });
  await expect(output.getByText("31 MB").first()).toBeVisible();
  await rows.locator("[data-fold]").first().click();
  await output.getByRole("tree").press("Home");
  await output.getByRole("tree").press("ArrowRight");
  await expect(output.getByRole("treeitem").filter({ hasText: "SKU-0000003" })).toBeVisible();
  await output.getByRole("button", { name: /^Search in it/ }).click();
  await page.keyboard.type("in the haystack");
  await page.keyboard.press("Enter");
  await expect(output.getByText("1 match")).toBeVisible();
  await output.getByRole("button", { name: "Raw text" }).click();
  await expect(output.getByText("262 kB of 31 MB")).toBeVisible();
  await output.getByRole("button", { name: "Read on" }).click();
  await expect(output.getByText("524 kB of 31 MB")).toBeVisible();
  expect(asked.filter((path) => /^(\?nodeId=[^&]*)?$/.test(path))).toHaveLength(2);
  expect(received).toBeLessThan(MIB);
});
