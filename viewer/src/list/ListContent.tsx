import { useRouter } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef, useState, type RefObject } from "react";
import { useRemoved } from "@/app/removals";
import { isCountable, type ListFilters } from "@/model/filters";
import { ErrorBox, Skeleton } from "@/ui";
import { FilterBar } from "./FilterBar";
import { useListMemory } from "./memory";
import { NoMatch } from "./NoMatch";
import type { RowActions } from "./Row";
import { FreshButton, Rows, type RowsHandle } from "./Rows";
import { SelectionBar } from "./SelectionBar";
import type { ListStore } from "./store";
import { shownRows, type useAggregates, type useListView } from "./useList";
import { useRowKeys } from "./useRowKeys";
import { useSelection } from "./useSelection";

interface Props {
  store: ListStore;
  view: ReturnType<typeof useListView>;
  filters: ListFilters;
  onFilters: (filters: ListFilters) => void;
  aggregates: ReturnType<typeof useAggregates>;
  search: RefObject<HTMLInputElement | null>;
}

/** The filters or the selection bar, then the rows or the message in place of the rows. */
export function ListContent({ store, view, filters, onFilters, aggregates, search }: Props) {
  const { counts, series, workflows, total } = aggregates;
  const removed = useRemoved();
  const rows = useCallback(() => shownRows(store, removed), [store, removed]);
  const selection = useSelection(store, rows);
  const memory = useListMemory();
  const [cursor, setCursor] = useState({ id: memory.cursor, byKey: false });
  const handle = useRef<RowsHandle>(null);
  const moveCursor = useCallback(
    (id: string | undefined, byKey: boolean) => {
      memory.noteCursor(id);
      setCursor({ id, byKey });
    },
    [memory],
  );
  useRowKeys({
    rows,
    store,
    total,
    cursor: cursor.id,
    onCursor: moveCursor,
    handle,
    selection,
    search,
  });
  const actions = useRowActions(selection, moveCursor);
  const chosen = [...selection.selection.ids];

  return (
    <>
      {chosen.length > 0 ? (
        <SelectionBar
          count={chosen.length}
          loaded={rows().length}
          onAll={selection.all}
          onStar={() => selection.starAll(chosen)}
          onExport={() => selection.download(chosen)}
          onDelete={() => selection.remove(chosen)}
          onClear={selection.clear}
        />
      ) : (
        <FilterBar
          filters={filters}
          onFilters={onFilters}
          counts={counts.data}
          workflows={workflows.data}
          triggers={() => triggersOf(store, filters.trigger)}
          end={<FreshButton store={store} />}
        />
      )}
      {view === "loading" && <LoadingRows />}
      {view === "failed" && (
        <ErrorBox error={store.state().error} onRetry={() => store.toTop()} className="m-3" />
      )}
      {view === "empty" && <NoMatch filters={filters} onFilters={onFilters} />}
      {view === "rows" && (
        <Rows
          handle={handle}
          store={store}
          total={total}
          series={series.isError || !isCountable(filters) ? null : series.data}
          statuses={filters.status}
          workflows={workflows.data}
          selection={selection.selection}
          cursor={cursor}
          actions={actions}
        />
      )}
    </>
  );
}

/**
 * Return the same functions for every row and every render, so that React draws only changed rows.
 */
function useRowActions(
  selection: ReturnType<typeof useSelection>,
  moveCursor: (id: string | undefined, byKey: boolean) => void,
): RowActions {
  const router = useRouter();
  const latest = useRef(selection);
  useEffect(() => {
    latest.current = selection;
  });
  return useMemo(() => {
    const pathOf = (id: string) => `/executions/${encodeURIComponent(id)}`;
    return {
      select: (id, extend) => latest.current.select(id, extend),
      star: (row) => latest.current.star(row.id, !row.starred),
      focused: (id) => moveCursor(id, false),
      open: (id) => void router.navigate({ to: "/executions/$id", params: { id } }),
      hrefOf: (id) => router.history.createHref(pathOf(id)),
    };
  }, [moveCursor, router]);
}

/**
 * The triggers of the loaded rows and the chosen trigger, because no list of all triggers exists.
 */
function triggersOf(store: ListStore, chosen: string | undefined): string[] {
  const seen = store.rows().flatMap((row) => row.triggerType ?? []);
  return [...new Set([...seen, ...(chosen === undefined ? [] : [chosen])])].sort();
}

function LoadingRows() {
  return (
    <div
      role="status"
      aria-label="Loading executions"
      className="fl-soon min-h-0 grow overflow-hidden"
    >
      {Array.from({ length: 20 }, (_, index) => (
        <div key={index} className="flex h-8.5 items-center gap-3 border-b border-line px-4">
          <Skeleton className="size-3" />
          <Skeleton className="h-2.5 w-40" />
          <Skeleton className="h-2.5 w-24" />
          <Skeleton className="h-2.5 w-32" />
        </div>
      ))}
    </div>
  );
}
