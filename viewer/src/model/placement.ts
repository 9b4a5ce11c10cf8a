/** Where the loaded rows lie in the scrolled height, and which row a place in it stands for. */

export const ROW_PX = 34;
/** Two lines, on narrow screens. */
export const TALL_ROW_PX = 56;
/** Browsers give up on elements of more than about 17 million px. */
const MOST_PX = 12_000_000;
/** Room for what isn't loaded while nobody knows how much it is. */
const UNKNOWN_ROWS = 40;

export interface Extent {
  /** Rows above and in the window. */
  above: number;
  loaded: number;
  hasNewer: boolean;
  hasOlder: boolean;
  /** All rows, where counts know them. */
  total: number | undefined;
}

export interface Placement {
  abovePx: number;
  belowPx: number;
  above: number;
  below: number;
}

export function place(extent: Extent, rowPx: number): Placement {
  const above = extent.hasNewer ? Math.max(1, extent.above) : 0;
  const rest = extent.total === undefined ? 0 : extent.total - above - extent.loaded;
  const below = extent.hasOlder ? Math.max(UNKNOWN_ROWS, rest) : 0;
  const free = MOST_PX - extent.loaded * rowPx;
  const perRow = Math.min(rowPx, free / Math.max(1, above + below));
  return { above, below, abovePx: Math.round(above * perRow), belowPx: Math.round(below * perRow) };
}

/** The index of the row at a place outside of the loaded rows; undefined within them. */
export function rowAt(
  y: number,
  placement: Placement,
  loadedPx: number,
  loaded: number,
): number | undefined {
  const bottom = placement.abovePx + loadedPx;
  if (y < placement.abovePx) return Math.floor((y / placement.abovePx) * placement.above);
  if (y < bottom || placement.belowPx === 0) return undefined;
  const into = Math.min(1, (y - bottom) / placement.belowPx);
  return Math.floor(placement.above + loaded + into * placement.below);
}
