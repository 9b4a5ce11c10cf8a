import { describe, expect, it } from "vitest";
import { buildTree } from "@/model/nodetree";
import { firstChoice, iterationTimes, rowIndex, listRows } from "@/model/waterfall";
import { node } from "./outlineNodes";

const NONE: ReadonlySet<string> = new Set();

describe("rows", () => {
  it("puts the attempts of one node into one row", () => {
    const nodes = [
      node(0, "validate", [0, 1]),
      node(1, "charge", [1, 2], { status: "error", attempt: 1 }),
      node(2, "charge", [3, 4], { attempt: 2 }),
    ];
    const rows = listRows(buildTree(nodes), NONE);
    expect(rows.map((row) => row.executions.map((each) => each.sequence))).toEqual([[0], [1, 2]]);
    expect(rows[1]).toMatchObject({ status: "success", iterations: 1, open: null });
    expect(rows[1]?.main.sequence).toBe(2);
  });

  it("folds iterations into one row with their times, and unfolds them on demand", () => {
    const nodes = [
      node(0, "loop", [0, 100]),
      ...[10, 30, 20].map((ms, index) =>
        node(index + 1, "item", [index, index + ms], { parentSequence: 0 }),
      ),
    ];
    const tree = buildTree(nodes);
    const folded = listRows(tree, NONE);
    expect(folded.map((row) => [row.name, row.depth, row.iterations, row.open])).toEqual([
      ["loop", 0, 1, true],
      ["item", 1, 3, false],
    ]);
    expect(folded[1] && iterationTimes(folded[1], null, 0)).toEqual({
      ...{ count: 3, failed: 0, minMs: 10, medianMs: 20, maxMs: 30 },
    });
    const unfolded = listRows(tree, new Set([folded[1]?.key ?? ""]));
    expect(unfolded.map((row) => row.iteration)).toEqual([null, null, 1, 2, 3]);
    expect(rowIndex(unfolded).get(2)).toBe(3);
    expect(rowIndex(folded).get(2)).toBe(1);
  });

  it("keeps the attempts of concurrent iterations apart", () => {
    const failed = { status: "error", parentSequence: 0 } as const;
    const nodes = [
      node(0, "loop", [0, 9]),
      node(1, "item", [0, 1], { ...failed, attempt: 1 }),
      node(2, "item", [0, 1], { ...failed, attempt: 1 }),
      node(3, "item", [1, 2], { parentSequence: 0, attempt: 2 }),
      node(4, "item", [1, 2], { parentSequence: 0, attempt: 2 }),
    ];
    const [, item] = listRows(buildTree(nodes), NONE);
    expect(item).toMatchObject({ iterations: 2, status: "success" });
  });

  it("indents children below each attempt's row, and folds them away", () => {
    const nodes = [
      node(0, "outer", [0, 9], { status: "error", attempt: 1 }),
      node(1, "inner", [1, 2], { parentSequence: 0 }),
      node(2, "outer", [10, 19], { attempt: 2 }),
      node(3, "inner", [11, 12], { parentSequence: 2 }),
    ];
    const tree = buildTree(nodes);
    expect(listRows(tree, NONE).map((row) => [row.name, row.depth])).toEqual([
      ["outer", 0],
      ["inner", 1],
    ]);
    expect(listRows(tree, new Set(["/outer"]))).toHaveLength(1);
  });

  it("survives parents that are missing, later, or the node itself", () => {
    const nodes = [
      node(0, "a", [], { parentSequence: 7 }),
      node(1, "b", [], { parentSequence: 1 }),
      node(2, "c", [], { parentSequence: 3 }),
      node(3, "d", [], { parentSequence: 2 }),
    ];
    const rows = listRows(buildTree(nodes), NONE);
    expect(rows.map((row) => [row.name, row.depth])).toEqual([
      ["a", 0],
      ["b", 0],
      ["c", 0],
      ["d", 1],
    ]);
  });

  it("makes rows of 5,000 nodes", () => {
    const nodes = Array.from({ length: 5000 }, (_, index) =>
      node(index, `n${index}`, [index, index + 1]),
    );
    expect(listRows(buildTree(nodes), NONE)).toHaveLength(5000);
  });
});

describe("the first choice", () => {
  const nodes = [
    node(0, "loop", [0, 100]),
    node(1, "quick", [0, 1], { parentSequence: 0 }),
    node(2, "slow", [1, 90], { parentSequence: 0 }),
  ];

  it("is the slowest node that has no children", () => {
    expect(firstChoice(nodes, undefined)?.nodeId).toBe("slow");
  });

  it("is what runs, while it runs", () => {
    const running = node(3, "now", [95], { status: "running" });
    expect(firstChoice([...nodes, running], undefined)?.nodeId).toBe("now");
  });

  it("is the last failure of the node that the error names", () => {
    const failures = [
      node(3, "charge", [], { status: "error", attempt: 1 }),
      node(4, "charge", [], { status: "error", attempt: 2 }),
      node(5, "refund", [], { status: "error" }),
    ];
    const all = [...nodes, ...failures];
    expect(firstChoice(all, { nodeId: "charge" })?.sequence).toBe(4);
    expect(firstChoice(all, {})?.sequence).toBe(5);
    expect(firstChoice(all, undefined)?.nodeId).toBe("slow");
  });

  it("is nothing where there are no nodes", () => {
    expect(firstChoice([], undefined)).toBeUndefined();
  });
});
