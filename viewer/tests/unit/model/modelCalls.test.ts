import { expect, test } from "vitest";
import type { ModelCalls } from "@/api";
import {
  describeCalls,
  describeCost,
  describeSum,
  describeTokens,
  formatCost,
  joinCalls,
  layOutArguments,
} from "@/model/modelCalls";

test("costs keep two digits that count", () => {
  expect([0, 0.00005, 0.0031, 0.0423, 0.5, 12.345].map(formatCost)).toEqual([
    "$0",
    "< $0.0001",
    "$0.0031",
    "$0.042",
    "$0.50",
    "$12.35",
  ]);
});

test("tokens of a call are described as far as they are known", () => {
  const call = { turns: [], inputTokens: 1200, cachedTokens: 400, outputTokens: 80 };
  expect(describeTokens(call)).toBe("1,200 in (400 cached) · 80 out");
  expect(describeTokens({ turns: [], outputTokens: 80 })).toBe("80 out");
  expect(describeTokens({ turns: [] })).toBe("");
});

test("pages of calls are joined, and only the last one says whether more follow", () => {
  const call = { sequence: 0, nodeId: "a", call: { turns: [] } };
  const page = { calls: [call], inputTokens: 40, outputTokens: 5, costUsd: 0.25, unpriced: 1 };
  const sums = { inputTokens: 80, outputTokens: 10, costUsd: 0.5, unpriced: 2 };
  const later = { ...page, calls: [{ ...call, sequence: 10_000 }] };
  expect(joinCalls([{ ...page, nextNodesCursor: "x" }, later])).toEqual({
    calls: [call, ...later.calls],
    ...sums,
  });
  expect(joinCalls([page, { ...later, nextNodesCursor: "y" }]).nextNodesCursor).toBe("y");
});

test("the calls of a run are summed up, and unknown costs are said", () => {
  const one = { sequence: 0, nodeId: "a", call: { turns: [] } };
  const calls: ModelCalls = {
    calls: [one, one],
    inputTokens: 4000,
    outputTokens: 500,
    costUsd: 0.02,
    unpriced: 0,
  };
  expect(describeCalls(calls)).toBe("2 model calls · 4,500 tokens · $0.020");
  expect(describeCalls({ ...calls, unpriced: 1 })).toContain("≥ $0.020");
  expect(describeCalls({ ...calls, unpriced: 2 })).toContain("cost unknown");
  expect(describeCalls({ ...calls, nextNodesCursor: "x" })).toMatch(/^≥ 2 model calls/);
  expect(describeCalls({ ...calls, calls: [] })).toBeNull();
});

test("the sum of a row has its cost as far as it is known", () => {
  const sum = { calls: 2, inputTokens: 12_000, outputTokens: 400, models: ["a"] };
  expect(describeSum(sum)).toBe("12,400 tokens");
  expect(describeSum({ ...sum, costUsd: 0.5 })).toBe("12,400 tokens · $0.50");
  expect(describeSum({ ...sum, costUsd: 0.5, unpriced: 1 })).toBe("12,400 tokens · ≥ $0.50");
  expect(describeCost({ ...sum, unpriced: 2 })).toBe("cost unknown");
});

test("arguments are laid out if they are JSON", () => {
  expect(layOutArguments('{"city":"Oslo"}')).toBe('{\n  "city": "Oslo"\n}');
  expect(layOutArguments("{city")).toBe("{city");
});
