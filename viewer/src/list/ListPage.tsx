import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Summary } from "@/api";
import { PageMain } from "@/app/PageMain";
import { RangeMenu } from "@/app/RangeMenu";
import { TopBar } from "@/app/TopBar";
import { activeFilters, withoutEmpty, type ListFilters } from "@/model/filters";
import { ErrorBox, Skeleton } from "@/ui";
import { FilterBar } from "./FilterBar";
import { FirstRun } from "./FirstRun";
import { Histogram } from "./Histogram";
import "./list.css";
import { useListMemory } from "./memory";
import { NoMatch } from "./NoMatch";
import type { RowActions } from "./Row";
import { FreshButton, Rows, type RowsHandle } from "./Rows";
import { SearchBox } from "./SearchBox";
import { SelectionBar } from "./SelectionBar";
import { useAggregates, useList } from "./useList";
import { useRowKeys } from "./useRowKeys";
import { useSelection } from "./useSelection";

export function ListPage() {
  const filters = useSearch({ from: "/" });
  const navigate = useNavigate();
  const setFilters = useCallback(
    (next: ListFilters) => void navigate({ to: "/", search: withoutEmpty(next) }),
    [navigate],
  );
  const { store, state, rows } = useList(filters);
  const { counts, series, workflows, total } = useAggregates(filters);
  const selection = useSelection(store, rows);
  const memory = useListMemory();
  const [cursor, setCursor] = useState({ id: memory.cursor, byKey: false });
  const handle = useRef<RowsHandle>(null);
  const search = useRef<HTMLInputElement>(null);
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
    fresh: state.fresh.size,
  });
  const actions = useRowActions(selection, moveCursor);
  const triggers = useMemo(() => triggersOf(rows, filters.trigger), [rows, filters.trigger]);
  const isEmpty = state.phase === "ready" && rows.length === 0 && state.loading === null;
  const chosen = [...selection.selection.ids];

  return (
    <>
      <TopBar
        project={filters.project}
        onProject={(project) => setFilters({ ...filters, project })}
        end={
          <RangeMenu
            period={filters}
            onPeriod={(period) => setFilters({ ...filters, ...period })}
          />
        }
      >
        <SearchBox ref={search} filters={filters} onFilters={setFilters} />
      </TopBar>
      <PageMain>
        <h1 className="sr-only">Executions</h1>
        {isEmpty && activeFilters(filters).length === 0 ? (
          <FirstRun />
        ) : (
          <>
            <Histogram
              series={series.data}
              onRange={(after, before) =>
                setFilters({ ...filters, last: undefined, after, before })
              }
            />
            {chosen.length > 0 ? (
              <SelectionBar
                count={chosen.length}
                loaded={rows.length}
                onAll={selection.all}
                onStar={() => selection.starAll(chosen)}
                onExport={() => selection.download(chosen)}
                onDelete={() => selection.remove(chosen)}
                onClear={selection.clear}
              />
            ) : (
              <FilterBar
                filters={filters}
                onFilters={setFilters}
                counts={counts.data}
                workflows={workflows.data}
                triggers={triggers}
                end={<FreshButton count={state.fresh.size} onReveal={() => store.reveal()} />}
              />
            )}
            {state.phase === "loading" && <LoadingRows />}
            {state.phase === "failed" && (
              <ErrorBox error={state.error} onRetry={() => store.toTop()} className="m-3" />
            )}
            {isEmpty && <NoMatch filters={filters} onFilters={setFilters} />}
            {state.phase === "ready" && rows.length > 0 && (
              <Rows
                handle={handle}
                store={store}
                state={state}
                rows={rows}
                total={total}
                series={series.data}
                statuses={filters.status}
                workflows={workflows.data}
                selection={selection.selection}
                cursor={cursor}
                actions={actions}
              />
            )}
          </>
        )}
      </PageMain>
    </>
  );
}

/** The same functions for every row and every time, so that rows are drawn only when they change. */
function useRowActions(
  selection: ReturnType<typeof useSelection>,
  moveCursor: (id: string | undefined, byKey: boolean) => void,
): RowActions {
  const latest = useRef(selection);
  useEffect(() => {
    latest.current = selection;
  });
  return useMemo(
    () => ({
      select: (id, extend) => latest.current.select(id, extend),
      star: (row) => latest.current.star(row.id, !row.starred),
      focused: (id) => moveCursor(id, false),
    }),
    [moveCursor],
  );
}

/** The triggers that one has seen; there is no list of all. */
function triggersOf(rows: readonly Summary[], chosen: string | undefined): string[] {
  const seen = rows.flatMap((row) => row.triggerType ?? []);
  return [...new Set([...seen, ...(chosen === undefined ? [] : [chosen])])].sort();
}

function LoadingRows() {
  return (
    <div role="status" aria-label="Loading executions" className="min-h-0 grow overflow-hidden">
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
