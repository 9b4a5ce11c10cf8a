import type { HistoryClient } from "@/api";

/** The state of the live connection. */
export type Connection =
  | { state: "connecting" }
  | { state: "live" }
  /** `since`: when the connection broke, in milliseconds since 1970. */
  | { state: "lost"; since: number };

/** Receives the changes of a history. */
export interface FeedListener {
  changed: (ids: readonly string[]) => void;
  /** Anything may have changed. */
  reset: () => void;
}

/** Pass one connection's events to all listeners, and report the connection's state. */
export class LiveFeed {
  #connection: Connection = { state: "connecting" };
  readonly #listeners = new Set<FeedListener>();
  readonly #watchers = new Set<() => void>();

  connect(client: HistoryClient): () => void {
    return client.follow({
      open: (resumed) => {
        // Requests made while the connection was lost have failed, even if all missed events are
        // repeated.
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
