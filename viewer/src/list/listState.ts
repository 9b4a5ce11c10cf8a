import type { Edge, ListWindow } from "@/model/window";

/** Where the view must scroll after the window began anew. */
export interface Jump {
  number: number;
  to: "top" | "window" | "end";
}

/** The state of a list, as its components draw it. */
export interface ListState {
  phase: "loading" | "ready" | "failed";
  error: unknown;
  /** Null while loading, and when nothing matches. */
  window: ListWindow | null;
  loading: "older" | "newer" | "jump" | null;
  /** Why the next page did not load. */
  edgeError: unknown;
  /** The time that an unfinished search has reached, going back. */
  searchedTo: string | null;
  /** The start of the oldest execution that an order by duration compared; null if it compared all. */
  rankedSince: string | null;
  /** Where a search that waits for the reader continues; null if no search waits. */
  waiting: Edge | null;
  /** The number of new executions that wait above. */
  fresh: number;
  jump: Jump;
}

/** The state of a list before its first page. */
export const INITIAL_STATE: ListState = {
  phase: "loading",
  error: null,
  window: null,
  loading: null,
  edgeError: null,
  searchedTo: null,
  rankedSince: null,
  waiting: null,
  fresh: 0,
  jump: { number: 0, to: "top" },
};
