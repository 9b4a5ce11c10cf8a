import { expect, test } from "vitest";
import type { PeriodTotals } from "@/api";
import { compareFigures, describeRemoved, failureRate, formatShare } from "@/model/comparison";

const period = (change: Partial<PeriodTotals>): PeriodTotals => ({
  after: "2026-11-22T00:00:00Z",
  before: "2026-11-23T00:00:00Z",
  total: 100,
  success: 90,
  error: 10,
  running: 0,
  p95Ms: 1000,
  ...change,
});

test("each figure is compared with the period before", () => {
  const current = period({ total: 150, success: 120, error: 30, p95Ms: 1500 });
  expect(compareFigures(current, period({}))).toEqual([
    { name: "Runs", value: "150", before: "100", change: "▲ 50%", tone: "neutral" },
    { name: "Failure rate", value: "20%", before: "10%", change: "▲ 10.0 points", tone: "bad" },
    { name: "p95", value: "1.5 s", before: "1.0 s", change: "▲ 50%", tone: "bad" },
  ]);
});

test("fewer failures and shorter durations are good, and small changes are neither", () => {
  const better = compareFigures(period({ success: 99, error: 1, p95Ms: 500 }), period({}));
  expect(better.map((figure) => figure.tone)).toEqual(["neutral", "good", "good"]);
  const same = compareFigures(period({ p95Ms: 1050 }), period({}));
  expect(same.map((figure) => figure.tone)).toEqual(["neutral", "neutral", "neutral"]);
  expect(same[0]?.change).toBe("as before");
  expect(compareFigures(period({ total: 1500 }), period({}))[0]?.change).toBe("▲ 15×");
});

test("nothing is compared with a period without runs", () => {
  const none = period({ total: 0, success: 0, error: 0 });
  const figures = compareFigures(period({}), none);
  expect(figures.map((figure) => figure.change)).toEqual([null, null, null]);
  expect(compareFigures(period({}), null)).toEqual(figures);
  const empty = { ...none };
  delete empty.p95Ms;
  expect(compareFigures(empty, period({})).map((figure) => figure.value)).toEqual(["0", "–", "–"]);
});

test("running executions don't count for the failure rate", () => {
  expect(failureRate(period({ total: 200, running: 100 }))).toBe(0.1);
  expect(failureRate(period({ total: 1, success: 0, error: 0, running: 1 }))).toBeUndefined();
  expect([0, 0.0004, 0.0241, 0.37].map(formatShare)).toEqual(["0%", "< 0.1%", "2.4%", "37%"]);
});

test("runs that retention has removed are counted, with the days of their starts", () => {
  const removed = { total: 310, success: 301, error: 9, meanDurationMs: 98.2 };
  const now = Date.parse("2026-11-22T10:00:00Z");
  expect(describeRemoved({ ...removed, firstDay: "2025-12-30", lastDay: "2026-09-14" }, now)).toBe(
    "Retention has removed 310 older runs (9 failed), which started from 30 Dec 2025 to 14 Sept. " +
      "Nothing else on this page counts them.",
  );
  const one = { ...removed, total: 1, firstDay: "2026-09-14", lastDay: "2026-09-14" };
  expect(describeRemoved(one, now)).toContain("1 older run (9 failed), which started on 14 Sept.");
});
