import { useEffect, useLayoutEffect, useMemo, type Ref } from "react";
import type { Series, Status, WorkflowStats } from "@/api";
import { useRemoved } from "@/app/removals";
import { formatCount } from "@/model/format";
import { ROW_PX, TALL_ROW_PX } from "@/model/placement";
import { workflowKey } from "@/model/workflows";
import type { Selection } from "@/model/selection";
import { Button, ErrorBox, Spinner, Time, useNarrow } from "@/ui";
import { useListMemory } from "./memory";
import { Row, type RowActions } from "./Row";
import type { ListState, ListStore } from "./store";
import { useFreshCount, useListState } from "./useList";
import { useScroller } from "./useScroller";

/** The functions of the scrolled list that the keys use. */
export interface RowsHandle {
  reveal: (index: number) => void;
  firstInView: () => number;
}

interface Props {
  handle: Ref<RowsHandle>;
  store: ListStore;
  total: number | undefined;
  series: Series | null | undefined;
  statuses: readonly Status[] | undefined;
  workflows: readonly WorkflowStats[] | undefined;
  selection: Selection;
  cursor: { id: string | undefined; byKey: boolean };
  actions: RowActions;
}

/** The scrolled rows of the list. */
export function Rows(props: Props) {
  const { handle, store, selection, cursor, actions } = props;
  const state = useListState(store);
  const loaded = store.rows();
  const removed = useRemoved();
  const rows = useMemo(
    () => (removed.size === 0 ? loaded : loaded.filter((row) => !removed.has(row.id))),
    [loaded, removed],
  );
  const narrow = useNarrow();
  const rowPx = narrow ? TALL_ROW_PX : ROW_PX;
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
  const { scroller, virtualizer, placement } = list;
  useScrollMemory(scroller);
  useEffect(() => assign(handle, { reveal: list.reveal, firstInView: list.firstInView }));
  const usual = useMemo(
    () => new Map(props.workflows?.map((each) => [workflowKey(each), each.p95Ms])),
    [props.workflows],
  );

  return (
    <div
      ref={scroller}
      data-testid="rows"
      className="relative min-h-0 grow overflow-x-hidden overflow-y-scroll overscroll-contain [overflow-anchor:none]"
    >
      <div
        role="table"
        aria-label="Executions"
        aria-rowcount={props.total ?? -1}
        aria-busy={state.loading !== null}
        className="fl-unloaded relative w-full"
        style={{ height: virtualizer.getTotalSize(), backgroundSize: `100% ${rowPx}px` }}
      >
        <div role="rowgroup">
          {virtualizer.getVirtualItems().map((item) => {
            const row = rows[item.index];
            return (
              row !== undefined && (
                <Row
                  key={row.id}
                  row={row}
                  place={placement.above + item.index + 1}
                  top={item.start}
                  height={rowPx}
                  narrow={narrow}
                  selected={selection.ids.has(row.id)}
                  wantsFocus={cursor.byKey && cursor.id === row.id}
                  p95Ms={usual.get(workflowKey(row))}
                  actions={actions}
                />
              )
            );
          })}
        </div>
      </div>
      <Edge
        state={state}
        onRetry={() => (state.loading === null ? store.loadOlder() : undefined)}
      />
    </div>
  );
}

/** The state at the edge of the loaded rows. */
function Edge({ state, onRetry }: { state: ListState; onRetry: () => void }) {
  if (state.edgeError !== null) {
    return <ErrorBox error={state.edgeError} onRetry={onRetry} className="sticky bottom-2 mx-3" />;
  }
  if (state.searchedTo === null) return null;
  return (
    <p role="status" className="sticky bottom-0 flex items-center gap-2 bg-panel px-3 py-1.5">
      <Spinner label="Searching" /> Searched back to <Time time={state.searchedTo} as="time" />
    </p>
  );
}

/** Restore the list's scroll position after a visit to another page. */
function useScrollMemory(scroller: { current: HTMLDivElement | null }): void {
  const memory = useListMemory();
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    element.scrollTo({ top: memory.scrollTop });
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
      {formatCount(count)} new
    </Button>
  );
}

function assign(ref: Ref<RowsHandle>, value: RowsHandle): void {
  if (typeof ref === "function") ref(value);
  else if (ref !== null) ref.current = value;
}
