import { useEffect, useState, type RefObject } from "react";
import type { Placement } from "@/model/placement";

/** The rows that are drawn above and below the view, once the rows in view are drawn. */
const BEYOND = 8;
/** About the height of all that lies above the list. */
const ABOVE_LIST_PX = 160;

/** The loaded rows to draw: from `first` up to, and without, `end`. */
export interface RowsInView {
  first: number;
  end: number;
}

/**
 * Return the loaded rows in view, and some beyond it. Every row has the same height, so nothing is
 * measured but the view, and that only after the first rows are drawn.
 */
export function useRowsInView(
  scroller: RefObject<HTMLElement | null>,
  loaded: number,
  placement: Placement,
  rowPx: number,
): RowsInView {
  const [view, setView] = useState(() => ({
    top: 0,
    rows: Math.ceil(Math.max(0, innerHeight - ABOVE_LIST_PX) / rowPx),
    beyond: 0,
  }));
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const scrolled = () => {
      const top = Math.floor(element.scrollTop / rowPx);
      setView((before) => (before.top === top ? before : { ...before, top }));
    };
    // The observer also calls once at the beginning, when the first frame has been laid out.
    const observer = new ResizeObserver(() => {
      const rows = Math.ceil(element.clientHeight / rowPx) + 1;
      setView((before) => ({ ...before, rows, beyond: BEYOND }));
      scrolled();
    });
    observer.observe(element);
    element.addEventListener("scroll", scrolled, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", scrolled);
    };
  }, [rowPx, scroller]);
  const top = view.top - Math.floor(placement.abovePx / rowPx);
  return {
    first: Math.min(loaded, Math.max(0, top - view.beyond)),
    end: Math.max(0, Math.min(loaded, top + view.rows + view.beyond)),
  };
}
