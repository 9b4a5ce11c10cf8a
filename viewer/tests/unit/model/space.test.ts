import { describe, expect, it } from "vitest";
import { formatSize } from "@/model/format";
import {
  dayFilters,
  describeFullness,
  describeLimits,
  fillDays,
  formatShare,
  removedFilters,
} from "@/model/space";

describe("sizes are in the units of the settings", () => {
  it.each([
    [0, "0 bytes"],
    [1023, "1,023 bytes"],
    [1536, "1.5 KB"],
    [10 * 1024 ** 3, "10 GB"],
    [1024 ** 4, "1 TB"],
  ])("%d bytes are %s", (bytes, text) => {
    expect(formatSize(bytes)).toBe(text);
  });

  it("a small share is not nothing", () => {
    expect(formatShare(0, 100)).toBe("0%");
    expect(formatShare(1, 1000)).toBe("< 1%");
    expect(formatShare(250, 1000)).toBe("25%");
    expect(formatShare(1, 0)).toBe("0%");
  });
});

describe("the time until the budget is full", () => {
  it.each([
    [null, ""],
    [0, "The budget is full, so the oldest runs go as new ones arrive."],
    [0.4, "At this pace, the budget is full in about a day."],
    [12.4, "At this pace, the budget is full in about 12 days."],
    [10_000, "At this pace, the budget is full in more than two years."],
  ])("%d days: %s", (days, text) => {
    expect(describeFullness(days)).toBe(text);
  });
});

describe("links to the runs concerned", () => {
  it("include the newest run, although a range excludes its end", () => {
    const removed = {
      part: "payloads" as const,
      status: "success" as const,
      workflowId: "orders",
      workflowName: "Orders",
      runs: 2,
      oldest: "2026-11-01T00:00:00.000000Z",
      newest: "2026-11-03T10:00:00.000000Z",
    };
    expect(removedFilters(removed)).toEqual({
      workflow: ["orders"],
      status: ["success"],
      after: "2026-11-01T00:00:00.000000Z",
      before: "2026-11-03T10:00:00.001Z",
    });
  });

  it("of a day cover the day in UTC", () => {
    expect(dayFilters("2026-11-30")).toEqual({
      after: "2026-11-30T00:00:00.000Z",
      before: "2026-12-01T00:00:00.000Z",
    });
  });
});

it("days without runs are filled in", () => {
  const days = [{ day: "2026-12-01", runs: 3, bytes: 900 }];
  expect(fillDays({ days, measuredAt: "2026-12-02T08:00:00.000000Z" }, 3)).toEqual([
    { day: "2026-11-30", runs: 0, bytes: 0 },
    { day: "2026-12-01", runs: 3, bytes: 900 },
    { day: "2026-12-02", runs: 0, bytes: 0 },
  ]);
});

it("failed runs are kept as long as successful ones unless a limit says more", () => {
  const limits = {
    maxBytes: 2 ** 31,
    keepDays: 1,
    keepFailedDays: null,
    keepExecutions: null,
    keepStatus: "all",
  };
  expect(describeLimits(limits).map((line) => line.value)).toEqual([
    "at most 2 GB",
    "kept for 1 day",
    "kept for 1 day",
    "any number",
  ]);
  expect(describeLimits({ ...limits, keepFailedDays: 90 })[2]?.value).toBe("kept for 90 days");
  const failures = describeLimits({ ...limits, keepStatus: "error" });
  expect(failures[1]).toMatchObject({ value: "removed when they end", setting: "keep_status" });
  expect(failures[2]?.value).toBe("kept for 1 day");
  expect(describeLimits({ ...limits, keepStatus: "success" })[2]?.setting).toBe("keep_status");
});
