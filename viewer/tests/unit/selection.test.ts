import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Removals } from "@/model/removals";
import { extendSelection, NOTHING, toggleSelected, withoutSelected } from "@/model/selection";
import { OPTIONS, requests } from "../support/removals";

describe("selecting", () => {
  const order = ["a", "b", "c", "d", "e"];

  it("toggles one, and extends from the last one in either direction", () => {
    const one = toggleSelected(NOTHING, "d");
    expect([...extendSelection(one, "b", order).ids].sort()).toEqual(["b", "c", "d"]);
    expect(toggleSelected(one, "d").ids.size).toBe(0);
  });

  it("a range whose beginning is gone is one row", () => {
    const one = toggleSelected(NOTHING, "x");
    expect([...extendSelection(one, "b", order).ids]).toEqual(["x", "b"]);
  });

  it("forgets what was deleted", () => {
    const two = extendSelection(toggleSelected(NOTHING, "a"), "b", order);
    expect([...withoutSelected(two, new Set(["a"])).ids]).toEqual(["b"]);
  });
});

describe("deleting can be undone", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("hides at once, and sends only after the time for undoing", async () => {
    const send = vi.fn(() => Promise.resolve());
    const removals = new Removals(requests({ send }));
    removals.remove(["a", "b"], { ...OPTIONS, afterMs: 8000 });
    expect([...removals.hidden()]).toEqual(["a", "b"]);
    await vi.advanceTimersByTimeAsync(7999);
    expect(send).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(send).toHaveBeenCalledExactlyOnceWith(["a", "b"], false);
  });

  it("undone, it shows again and nothing is ever sent", async () => {
    const send = vi.fn(() => Promise.resolve());
    const removals = new Removals(requests({ send }));
    removals.remove(["a"], { ...OPTIONS, afterMs: 8000 }).undo();
    await vi.advanceTimersByTimeAsync(9000);
    expect(removals.hidden().size).toBe(0);
    expect(send).not.toHaveBeenCalled();
  });

  it("is sent when the page goes away, once", async () => {
    const send = vi.fn(() => Promise.resolve());
    const removals = new Removals(requests({ send }));
    const removal = removals.remove(["a"], { ...OPTIONS, afterMs: 8000 });
    removals.flush(true);
    removal.undo();
    await vi.advanceTimersByTimeAsync(9000);
    expect(send).toHaveBeenCalledExactlyOnceWith(["a"], true);
  });

  it("shows again what could not be deleted, and says so", async () => {
    const onError = vi.fn();
    const removals = new Removals(requests({ send: () => Promise.reject(new Error("busy")) }));
    removals.remove(["a"], { ...OPTIONS, afterMs: 8000, onError });
    await vi.advanceTimersByTimeAsync(8000);
    expect(onError).toHaveBeenCalledOnce();
    expect(removals.hidden().size).toBe(0);
  });
});
