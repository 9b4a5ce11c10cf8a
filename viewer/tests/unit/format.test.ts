import { describe, expect, it } from "vitest";
import {
  formatAgainstUsual,
  formatAgo,
  formatBytes,
  formatDays,
  formatDuration,
  formatExact,
  formatId,
  formatTrigger,
} from "@/model/format";

describe("durations are said as people say them", () => {
  it.each([
    [0, "0 ms"],
    [0.4, "< 1 ms"],
    [840, "840 ms"],
    [999.6, "1.0 s"],
    [1_240, "1.2 s"],
    [9_960, "10 s"],
    [42_000, "42 s"],
    [59_600, "1 min 00 s"],
    [185_000, "3 min 05 s"],
    [7_620_000, "2 h 07 min"],
    [3 * 86_400_000 + 4 * 3_600_000, "3 d 4 h"],
  ])("%d ms is %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it("only what is slow is held against the usual", () => {
    expect(formatAgainstUsual(1200, 400)).toBe("3× usual");
    expect(formatAgainstUsual(500, 400)).toBeUndefined();
    expect(formatAgainstUsual(500, undefined)).toBeUndefined();
  });
});

describe("times are relative while that says more", () => {
  const now = Date.parse("2026-11-22T19:04:11Z");
  it.each([
    [2_000, "just now"],
    [42_000, "42 s ago"],
    [125_000, "2 min ago"],
    [3 * 3_600_000, "3 h ago"],
    [30 * 3_600_000, "yesterday"],
    [5 * 86_400_000, "5 days ago"],
    [20 * 86_400_000, "2 Nov"],
    [400 * 86_400_000, "18 Oct 2025"],
  ])("%d ms ago is %s", (ago, text) => {
    expect(formatAgo(now - ago, now)).toBe(text);
  });

  it("the exact time has everything", () => {
    expect(formatExact("2026-11-22T19:04:11.120Z")).toMatch(/^\w+,? 22 Nov 2026, \d\d:04:11\.120 /);
  });
});

it("sizes are in thousands, ids short, triggers without the word for it", () => {
  expect([1, 980, 1_240, 48_000_000].map(formatBytes)).toEqual([
    "1 byte",
    "980 bytes",
    "1.2 kB",
    "48 MB",
  ]);
  expect(formatId("0193a7f2-1111-2222-3333-444455556c2e")).toBe("0193a7…6c2e");
  expect(
    ["httpEndpoint", "webhookReceiver", "scheduledTask", "subworkflowTrigger", "manual"].map(
      formatTrigger,
    ),
  ).toEqual(["http", "webhook", "scheduled", "subworkflow", "manual"]);
});

it("a range of days names a month once", () => {
  // The space around the dash depends on the version of Unicode's data.
  const format = (...days: [string, string]) => formatDays(...days).replace(/\s*–\s*/, " – ");
  expect(format("2026-11-03T12:00:00Z", "2026-11-03T13:00:00Z")).toBe("3 Nov");
  expect(format("2026-11-01T12:00:00Z", "2026-11-03T12:00:00Z")).toBe("1 – 3 Nov");
  expect(format("2026-10-30T12:00:00Z", "2026-11-03T12:00:00Z")).toBe("30 Oct – 3 Nov");
});
