import type { HistoryClient } from "@/api";

export type Connection =
  | { state: "connecting" }
  | { state: "live" }
  /** `since`: when it broke, milliseconds since 1970. */
  | { state: "lost"; since: number };

export interface FeedListener {
  changed: (ids: readonly string[]) => void;
  /** Anything may have changed. */
  reset: () => void;
}

/** Hands one connection's events to all who want them, and says how the connection is. */
export class LiveFeed {
  #connection: Connection = { state: "connecting" };
  readonly #listeners = new Set<FeedListener>();
  readonly #watchers = new Set<() => void>();

  connect(client: HistoryClient): () => void {
    return client.follow({
      open: (resumed) => {
        // What was asked while it was lost has failed, whatever of the events is made up for.
        const isStale = !resumed || this.#connection.state === "lost";
        this.#set({ state: "live" });
        if (isStale) this.#listeners.forEach((listener) => listener.reset());
      },
      changed: (ids) => this.#listeners.forEach((listener) => listener.changed(ids)),
      reset: () => this.#listeners.forEach((listener) => listener.reset()),
      lost: () => {
        if (this.#connection.state === "lost") return;
        this.#set({ state: "lost", since: Date.now() });
      },
    });
  }

  listen(listener: FeedListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  readonly connection = (): Connection => this.#connection;

  #set(connection: Connection): void {
    this.#connection = connection;
    this.#watchers.forEach((watcher) => watcher());
  }
}
