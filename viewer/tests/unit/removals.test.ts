import { describe, expect, it, vi } from "vitest";
import { Removals } from "@/model/removals";

const IDS = Array.from({ length: 1500 }, (_, number) => `run-${number}`);

describe("deletions", () => {
  it("show again what was not deleted, and only that", async () => {
    const sent: number[] = [];
    const removals = new Removals((ids) => {
      sent.push(ids.length);
      return sent.length === 1 ? Promise.resolve() : Promise.reject(new Error("busy"));
    });
    const onError = vi.fn();
    removals.remove(IDS, { afterMs: 60_000, onError });
    removals.flush(false);
    await vi.waitFor(() => expect(onError).toHaveBeenCalled());
    expect(sent).toEqual([1000, 500]);
    expect(onError).toHaveBeenCalledWith(expect.any(Error), 500);
    expect(removals.hidden()).toEqual(new Set(IDS.slice(0, 1000)));
  });

  it("are all sent at once when the page is about to go", () => {
    const sent: string[] = [];
    const removals = new Removals((ids, leaving) => {
      if (leaving) sent.push(...ids);
      return new Promise(() => undefined);
    });
    removals.remove(IDS, { afterMs: 60_000, onError: vi.fn() });
    removals.flush(true);
    expect(sent).toEqual(IDS);
  });
});
