import { expect, it } from "vitest";
import type { TriggerFacts } from "@/api";
import { describeRow } from "@/model/distinguish";
import { makeSummary } from "../../support/executions";

function facts(id: string, values: Record<string, string>, request?: string): TriggerFacts {
  const list = Object.entries(values).map(([path, value]) => ({ path, value }));
  return { id, values: list, ...(request !== undefined && { request }) };
}

const ROWS = ["a", "b", "c", "d"].map((id) =>
  makeSummary(0, "2026-11-22T19:00:00.000000Z", {
    id,
    workflowId: id === "d" ? "other" : "orders",
  }),
);
const FACTS = new Map<string, TriggerFacts | null>([
  ["a", facts("a", { "body.order.id": "1", "body.shop": "Bern" }, "POST /orders")],
  ["b", facts("b", { "body.order.id": "2", "body.shop": "Bern" })],
  ["c", facts("c", { "body.order.id": "2", "body.shop": "Bern", extra: "x" })],
  ["d", facts("d", { extra: "y" })],
]);

it("shows the values that differ from a neighbour of the same workflow", () => {
  expect(describeRow(ROWS, 0, FACTS)).toEqual({ request: "POST /orders", values: "id 1" });
  expect(describeRow(ROWS, 1, FACTS).values).toBe("id 2");
  expect(describeRow(ROWS, 2, FACTS).values).toBe("extra x");
});

it("shows nothing beside other workflows, and without facts", () => {
  expect(describeRow(ROWS, 3, FACTS).values).toBe("");
  expect(describeRow(ROWS, 9, FACTS).values).toBe("");
  expect(describeRow(ROWS, 0, new Map([["a", null]])).values).toBe("");
});
