import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { useClient, type Summary } from "@/api";
import { useRemoved } from "@/app/removals";
import { AGGREGATES, useFeed } from "@/live";
import { isCountable, scopeOf, type ListFilters } from "@/model/filters";
import { useListMemory } from "./memory";
import { ListStore, type ListState } from "./store";

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
      const { phase, loading, edgeError } = store.state();
      const isIdle = phase === "ready" && loading === null && edgeError === null;
      if (isIdle && !store.isWhole && shownRows(store, removed).length === 0) store.loadOlder();
    };
    goOn();
    return store.watch(goOn);
  }, [removed, store]);
  return useSyncExternalStore(store.watch, () => {
    const { phase, loading } = store.state();
    if (phase !== "ready") return phase;
    if (shownRows(store, removed).length > 0) return "rows";
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
  const { workflow, project, last, after, before } = filters;
  const scope = { workflow, project, last, after, before };
  const counts = useQuery({
    queryKey: [AGGREGATES, "counts", scope],
    queryFn: ({ signal }) => client.counts(scopeOf(scope, Date.now()), { signal }),
    placeholderData: keepPreviousData,
    enabled,
  });
  const series = useQuery({
    queryKey: [AGGREGATES, "series", scope],
    queryFn: ({ signal }) => client.series(scopeOf(scope, Date.now()), 96, { signal }),
    placeholderData: keepPreviousData,
    enabled,
  });
  const workflows = useQuery({
    queryKey: [AGGREGATES, "workflows", { project }],
    queryFn: ({ signal }) => client.workflows(scopeOf({ project }, Date.now()), { signal }),
    placeholderData: keepPreviousData,
    enabled,
  });
  const total = useMemo(() => {
    if (counts.data === undefined || !isCountable(filters)) return undefined;
    const known = counts.data;
    return filters.status === undefined
      ? known.total
      : filters.status.reduce((sum, status) => sum + known[status], 0);
  }, [counts.data, filters]);
  return { counts, series, workflows, total };
}
