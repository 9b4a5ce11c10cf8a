import { describe, expect, it } from "vitest";
import { buildBars, describeBar, findTop } from "@/model/histogram";

const QUIET = Array.from({ length: 40 }, (_, hour) => 8 + (hour % 5));

describe("the top of the histogram", () => {
  it("is the largest bar where bars are alike", () => {
    expect(findTop(QUIET)).toBe(12);
    expect(findTop([500])).toBe(500);
    expect(findTop([])).toBe(1);
  });

  it("leaves quiet hours readable beside one busy hour", () => {
    const top = findTop([...QUIET, 12_000]);
    expect(8 / top).toBeGreaterThan(0.3);
  });
});

it("a bar that is cut says so", () => {
  const start = "2026-11-22T19:00:00.000000Z";
  const points = [...QUIET, 12_000].map((success) => ({ start, success, error: 0, running: 0 }));
  const bars = buildBars({ stepMs: 3_600_000, points });
  expect(bars.map((bar) => bar.isCut)).toEqual([...QUIET.map(() => false), true]);
  expect(bars.every((bar) => bar.height <= 1)).toBe(true);
  expect(bars.slice(-1).map((bar) => describeBar(bar, Date.parse(start)))[0]).toContain(
    "12,000 runs (the bar is cut)",
  );
});
