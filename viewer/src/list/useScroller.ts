import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useEffectEvent, useLayoutEffect, useMemo, useRef } from "react";
import type { Series, Status, Summary } from "@/api";
import { place, rowAt } from "@/model/placement";
import { timeAt } from "@/model/seek";
import { newerEdge, olderEdge } from "@/model/window";
import type { ListState, ListStore } from "./store";

const SETTLE_MS = 60;
/** So far from its edges the next page is asked for. */
const AHEAD_ROWS = 50;

/** The row at the view's top, and where it was when it was noted. */
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
  /** Where in time which part of the list is; null where nobody knows, undefined while asked. */
  series: Series | null | undefined;
  statuses: readonly Status[] | undefined;
  /** Reading on: nothing may flow in although the top is in view. */
  hold: boolean;
}

/** The scrolled list: which rows to draw where, what to load, and what must not move. */
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

  // eslint-disable-next-line react-hooks/incompatible-library -- its functions stay in this hook
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    getItemKey: (index) => rows[index]?.id ?? index,
    paddingStart: placement.abovePx,
    paddingEnd: placement.belowPx,
    overscan: 8,
    useFlushSync: false,
  });

  const topOf = (index: number) => placement.abovePx + index * rowPx;

  /** Loads what is near the view, or begins anew where the view has jumped to. */
  const look = useEffectEvent(() => {
    const element = scroller.current;
    if (element === null || window === null || state.loading === "jump") return;
    const first = element.scrollTop;
    const last = first + element.clientHeight;
    const ahead = AHEAD_ROWS * rowPx;
    const start = placement.abovePx;
    const end = topOf(rows.length);
    store.follow(first <= 1 && !hold);
    if (last + ahead > end && first < end) store.loadOlder();
    else if (first - ahead < start && last > start) store.loadNewer();
    clearTimeout(settle.current);
    if (first >= end || last <= start) settle.current = setTimeout(() => seek(), SETTLE_MS);
  });

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
      const at = series === null ? undefined : timeAt(index, series, statuses);
      if (at !== undefined) store.seek(index, at);
      else if (scrollTop < placement.abovePx) store.toTop();
      else store.toEnd(total);
    }
  });

  const note = useEffectEvent(() => {
    const element = scroller.current;
    if (element === null) return;
    const index = Math.max(0, Math.ceil((element.scrollTop - placement.abovePx) / rowPx));
    const row = element.scrollTop <= 1 && !hold ? undefined : rows[index];
    const { scrollTop } = element;
    anchor.current =
      row === undefined ? null : { id: row.id, y: topOf(index) - scrollTop, scrollTop };
  });

  // What one reads stays where it is, whatever comes or goes above it.
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
            : topOf(rows.length) - element.clientHeight;
      return;
    }
    const held = anchor.current;
    if (held === null) return;
    const index = rows.findIndex((row) => row.id === held.id);
    if (index < 0) return;
    // The reader may have scrolled since, with the event still to come; that must not be undone.
    const bottom = element.scrollHeight - element.clientHeight;
    const isClamped = element.scrollTop >= bottom && held.scrollTop > bottom;
    const scrolled = isClamped ? 0 : element.scrollTop - held.scrollTop;
    const scrollTop = topOf(index) - held.y + scrolled;
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
    virtualizer,
    placement,
    /** Scrolls a row into view, with one more beside it. */
    reveal: (index: number) => {
      const element = scroller.current;
      if (element === null) return;
      const top = topOf(index);
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
