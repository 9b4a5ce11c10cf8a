import type { Summary } from "@/api";

const WORKFLOWS = [
  { id: "order-intake", name: "Order intake", trigger: "http", usualMs: 1200 },
  { id: "nightly-sync", name: "Nightly sync", trigger: "scheduled", usualMs: 95_000 },
  { id: "invoice-mail", name: "Invoice mail", trigger: "http", usualMs: 640 },
  { id: "stock-levels", name: "Stock levels", trigger: "manual", usualMs: 310 },
];

/** Make a typical execution. Equal numbers give equal executions. */
export function makeSummary(
  number: number,
  startedAt: string,
  change: Partial<Summary> = {},
): Summary {
  const workflow = WORKFLOWS[number % 5 === 4 ? 0 : number % 4] ?? WORKFLOWS[0];
  if (workflow === undefined) throw new Error("There are workflows.");
  const failed = number % 17 === 3;
  const durationMs = Math.round(workflow.usualMs * (0.5 + ((number * 7919) % 1000) / 700));
  return {
    id: `run-${String(number).padStart(8, "0")}`,
    workflowId: workflow.id,
    workflowName: workflow.name,
    status: failed ? "error" : "success",
    startedAt,
    completedAt: new Date(Date.parse(startedAt) + durationMs).toISOString(),
    durationMs,
    executionMode: number % 3 === 0 ? "test" : "production",
    triggerType: workflow.trigger,
    starred: false,
    nodes: {
      total: 8,
      done: failed ? 6 : 8,
      failed: failed ? 1 : 0,
      strip: failed ? "sssssekk" : "ssssssss",
    },
    revision: 1,
    ...(failed && {
      error: {
        message: "card_declined: Your card was declined",
        type: "CardError",
        kind: "exception",
        nodeId: "Charge",
      },
    }),
    ...change,
  };
}

/** Make `count` executions, newest first, one each `stepMs` before `newest`. */
export function makeSummaries(count: number, newest: number, stepMs = 4000): Summary[] {
  return Array.from({ length: count }, (_, index) =>
    makeSummary(count - index, new Date(newest - index * stepMs).toISOString()),
  );
}
