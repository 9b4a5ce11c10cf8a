import { record } from "./receiver";
import { expect, open, test } from "./test";
import { takePicture } from "./picture";

const PHONE = { width: 390, height: 844 };
const SMALL = { width: 1280, height: 800 };

const answer = {
  model: "gpt-4o-2024-08-06",
  choices: [
    {
      finish_reason: "stop",
      message: { role: "assistant", content: "**Rain** in Oslo.\n\n- 7 °C\n- wind from the west" },
    },
  ],
  usage: { prompt_tokens: 4000, completion_tokens: 1000 },
};
const question = {
  model: "gpt-4o",
  messages: [
    { role: "system", content: "Answer in one sentence." },
    { role: "user", content: "Weather in Oslo?" },
  ],
};
const models = record("weather", {
  workflowName: "Weather report",
  nodeExecutions: [
    {
      ...{ sequence: 0, nodeId: "ask", nodeName: "Ask a model", nodeType: "openaiCompletion" },
      ...{ status: "success", durationMs: 900, input: question, output: answer },
    },
  ],
});

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`in ${colorScheme}`, () => {
    test.use({ colorScheme, deviceScaleFactor: 1.5 });

    test("phone", async ({ page }) => {
      await page.setViewportSize(PHONE);
      await open(page, "/?last=24h");
      await expect(page.getByTestId("histogram").locator("svg")).toBeVisible();
      await expect(page.getByTestId("differs").first()).toBeVisible();
      await takePicture(page, "phone-list", colorScheme);
      await open(page, "/executions/order-declined");
      await page.getByRole("row", { name: /Charge card/ }).click();
      const sheet = page.getByRole("dialog", { name: "Details" });
      await expect(sheet.getByText("Your card was declined").first()).toBeVisible();
      await takePicture(page, "phone-error", colorScheme);
    });

    test("models", async ({ page, receiver }) => {
      await page.setViewportSize(SMALL);
      await receiver.log(models);
      await open(page, "/executions/weather?node=0");
      await expect(page.getByTestId("conversation")).toContainText("wind from the west");
      await takePicture(page, "models", colorScheme);
    });

    test("loop", async ({ page, receiver }) => {
      await page.setViewportSize(SMALL);
      const nodes = ["Load", "Each item", "Check", "Store", "Check", "Store", "Report"];
      await receiver.log(
        record("loop", {
          nodeExecutions: nodes.map((name, sequence) => ({
            ...{ sequence, nodeId: name, nodeName: name, nodeType: "script", status: "success" },
            ...{ durationMs: 300, ...(sequence > 1 && sequence < 6 && { parentSequence: 1 }) },
          })),
        }),
      );
      await open(page, "/executions/loop?view=graph");
      await expect(page.locator(".react-flow__node-group")).toContainText("2 nodes within");
      await takePicture(page, "loop", colorScheme);
    });

    test("settings", async ({ page }) => {
      await page.setViewportSize(SMALL);
      await open(page, "/settings");
      await expect(page.getByRole("heading").first()).toBeVisible();
      await expect(page.getByText("Payloads").first()).toBeVisible();
      await takePicture(page, "settings", colorScheme);
    });
  });
}
