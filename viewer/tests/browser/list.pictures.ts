import { record } from "./receiver";
import { expect, open, rows, test } from "./test";
import { takePicture } from "./picture";

const now = Date.now();

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`in ${colorScheme}`, () => {
    test.use({ colorScheme, deviceScaleFactor: 1.5 });

    test("list", async ({ page, receiver }) => {
      await receiver.log(
        record("running-now", {
          workflowId: "nightly-sync",
          workflowName: "Nightly sync",
          projectId: "shop",
          status: "running",
          startedAt: new Date(now - 30_000).toISOString(),
          durationMs: undefined,
          trigger: { type: "scheduledTask" },
          nodeExecutions: ["success", "success", "success", "running", "pending", "pending"].map(
            (status, index) => ({
              nodeId: `node-${index}`,
              nodeName: `Node ${index}`,
              nodeType: "script",
              status,
            }),
          ),
        }),
      );
      await open(page, "/?last=24h");
      await expect(rows(page).first()).toBeVisible();
      await expect(page.getByTestId("histogram").locator("svg")).toBeVisible();
      await expect(page.getByTestId("differs").first()).toBeVisible();
      await takePicture(page, "list", colorScheme);
    });

    test("search", async ({ page }) => {
      await open(page, "/?q=SKU-00012+node:Charge&last=7d");
      await expect(rows(page).locator("mark").first()).toBeVisible();
      await page.keyboard.press("f");
      await expect(page.getByRole("region", { name: "Node" })).toBeVisible();
      await expect(page.getByTestId("histogram").locator("svg")).toBeVisible();
      await takePicture(page, "search", colorScheme);
    });

    test("overview", async ({ page }) => {
      await open(page, "/overview?last=24h");
      await expect(page.getByTestId("chart-durations").locator("canvas")).toBeVisible();
      await expect(page.getByRole("table", { name: "Slowest nodes" })).toBeVisible();
      await takePicture(page, "overview", colorScheme);
    });
  });
}
