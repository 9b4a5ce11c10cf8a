import { describe, expect, it } from "vitest";
import { layOutGroups } from "@/model/grouping";

const NODE = { width: 100, height: 50 };
const SPACING = { columnPx: 164, rowPx: 78 };

function layOut(links: [string, string][], parents: Record<string, string | null>) {
  return layOutGroups(
    Object.keys(parents),
    links.map(([source, target]) => ({ source, target })),
    new Map(Object.entries(parents)),
    { node: NODE, spacing: SPACING },
  );
}

describe("groups", () => {
  it("enclose a parent and its nodes, and nothing else", () => {
    const { points, groups } = layOut(
      [
        ["load", "loop"],
        ["check", "store"],
        ["loop", "report"],
      ],
      { load: null, loop: null, check: "loop", store: "loop", report: null },
    );
    expect(groups.map(({ id }) => id)).toEqual(["loop"]);
    const [box] = groups;
    if (box === undefined) throw new Error("There is a box.");
    const isIn = (id: string) => {
      const { x, y } = points.get(id) ?? { x: -1, y: -1 };
      return (
        x >= box.x &&
        y >= box.y &&
        x + NODE.width <= box.x + box.width &&
        y + NODE.height <= box.y + box.height
      );
    };
    expect(["load", "loop", "check", "store", "report"].filter(isIn)).toEqual([
      "loop",
      "check",
      "store",
    ]);
    expect(points.get("report")?.x).toBeGreaterThanOrEqual(box.x + box.width);
  });

  it("enclose each other, the outer one first", () => {
    const { groups } = layOut([], { outer: null, inner: "outer", leaf: "inner" });
    expect(groups.map(({ id }) => id)).toEqual(["outer", "inner"]);
    const [outer, inner] = groups;
    expect(outer?.width).toBeGreaterThan(inner?.width ?? Infinity);
    expect(outer?.height).toBeGreaterThan(inner?.height ?? Infinity);
  });

  it("lay out 200 nodes without any two on the same place", () => {
    const parents = Object.fromEntries(
      Array.from({ length: 200 }, (_, index) => [
        `n${index}`,
        index % 10 === 0 ? null : `n${index - (index % 10)}`,
      ]),
    );
    const { points, groups } = layOut([], parents);
    expect(groups).toHaveLength(20);
    expect(new Set([...points.values()].map(({ x, y }) => `${x},${y}`)).size).toBe(200);
  });
});
