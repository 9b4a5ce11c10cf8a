/** Loads one page of a list, in the list's order. */

import type { Filters, HistoryClient, PageRequest, SummaryPage } from "@/api";
import type { Sort } from "@/model/filters";
import type { ListState } from "./listState";

/** The number of rows of an order by duration. */
const RANKED_ROWS = 500;
/** The number of pages without results after which a search waits for the reader. */
const MOST_EMPTY_PAGES = 6;

interface Source {
  client: HistoryClient;
  query: Filters;
  sort: Sort | undefined;
  signal: AbortSignal;
  /** Notes how far a search has come. */
  note: (change: Partial<ListState>) => void;
}

/** Return a page with rows, or the last page. Continue a search that stopped early. */
export function loadPage(request: PageRequest, source: Source): Promise<SummaryPage> {
  const { sort } = source;
  if (sort === "longest" || sort === "shortest") return loadRanking(sort, source);
  return sort === "oldest" ? loadReversed(request, source) : loadInOrder(request, source);
}

/** Read the one page that an order by duration has. */
async function loadRanking(
  sort: "longest" | "shortest",
  { client, query, signal, note }: Source,
): Promise<SummaryPage> {
  const page = await client.summaries(query, { limit: RANKED_ROWS, sort }, { signal });
  signal.throwIfAborted();
  note({ rankedSince: page.searchedTo, searchedTo: null, waiting: null });
  return { ...page, searchedTo: null };
}

/** Read a page of the list from its other end: what is older there lies above here. */
async function loadReversed(request: PageRequest, source: Source): Promise<SummaryPage> {
  const direction = request.direction === "newer" ? "older" : "newer";
  const page = await loadInOrder({ ...request, direction }, source);
  const isEnd = direction === "newer" && page.summaries.length === 0;
  return {
    ...page,
    summaries: [...page.summaries].reverse(),
    olderCursor: isEnd ? null : page.newerCursor,
    newerCursor: page.olderCursor,
  };
}

async function loadInOrder(
  request: PageRequest,
  { client, query, signal, note }: Source,
): Promise<SummaryPage> {
  let page = await client.summaries(query, request, { signal });
  signal.throwIfAborted();
  let cursor = nextCursor(page, request);
  const isOlder = request.direction !== "newer";
  for (let empty = 1; page.summaries.length === 0 && cursor !== null; empty += 1) {
    note({ searchedTo: page.searchedTo });
    if (isOlder && empty >= MOST_EMPTY_PAGES) {
      note({ waiting: { cursor } });
      return page;
    }
    const next = { ...request, cursor };
    page = await client.summaries(query, next, { signal });
    signal.throwIfAborted();
    cursor = nextCursor(page, next);
  }
  note({ searchedTo: null, waiting: null });
  return page;
}

/**
 * Return the cursor at which a search that stopped early continues; null when the search is
 * complete.
 */
function nextCursor(page: SummaryPage, request: PageRequest): string | null {
  const next = request.direction === "newer" ? page.newerCursor : page.olderCursor;
  return next === request.cursor ? null : next;
}
