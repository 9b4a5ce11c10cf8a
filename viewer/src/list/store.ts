import {
  asProblem,
  type Filters,
  type HistoryClient,
  type PageRequest,
  type Summary,
  type SummaryPage,
} from "@/api";
import { buildQuery, type ListFilters, type Sort } from "@/model/filters";
import {
  addNewer,
  addOlder,
  changeRow,
  insertRows,
  isNewer,
  newerEdge,
  olderEdge,
  orderOf,
  PAGE_SIZE,
  listRows,
  settleEnd,
  startAtNewest,
  startAtOldest,
  startElsewhere,
  updateRows,
  withoutRows,
  type Edge,
  type IsAbove,
  type ListWindow,
  type OrderKey,
} from "@/model/window";
import { INITIAL_STATE, type Jump, type ListState } from "./listState";
import { loadPage } from "./loading";

const IDS_A_REQUEST = 500;
const RETRY_MS = 2000;

const BEGINNINGS = { top: startAtNewest, window: startElsewhere, end: startAtOldest };

/**
 * One list. The store loads pages as the reader reaches them, and keeps the loaded rows up to date.
 */
export class ListStore {
  readonly #client: HistoryClient;
  readonly #filters: ListFilters;
  readonly #isAbove: IsAbove;
  /** The filters with `last 24 h` converted to times. Cursors are valid only for this query. */
  #query: Filters = {};
  readonly #watchers = new Set<() => void>();
  #state: ListState = INITIAL_STATE;
  #rowsOf: { window: ListWindow | null; rows: readonly Summary[] } = { window: null, rows: [] };
  #request: AbortController | undefined;
  /** The newest execution that was ever at the top. Any newer execution is new to the reader. */
  #top: OrderKey | undefined;
  #following = true;
  readonly #fresh = new Set<string>();
  readonly #changed = new Set<string>();
  /**
   * Changed ids that arrived while a page was loading. The page may be older than these changes.
   */
  readonly #missed = new Set<string>();
  #isPrepared = false;
  #missedAny = false;
  #draining = false;

  constructor(client: HistoryClient, filters: ListFilters) {
    this.#client = client;
    this.#filters = filters;
    this.#isAbove = orderOf(filters.sort);
  }

  /** The order of the list; undefined for the newest first. */
  get sort(): Sort | undefined {
    return this.#filters.sort;
  }

  readonly state = (): ListState => this.#state;

  /** The loaded rows, newest first. The array stays the same until the rows change. */
  readonly rows = (): readonly Summary[] => {
    const { window } = this.#state;
    if (window !== this.#rowsOf.window) {
      this.#rowsOf = { window, rows: window === null ? [] : listRows(window) };
    }
    return this.#rowsOf.rows;
  };

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  /** Load the newest page before the list is shown. `start` then doesn't load it again. */
  prepare(): void {
    this.#isPrepared = true;
    this.toTop();
  }

  /** Load the newest page. After a return to the list, load the changes instead. */
  start(): void {
    const { phase } = this.#state;
    const isFresh = this.#isPrepared;
    this.#isPrepared = false;
    if (phase === "failed" || this.#request === undefined) this.toTop();
    else if (phase === "ready" && !isFresh) this.reset();
  }

  toTop(): void {
    this.#query = buildQuery(this.#filters, Date.now());
    void this.#jump({ limit: PAGE_SIZE }, 0, "top");
  }

  /** Go to the oldest page. `total` is the number of all executions, if known. */
  toEnd(total: number | undefined): void {
    void this.#jump({ limit: PAGE_SIZE, direction: "newer" }, (total ?? 1) - PAGE_SIZE, "end");
  }

  /**
   * Begin anew at the newest execution that started at or before a time. `index` is the estimated
   * place of that execution.
   */
  seek(index: number, at: string): void {
    void this.#jump({ limit: PAGE_SIZE, at }, index, "window");
  }

  /** Whether all matching executions are loaded. */
  get isWhole(): boolean {
    const { window, waiting } = this.#state;
    if (window === null) return waiting === null;
    return olderEdge(window) === null && newerEdge(window) === null;
  }

  loadOlder(): void {
    const { window, loading, waiting } = this.#state;
    const edge = window === null ? null : olderEdge(window);
    if (edge === null || loading !== null || waiting !== null) return;
    void this.#extend(edge, "older", addOlder);
  }

  /** Continue a search that waits. */
  searchFurther(): void {
    const { window, loading, waiting } = this.#state;
    if (waiting === null || loading !== null) return;
    if (window === null) void this.#jump({ limit: PAGE_SIZE, ...waiting }, 0, "top");
    else void this.#extend(waiting, "older", addOlder);
  }

  loadNewer(): void {
    const { window, loading } = this.#state;
    const edge = window === null ? null : newerEdge(window);
    if (edge !== null && loading === null) void this.#extend(edge, "newer", addNewer);
  }

  /**
   * Show new executions in the list at once while `following` is true; otherwise let new executions
   * wait.
   */
  follow(following: boolean): void {
    this.#following = following;
    if (following && this.#fresh.size > 0) this.reveal();
  }

  /** Go to the top and show the executions that wait. */
  reveal(): void {
    const { window } = this.#state;
    if (window === null || newerEdge(window) !== null || this.#fresh.size >= PAGE_SIZE) {
      this.toTop();
      return;
    }
    this.#changed.clear();
    const ids = [...this.#fresh];
    this.#fresh.clear();
    const jump = { number: this.#state.jump.number + 1, to: "top" } as const;
    this.#set({ fresh: 0, jump });
    this.#following = true;
    this.changed(ids);
  }

  readonly changed = (ids: readonly string[]): void => {
    ids.forEach((id) => this.#changed.add(id));
    if (this.#isLoading) ids.forEach((id) => this.#missed.add(id));
    if (!this.#draining) void this.#drain();
  };

  /** Compare the loaded rows and read the newest page, because anything may have changed. */
  readonly reset = (): void => {
    const { window, phase } = this.#state;
    if (this.#isLoading) this.#missedAny = true;
    if (phase !== "ready") return;
    if (window === null) this.toTop();
    else {
      void this.#lookForNewer();
      this.changed(listRows(window).map((row) => row.id));
    }
  };

  /** Set the rows above from the total, because the total may arrive after the end was reached. */
  settle(total: number): void {
    this.#change((window) => settleEnd(window, total));
  }

  forget(ids: ReadonlySet<string>): void {
    this.#change((window) => withoutRows(window, ids));
  }

  change(id: string, change: (row: Summary) => Summary): void {
    this.#change((window) => changeRow(window, id, change));
  }

  async #jump(page: PageRequest, index: number, to: Jump["to"]): Promise<void> {
    const signal = this.#begin();
    this.#set({ loading: "jump", edgeError: null });
    try {
      const found = await this.#load(page, signal);
      const begin = BEGINNINGS[to];
      const window = found.summaries.length === 0 ? null : begin(found, index);
      if (window !== null) this.#noteTop(window);
      const jump = { number: this.#state.jump.number + 1, to };
      this.#set({ phase: "ready", error: null, window, loading: null, jump });
      this.#catchUp();
    } catch (error) {
      if (signal.aborted) return;
      if (this.#state.window === null) this.#set({ phase: "failed", error, loading: null });
      else this.#set({ edgeError: error, loading: null });
    }
  }

  async #extend(
    edge: Edge,
    direction: "older" | "newer",
    add: (window: ListWindow, page: SummaryPage) => ListWindow,
  ): Promise<void> {
    const signal = this.#begin();
    this.#set({ loading: direction, edgeError: null });
    try {
      const page = await this.#load({ limit: PAGE_SIZE, direction, ...edge }, signal);
      const { window } = this.#state;
      const next = window === null ? null : add(window, page);
      this.#set({ loading: null, window: next });
      if (direction === "newer" && next !== null) this.#noteTop(next);
      this.#catchUp();
    } catch (error) {
      if (!signal.aborted) this.#set({ edgeError: error, loading: null });
    }
  }

  #load(request: PageRequest, signal: AbortSignal): Promise<SummaryPage> {
    return loadPage(request, {
      ...{ client: this.#client, query: this.#query, sort: this.sort, signal },
      note: (change) => this.#set(change),
    });
  }

  async #drain(): Promise<void> {
    this.#draining = true;
    let ids: string[] = [];
    try {
      while (this.#changed.size > 0) {
        ids = [...this.#changed].slice(0, IDS_A_REQUEST);
        ids.forEach((id) => this.#changed.delete(id));
        const found = await this.#client.summariesOf(ids, this.#query);
        this.#apply(new Set(ids), found);
      }
    } catch (error) {
      if (asProblem(error).retryable) setTimeout(() => this.changed(ids), RETRY_MS);
    } finally {
      this.#draining = false;
    }
  }

  async #lookForNewer(): Promise<void> {
    if (this.sort !== undefined) return;
    try {
      const { summaries } = await this.#client.summaries(this.#query, { limit: PAGE_SIZE });
      this.#apply(new Set(), summaries);
    } catch {
      // The connection is lost. After the reconnection, the feed resets and everything is compared
      // again.
    }
  }

  #apply(asked: ReadonlySet<string>, found: readonly Summary[]): void {
    const { window, phase } = this.#state;
    if (phase !== "ready") return;
    if (window === null) {
      if (found.length > 0) this.toTop();
      return;
    }
    const byId = new Map(found.map((row) => [row.id, row]));
    const updated = updateRows(window, asked, byId);
    const top = this.#top;
    const isNews = (row: Summary) => top === undefined || isNewer(row, top);
    const atNewest = newerEdge(window) === null;
    // In another order, new executions have no common place to wait at.
    const flows = (this.#following && atNewest) || this.sort !== undefined;
    const entering = found.filter((row) => flows || !isNews(row));
    const next = insertRows(updated, entering, this.#isAbove);
    if (flows) this.#top = next.pages[0].rows[0] ?? this.#top;
    if (!flows) this.#noteFresh(asked, found.filter(isNews));
    // Reload if no row is left, because rows that aren't loaded may still exist.
    if (listRows(next).length === 0) this.toTop();
    else if (next !== window || this.#fresh.size !== this.#state.fresh) {
      this.#set({ window: next, fresh: this.#fresh.size });
    }
  }

  #noteFresh(asked: ReadonlySet<string>, news: readonly Summary[]): void {
    const found = new Set(news.map((row) => row.id));
    asked.forEach((id) => {
      if (!found.has(id)) this.#fresh.delete(id);
    });
    found.forEach((id) => this.#fresh.add(id));
  }

  /** At the newest page, no execution is new any more. */
  #noteTop(window: ListWindow): void {
    if (newerEdge(window) !== null) return;
    this.#top = window.pages[0].rows[0];
    this.#fresh.clear();
    if (this.#state.fresh > 0) this.#set({ fresh: 0 });
  }

  get #isLoading(): boolean {
    return this.#state.loading !== null;
  }

  #catchUp(): void {
    const missed = [...this.#missed];
    this.#missed.clear();
    if (this.#missedAny) {
      this.#missedAny = false;
      this.reset();
    }
    if (missed.length > 0) this.changed(missed);
  }

  #begin(): AbortSignal {
    this.#request?.abort();
    this.#request = new AbortController();
    return this.#request.signal;
  }

  #change(change: (window: ListWindow) => ListWindow): void {
    const { window } = this.#state;
    const changed = window === null ? null : change(window);
    if (changed !== window) this.#set({ window: changed });
  }

  #set(change: Partial<ListState>): void {
    this.#state = { ...this.#state, ...change };
    this.#watchers.forEach((watcher) => watcher());
  }
}
