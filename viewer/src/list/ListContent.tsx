import { useRouter } from "@tanstack/react-router";
import {
  useCallback,
  useEffect,
  useEffectEvent,
  useMemo,
  useRef,
  useState,
  type RefObject,
} from "react";
import { HistoryProblem, type QueryMatch, type Summary } from "@/api";
import { useRemoved } from "@/app/removals";
import { stringifySearch } from "@/app/search";
import { requireTag, type ListFilters } from "@/model/filters";
import { matchAddress, openingAddress } from "@/model/matches";
import { readsPayloads } from "@/model/queryText";
import { texts } from "@/texts";
import { ErrorBox, Skeleton } from "@/ui";
import { FacetPanel } from "./FacetPanel";
import { FilterBar } from "./FilterBar";
import { useListMemory } from "./memory";
import { NoMatch } from "./NoMatch";
import { QueryProblem } from "./QueryProblem";
import type { RowActions } from "./Row";
import { FreshButton, Rows, type RowsHandle } from "./Rows";
import { SelectionBar } from "./SelectionBar";
import type { ListStore } from "./store";
import { shownRows, type useAggregates, type useListView } from "./useList";
import { useFacetSwitch } from "./useFacetSwitch";
import { useRowKeys } from "./useRowKeys";
import { useSelection } from "./useSelection";

type Aggregates = ReturnType<typeof useAggregates>;

/** The time in which the rows of a search follow the key that asked for them. */
const ARRIVAL_MS = 5000;

interface Props {
  store: ListStore;
  view: ReturnType<typeof useListView>;
  filters: ListFilters;
  onFilters: (filters: ListFilters) => void;
  aggregates: Aggregates;
  search: RefObject<HTMLInputElement | null>;
  /** Changes whenever the reader wants to go to the results. */
  arrivals: number;
}

/** The filters or the selection bar, then the rows or the message in place of the rows. */
export function ListContent(props: Props) {
  const { store, view, filters, onFilters, aggregates, search, arrivals } = props;
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
  const arrived = useRef({ arrivals, store, at: -Infinity });
  const arrive = useEffectEvent(() => {
    const { current: before } = arrived;
    const isNew = before.arrivals !== arrivals;
    // The rows may belong to the search before. The list of the new search then follows at once.
    const isSame = before.store !== store && performance.now() - before.at < ARRIVAL_MS;
    if (!(isNew || isSame) || view === "loading") return;
    arrived.current = { arrivals, store, at: isNew ? performance.now() : before.at };
    const [first] = rows();
    if (first === undefined) search.current?.blur();
    else moveCursor(first.id, true);
  });
  // eslint-disable-next-line react-hooks/set-state-in-effect -- the cursor moves the page's focus
  useEffect(() => arrive(), [arrivals, store, view]);
  const actions = useRowActions({ selection, filters, onFilters }, moveCursor);
  const chosen = [...selection.selection.ids];
  const [isFaceted, setFaceted] = useFacetSwitch();

  const canRank = filters.q === undefined || !readsPayloads(filters.q);
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
          triggers={() => listTriggers(store, filters.trigger)}
          canRank={canRank}
          isFaceted={isFaceted}
          onFaceted={setFaceted}
          end={<FreshButton store={store} />}
        />
      )}
      <div className="flex min-h-0 grow">
        {isFaceted && view !== "failed" && (
          <FacetPanel filters={filters} onFilters={onFilters} onClose={() => setFaceted(false)} />
        )}
        <div className="flex min-w-0 grow flex-col">
          {view === "failed" && (
            <Failure
              error={store.state().error}
              filters={filters}
              onFilters={onFilters}
              onRetry={() => store.toTop()}
            />
          )}
          {view === "empty" && <NoMatch store={store} filters={filters} onFilters={onFilters} />}
          {view === "rows" && (
            <Rows
              handle={handle}
              store={store}
              total={total}
              series={readSeries(series)}
              statuses={filters.status}
              workflows={workflows.data}
              onSort={(sort) => onFilters({ ...filters, sort })}
              canRank={canRank}
              withMatches={filters.q !== undefined && readsPayloads(filters.q)}
              selection={selection.selection}
              cursor={cursor}
              actions={actions}
            />
          )}
          {view === "loading" && <LoadingRows />}
        </div>
      </div>
    </>
  );
}

interface FailureProps extends Pick<Props, "filters" | "onFilters"> {
  error: unknown;
  onRetry: () => void;
}

function Failure({ error, filters, onFilters, onRetry }: FailureProps) {
  const { q } = filters;
  if (q !== undefined && error instanceof HistoryProblem && error.code === "invalid_query") {
    return <QueryProblem problem={error} {...{ q, filters, onFilters }} />;
  }
  return <ErrorBox error={error} onRetry={onRetry} className="m-3" />;
}

/** Return which time lies at which place of the list; null if unknown. */
function readSeries({ data, isError, isPlaceholderData }: Aggregates["series"]) {
  if (isError || data?.searchedTo !== undefined) return null;
  return isPlaceholderData ? undefined : data;
}

/**
 * Return the same functions for every row and every render, so that React draws only changed rows.
 */
function useRowActions(
  current: Pick<Props, "filters" | "onFilters"> & { selection: ReturnType<typeof useSelection> },
  moveCursor: (id: string | undefined, byKey: boolean) => void,
): RowActions {
  const router = useRouter();
  const latest = useRef(current);
  useEffect(() => {
    latest.current = current;
  });
  return useMemo(() => {
    const getSearch = (row: Summary, match?: QueryMatch) =>
      match === undefined ? openingAddress(row) : matchAddress(match);
    return {
      select: (id, extend) => latest.current.selection.select(id, extend),
      star: (row) => latest.current.selection.star(row.id, !row.starred),
      focused: (id) => moveCursor(id, false),
      filterByTag: (name, value) => {
        const { filters, onFilters } = latest.current;
        onFilters(requireTag(filters, name, value));
      },
      open: (row, match) =>
        void router.navigate({
          to: "/executions/$id",
          params: { id: row.id },
          search: getSearch(row, match),
        }),
      hrefOf: (row, match) =>
        router.history.createHref(
          `/executions/${encodeURIComponent(row.id)}${stringifySearch({ ...getSearch(row, match) })}`,
        ),
    };
  }, [moveCursor, router]);
}

/**
 * The triggers of the loaded rows and the chosen trigger, because no list of all triggers exists.
 */
function listTriggers(store: ListStore, chosen: string | undefined): string[] {
  const seen = store.rows().flatMap((row) => row.triggerType ?? []);
  return [...new Set([...seen, ...(chosen === undefined ? [] : [chosen])])].sort();
}

function LoadingRows() {
  return (
    <div
      role="status"
      aria-label={texts.list.loading}
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
