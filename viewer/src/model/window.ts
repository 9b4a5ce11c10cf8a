/**
 * The loaded part of a long list: a few pages around the view.
 *
 * A history of a million executions is read by cursors, page by page; distant pages are dropped.
 * The number of rows above is known if the reader came from the top, and estimated after a jump.
 */
import type { Summary, SummaryPage } from "@/api";
import type { Sort } from "./filters";

export const PAGE_SIZE = 100;
const MOST_PAGES = 8;
const MOST_ROWS_IN_A_PAGE = 4 * PAGE_SIZE;

/** Where reading continues: after a cursor, or at a time where a page was cut. */
export type Edge = { cursor: string } | { at: string };

/** One loaded page. */
export interface Page {
  rows: readonly Summary[];
  /** Null if no execution is older. */
  older: Edge | null;
  /** Null if the page was the newest when it was read. */
  newer: Edge | null;
}

/** The loaded pages and their place in the list. */
export interface ListWindow {
  /** Newest first, never empty. */
  pages: readonly [Page, ...Page[]];
  /** The number of rows above the first page. */
  above: number;
}

/** Begin anew with the newest page. */
export function startAtNewest(page: SummaryPage): ListWindow {
  return { pages: [{ ...toPage(page), newer: null }], above: 0 };
}

/** Begin anew with the oldest page. `index` is the estimated place of its first row. */
export function startAtOldest(page: SummaryPage, index: number): ListWindow {
  const { pages, above } = startElsewhere(page, index);
  return { pages: [{ ...pages[0], older: null }], above };
}

/** Begin anew with a page in the middle. `index` is the estimated place of its first row. */
export function startElsewhere(page: SummaryPage, index: number): ListWindow {
  const first = toPage(page);
  return { pages: [first], above: first.newer === null ? 0 : Math.max(1, index) };
}

/**
 * Add an older page. If too many pages are loaded, drop the newest. An empty page only says where
 * an unfinished search continues.
 */
export function addOlder(window: ListWindow, page: SummaryPage): ListWindow {
  if (page.summaries.length === 0) {
    const pages = window.pages.map((each, index) =>
      index === window.pages.length - 1 ? { ...each, older: toPage(page).older } : each,
    );
    return { ...window, pages: atLeastOne(pages, window.pages[0]) };
  }
  const added = withoutKnown(window, toPage(page));
  const pages: Page[] = [...window.pages, added];
  const gone = pages.splice(0, Math.max(0, pages.length - MOST_PAGES));
  return {
    pages: atLeastOne(pages, added),
    above: window.above + gone.reduce((sum, each) => sum + each.rows.length, 0),
  };
}

/**
 * Add a newer page. An empty page means that the newest was reached, and its cursor leads to later
 * executions.
 */
export function addNewer(window: ListWindow, page: SummaryPage): ListWindow {
  if (page.summaries.length === 0) {
    const [first, ...others] = window.pages;
    return { pages: [{ ...first, newer: null }, ...others], above: 0 };
  }
  const added = withoutKnown(window, toPage(page));
  const above = Math.max(1, window.above - added.rows.length);
  return {
    pages: [added, ...window.pages.slice(0, MOST_PAGES - 1)],
    above: added.newer === null ? 0 : above,
  };
}

/**
 * Set the number of rows above from the total, which is possible when the oldest page is loaded.
 */
export function settleEnd(window: ListWindow, total: number): ListWindow {
  if (olderEdge(window) !== null || newerEdge(window) === null) return window;
  const above = Math.max(1, total - listRows(window).length);
  return above === window.above ? window : { ...window, above };
}

/** Return the rows of all loaded pages. */
export function listRows(window: ListWindow): Summary[] {
  return window.pages.flatMap((page) => page.rows);
}

/** Return where reading older executions continues; null at the oldest. */
export function olderEdge(window: ListWindow): Edge | null {
  return window.pages.at(-1)?.older ?? null;
}

/** Return where reading newer executions continues; null at the newest. */
export function newerEdge(window: ListWindow): Edge | null {
  return window.pages[0].newer;
}

/** The values that order the list. */
export type OrderKey = Pick<Summary, "id" | "startedAt" | "durationMs">;

/** Whether `a` stands above `b` in a list. */
export type IsAbove = (a: OrderKey, b: OrderKey) => boolean;

/** Whether `a` began after `b`, so that it stands above `b` in a list of the newest. */
export const isNewer: IsAbove = (a, b) =>
  a.startedAt === b.startedAt ? a.id > b.id : a.startedAt > b.startedAt;

const ABOVE: Record<Sort, IsAbove> = {
  oldest: (a, b) => isNewer(b, a),
  longest: (a, b) => isAboveByDuration(a, b, 1),
  shortest: (a, b) => isAboveByDuration(a, b, -1),
};

function isAboveByDuration(a: OrderKey, b: OrderKey, sign: 1 | -1): boolean {
  if (a.durationMs === b.durationMs) return isNewer(a, b);
  if (a.durationMs === undefined || b.durationMs === undefined) return b.durationMs === undefined;
  return sign * (a.durationMs - b.durationMs) > 0;
}

/** Return the order of a list. */
export function orderOf(sort: Sort | undefined): IsAbove {
  return sort === undefined ? isNewer : ABOVE[sort];
}

/**
 * Replace changed rows. Rows of `asked` that were not found were deleted or no longer match, and
 * are removed.
 */
export function updateRows(
  window: ListWindow,
  asked: ReadonlySet<string>,
  found: ReadonlyMap<string, Summary>,
): ListWindow {
  return mapPages(window, (rows) => {
    if (!rows.some((row) => asked.has(row.id))) return rows;
    return rows.flatMap((row) => {
      if (!asked.has(row.id)) return [row];
      const now = found.get(row.id);
      if (now === undefined) return [];
      return [now.revision >= row.revision ? now : row];
    });
  });
}

/** Change one row, if it is loaded. */
export function changeRow(
  window: ListWindow,
  id: string,
  change: (row: Summary) => Summary,
): ListWindow {
  return mapPages(window, (rows) =>
    rows.some((row) => row.id === id)
      ? rows.map((row) => (row.id === id ? change(row) : row))
      : rows,
  );
}

/** Remove rows. */
export function withoutRows(window: ListWindow, ids: ReadonlySet<string>): ListWindow {
  return mapPages(window, (rows) =>
    rows.some((row) => ids.has(row.id)) ? rows.filter((row) => !ids.has(row.id)) : rows,
  );
}

/** Insert new rows in order. Rows that belong below all loaded rows are left out. */
export function insertRows(
  window: ListWindow,
  rows: readonly Summary[],
  isAbove: IsAbove = isNewer,
): ListWindow {
  const known = new Set(listRows(window).map((row) => row.id));
  const fresh = rows.filter((row) => !known.has(row.id)).sort((a, b) => (isAbove(a, b) ? -1 : 1));
  if (fresh.length === 0) return window;
  const pages = window.pages.map((page, index) => {
    const next = window.pages[index + 1]?.rows[0];
    const isLast = index === window.pages.length - 1;
    const own: Summary[] = [];
    while (fresh[0] !== undefined && belongsHere(fresh[0], page, next, isLast, isAbove)) {
      own.push(...fresh.splice(0, 1));
    }
    return own.length === 0 ? page : { ...page, rows: mergeRows(page.rows, own, isAbove) };
  });
  return cutLongPages({ ...window, pages: atLeastOne(pages, window.pages[0]) });
}

function belongsHere(
  row: Summary,
  page: Page,
  next: Summary | undefined,
  isLast: boolean,
  isAbove: IsAbove,
): boolean {
  if (!isLast) return next === undefined || isAbove(row, next);
  const last = page.rows.at(-1);
  return page.older === null || (last !== undefined && isAbove(row, last));
}

function mergeRows(
  a: readonly Summary[],
  b: readonly Summary[],
  isAbove: IsAbove,
): readonly Summary[] {
  return [...a, ...b].sort((x, y) => (isAbove(x, y) ? -1 : isAbove(y, x) ? 1 : 0));
}

/** Cut a page that live rows have made too long, and drop the pages after it. */
function cutLongPages(window: ListWindow): ListWindow {
  const at = window.pages.findIndex((page) => page.rows.length > MOST_ROWS_IN_A_PAGE);
  const long = window.pages[at];
  if (long === undefined) return window;
  const rows = long.rows.slice(0, MOST_ROWS_IN_A_PAGE / 2);
  const last = rows.at(-1);
  const cut = { ...long, rows, older: last === undefined ? long.older : { at: last.startedAt } };
  return { ...window, pages: atLeastOne([...window.pages.slice(0, at), cut], cut) };
}

function withoutKnown(window: ListWindow, page: Page): Page {
  const known = new Set(listRows(window).map((row) => row.id));
  return { ...page, rows: page.rows.filter((row) => !known.has(row.id)) };
}

function mapPages(
  window: ListWindow,
  map: (rows: readonly Summary[]) => readonly Summary[],
): ListWindow {
  const pages = window.pages.map((page) => {
    const rows = map(page.rows);
    return rows === page.rows ? page : { ...page, rows };
  });
  const changed = pages.some((page, index) => page !== window.pages[index]);
  return changed ? { ...window, pages: atLeastOne(pages, window.pages[0]) } : window;
}

function toPage(page: SummaryPage): Page {
  return {
    rows: page.summaries,
    older: page.olderCursor === null ? null : { cursor: page.olderCursor },
    newer: page.newerCursor === null ? null : { cursor: page.newerCursor },
  };
}

function atLeastOne([first, ...others]: readonly Page[], otherwise: Page): [Page, ...Page[]] {
  return [first ?? otherwise, ...others];
}
