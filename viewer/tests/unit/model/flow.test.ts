import { describe, expect, it } from "vitest";
import { buildFlow, NODE_PX } from "@/model/flow";
import { layered } from "@/model/layering";
import { criticalPath, directlyBefore } from "@/model/precedence";
import { node } from "./outlineNodes";

const FAN = [
  node(0, "validate", [0, 10]),
  node(1, "user", [10, 30]),
  node(2, "stock", [10, 60]),
  node(3, "charge", [60, 90]),
  node(4, "confirm", [], { status: "skipped" }),
];

const links = (flow: { edges: readonly { source: string; target: string }[] }) =>
  flow.edges.map(({ source, target }) => `${source}>${target}`);

describe("what came directly before", () => {
  it("leaves out what lies further back", () => {
    const timed = [
      { id: "a", start: 0, end: 1 },
      { id: "b", start: 1, end: 2 },
      { id: "c", start: 2, end: null },
    ];
    expect(Object.fromEntries(directlyBefore(timed))).toEqual({ a: [], b: ["a"], c: ["b"] });
  });

  it("is a chain where all took no time, and never a cycle", () => {
    const timed = ["a", "b", "c"].map((id) => ({ id, start: 5, end: 5 }));
    expect(Object.fromEntries(directlyBefore(timed))).toEqual({ a: [], b: ["a"], c: ["b"] });
  });

  it("is only the last where a crowd ended before a crowd", () => {
    const first = Array.from({ length: 100 }, (_, i) => ({ id: `a${i}`, start: i / 100, end: 5 }));
    const second = Array.from({ length: 100 }, (_, i) => ({ id: `b${i}`, start: 6, end: 7 + i }));
    const before = directlyBefore([...first, ...second]);
    expect(before.get("b50")).toHaveLength(1);
  });
});

describe("an inferred graph", () => {
  it("shows what ran side by side, and what waited for it", () => {
    const flow = buildFlow(FAN, null, 90);
    expect(flow.inferred).toBe(true);
    expect(links(flow).sort()).toEqual([
      "charge>confirm",
      "stock>charge",
      "user>charge",
      "validate>stock",
      "validate>user",
    ]);
    expect(flow.edges.filter((edge) => !edge.taken).map((edge) => edge.target)).toEqual([
      "confirm",
    ]);
    const x = Object.fromEntries(flow.nodes.map((each) => [each.id, each.x]));
    expect(x.user).toBe(x.stock);
    expect(x.charge).toBeGreaterThan(x.user ?? 0);
  });

  it("joins crowds by as few lines as leave nobody alone", () => {
    const crowd = (name: string, from: number) =>
      Array.from({ length: 20 }, (_, i) => node(from * 20 + i, `${name}${i}`, [from, from + 1]));
    const flow = buildFlow([...crowd("a", 0), ...crowd("b", 1)], null, 2);
    expect(flow.edges).toHaveLength(20);
    expect(new Set(flow.edges.map((edge) => edge.source)).size).toBe(20);
    expect(new Set(flow.edges.map((edge) => edge.target)).size).toBe(20);
  });

  it("leads into the children of a loop once, however often they ran", () => {
    const nodes = [
      node(0, "loop", [0, 100]),
      node(1, "get", [0, 10], { parentSequence: 0 }),
      node(2, "put", [10, 20], { parentSequence: 0 }),
      node(3, "get", [20, 30], { parentSequence: 0 }),
      node(4, "put", [30, 40], { parentSequence: 0 }),
      node(5, "end", [100, 101]),
    ];
    const flow = buildFlow(nodes, null, 101);
    expect(links(flow).sort()).toEqual(["get>put", "loop>end", "loop>get"]);
    expect(flow.edges.find((edge) => edge.target === "get")?.inner).toBe(true);
    expect(flow.nodes.find((each) => each.id === "put")).toMatchObject({ runs: 2, durationMs: 20 });
  });
});

describe("a drawn graph", () => {
  const definition = {
    nodes: FAN.slice(0, 4).map((each, index) => ({
      ...{ id: each.nodeId, name: each.nodeName, type: each.nodeType, x: index * 100, y: 0 },
    })),
    edges: [
      { source: "validate", target: "user", handle: "true" },
      { source: "validate", target: "gone" },
    ],
  };

  it("stands where the manifest put it, pulled apart as far as nodes would overlap", () => {
    const flow = buildFlow(FAN, definition, 90);
    const [first, second] = flow.nodes;
    expect(flow.inferred).toBe(false);
    expect((second?.x ?? 0) - (first?.x ?? 0)).toBeGreaterThanOrEqual(NODE_PX.width);
    expect(flow.edges[0]).toMatchObject({ label: "true", taken: true });
  });

  it("keeps what ran and isn't drawn any more, and shows what never ran", () => {
    const drawn = {
      ...definition,
      nodes: [...definition.nodes, { id: "new", name: "New", type: "log", x: 0, y: 90 }],
    };
    const flow = buildFlow(FAN, drawn, 90);
    const confirm = flow.nodes.find((each) => each.id === "confirm");
    expect(confirm?.y).toBeGreaterThan(0);
    expect(links(flow)).toContain("charge>confirm");
    expect(flow.nodes.find((each) => each.id === "new")?.status).toBeNull();
  });
});

describe("the layout", () => {
  it("never puts two nodes in one place, cycles or not", () => {
    const ids = ["a", "b", "c", "d"];
    const all = ids.flatMap((source) => ids.map((target) => ({ source, target })));
    const points = layered(ids, all, { columnPx: 10, rowPx: 10 });
    expect(new Set([...points.values()].map(({ x, y }) => `${x},${y}`)).size).toBe(4);
  });
});

describe("the critical path", () => {
  it("leads back from the last end through what each waited for", () => {
    expect([...criticalPath(FAN, 90)].sort()).toEqual([0, 2, 3]);
  });
});

describe("the boxes of a drawn graph", () => {
  const loop = (place: { x: number; y: number }) => ({
    nodes: [
      { id: "each", name: "Each", type: "loop", x: 0, y: 0 },
      { id: "charge", name: "Charge", type: "http", x: 0, y: 200, parent: "each" },
      { id: "report", name: "Report", type: "log", ...place },
      { id: "lost", name: "Lost", type: "log", x: 900, y: 900, parent: "gone" },
    ],
    edges: [
      { source: "each", target: "charge" },
      { source: "each", target: "report" },
    ],
  });
  const turns = [
    node(0, "charge", [0, 5]),
    node(1, "charge", [5, 9]),
    node(2, "report", [9, 10]),
    node(3, "audit", [9, 10], { parentSequence: 2 }),
  ];

  it("encloses the nodes of a loop where the manifest put them", () => {
    const { groups, nodes, edges } = buildFlow(turns, loop({ x: 600, y: 0 }), 10);
    expect(groups.map(({ id, nodes: within }) => [id, within]).sort()).toEqual([
      ["each", 1],
      ["report", 1],
    ]);
    expect(nodes.find(({ id }) => id === "report")).toMatchObject({ x: 600, y: 0 });
    expect(edges.map(({ inner, taken }) => [inner, taken])).toContainEqual([true, true]);
    const box = groups.find(({ id }) => id === "each");
    const charge = nodes.find(({ id }) => id === "charge");
    expect(charge?.y).toBe(200);
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeGreaterThan(200 + NODE_PX.height);
  });

  it("is laid out anew where a box would enclose another node", () => {
    const { groups, nodes } = buildFlow(turns, loop({ x: 0, y: 100 }), 10);
    const each = groups.find(({ id }) => id === "each");
    const report = nodes.find(({ id }) => id === "report");
    expect(report?.x).toBeGreaterThanOrEqual((each?.x ?? 0) + (each?.width ?? 0));
  });

  it("has one box for two loops that contain each other", () => {
    const circle = [
      { id: "a", name: "A", type: "loop", x: 0, y: 0, parent: "b" },
      { id: "b", name: "B", type: "loop", x: 300, y: 0, parent: "a" },
    ];
    const { groups } = buildFlow([], { nodes: circle, edges: [] }, 10);
    expect(groups).toHaveLength(1);
  });

  it("leaves space for a line to the right, also between nodes of other heights", () => {
    const nodes = [
      { id: "load", name: "Load", type: "http", x: 0, y: 100 },
      { id: "check", name: "Check", type: "http", x: 220, y: 0 },
    ];
    const flow = buildFlow([], { nodes, edges: [{ source: "load", target: "check" }] }, 10);
    const [load, check] = flow.nodes;
    expect((check?.x ?? 0) - (load?.x ?? 0)).toBeGreaterThanOrEqual(NODE_PX.width + 48);
  });
});
