/** Computes the position of the loaded rows in the scrolled height, and the row for a position. */

/** The height of a row. */
export const ROW_PX = 34;
/** The height of a row with two lines, on narrow screens. */
export const TALL_ROW_PX = 56;
/** The height of the line that shows where a row matches a query. */
export const MATCHES_PX = 24;
/** Less than the height of about 17 million px above which browsers fail to lay out an element. */
const MOST_PX = 12_000_000;
/** The space for rows that aren't loaded, while their number is unknown. */
const UNKNOWN_ROWS = 40;

/** The known size of a list, in rows. */
export interface Extent {
  /** The number of rows above the window. */
  above: number;
  loaded: number;
  hasNewer: boolean;
  hasOlder: boolean;
  /** The number of all rows; undefined if the counts don't include it. */
  total: number | undefined;
}

/** The space above and below the loaded rows, in px and in rows. */
export interface Placement {
  abovePx: number;
  belowPx: number;
  above: number;
  below: number;
}

/**
 * Compute the space above and below the loaded rows. Each row gets less space if the whole list
 * would be too high for a browser.
 */
export function place(extent: Extent, rowPx: number): Placement {
  const above = extent.hasNewer ? Math.max(1, extent.above) : 0;
  const rest = extent.total === undefined ? 0 : extent.total - above - extent.loaded;
  const below = extent.hasOlder ? Math.max(UNKNOWN_ROWS, rest) : 0;
  const free = MOST_PX - extent.loaded * rowPx;
  const perRow = Math.min(rowPx, free / Math.max(1, above + below));
  return { above, below, abovePx: Math.round(above * perRow), belowPx: Math.round(below * perRow) };
}

/** Return the index of the row at a position outside of the loaded rows; undefined within them. */
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
