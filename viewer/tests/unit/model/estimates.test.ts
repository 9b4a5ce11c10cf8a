import { describe, expect, it } from "vitest";
import {
  estimateCrash,
  ifUsual,
  isEstimated,
  LEAST_USUAL_RUNS,
  withEstimatedTimes,
} from "@/model/estimates";
import type { OutlineNode } from "@/api";
import { node as makeNode } from "./outlineNodes";

function node(change: Partial<OutlineNode> & { sequence: number }): OutlineNode {
  return makeNode(change.sequence, `n${change.sequence}`, [], change);
}

const START = { startedAt: "2026-11-22T19:00:00.000000Z" };

function starts(nodes: ReturnType<typeof withEstimatedTimes>) {
  return nodes.map(({ startedAt }) => startedAt?.slice(17, 23));
}

describe("nodes without times", () => {
  it("stand one after another, by sequence and duration", () => {
    const placed = withEstimatedTimes(
      [
        node({ sequence: 2, durationMs: 200 }),
        node({ sequence: 0, durationMs: 300 }),
        node({ sequence: 1, status: "skipped" }),
      ],
      START,
    );
    expect(starts(placed)).toEqual(["00.300", "00.000", undefined]);
    expect(placed.map(isEstimated)).toEqual([true, true, false]);
  });

  it("stand within their parent, and after nodes whose times are known", () => {
    const placed = withEstimatedTimes(
      [
        node({ sequence: 0, startedAt: "2026-11-22T19:00:05.000000Z", durationMs: 2000 }),
        node({ sequence: 1, parentSequence: 0, durationMs: 500 }),
        node({ sequence: 2, parentSequence: 0, durationMs: 500 }),
        node({ sequence: 3, durationMs: 100 }),
      ],
      START,
    );
    expect(starts(placed)).toEqual(["05.000", "05.000", "05.500", "07.000"]);
  });

  it("are left alone where every time is known", () => {
    const nodes = [node({ sequence: 0, ...START }), node({ sequence: 1, status: "pending" })];
    expect(withEstimatedTimes(nodes, START)).toBe(nodes);
  });
});

describe("the end of a crashed run", () => {
  const crashed = { ...START, status: "error" as const, error: { kind: "crashed" } };
  const last = node({ sequence: 0, startedAt: "2026-11-22T19:00:30.000000Z" });

  it("is the last heartbeat, if that came after the last node", () => {
    const seen = { ...crashed, lastSeenAt: "2026-11-22T19:11:00.000000Z" };
    expect(estimateCrash(seen, [last])).toEqual({
      at: Date.parse("2026-11-22T19:11:00Z"),
      isHeartbeat: true,
    });
  });

  it("is the last time in the record without a heartbeat", () => {
    expect(estimateCrash(crashed, [last])).toEqual({
      at: Date.parse("2026-11-22T19:00:30Z"),
      isHeartbeat: false,
    });
  });

  it("is unknown without any sign, and for runs that did not crash", () => {
    expect(estimateCrash(crashed, [])).toBeNull();
    expect(estimateCrash({ ...crashed, durationMs: 7 }, [last])).toBeNull();
    expect(estimateCrash({ ...crashed, error: { kind: "timeout" } }, [last])).toBeNull();
  });
});

it("nothing is usual until several runs have ended", () => {
  const few = { p50Ms: 5, p95Ms: 9, count: LEAST_USUAL_RUNS - 1 };
  expect(ifUsual(few)).toEqual({});
  expect(ifUsual({ ...few, count: LEAST_USUAL_RUNS }).p50Ms).toBe(5);
  expect(ifUsual(undefined)).toEqual({});
});
