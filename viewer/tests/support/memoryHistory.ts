import {
  HistoryProblem,
  type Counts,
  type Filters,
  type HistoryClient,
  type LiveListener,
  type Scope,
  type Summary,
  type SummaryPage,
} from "@/api";
import { isNewer } from "@/model/window";

/**
 * A history in memory. As a client, it needs no HTTP, like an editor's client; tests read its
 * records.
 */
export class MemoryHistory implements HistoryClient {
  /** Newest first. */
  rows: Summary[];
  readonly deleted: string[][] = [];
  requests = 0;
  readonly #listeners = new Set<LiveListener>();

  constructor(rows: Summary[]) {
    this.rows = rows;
  }

  /** Add or replace executions, and notify the followers. */
  log(...rows: Summary[]): void {
    const ids = new Set(rows.map((row) => row.id));
    this.rows = [...this.rows.filter((row) => !ids.has(row.id)), ...rows].sort((a, b) =>
      isNewer(a, b) ? -1 : 1,
    );
    this.#listeners.forEach((listener) => listener.changed([...ids]));
  }

  lose(): void {
    this.#listeners.forEach((listener) => listener.lost(0));
  }

  recover(resumed = false): void {
    this.#listeners.forEach((listener) => listener.open(resumed));
  }

  summaries: HistoryClient["summaries"] = (filters, page) => {
    this.requests += 1;
    const all = this.rows.filter((row) => matches(row, filters));
    const limit = page.limit ?? 50;
    let first = 0;
    if (page.cursor !== undefined) {
      const [side = "", id = ""] = page.cursor.split("|");
      const at = all.findIndex((row) => row.id === id);
      first = side === "older" ? at + 1 : Math.max(0, at - limit);
      if (side === "newer") return Promise.resolve(makePage(all, first, at));
    } else if (page.at !== undefined) {
      const { at } = page;
      first = all.findIndex((row) => row.startedAt <= at);
      if (first < 0) first = Math.max(0, all.length - limit);
    } else if (page.direction === "newer") {
      first = Math.max(0, all.length - limit);
    }
    return Promise.resolve(makePage(all, first, first + limit));
  };

  summariesOf: HistoryClient["summariesOf"] = (ids, filters) =>
    Promise.resolve(this.rows.filter((row) => ids.includes(row.id) && matches(row, filters)));

  counts: HistoryClient["counts"] = (scope) => Promise.resolve(count(this.#in(scope)));

  series: HistoryClient["series"] = (scope, points) => {
    const rows = this.#in(scope);
    const last = Date.parse(rows[0]?.startedAt ?? "") || Date.now();
    const first = Date.parse(scope.after ?? rows.at(-1)?.startedAt ?? "") || last;
    const stepMs = Math.max(1, Math.ceil((last - first + 1) / points));
    const buckets = Array.from({ length: points }, (): Summary[] => []);
    rows.forEach((row) =>
      buckets[Math.floor((Date.parse(row.startedAt) - first) / stepMs)]?.push(row),
    );
    return Promise.resolve({
      stepMs,
      points: buckets.map((bucket, index) => {
        const { success, error, running } = count(bucket);
        const start = new Date(first + index * stepMs).toISOString();
        return { start, success, error, running, ...percentiles(bucket) };
      }),
    });
  };

  workflows: HistoryClient["workflows"] = (scope) => {
    const byId = new Map<string, Summary[]>();
    this.#in(scope).forEach((row) => {
      byId.set(row.workflowId, [...(byId.get(row.workflowId) ?? []), row]);
    });
    return Promise.resolve({
      workflows: [...byId].map(([workflowId, rows]) => ({
        workflowId,
        workflowName: rows[0]?.workflowName ?? workflowId,
        ...count(rows),
        ...percentiles(rows),
      })),
      nextCursor: null,
    });
  };

  projects: HistoryClient["projects"] = () => Promise.resolve([]);
  nodes: HistoryClient["nodes"] = () => Promise.resolve({ nodes: [] });
  stats: HistoryClient["stats"] = () =>
    Promise.resolve({
      ...{ total: 0, success: 0, error: 0, running: 0, lastStartedAt: null, removed: null },
      ...{ meanDurationMs: null, p50DurationMs: null, p95DurationMs: null, p99DurationMs: null },
    });

  usage: HistoryClient["usage"] = () => Promise.resolve({});

  comparison: HistoryClient["comparison"] = () =>
    Promise.resolve({
      current: { after: null, before: "", total: 0, success: 0, error: 0, running: 0 },
      previous: null,
    });

  errors: HistoryClient["errors"] = () => Promise.resolve({ errors: [], complete: true });

  queryFields: HistoryClient["queryFields"] = () => Promise.resolve([]);
  nearestQuery: HistoryClient["nearestQuery"] = () =>
    Promise.resolve({ searched: ["text"], nearest: null });
  savedQueries: HistoryClient["savedQueries"] = () => Promise.resolve([]);

  saveQuery: HistoryClient["saveQuery"] = () => Promise.resolve();

  removeSavedQuery: HistoryClient["removeSavedQuery"] = () => Promise.resolve();

  facets: HistoryClient["facets"] = () =>
    Promise.resolve({
      facets: { workflow: [], status: [], node: [], tag: [], errorKind: [], model: [] },
      executions: 0,
      searchedTo: null,
    });

  setStar: HistoryClient["setStar"] = (id, starred) => {
    this.rows = this.rows.map((row) => (row.id === id ? { ...row, starred } : row));
    return Promise.resolve();
  };

  removeLater: HistoryClient["removeLater"] = missing;
  cancelRemoval: HistoryClient["cancelRemoval"] = missing;
  triggers: HistoryClient["triggers"] = () => Promise.resolve([]);
  remove: HistoryClient["remove"] = (ids) => {
    this.deleted.push([...ids]);
    this.rows = this.rows.filter((row) => !ids.includes(row.id));
    this.#listeners.forEach((listener) => listener.changed(ids));
    return Promise.resolve(ids.length);
  };

  modelCalls: HistoryClient["modelCalls"] = () =>
    Promise.resolve({ calls: [], inputTokens: 0, outputTokens: 0, costUsd: 0, unpriced: 0 });

  sharedPage: HistoryClient["sharedPage"] = (id) => Promise.resolve(new Blob([id]));

  exportExecutions: HistoryClient["exportExecutions"] = (ids) =>
    Promise.resolve(new Blob(ids.map((id) => `${JSON.stringify({ id })}\n`)));

  follow: HistoryClient["follow"] = (listener) => {
    this.#listeners.add(listener);
    listener.open(false);
    return () => this.#listeners.delete(listener);
  };

  outline: HistoryClient["outline"] = (id) => {
    const execution = this.rows.find((row) => row.id === id);
    if (execution === undefined) return missing();
    return Promise.resolve({ execution, nodes: [], usual: { nodes: {} }, children: [] });
  };

  space: HistoryClient["space"] = missing;
  definition: HistoryClient["definition"] = missing;
  executionText: HistoryClient["executionText"] = missing;
  payloadTree: HistoryClient["payloadTree"] = missing;
  payloadSearch: HistoryClient["payloadSearch"] = missing;
  payloadSelect: HistoryClient["payloadSelect"] = missing;
  payloadTable: HistoryClient["payloadTable"] = missing;
  payloadBytes: HistoryClient["payloadBytes"] = missing;
  payloadText: HistoryClient["payloadText"] = missing;
  payloadValue: HistoryClient["payloadValue"] = missing;
  payloadDownload: HistoryClient["payloadDownload"] = missing;

  #in(scope: Scope): Summary[] {
    return this.rows.filter((row) => matches(row, scope));
  }
}

function matches(row: Summary, filters: Filters): boolean {
  // A plain word stands for every query; the receiver's own tests cover the language.
  const text = filters.q?.toLowerCase();
  const texts = [row.workflowName, row.workflowId, row.error?.message, row.error?.nodeId];
  return (
    (filters.workflowId === undefined || filters.workflowId.includes(row.workflowId)) &&
    (filters.status === undefined || filters.status.includes(row.status)) &&
    (filters.after === undefined || row.startedAt >= filters.after) &&
    (filters.before === undefined || row.startedAt < filters.before) &&
    (filters.mode === undefined || row.executionMode === filters.mode) &&
    (filters.trigger === undefined || row.triggerType === filters.trigger) &&
    (filters.minDurationMs === undefined || (row.durationMs ?? 0) >= filters.minDurationMs) &&
    (filters.maxDurationMs === undefined || (row.durationMs ?? 0) <= filters.maxDurationMs) &&
    (filters.starred !== true || row.starred) &&
    (text === undefined ||
      row.id.startsWith(text) ||
      texts.some((each) => each?.toLowerCase().includes(text)))
  );
}

function makePage(all: Summary[], from: number, to: number): SummaryPage {
  const summaries = all.slice(from, to);
  const first = summaries[0];
  const last = summaries.at(-1);
  return {
    summaries,
    newerCursor: first !== undefined && from > 0 ? `newer|${first.id}` : null,
    olderCursor: last !== undefined && to < all.length ? `older|${last.id}` : null,
    searchedTo: null,
  };
}

function count(rows: readonly Summary[]): Counts {
  const of = (status: Summary["status"]) => rows.filter((row) => row.status === status).length;
  const [success, error, running] = [of("success"), of("error"), of("running")];
  return { total: rows.length, success, error, running };
}

function percentiles(rows: readonly Summary[]): { p50Ms?: number; p95Ms?: number } {
  const sorted = rows.flatMap((row) => row.durationMs ?? []).sort((a, b) => a - b);
  const p50Ms = sorted[Math.floor(sorted.length * 0.5)];
  const p95Ms = sorted[Math.floor(sorted.length * 0.95)];
  return p50Ms === undefined || p95Ms === undefined ? {} : { p50Ms, p95Ms };
}

function missing(): Promise<never> {
  return Promise.reject(
    new HistoryProblem({
      title: "Not found",
      detail: "None.",
      code: "not_found",
      retryable: false,
    }),
  );
}
