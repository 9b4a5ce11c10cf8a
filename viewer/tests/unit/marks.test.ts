import { describe, expect, it } from "vitest";
import { buildBars, listTicks } from "@/model/histogram";
import { describeNodes, getMark, readStrip } from "@/model/status";

describe("statuses", () => {
  it("a strip is read letter by letter", () => {
    expect(readStrip("prsek?")).toEqual([
      "pending",
      "running",
      "success",
      "error",
      "skipped",
      "pending",
    ]);
    expect(describeNodes({ total: 8, done: 6, failed: 1 })).toBe("6 of 8 nodes, 1 failed");
    expect(describeNodes({ total: 1, done: 1, failed: 0 })).toBe("1 of 1 node");
  });

  it("a crash is an error of its own shape", () => {
    expect(getMark({ status: "error", error: { kind: "crashed" } })).toBe("crashed");
    expect(getMark({ status: "error", error: { kind: "timeout" } })).toBe("error");
    expect(getMark({ status: "running" })).toBe("running");
  });
});

describe("the histogram", () => {
  it("a single failure among thousands can be seen", () => {
    const [bar] = buildBars({
      stepMs: 1000,
      points: [{ start: "2026-11-22T10:00:00Z", success: 4999, error: 1, running: 0 }],
    });
    expect(bar?.height).toBe(1);
    expect(bar?.errorHeight).toBeGreaterThan(0.03);
  });

  it("has few round ticks", () => {
    const start = Date.parse("2026-11-22T10:07:00Z");
    const ticks = listTicks(start, start + 3_600_000, 8);
    expect(ticks.length).toBeLessThanOrEqual(8);
    expect(ticks.every((tick) => tick.label.endsWith("0") || tick.label.endsWith("5"))).toBe(true);
  });
});
