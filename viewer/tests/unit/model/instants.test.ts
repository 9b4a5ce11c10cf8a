import { describe, expect, it } from "vitest";
import { readExecutionSearch } from "@/execution/search";
import { tickLabel } from "@/execution/timeline/tickLabel";
import { getDuration, instant, getSpan } from "@/model/instants";
import { node } from "./outlineNodes";

describe("instants", () => {
  it("keep microseconds", () => {
    const first = instant("2026-11-22T19:04:11.000250Z") ?? 0;
    const second = instant("2026-11-22T19:04:11.001Z") ?? 0;
    expect(second - first).toBeCloseTo(0.75, 3);
    expect(instant("yesterday")).toBeNull();
    expect(instant(undefined)).toBeNull();
  });

  it("make a span of whichever times are known", () => {
    const whole = node(0, "a", [100, 300]);
    const { start = 0 } = getSpan(whole, null) ?? {};
    expect(getSpan({ ...whole, completedAt: undefined } as never, null)?.end).toBe(start + 200);
    expect(getSpan({ ...whole, startedAt: undefined } as never, null)?.start).toBe(start);
    expect(getSpan(node(0, "a", [100], { status: "running" }), null)?.end).toBeNull();
    expect(getSpan(node(0, "a", [], { status: "skipped" }), null)).toBeNull();
  });

  it("tell how long it takes by now, and nothing of what a crash cut off", () => {
    const running = node(0, "a", [100], { status: "running" });
    const { start = 0 } = getSpan(running, null) ?? {};
    expect(getDuration(running, null, start + 40)).toBe(40);
    expect(getDuration({ ...running, status: "error" }, start + 40, start + 40)).toBeNull();
  });
});

describe("a tick", () => {
  it.each([
    [0, 1000, "0"],
    [2500, 500, "2.5 s"],
    [3000, 500, "3 s"],
    [120_000, 60_000, "2 min"],
    [90_000, 30_000, "1.5 min"],
    [0.2, 0.1, "0.2 ms"],
  ])("%d ms, every %d ms, is %s", (ms, step, label) => {
    expect(tickLabel(ms, step)).toBe(label);
  });
});

describe("the address", () => {
  it("names a node and a view, and nothing else", () => {
    expect(readExecutionSearch({ node: "12", view: "graph", x: "y" })).toEqual({
      ...{ node: 12, view: "graph" },
    });
    expect(readExecutionSearch({ node: "trigger" })).toEqual({ node: "trigger" });
    expect(readExecutionSearch({ node: "-1", view: "pie" })).toEqual({});
    expect(readExecutionSearch({})).toEqual({});
  });
});
