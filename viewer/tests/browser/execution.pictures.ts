import { record } from "./receiver";
import { expect, open, test } from "./test";
import { takePicture } from "./picture";

const START = Date.now() - 120_000;
const ORDER = {
  orderId: 4711,
  amount: 4200,
  currency: "EUR",
  customer: { id: 7021, email: "[REDACTED:3f9a1c0b7d24]" },
  token: "[REDACTED:9f2c44aa01be]",
  items: [
    { sku: "SKU-00412", title: "Oak chair", quantity: 1, price: 89 },
    { sku: "SKU-00087", title: "Desk lamp", quantity: 2, price: 42 },
    { sku: "SKU-00931", title: "Bookshelf", quantity: 1, price: 349 },
  ],
};
const DECLINED = {
  message: "card_declined: Your card was declined",
  type: "app.charge.CardDeclinedError",
  kind: "exception",
  nodeId: "charge",
  stack: `Traceback (most recent call last):
  File "/srv/shop/app/charge.py", line 41, in charge
    raise CardDeclinedError(answer)
app.charge.CardDeclinedError: card_declined: Your card was declined`,
};
const ANSWER = `## Your order 4711

Your card was **declined** by the bank, so nothing was charged. You can

1. try another card, or
2. pay by invoice within 14 days.

| item | state |
|---|---|
| Oak chair | reserved until Friday |
| Desk lamp | reserved until Friday |

> The reservation ends by itself; there is nothing to cancel.
`;

let sequence = 0;

function step(
  [nodeId, nodeName, nodeType]: readonly [string, string, string],
  [from, to]: readonly [number, number],
  change: object = {},
) {
  sequence += 1;
  return {
    ...{ nodeId, nodeName, nodeType, sequence: sequence - 1, status: "success" },
    startedAt: new Date(START + from).toISOString(),
    completedAt: new Date(START + to).toISOString(),
    ...{ durationMs: to - from, input: { orderId: 4711 }, output: { ok: true } },
    ...change,
  };
}

function order(): object {
  sequence = 0;
  const RESERVE = ["reserve", "Reserve item", "postgresQuery"] as const;
  const CHARGE = ["charge", "Charge card", "httpRequest"] as const;
  const failed = { status: "error", error: DECLINED, input: ORDER };
  const refused = { error: { code: "card_declined", message: "Your card was declined" } };
  const nodes = [
    step(["validate", "Validate order", "validate"], [4, 38]),
    step(["fetch-user", "Fetch user", "httpRequest"], [40, 620]),
    step(["fetch-stock", "Fetch stock", "postgresQuery"], [40, 1180]),
    step(["reserve-all", "Reserve items", "loop"], [1190, 2010]),
    ...[1195, 1420, 1760].map((from, index) =>
      step(RESERVE, [from, from + 180 + 35 * index], { parentSequence: 3 }),
    ),
    step(CHARGE, [2020, 2710], { ...failed, attempt: 1, output: refused }),
    step(CHARGE, [3010, 4080], { ...failed, attempt: 2, output: { status: 402, ...refused } }),
    step(["confirm", "Confirm order", "pythonFunction"], [0, 0], {
      ...{ status: "skipped", startedAt: undefined, completedAt: undefined },
      ...{ durationMs: undefined, input: undefined, output: undefined },
    }),
  ];
  return record("0193a7f2-8c1e-7c3a-9d51-6a0f6a1c2b3d", {
    ...{ workflowId: "order-intake", workflowName: "Order intake", projectId: "shop" },
    ...{ status: "error", startedAt: new Date(START).toISOString(), durationMs: 4100 },
    ...{ error: DECLINED, executionMode: "production", nodeExecutions: nodes },
    trigger: { type: "http", data: { method: "POST", path: "/orders", body: ORDER } },
  });
}

function answer(): object {
  sequence = 0;
  const question = { model: "a-model", maxTokens: 800, messages: [{ role: "user", content: "…" }] };
  const given = { answer: ANSWER, tokens: { in: 412, out: 188 }, order: ORDER };
  const nodes = [
    step(["find", "Find order", "postgresQuery"], [3, 60], { output: ORDER }),
    step(["write", "Write answer", "anthropicCompletion"], [62, 2480], {
      ...{ input: question, output: given },
    }),
    step(["send", "Send mail", "httpRequest"], [2482, 2660]),
  ];
  return record("answer-4711", {
    ...{ workflowId: "answers", workflowName: "Answer a customer", projectId: "shop" },
    ...{ startedAt: new Date(START).toISOString(), durationMs: 2670, nodeExecutions: nodes },
  });
}

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`in ${colorScheme}`, () => {
    test.use({ colorScheme, deviceScaleFactor: 1.5 });

    test("timeline", async ({ page, receiver }) => {
      await receiver.log(order());
      await open(page, "/executions/0193a7f2-8c1e-7c3a-9d51-6a0f6a1c2b3d");
      await expect(page.getByText("redacted 9f2c")).toBeVisible();
      await takePicture(page, "timeline", colorScheme);
    });

    test("graph", async ({ page }) => {
      await open(page, "/executions/order-declined?view=graph");
      await expect(page.locator(".react-flow__edge")).toHaveCount(7);
      await expect(page.getByText("redacted 9f2c")).toBeVisible();
      await takePicture(page, "graph", colorScheme);
    });

    test("payload", async ({ page, receiver }) => {
      await receiver.log(answer());
      await open(page, "/executions/answer-4711?node=1");
      const output = page.getByRole("region", { name: "Output" });
      const text = output.getByRole("treeitem").filter({ hasText: "answer:" });
      await text.locator("[data-fold]").first().click();
      await expect(output.getByRole("heading", { name: "Your order 4711" })).toBeVisible();
      await takePicture(page, "payload", colorScheme);
    });
  });
}
