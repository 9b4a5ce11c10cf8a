import type {
  Counts,
  Definition,
  ErrorGroups,
  Mode,
  NodeStats,
  Outline,
  PayloadMatches,
  PayloadTable,
  PayloadTree,
  Series,
  Status,
  Summary,
  SummaryPage,
  WorkflowStats,
} from "./types";

/** Which part of the history a question is about. */
export interface Scope {
  workflowId?: readonly string[];
  projectId?: string;
  after?: string;
  before?: string;
}

export interface Filters extends Scope {
  status?: readonly Status[];
  mode?: Mode;
  trigger?: string;
  minDurationMs?: number;
  maxDurationMs?: number;
  text?: string;
  nodeId?: string;
  starred?: boolean;
}

export interface PageRequest {
  limit?: number;
  cursor?: string;
  direction?: "older" | "newer";
  /** A position, not a filter: begin with the newest execution started at or before it. */
  at?: string;
}

/** Which payload of which execution. */
export type PayloadAddress =
  | { executionId: string; of: "trigger" }
  | { executionId: string; of: "input" | "output"; sequence: number; nodeId?: string };

export interface LiveListener {
  /** The connection stands; with `resumed`, what was missed comes as events. */
  open(resumed: boolean): void;
  changed(ids: readonly string[]): void;
  /** What was missed is not known: read everything again. */
  reset(): void;
  /** The connection broke; another try is made in `retryInMs`. */
  lost(retryInMs: number): void;
}

export interface Options {
  signal?: AbortSignal;
}

/**
 * The one seam between the viewer and a history: an interface with a method a route.
 *
 * Every method rejects with a `HistoryProblem` (or an `AbortError` after its signal).
 */
export interface HistoryClient {
  summaries(filters: Filters, page: PageRequest, options?: Options): Promise<SummaryPage>;
  /** Those of at most 500 ids that match the filters. */
  summariesOf(ids: readonly string[], filters: Filters, options?: Options): Promise<Summary[]>;
  counts(scope: Scope, options?: Options): Promise<Counts>;
  series(scope: Scope, points: number, options?: Options): Promise<Series>;
  workflows(scope: Scope, options?: Options): Promise<WorkflowStats[]>;
  projects(options?: Options): Promise<string[]>;
  nodes(scope: Scope, options?: Options): Promise<NodeStats[]>;
  errors(scope: Scope, limit: number, options?: Options): Promise<ErrorGroups>;

  outline(executionId: string, options?: Options): Promise<Outline>;
  definition(workflowId: string, options?: Options): Promise<Definition>;
  /** The whole execution with its payloads, as JSON text. */
  executionText(executionId: string, options?: Options): Promise<string>;

  payloadTree(
    address: PayloadAddress,
    path: string,
    range: { offset?: number; limit?: number },
    options?: Options,
  ): Promise<PayloadTree>;
  payloadSearch(address: PayloadAddress, text: string, options?: Options): Promise<PayloadMatches>;
  payloadSelect(
    address: PayloadAddress,
    jsonPath: string,
    options?: Options,
  ): Promise<PayloadMatches>;
  payloadTable(
    address: PayloadAddress,
    path: string,
    range: { offset?: number; limit?: number },
    options?: Options,
  ): Promise<PayloadTable>;
  /** Bytes `first` to `last` (both included) of a payload's JSON, and its whole size. */
  payloadBytes(
    address: PayloadAddress,
    range: { first: number; last: number },
    options?: Options,
  ): Promise<{ bytes: ArrayBuffer; size: number }>;
  /** A whole payload's JSON, byte for byte. */
  payloadText(address: PayloadAddress, options?: Options): Promise<string>;
  /** One value within a payload: a text as its characters, anything else as JSON. */
  payloadValue(address: PayloadAddress, path: string, options?: Options): Promise<string>;
  payloadDownload(address: PayloadAddress, options?: Options): Promise<Blob>;

  setStar(executionId: string, starred: boolean, options?: Options): Promise<void>;
  /** Erases executions; with `leaving` the request outlives the page. Returns how many. */
  remove(ids: readonly string[], options?: Options & { leaving?: boolean }): Promise<number>;
  exportExecutions(ids: readonly string[], options?: Options): Promise<Blob>;

  /** Follows what changes until the returned function is called; reconnects by itself. */
  follow(listener: LiveListener): () => void;
}
