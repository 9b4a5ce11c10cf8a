import { describe, expect, it } from "vitest";
import type { SummaryPage } from "@/api";
import { place, rowAt } from "@/model/placement";
import { timeAt } from "@/model/seek";
import {
  addNewer,
  addOlder,
  insertRows,
  newerEdge,
  olderEdge,
  listRows,
  settleEnd,
  startAtNewest,
  startAtOldest,
  startElsewhere,
  updateRows,
  withoutRows,
} from "@/model/window";
import { makeSummaries, makeSummary } from "../support/executions";

const NEWEST = Date.parse("2026-11-22T19:00:00Z");
const all = makeSummaries(3000, NEWEST);

function page(from: number, to: number): SummaryPage {
  return {
    summaries: all.slice(from, to),
    newerCursor: `newer-${from}`,
    olderCursor: to < all.length ? `older-${to}` : null,
    searchedTo: null,
  };
}

function ids(rows: readonly { id: string }[]): string[] {
  return rows.map((row) => row.id);
}

describe("a window of pages", () => {
  it("keeps eight pages and counts the rows that it let go", () => {
    let window = startAtNewest(page(0, 100));
    for (let at = 100; at < 2000; at += 100) window = addOlder(window, page(at, at + 100));
    expect(window.pages).toHaveLength(8);
    expect(window.above).toBe(1200);
    expect(ids(listRows(window))).toEqual(ids(all.slice(1200, 2000)));
    expect(olderEdge(window)).toEqual({ cursor: "older-2000" });
    expect(newerEdge(window)).toEqual({ cursor: "newer-1200" });
  });

  it("comes back up to the newest, whatever the estimate was", () => {
    let window = startElsewhere(page(250, 350), 700);
    window = addNewer(window, page(150, 250));
    window = addNewer(window, page(50, 150));
    expect(window.above).toBe(500);
    window = addNewer(window, page(0, 50));
    window = addNewer(window, { ...page(0, 0), newerCursor: "newer-0" });
    expect(window.above).toBe(0);
    expect(newerEdge(window)).toBeNull();
    expect(ids(listRows(window))).toEqual(ids(all.slice(0, 350)));
  });

  it("knows its place at the oldest once all are counted", () => {
    const window = startAtOldest(page(2900, 3000), 1);
    expect(settleEnd(window, 3000).above).toBe(2900);
    const middle = startElsewhere(page(100, 200), 100);
    expect(settleEnd(middle, 3000)).toBe(middle);
  });

  it("takes no row twice", () => {
    const window = addOlder(startAtNewest(page(0, 100)), page(90, 190));
    expect(ids(listRows(window))).toEqual(ids(all.slice(0, 190)));
  });

  it("updates rows in place and drops those that match no more", () => {
    const window = startAtNewest(page(0, 3));
    const [first, second, third] = all;
    if (!first || !second || !third) throw new Error("There are rows.");
    const changed = { ...second, status: "error" as const, revision: 2 };
    const after = updateRows(
      window,
      new Set([second.id, third.id]),
      new Map([[second.id, changed]]),
    );
    expect(listRows(after)).toEqual([first, changed]);
    expect(updateRows(window, new Set(["other"]), new Map())).toBe(window);
  });

  it("an older revision never replaces a newer", () => {
    const window = startAtNewest(page(0, 1));
    const [row] = all;
    if (!row) throw new Error("There is a row.");
    const old = { ...row, status: "running" as const, revision: 0 };
    expect(listRows(updateRows(window, new Set([row.id]), new Map([[row.id, old]])))).toEqual([
      row,
    ]);
  });

  it("puts new rows where they belong, and leaves out what lies beyond", () => {
    const window = addOlder(startAtNewest(page(0, 100)), page(100, 200));
    const newest = makeSummary(9001, new Date(NEWEST + 1000).toISOString());
    const late = makeSummary(9002, new Date(NEWEST - 100 * 4000 + 1000).toISOString());
    const beyond = makeSummary(9003, new Date(NEWEST - 900 * 4000).toISOString());
    const after = listRows(insertRows(window, [beyond, late, newest]));
    expect(after[0]).toBe(newest);
    expect(after[101]).toBe(late);
    expect(after).not.toContain(beyond);
    expect(after).toHaveLength(202);
  });

  it("stays small while very many rows arrive, and knows where to go on", () => {
    let window = startAtNewest(page(0, 100));
    for (let batch = 0; batch < 40; batch += 1) {
      const rows = Array.from({ length: 50 }, (_, index) => {
        const number = 10_000 + batch * 50 + index;
        return makeSummary(number, new Date(NEWEST + number).toISOString());
      });
      window = insertRows(window, rows);
    }
    const rows = listRows(window);
    expect(rows.length).toBeLessThanOrEqual(400);
    expect(rows[0]?.id).toBe("run-00011999");
    expect(olderEdge(window)).toEqual({ at: rows.at(-1)?.startedAt });
  });

  it("forgets deleted rows", () => {
    const window = withoutRows(startAtNewest(page(0, 3)), new Set([all[1]?.id ?? ""]));
    expect(ids(listRows(window))).toEqual([all[0]?.id, all[2]?.id]);
  });
});

describe("the scrolled height", () => {
  it("is exact while it can be", () => {
    const placement = place(
      { above: 1200, loaded: 800, hasNewer: true, hasOlder: true, total: 10_000 },
      34,
    );
    expect(placement).toEqual({ above: 1200, below: 8000, abovePx: 1200 * 34, belowPx: 8000 * 34 });
  });

  it("is bounded for a million, and every place in it is some row", () => {
    const placement = place(
      { above: 400_000, loaded: 800, hasNewer: true, hasOlder: true, total: 1_000_000 },
      34,
    );
    const height = placement.abovePx + 800 * 34 + placement.belowPx;
    expect(height).toBeLessThanOrEqual(12_000_001);
    expect(rowAt(0, placement, 800 * 34, 800)).toBe(0);
    expect(rowAt(placement.abovePx / 2, placement, 800 * 34, 800)).toBe(200_000);
    expect(rowAt(placement.abovePx + 10, placement, 800 * 34, 800)).toBeUndefined();
    expect(rowAt(height, placement, 800 * 34, 800)).toBe(1_000_000);
  });

  it("has nothing beyond the ends", () => {
    const placement = place(
      { above: 7, loaded: 10, hasNewer: false, hasOlder: false, total: 999 },
      34,
    );
    expect(placement).toMatchObject({ abovePx: 0, belowPx: 0 });
  });

  it("an index becomes a time by the series", () => {
    const series = {
      stepMs: 1000,
      points: [
        { start: "2026-11-22T10:00:00.000Z", success: 10, error: 0, running: 0 },
        { start: "2026-11-22T10:00:01.000Z", success: 0, error: 0, running: 0 },
        { start: "2026-11-22T10:00:02.000Z", success: 5, error: 5, running: 0 },
      ],
    };
    expect(timeAt(5, series, undefined)).toBe("2026-11-22T10:00:02.500Z");
    expect(timeAt(15, series, undefined)).toBe("2026-11-22T10:00:00.500Z");
    expect(timeAt(5, series, ["success"])).toBe("2026-11-22T10:00:01.000Z");
    expect(timeAt(99, series, undefined)).toBeUndefined();
  });
});
