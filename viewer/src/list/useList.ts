import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { useClient } from "@/api";
import { useRemoved } from "@/app/removals";
import { AGGREGATES, useFeed } from "@/live";
import { isCountable, scopeOf, type ListFilters } from "@/model/filters";
import { rowsOf } from "@/model/window";
import { useListMemory } from "./memory";
import { ListStore } from "./store";

/** The list for some filters; it survives a visit to another page. */
export function useList(filters: ListFilters) {
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

  const state = useSyncExternalStore(store.watch, store.state);
  const removed = useRemoved();
  const rows = useMemo(() => {
    const all = state.window === null ? [] : rowsOf(state.window);
    return removed.size === 0 ? all : all.filter((row) => !removed.has(row.id));
  }, [state.window, removed]);
  return { store, state, rows };
}

/** Counts, series and workflows for the same filters. */
export function useAggregates(filters: ListFilters) {
  const client = useClient();
  const { workflow, project, last, after, before } = filters;
  const scope = { workflow, project, last, after, before };
  const counts = useQuery({
    queryKey: [AGGREGATES, "counts", scope],
    queryFn: ({ signal }) => client.counts(scopeOf(scope, Date.now()), { signal }),
    placeholderData: keepPreviousData,
  });
  const series = useQuery({
    queryKey: [AGGREGATES, "series", scope],
    queryFn: ({ signal }) => client.series(scopeOf(scope, Date.now()), 96, { signal }),
    placeholderData: keepPreviousData,
  });
  const workflows = useQuery({
    queryKey: [AGGREGATES, "workflows", { project }],
    queryFn: ({ signal }) => client.workflows(scopeOf({ project }, Date.now()), { signal }),
    placeholderData: keepPreviousData,
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
