import { useEffect, useLayoutEffect, useMemo, type Ref } from "react";
import type { Series, Status, WorkflowStats } from "@/api";
import { useRemoved } from "@/app/removals";
import { describeRow } from "@/model/distinguish";
import { LEAST_USUAL_RUNS } from "@/model/estimates";
import type { Sort } from "@/model/filters";
import { MATCHES_PX, ROW_PX, TALL_ROW_PX } from "@/model/placement";
import { workflowKey } from "@/model/workflows";
import type { Selection } from "@/model/selection";
import { texts, type Texts } from "@/texts";
import { Button, classes, ErrorBox, Spinner, Time, useNarrow } from "@/ui";
import { useListMemory } from "./memory";
import { Row, type RowActions } from "./Row";
import type { ListState } from "./listState";
import type { ListStore } from "./store";
import { useFreshCount, useListState } from "./useList";
import { SearchedTo } from "./SearchedTo";
import { useScroller } from "./useScroller";
import { useTriggerFacts } from "./useTriggerFacts";

/** The functions of the scrolled list that the keys use. */
export interface RowsHandle {
  reveal: (index: number) => void;
  firstInView: () => number;
}

type Order = Sort | undefined;

/** The orders that the clicks on a head go through. */
const STARTED: readonly Order[] = [undefined, "oldest"];
const DURATION: readonly Order[] = ["longest", "shortest", undefined];

interface Column {
  name: keyof Texts["list"]["columns"];
  cell: string;
  isShown?: boolean;
  sorts?: readonly Order[];
}

const COLUMNS: readonly Column[] = [
  { name: "select", cell: "fl-cell-select", isShown: false },
  { name: "status", cell: "fl-cell-status" },
  { name: "name", cell: "fl-cell-name" },
  { name: "trigger", cell: "fl-cell-trigger" },
  { name: "started", cell: "fl-cell-time", sorts: STARTED },
  { name: "duration", cell: "fl-cell-duration", sorts: DURATION },
  { name: "nodes", cell: "fl-cell-nodes" },
  { name: "error", cell: "fl-cell-error" },
  { name: "star", cell: "fl-cell-star", isShown: false },
];

interface Props {
  handle: Ref<RowsHandle>;
  store: ListStore;
  total: number | undefined;
  series: Series | null | undefined;
  statuses: readonly Status[] | undefined;
  workflows: readonly WorkflowStats[] | undefined;
  onSort: (sort: Order) => void;
  /** Whether the executions can be ordered by their duration. */
  canRank: boolean;
  /** Whether rows show where they match the query. */
  withMatches: boolean;
  selection: Selection;
  cursor: { id: string | undefined; byKey: boolean };
  actions: RowActions;
}

/** The scrolled rows of the list. */
export function Rows(props: Props) {
  const { handle, store, withMatches, selection, cursor, actions } = props;
  const state = useListState(store);
  const loaded = store.rows();
  const removed = useRemoved();
  const rows = useMemo(
    () => (removed.size === 0 ? loaded : loaded.filter((row) => !removed.has(row.id))),
    [loaded, removed],
  );
  const narrow = useNarrow();
  const rowPx = (narrow ? TALL_ROW_PX : ROW_PX) + (withMatches ? MATCHES_PX : 0);
  const cursorAtTop = cursor.id === undefined || cursor.id === rows[0]?.id;
  const list = useScroller({
    store,
    state,
    rows,
    rowPx,
    total: props.total,
    series: props.series,
    statuses: props.statuses,
    hold: !cursorAtTop || selection.ids.size > 0,
  });
  const { scroller, placement } = list;
  const { first, end } = list.inView;
  useScrollMemory(scroller);
  useEffect(() => assign(handle, { reveal: list.reveal, firstInView: list.firstInView }));
  const usual = useMemo(
    () =>
      new Map(
        props.workflows
          ?.filter((each) => each.total >= LEAST_USUAL_RUNS)
          .map((each) => [workflowKey(each), each.p95Ms]),
      ),
    [props.workflows],
  );

  const inView = rows.slice(first, end);
  const facts = useTriggerFacts(inView.map((row) => row.id));

  return (
    <div
      role="table"
      aria-label={texts.list.title}
      aria-rowcount={props.total === undefined ? -1 : props.total + 1}
      aria-busy={state.loading !== null}
      className="flex min-h-0 grow flex-col"
    >
      <ColumnHeads
        {...{ narrow, sort: store.sort, onSort: props.onSort, canRank: props.canRank }}
      />
      <RankNote sort={store.sort} since={state.rankedSince} />
      <div
        ref={scroller}
        role="presentation"
        data-testid="rows"
        className="relative min-h-0 grow overflow-x-hidden overflow-y-scroll overscroll-contain [overflow-anchor:none]"
      >
        <div
          role="rowgroup"
          className="fl-unloaded relative w-full"
          style={{
            height: list.getTop(rows.length) + placement.belowPx,
            backgroundSize: `100% ${rowPx}px`,
          }}
        >
          {inView.map((row, at) => (
            <Row
              key={row.id}
              row={row}
              place={placement.above + first + at + 1}
              top={list.getTop(first + at)}
              height={rowPx}
              narrow={narrow}
              withMatches={withMatches}
              selected={selection.ids.has(row.id)}
              wantsFocus={cursor.byKey && cursor.id === row.id}
              details={describeRow(rows, first + at, facts)}
              p95Ms={usual.get(workflowKey(row))}
              actions={actions}
            />
          ))}
        </div>
        <Edge
          store={store}
          state={state}
          onRetry={() => (state.loading === null ? store.loadOlder() : undefined)}
        />
      </div>
    </div>
  );
}

interface ColumnHeadsProps {
  narrow: boolean;
  sort: Order;
  onSort: (sort: Order) => void;
  canRank: boolean;
}

/** The columns' names. A narrow list has no columns, so only screen readers get the names. */
function ColumnHeads({ narrow, sort, onSort, canRank }: ColumnHeadsProps) {
  return (
    <div role="rowgroup" className={narrow ? "sr-only" : "fl-heads"}>
      <div role="row" aria-rowindex={1} className="fl-head">
        {COLUMNS.map(({ name, cell, isShown = true, sorts }) => (
          <span
            key={name}
            role="columnheader"
            {...(sorts !== undefined && { "aria-sort": ariaSort(sorts, sort) })}
            className={classes(cell, "truncate")}
          >
            {sorts !== undefined && !narrow ? (
              <SortButton
                {...{ sorts, sort, onSort }}
                name={texts.list.columns[name]}
                isOff={sorts === DURATION && !canRank}
              />
            ) : isShown ? (
              texts.list.columns[name]
            ) : (
              <span className="sr-only">{texts.list.columns[name]}</span>
            )}
          </span>
        ))}
      </div>
    </div>
  );
}

const IS_ASCENDING: Record<Sort, boolean> = { oldest: true, longest: false, shortest: true };

function ariaSort(sorts: readonly Order[], sort: Order): "ascending" | "descending" | "none" {
  if (!sorts.includes(sort) || (sort === undefined && sorts !== STARTED)) return "none";
  return sort !== undefined && IS_ASCENDING[sort] ? "ascending" : "descending";
}

interface SortButtonProps extends Pick<ColumnHeadsProps, "sort" | "onSort"> {
  name: string;
  sorts: readonly Order[];
  isOff: boolean;
}

function SortButton({ name, sorts, sort, onSort, isOff }: SortButtonProps) {
  const order = ariaSort(sorts, sort);
  const at = order === "none" ? -1 : sorts.indexOf(sort);
  return (
    <button
      type="button"
      disabled={isOff}
      title={
        isOff
          ? texts.list.notByDuration
          : sorts === STARTED
            ? texts.list.sortByStart
            : texts.list.sortByDuration
      }
      onClick={() => onSort(sorts[(at + 1) % sorts.length])}
      className="rounded-sm hover:text-text disabled:opacity-60"
    >
      {name}
      {order !== "none" && <span aria-hidden> {order === "ascending" ? "↑" : "↓"}</span>}
    </button>
  );
}

/** Which executions an order by duration compares. */
function RankNote({ sort, since }: { sort: Order; since: string | null }) {
  if (sort !== "longest" && sort !== "shortest") return null;
  return (
    <p role="status" className="border-b border-line px-3 py-1 text-sm text-muted">
      {since === null
        ? texts.list.ofAll[sort]
        : texts.list.ofNewest[sort](<Time time={since} as="time" />)}
    </p>
  );
}

interface EdgeProps {
  store: ListStore;
  state: ListState;
  onRetry: () => void;
}

/** The state at the edge of the loaded rows. */
function Edge({ store, state, onRetry }: EdgeProps) {
  if (state.edgeError !== null) {
    return <ErrorBox error={state.edgeError} onRetry={onRetry} className="sticky bottom-2 mx-3" />;
  }
  if (state.waiting !== null) {
    return <SearchedTo store={store} className="sticky bottom-0 bg-panel" />;
  }
  if (state.searchedTo === null) return null;
  return (
    <p role="status" className="sticky bottom-0 flex items-center gap-2 bg-panel px-3 py-1.5">
      <Spinner label={texts.controls.searching} />{" "}
      {texts.list.searchedBackTo(<Time time={state.searchedTo} as="time" />)}
    </p>
  );
}

/** Restore the list's scroll position after a visit to another page. */
function useScrollMemory(scroller: { current: HTMLDivElement | null }): void {
  const memory = useListMemory();
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    // Any scrolling makes the browser lay out the page, and then once more when it is drawn.
    if (memory.scrollTop > 0) element.scrollTo({ top: memory.scrollTop });
    const note = () => memory.noteScroll(element.scrollTop);
    element.addEventListener("scroll", note, { passive: true });
    return () => element.removeEventListener("scroll", note);
  }, [memory, scroller]);
}

/** "↑ 14 new": the number of executions that arrived above while the reader reads on. */
export function FreshButton({ store }: { store: ListStore }) {
  const count = useFreshCount(store);
  if (count === 0) return null;
  return (
    <Button look="link" icon="up" className="h-6" onClick={() => store.reveal()}>
      {texts.list.fresh(count)}
    </Button>
  );
}

function assign(ref: Ref<RowsHandle>, value: RowsHandle): void {
  if (typeof ref === "function") ref(value);
  else if (ref !== null) ref.current = value;
}
