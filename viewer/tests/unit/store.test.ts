import { once } from "node:events";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { HistoryProblem } from "@/api";
import { ListStore } from "@/list/store";
import { LiveFeed } from "@/live/feed";
import type { ListFilters } from "@/model/filters";
import { listRows } from "@/model/window";
import { makeSummaries, makeSummary } from "../support/executions";
import { MemoryHistory } from "../support/memoryHistory";

const NEWEST = Date.parse("2026-11-22T19:00:00Z");

function newRow(number: number, ms: number, change = {}) {
  return makeSummary(number, new Date(NEWEST + ms).toISOString(), change);
}

describe("a live list", () => {
  let history: MemoryHistory;
  let store: ListStore;
  const shown = () =>
    store.state().window === null ? [] : listRows(required(store.state().window));

  async function open(filters: ListFilters = {}) {
    store = new ListStore(history, filters);
    store.start();
    await vi.waitFor(() => expect(store.state().phase).toBe("ready"));
    history.follow({ open: vi.fn(), changed: store.changed, reset: store.reset, lost: vi.fn() });
  }

  beforeEach(() => {
    history = new MemoryHistory(makeSummaries(1000, NEWEST));
  });

  it("lets new executions in while one is at the top", async () => {
    await open();
    history.log(newRow(5000, 1000));
    await vi.waitFor(() => expect(shown()[0]?.id).toBe("run-00005000"));
    expect(store.state().fresh).toBe(0);
  });

  it("isn't loaded again when it is shown, if it was prepared", async () => {
    store = new ListStore(history, {});
    store.prepare();
    await vi.waitFor(() => expect(store.state().phase).toBe("ready"));
    store.start();
    expect(store.state().loading).toBeNull();
    expect(history.requests).toBe(1);
    store.start();
    await vi.waitFor(() => expect(history.requests).toBeGreaterThan(1));
  });

  it("gathers them while one reads on, and changes what is shown in place", async () => {
    await open();
    store.follow(false);
    const third = required(shown()[2]);
    history.log(newRow(5000, 1000), newRow(5001, 2000), { ...third, starred: true, revision: 2 });
    await vi.waitFor(() => expect(store.state().fresh).toBe(2));
    expect(shown()[0]?.id).toBe("run-00001000");
    expect(shown()[2]?.starred).toBe(true);
    store.reveal();
    await vi.waitFor(() => expect(shown()[0]?.id).toBe("run-00005001"));
    expect(store.state().fresh).toBe(0);
  });

  it("counts an execution once, however often it changes", async () => {
    await open();
    store.follow(false);
    for (let revision = 1; revision < 5; revision += 1)
      history.log(newRow(5000, 1000, { revision }));
    await vi.waitFor(() => expect(store.state().fresh).toBe(1));
  });

  it("begins anew where many have gathered", async () => {
    await open();
    store.follow(false);
    history.log(...Array.from({ length: 300 }, (_, index) => newRow(5000 + index, index + 1)));
    await vi.waitFor(() => expect(store.state().fresh).toBe(300));
    store.reveal();
    await vi.waitFor(() => expect(shown()[0]?.id).toBe("run-00005299"));
    expect(shown()).toHaveLength(100);
  });

  it("shows only what matches the filters", async () => {
    await open({ status: ["error"] });
    history.log(newRow(5001, 1000), newRow(5002, 2000, { status: "error" }));
    await vi.waitFor(() => expect(shown()[0]?.id).toBe("run-00005002"));
    expect(shown().every((row) => row.status === "error")).toBe(true);
  });

  it("becomes a list by itself when the first execution arrives", async () => {
    history = new MemoryHistory([]);
    await open();
    expect(store.state().window).toBeNull();
    history.log(newRow(1, 0));
    await vi.waitFor(() => expect(shown()).toHaveLength(1));
  });

  it("compares everything after what was missed isn't known", async () => {
    await open();
    history.rows = [newRow(7000, 9000), ...history.rows.slice(1)];
    store.reset();
    await vi.waitFor(() => expect(shown()[0]?.id).toBe("run-00007000"));
    await vi.waitFor(() => expect(shown().map((row) => row.id)).not.toContain("run-00001000"));
  });

  /** Let the next page be read at once, but arrive only later. */
  function delayPage(): () => unknown {
    const landing = new EventTarget();
    const arrived = once(landing, "arrive");
    const read = history.summaries;
    vi.spyOn(history, "summaries").mockImplementationOnce(async (...asked) => {
      const page = await read(...asked);
      await arrived;
      return page;
    });
    return () => landing.dispatchEvent(new Event("arrive"));
  }

  it("misses nothing that changed while the first page was under way", async () => {
    const arrive = delayPage();
    store = new ListStore(history, {});
    store.start();
    history.follow({ open: vi.fn(), changed: store.changed, reset: store.reset, lost: vi.fn() });
    history.log(newRow(5000, 1000));
    await Promise.resolve();
    arrive();
    await vi.waitFor(() => expect(shown()[0]?.id).toBe("run-00005000"));
  });

  it("compares again what was read before it began to listen", async () => {
    const arrive = delayPage();
    store = new ListStore(history, {});
    store.start();
    history.rows = [newRow(5000, 1000), ...history.rows];
    store.reset();
    arrive();
    await vi.waitFor(() => expect(shown()[0]?.id).toBe("run-00005000"));
  });

  it("misses no change of what an older page brings", async () => {
    await open();
    const arrive = delayPage();
    const row = required(history.rows[150]);
    store.loadOlder();
    history.log({ ...row, starred: true, revision: 2 });
    await vi.waitFor(() => expect(history.rows[150]?.starred).toBe(true));
    arrive();
    await vi.waitFor(() => expect(shown()[150]?.starred).toBe(true));
  });

  it("waits for the reader after a long search without results, and goes on where it was", async () => {
    const filters = { q: "long-ago" };
    const old = newRow(1, -900_000_000, { workflowName: "long-ago" });
    let asked = 0;
    // A receiver whose pages end before they are full: the ninth page has the only result.
    vi.spyOn(history, "summaries").mockImplementation(() => {
      asked += 1;
      return Promise.resolve({
        summaries: asked === 9 ? [old] : [],
        olderCursor: asked < 9 ? `page-${asked}` : null,
        newerCursor: null,
        searchedTo: asked < 9 ? `2026-11-${20 - asked}T00:00:00Z` : null,
      });
    });
    await open(filters);
    await vi.waitFor(() => expect(store.state().waiting).toEqual({ cursor: "page-6" }));
    expect(store.state()).toMatchObject({ searchedTo: "2026-11-14T00:00:00Z", loading: null });
    store.loadOlder();
    expect(asked).toBe(6);
    store.searchFurther();
    await vi.waitFor(() => expect(shown()).toEqual([old]));
    expect(store.state()).toMatchObject({ searchedTo: null, waiting: null });
    expect(store.isWhole).toBe(true);
  });

  it("goes on with the rest when all that is loaded was deleted", async () => {
    await open();
    await history.remove(shown().map((row) => row.id));
    await vi.waitFor(() => expect(shown()[0]?.id).toBe("run-00000900"));
  });

  it("compares everything after a lost connection, also where its events go on", async () => {
    await open();
    const feed = new LiveFeed();
    feed.connect(history);
    feed.listen(store);
    history.lose();
    history.rows = [newRow(5000, 1000), ...history.rows];
    history.recover(true);
    await vi.waitFor(() => expect(shown()[0]?.id).toBe("run-00005000"));
  });

  it("asks again for what could not be read", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    try {
      await open();
      const lost = new HistoryProblem({
        title: "Busy",
        detail: "It is busy.",
        code: "store_busy",
        retryable: true,
      });
      const asked = vi.spyOn(history, "summariesOf").mockRejectedValueOnce(lost);
      history.log(newRow(5000, 1000));
      await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(1));
      await vi.runAllTimersAsync();
      await vi.waitFor(() => expect(shown()[0]?.id).toBe("run-00005000"));
    } finally {
      vi.useRealTimers();
    }
  });

  it("pages to the end and back by cursors alone, and never holds more than eight pages", async () => {
    await open();
    while (shown().at(-1)?.id !== "run-00000001") {
      store.loadOlder();
      await vi.waitFor(() => expect(store.state().loading).toBeNull());
      expect(shown().length).toBeLessThanOrEqual(800);
    }
    expect(required(store.state().window).above).toBe(200);
    while (shown()[0]?.id !== "run-00001000") {
      store.loadNewer();
      await vi.waitFor(() => expect(store.state().loading).toBeNull());
    }
    expect(required(store.state().window).above).toBe(0);
  });

  it("jumps to a time in the middle, and goes on from there in both directions", async () => {
    await open();
    const middle = required(history.rows[500]);
    store.seek(500, middle.startedAt);
    await vi.waitFor(() => expect(shown()[0]?.id).toBe(middle.id));
    store.loadNewer();
    await vi.waitFor(() => expect(shown()[100]?.id).toBe(middle.id));
    expect(required(store.state().window).above).toBe(400);
  });

  it("keeps what is shown when the next page fails, and says why", async () => {
    await open();
    vi.spyOn(history, "summaries").mockRejectedValueOnce(new Error("gone"));
    store.loadOlder();
    await vi.waitFor(() => expect(store.state().edgeError).toBeInstanceOf(Error));
    expect(shown()).toHaveLength(100);
    store.loadOlder();
    await vi.waitFor(() => expect(shown()).toHaveLength(200));
  });
});

function required<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error("It is there.");
  return value;
}
