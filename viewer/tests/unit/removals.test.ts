import { describe, expect, it, vi } from "vitest";
import { Removals } from "@/model/removals";
import { OPTIONS, requests } from "../support/removals";

const IDS = Array.from({ length: 1500 }, (_, number) => `run-${number}`);

describe("deletions", () => {
  it("show again what was not deleted, and only that", async () => {
    const sent: number[] = [];
    const removals = new Removals(
      requests({
        send: (ids) => {
          sent.push(ids.length);
          return sent.length === 1 ? Promise.resolve() : Promise.reject(new Error("busy"));
        },
      }),
    );
    const onError = vi.fn();
    removals.remove(IDS, { ...OPTIONS, onError });
    removals.flush(false);
    await vi.waitFor(() => expect(onError).toHaveBeenCalled());
    expect(sent).toEqual([1000, 500]);
    expect(onError).toHaveBeenCalledWith(expect.any(Error), 500);
    expect(removals.hidden()).toEqual(new Set(IDS.slice(0, 1000)));
  });

  it("are all sent at once when the page is about to go", () => {
    const sent: string[] = [];
    const removals = new Removals(
      requests({
        send: (ids, leaving) => {
          if (leaving) sent.push(...ids);
          return new Promise(() => undefined);
        },
      }),
    );
    removals.remove(IDS, OPTIONS);
    removals.flush(true);
    expect(sent).toEqual(IDS);
  });

  it("are announced at once, for a time after the page's own", () => {
    const send = vi.fn(() => Promise.resolve());
    const announce = vi.fn(() => Promise.resolve("waiting-1"));
    new Removals(requests({ announce, send })).remove(IDS, OPTIONS);
    expect(announce.mock.calls).toEqual([
      [IDS.slice(0, 1000), 62_000],
      [IDS.slice(1000), 62_000],
    ]);
    expect(send).not.toHaveBeenCalled();
  });

  it("are cancelled by undo, also where one part could not be announced", async () => {
    const announce = vi.fn(() => Promise.resolve("waiting-1"));
    announce.mockImplementationOnce(() => Promise.reject(new Error("offline")));
    const cancel = vi.fn(() => Promise.resolve());
    const removals = new Removals(requests({ announce, cancel }));
    removals.remove(IDS, OPTIONS).undo();
    await vi.waitFor(() => expect(cancel).toHaveBeenCalledExactlyOnceWith("waiting-1"));
    expect(removals.hidden().size).toBe(0);
    expect(OPTIONS.onUndoError).not.toHaveBeenCalled();
  });

  it("report that they could not be undone", async () => {
    const asked = requests({ cancel: () => Promise.reject(new Error("offline")) });
    const onUndoError = vi.fn();
    new Removals(asked).remove(["a"], { ...OPTIONS, onUndoError }).undo();
    await vi.waitFor(() => expect(onUndoError).toHaveBeenCalledOnce());
  });
});
