import { expect, test } from "vitest";
import type { ErrorGroup } from "@/api";
import { commonTexts, errorFilters, patternParts } from "@/model/errorLink";

const GROUP: ErrorGroup = {
  workflowId: "w1",
  workflowName: "Orders",
  message: "Timeout after 30 ms at /srv/in",
  pattern: "Timeout after ⟨n⟩ ms at ⟨path⟩",
  count: 11,
  firstAt: "2026-11-22T10:00:00Z",
  lastAt: "2026-11-22T11:00:00Z",
  lastExecutionId: "run-9",
  workflows: [
    { workflowId: "w1", workflowName: "Orders", count: 9 },
    { workflowId: "w2", workflowName: "Mails", count: 2 },
  ],
  workflowCount: 2,
  histogram: [1, 10],
  type: "TimeoutError",
};

test("the parts of a pattern that vary are words", () => {
  expect(patternParts("Timeout after ⟨n⟩ ms")).toEqual([
    { text: "Timeout after ", varies: false },
    { text: "⟨n⟩", varies: true },
    { text: " ms", varies: false },
  ]);
  expect(patternParts("")).toEqual([]);
});

test("the longest shared texts of a pattern are found", () => {
  expect(commonTexts("Row ⟨n⟩ has no price")).toEqual(["has no price"]);
  expect(commonTexts('No file "⟨text⟩" in the folder')).toEqual(["in the folder", "No file"]);
  expect(commonTexts("⟨n⟩")).toEqual([]);
});

test("a group leads to its executions in all of its workflows", () => {
  expect(errorFilters(GROUP)).toEqual({
    workflow: ["w1", "w2"],
    status: ["error"],
    q: 'error:"Timeout after" error:"ms at"',
  });
  expect(errorFilters({ ...GROUP, workflowCount: 30, nodeId: "charge", pattern: "⟨n⟩" })).toEqual({
    status: ["error"],
    q: "error.node:charge error.type:TimeoutError",
  });
});
