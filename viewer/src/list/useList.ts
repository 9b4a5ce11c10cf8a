import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { useClient, type Summary } from "@/api";
import { useRemoved } from "@/app/removals";
import { AGGREGATES, useFeed } from "@/live";
import { buildQuery, getScope, type ListFilters } from "@/model/filters";
import { useListMemory } from "./memory";
import type { ListState } from "./listState";
import { ListStore } from "./store";

/** The list for the given filters, which is kept during a visit to another page. */
export function useList(filters: ListFilters): ListStore {
  const client = useClient();
  const feed = useFeed();
  const memory = useListMemory();
  const key = JSON.stringify(filters);
  const [own, setOwn] = useState(() => ({
    key,
    store: memory.storeFor(key) ?? new ListStore(client, filters),
  }));
  let { store } = own;
  if (own.key !== key) {
    store = new ListStore(client, filters);
    setOwn({ key, store });
  }
  useEffect(() => {
    memory.keep(key, store);
    store.start();
    return feed.listen(store);
  }, [feed, key, memory, store]);

  return store;
}

/** Return a list's state, and render again whenever the state changes. */
export function useListState(store: ListStore): ListState {
  return useSyncExternalStore(store.watch, store.state);
}

/**
 * Return which part of a list to show. The value changes seldom, however many executions arrive.
 */
export function useListView(store: ListStore): "loading" | "failed" | "empty" | "rows" {
  const removed = useRemoved();
  useEffect(() => {
    const goOn = () => {
      const { phase, loading, edgeError, waiting } = store.state();
      const isIdle =
        phase === "ready" && loading === null && edgeError === null && waiting === null;
      if (isIdle && !store.isWhole && shownRows(store, removed).length === 0) store.loadOlder();
    };
    goOn();
    return store.watch(goOn);
  }, [removed, store]);
  return useSyncExternalStore(store.watch, () => {
    const { phase, loading, waiting } = store.state();
    if (phase !== "ready") return phase;
    if (shownRows(store, removed).length > 0) return "rows";
    if (waiting !== null) return "empty";
    return !store.isWhole || loading === "jump" ? "loading" : "empty";
  });
}

/** Return the number of new executions that wait above. */
export function useFreshCount(store: ListStore): number {
  return useSyncExternalStore(store.watch, () => store.state().fresh);
}

/** The loaded rows without the executions that are being deleted. */
export function shownRows(store: ListStore, removed: ReadonlySet<string>): readonly Summary[] {
  const rows = store.rows();
  return removed.size === 0 ? rows : rows.filter((row) => !removed.has(row.id));
}

/** Counts, series and workflows for the same filters, loaded after the list's first rows. */
export function useAggregates(filters: ListFilters, store: ListStore) {
  const client = useClient();
  // Wait for the first rows: over a long history the aggregates occupy the receiver, and would
  // delay the list.
  const isAnswered = useSyncExternalStore(store.watch, () => {
    const { phase, searchedTo } = store.state();
    return phase !== "loading" || searchedTo !== null;
  });
  const [enabled, setEnabled] = useState(isAnswered);
  if (isAnswered && !enabled) setEnabled(true);
  // The counts by status are counts of all statuses, so that each can be chosen.
  const { status, project, sort, ...rest } = filters;
  const counted: ListFilters = { ...rest, project };
  const counts = useQuery({
    queryKey: [AGGREGATES, "counts", counted],
    queryFn: ({ signal }) => client.counts(buildQuery(counted, Date.now()), { signal }),
    placeholderData: keepPreviousData,
    enabled,
  });
  const series = useQuery({
    queryKey: [AGGREGATES, "series", counted],
    queryFn: ({ signal }) => client.series(buildQuery(counted, Date.now()), 96, { signal }),
    placeholderData: keepPreviousData,
    enabled,
  });
  const workflows = useQuery({
    queryKey: [AGGREGATES, "workflows", { project }],
    queryFn: ({ signal }) => client.workflows(getScope({ project }, Date.now()), { signal }),
    select: (found) => found.workflows,
    placeholderData: keepPreviousData,
    enabled,
  });
  const total = useMemo(() => {
    const known = counts.data;
    // Counts of other filters stay in view, but say nothing about this list.
    if (known === undefined || counts.isPlaceholderData) return undefined;
    if (known.searchedTo !== undefined) return undefined;
    // An order by duration has only one page.
    if (sort === "longest" || sort === "shortest") return undefined;
    return status === undefined ? known.total : status.reduce((sum, each) => sum + known[each], 0);
  }, [counts.data, counts.isPlaceholderData, sort, status]);
  return { counts, series, workflows, total };
}
