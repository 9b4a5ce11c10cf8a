import { useEffect, useEffectEvent, useLayoutEffect, useMemo, useRef } from "react";
import type { Series, Status, Summary } from "@/api";
import { place, rowAt } from "@/model/placement";
import { timeAt } from "@/model/seek";
import { newerEdge, olderEdge } from "@/model/window";
import type { ListState } from "./listState";
import type { ListStore } from "./store";
import { useRowsInView } from "./useRowsInView";

const SETTLE_MS = 60;
/** The distance from the edge of the loaded rows at which the next page is requested. */
const AHEAD_ROWS = 50;

/** The row at the top of the view, and its position when it was noted. */
interface Anchor {
  id: string;
  y: number;
  scrollTop: number;
}

interface Options {
  store: ListStore;
  state: ListState;
  rows: readonly Summary[];
  rowPx: number;
  total: number | undefined;
  /**
   * Which time lies at which place of the list; null if unknown, undefined while the series loads.
   */
  series: Series | null | undefined;
  statuses: readonly Status[] | undefined;
  /** The reader is reading on, so no new row may enter even while the top is in view. */
  hold: boolean;
}

/** The scrolled list: which rows to draw and where, what to load, and which row must not move. */
export function useScroller(options: Options) {
  const { store, state, rows, rowPx, total, series, statuses, hold } = options;
  const scroller = useRef<HTMLDivElement>(null);
  const anchor = useRef<Anchor | null>(null);
  const lastJump = useRef(state.jump.number);
  const settle = useRef<ReturnType<typeof setTimeout>>(undefined);
  const { window } = state;

  const placement = useMemo(
    () =>
      place(
        {
          above: window?.above ?? 0,
          loaded: rows.length,
          hasNewer: window !== null && newerEdge(window) !== null,
          hasOlder: window !== null && olderEdge(window) !== null,
          total,
        },
        rowPx,
      ),
    [window, rows.length, total, rowPx],
  );

  const inView = useRowsInView(scroller, rows.length, placement, rowPx);

  const getTop = (index: number) => placement.abovePx + index * rowPx;

  const seek = useEffectEvent(() => {
    const element = scroller.current;
    if (element === null) return;
    const { scrollTop, clientHeight, scrollHeight } = element;
    const index = rowAt(scrollTop, placement, rows.length * rowPx, rows.length);
    if (index === undefined) return;
    const inView = clientHeight / rowPx;
    if (index <= inView) store.toTop();
    else if (scrollTop + clientHeight >= scrollHeight - rowPx) store.toEnd(total);
    else {
      if (series === undefined) return;
      const fromNewest = store.sort === "oldest" && total !== undefined ? total - index : index;
      const at = series === null ? undefined : timeAt(fromNewest, series, statuses);
      if (at !== undefined) store.seek(index, at);
      else if (scrollTop < placement.abovePx) store.toTop();
      else store.toEnd(total);
    }
  });

  /** Load the pages near the view, or begin anew at the place to which the view has jumped. */
  const look = useEffectEvent(() => {
    const element = scroller.current;
    if (element === null || window === null || state.loading === "jump") return;
    const first = element.scrollTop;
    const last = first + element.clientHeight;
    const ahead = AHEAD_ROWS * rowPx;
    const start = placement.abovePx;
    const end = getTop(rows.length);
    store.follow(first <= 1 && !hold);
    if (last + ahead > end && first < end) store.loadOlder();
    else if (first - ahead < start && last > start) store.loadNewer();
    clearTimeout(settle.current);
    if (first >= end || last <= start) settle.current = setTimeout(() => seek(), SETTLE_MS);
  });

  const note = useEffectEvent(() => {
    const element = scroller.current;
    if (element === null) return;
    const index = Math.max(0, Math.ceil((element.scrollTop - placement.abovePx) / rowPx));
    const row = element.scrollTop <= 1 && !hold ? undefined : rows[index];
    const { scrollTop } = element;
    anchor.current =
      row === undefined ? null : { id: row.id, y: getTop(index) - scrollTop, scrollTop };
  });

  // Keep the row that the reader reads in its place, whatever rows come or go above it.
  const keep = useEffectEvent(() => {
    const element = scroller.current;
    if (element === null) return;
    if (state.jump.number !== lastJump.current) {
      lastJump.current = state.jump.number;
      const { to } = state.jump;
      element.scrollTop =
        to === "top"
          ? 0
          : to === "window"
            ? placement.abovePx
            : getTop(rows.length) - element.clientHeight;
      return;
    }
    const held = anchor.current;
    if (held === null) return;
    const index = rows.findIndex((row) => row.id === held.id);
    if (index < 0) return;
    // Don't undo scrolling: the reader may have scrolled although the scroll event is still to
    // come.
    const bottom = element.scrollHeight - element.clientHeight;
    const isClamped = element.scrollTop >= bottom && held.scrollTop > bottom;
    const scrolled = isClamped ? 0 : element.scrollTop - held.scrollTop;
    const scrollTop = getTop(index) - held.y + scrolled;
    if (Math.abs(scrollTop - element.scrollTop) >= 1) element.scrollTop = scrollTop;
  });

  useEffect(() => {
    if (total !== undefined) store.settle(total);
  }, [store, total, window]);
  useLayoutEffect(() => keep(), [rows, placement, state.jump]);
  useEffect(() => {
    note();
    look();
  }, [rows, placement, state.loading, hold, series]);
  useEffect(() => {
    const element = scroller.current;
    const scrolled = () => {
      note();
      look();
    };
    element?.addEventListener("scroll", scrolled, { passive: true });
    return () => {
      element?.removeEventListener("scroll", scrolled);
      clearTimeout(settle.current);
    };
  }, []);

  return {
    scroller,
    inView,
    placement,
    getTop,
    /** Scroll a row into view, together with the row beyond it. */
    reveal: (index: number) => {
      const element = scroller.current;
      if (element === null) return;
      const top = getTop(index);
      if (top < element.scrollTop + rowPx) element.scrollTop = Math.max(0, top - rowPx);
      else if (top + 2 * rowPx > element.scrollTop + element.clientHeight) {
        element.scrollTop = top + 2 * rowPx - element.clientHeight;
      }
    },
    firstInView: () => {
      const scrollTop = scroller.current?.scrollTop ?? 0;
      return Math.max(0, Math.ceil((scrollTop - placement.abovePx) / rowPx));
    },
  };
}
