import { describe, expect, it } from "vitest";
import { dragged, drawn, panned, place, listTicks, timeAt, zoomed } from "@/model/timescale";

const DOMAIN = { start: 1000, end: 5100 };

describe("the time scale", () => {
  it("has ticks at round distances from the run's start", () => {
    expect(listTicks(DOMAIN, 1000, 6).map((tick) => Math.abs(tick.offsetMs))).toEqual([
      0, 1000, 2000, 3000, 4000,
    ]);
    expect(listTicks({ start: 1500, end: 1503 }, 1000, 4).map((tick) => tick.offsetMs)).toEqual([
      ...[500, 501, 502, 503],
    ]);
    expect(listTicks({ start: 5, end: 5 }, 5, 6)).toEqual([]);
  });

  it("places a span, cut at the edges, and leaves out what is outside", () => {
    expect(place(0, 2000, { start: 1000, end: 5000 })).toEqual({ left: 0, width: 0.25 });
    expect(place(3000, 3000, { start: 1000, end: 5000 })).toEqual({ left: 0.5, width: 0 });
    expect(place(0, 900, DOMAIN)).toBeNull();
  });

  it("zooms around an instant and stays within the whole", () => {
    const whole = { start: 0, end: 100 };
    expect(zoomed(whole, 2, 50, whole)).toEqual({ start: 25, end: 75 });
    expect(zoomed({ start: 0, end: 50 }, 0.1, 25, whole)).toEqual(whole);
    expect(zoomed({ start: 0, end: 20 }, 0.5, 0, whole)).toEqual({ start: 0, end: 40 });
    expect(panned({ start: 80, end: 100 }, 0.5, whole)).toEqual({ start: 80, end: 100 });
  });

  it("takes a drag in either direction, and none that is too short to be meant", () => {
    expect(dragged(0.75, 0.25, { start: 0, end: 100 }, 0.01)).toEqual({ start: 25, end: 75 });
    expect(dragged(0.5, 0.501, { start: 0, end: 100 }, 0.01)).toBeNull();
    expect(timeAt(2, { start: 0, end: 100 })).toBe(100);
  });
});

describe("drawn bars", () => {
  const bar = (sequence: number, start: number, status: "success" | "error" = "success") => ({
    ...{ sequence, status, start, end: start + 0.1 },
  });

  it("joins thousands into no more than the pixels show, and keeps the failure", () => {
    const bars = Array.from({ length: 5000 }, (_, index) =>
      bar(index, index / 5, index === 2500 ? "error" : "success"),
    );
    const result = drawn(bars, { start: 0, end: 1000 }, 300);
    expect(result.length).toBeLessThanOrEqual(150);
    expect(result.some((one) => one.status === "error" && one.sequence === 2500)).toBe(true);
    expect(result.reduce((sum, one) => sum + one.count, 0)).toBe(5000);
  });

  it("leaves a few bars as they are", () => {
    const result = drawn([bar(0, 0), bar(1, 0.01)], { start: 0, end: 1000 }, 300);
    expect(result.map((one) => one.sequence)).toEqual([0, 1]);
  });
});
