import { record } from "./receiver";
import { expect, expectAccessible, open, test } from "./test";

const node = (sequence: number, content: string) => ({
  sequence,
  nodeId: `ask-${sequence}`,
  nodeName: "Ask a model",
  nodeType: "openaiCompletion",
  status: "success",
  durationMs: 900,
  input: { model: "gpt-4o", messages: [{ role: "user", content: "Weather in Oslo?" }] },
  output: {
    model: "gpt-4o-2024-08-06",
    choices: [
      {
        finish_reason: "stop",
        message: {
          role: "assistant",
          content,
          tool_calls: [
            { id: "call_1", function: { name: "weather", arguments: '{"city":"Oslo"}' } },
          ],
        },
      },
    ],
    usage: { prompt_tokens: 4000, completion_tokens: 1000 },
  },
});

test("a model's node shows its conversation, tokens and cost", async ({ page, receiver }) => {
  const answer =
    "# Oslo\n\n**Rain** today.\n\n- 7 °C\n\n<img src=x onerror=alert(1)>\n[x](javascript:alert(1))";
  await receiver.log(record("asks", { nodeExecutions: [node(0, answer), node(1, "Hello.")] }));
  page.on("dialog", () => expect("a dialog").toBe("none"));
  await open(page, "/executions/asks?node=0");
  await expect(page.getByRole("banner")).toContainText("2 model calls · 10,000 tokens · $0.040");
  const conversation = page.getByTestId("conversation");
  await expect(conversation).toContainText("gpt-4o-2024-08-06");
  await expect(conversation).toContainText("4,000 in · 1,000 out");
  await expect(conversation).toContainText("$0.020");
  const messages = conversation.getByRole("list", { name: "Messages" });
  await expect(messages).toContainText("Weather in Oslo?");
  await expect(messages.getByRole("heading", { name: "Oslo" })).toBeVisible();
  await expect(messages).toContainText("calls weather");
  await expect(messages.locator("img, a[href^=javascript]")).toHaveCount(0);
  await expectAccessible(page);
  await page.screenshot({ path: test.info().outputPath("conversation.png") });
});

test("the list and the overview have the sums of indexed runs", async ({ page, receiver }) => {
  await receiver.log(record("summed", { nodeExecutions: [node(0, "Hi."), node(1, "Hello.")] }));
  // The search index finds the calls a moment later, and announces nothing.
  await expect(async () => {
    await open(page, "/?q=id:summed");
    const sum = page.getByTestId("model-sum");
    await expect(sum).toHaveText("10,000 tokens · $0.040", { timeout: 1_000 });
    await expect(sum).toHaveAttribute("title", "2 model calls · gpt-4o-2024-08-06");
  }).toPass();
  await open(page, "/overview");
  const models = page.getByRole("table", { name: "Tokens by model" });
  await expect(models.getByRole("row", { name: /^gpt-4o-2024-08-06/ })).toContainText("$");
  await expectAccessible(page);
  await page.screenshot({ path: test.info().outputPath("overview-models.png"), fullPage: true });
});
