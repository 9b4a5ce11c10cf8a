import type {
  Comparison,
  Counts,
  Definition,
  ErrorGroups,
  FacetPage,
  Mode,
  ModelCalls,
  Nearest,
  NodeList,
  Outline,
  PayloadMatches,
  PayloadTable,
  PayloadTree,
  QueryField,
  SavedQuery,
  Series,
  SpaceReport,
  Status,
  Summary,
  SummaryPage,
  TriggerFacts,
  Stats,
  Usage,
  WorkflowList,
} from "./types";

/** Which part of the history a request covers. */
export interface Scope {
  workflowId?: readonly string[];
  projectId?: string;
  after?: string;
  before?: string;
}

/** The filters of a list of executions. Absent filters match every execution. */
export interface Filters extends Scope {
  status?: readonly Status[];
  mode?: Mode;
  trigger?: string;
  minDurationMs?: number;
  maxDurationMs?: number;
  /** A query of docs/inspect/query.md. */
  q?: string;
  /** The time zone of the query's times. */
  timeZone?: string;
  starred?: boolean;
}

/** Which page of a list to read: after a cursor, or from a time. */
export interface PageRequest {
  limit?: number;
  cursor?: string;
  direction?: "older" | "newer";
  /** An order by duration has one page, of the newest executions. */
  sort?: "longest" | "shortest";
  /**
   * A position, not a filter: begin with the newest execution that started at or before this time.
   */
  at?: string;
}

/** Which payload of which execution. */
export type PayloadAddress =
  | { executionId: string; of: "trigger" }
  | { executionId: string; of: "input" | "output" | "logs"; sequence: number; nodeId?: string };

/** Receives the changes of a history and the state of the connection. */
export interface LiveListener {
  /** The connection is open. With `resumed`, the events missed meanwhile follow. */
  open(resumed: boolean): void;
  changed(ids: readonly string[]): void;
  /** The events missed meanwhile are unknown, so read everything again. */
  reset(): void;
  /** The connection broke. The client tries again in `retryInMs` milliseconds. */
  lost(retryInMs: number): void;
}

/** Options of every request. `signal` cancels the request. */
export interface Options {
  signal?: AbortSignal;
}

/**
 * The only interface between the viewer and a history: one method for each route.
 *
 * Every method rejects with a `HistoryProblem`, or with an `AbortError` after its signal aborts.
 */
export interface HistoryClient {
  /** Return the facts of triggers that distinguish at most 500 executions. */
  triggers(ids: readonly string[], options?: Options): Promise<TriggerFacts[]>;
  /** Return one page of the executions that match the filters. */
  summaries(filters: Filters, page: PageRequest, options?: Options): Promise<SummaryPage>;
  /** Return the executions among at most 500 ids that match the filters. */
  summariesOf(ids: readonly string[], filters: Filters, options?: Options): Promise<Summary[]>;
  /** Count the executions that match the filters by status. */
  counts(filters: Filters, options?: Options): Promise<Counts>;
  /** Return counts and durations over time, in about `points` even steps. */
  series(filters: Filters, points: number, options?: Options): Promise<Series>;
  /** Return the statistics of each workflow of the executions that match the filters. */
  workflows(filters: Filters, options?: Options): Promise<WorkflowList>;
  /** Return the ids of all projects. */
  projects(options?: Options): Promise<string[]>;
  /** Return the statistics of the slowest nodes of the executions that match the filters. */
  nodes(filters: Filters, options?: Options): Promise<NodeList>;
  /** Return the most frequent errors of the executions that match, at most `limit` groups. */
  errors(filters: Filters, limit: number, options?: Options): Promise<ErrorGroups>;

  /** Add up the tokens and the costs of models' calls, of the newest executions that match. */
  usage(filters: Filters, options?: Options): Promise<Usage>;

  /** Count all executions, or those of a project, and those that retention has removed. */
  stats(projectId: string | undefined, options?: Options): Promise<Stats>;

  /** Count and time a period, and the period of the same length before it. */
  comparison(filters: Filters, options?: Options): Promise<Comparison>;

  /** Return the fields of queries. */
  queryFields(options?: Options): Promise<QueryField[]>;
  /** Return the nearest query with results, for filters whose query has none. */
  nearestQuery(filters: Filters, options?: Options): Promise<Nearest>;
  /** Return the queries that are saved in the history, in the order of their names. */
  savedQueries(options?: Options): Promise<SavedQuery[]>;
  /** Save a query under a name, or replace the query that has the name. */
  saveQuery(name: string, query: string, options?: Options): Promise<void>;
  /** Delete a saved query. */
  removeSavedQuery(name: string, options?: Options): Promise<void>;
  /** Count the most frequent values of the executions that match the filters. */
  facets(filters: Filters, options?: Options): Promise<FacetPage>;

  /** Return what takes the space of the history, and what its limits remove next. */
  space(options?: Options): Promise<SpaceReport>;

  /** Return an execution without its payloads. */
  outline(executionId: string, options?: Options): Promise<Outline>;
  /** Return the workflow as its manifest draws it; empty if there is no manifest. */
  definition(workflowId: string, options?: Options): Promise<Definition>;
  /** Return the whole execution with its payloads, as JSON text. */
  executionText(executionId: string, options?: Options): Promise<string>;

  /** Return a page of the children of one value within a payload. */
  payloadTree(
    address: PayloadAddress,
    path: string,
    range: { offset?: number; limit?: number },
    options?: Options,
  ): Promise<PayloadTree>;
  /** Search for a text in the names and values of a payload. */
  payloadSearch(address: PayloadAddress, text: string, options?: Options): Promise<PayloadMatches>;
  /** Select values of a payload by JSONPath. */
  payloadSelect(
    address: PayloadAddress,
    jsonPath: string,
    options?: Options,
  ): Promise<PayloadMatches>;
  /** Return a page of a list within a payload as a table. */
  payloadTable(
    address: PayloadAddress,
    path: string,
    range: { offset?: number; limit?: number },
    options?: Options,
  ): Promise<PayloadTable>;
  /**
   * Return the bytes `first` to `last` (both included) of a payload's JSON, and the payload's whole
   * size.
   */
  payloadBytes(
    address: PayloadAddress,
    range: { first: number; last: number },
    options?: Options,
  ): Promise<{ bytes: ArrayBuffer; size: number }>;
  /** Return a whole payload's JSON, byte for byte. */
  payloadText(address: PayloadAddress, options?: Options): Promise<string>;
  /** Return one value within a payload: a text as its characters, any other value as JSON. */
  payloadValue(address: PayloadAddress, path: string, options?: Options): Promise<string>;
  /** Return a whole payload as a file. */
  payloadDownload(address: PayloadAddress, options?: Options): Promise<Blob>;

  /** Set or remove the star of an execution. */
  setStar(executionId: string, starred: boolean, options?: Options): Promise<void>;
  /**
   * Let the history delete executions after a delay, even if this page is gone by then. Returns the
   * id of the waiting deletion.
   */
  removeLater(ids: readonly string[], afterMs: number, options?: Options): Promise<string>;
  /** Cancel a waiting deletion. Returns whether the deletion was still waiting. */
  cancelRemoval(waitingId: string, options?: Options): Promise<boolean>;
  /** Delete executions and return their number. With `leaving`, the request outlives the page. */
  remove(ids: readonly string[], options?: Options & { leaving?: boolean }): Promise<number>;
  /**
   * Return the calls of models in an execution: of one node execution with the conversation, or of
   * the node executions from a cursor on.
   */
  modelCalls(
    executionId: string,
    nodes?: { sequence?: number | undefined; nodesCursor?: string | undefined },
    options?: Options,
  ): Promise<ModelCalls>;
  /** Return a run as an HTML file that needs neither a receiver nor a network. */
  sharedPage(executionId: string, options?: Options): Promise<Blob>;
  /** Return whole executions as an NDJSON file. */
  exportExecutions(ids: readonly string[], options?: Options): Promise<Blob>;

  /**
   * Follow changes until the returned function is called, and reconnect after a lost connection.
   */
  follow(listener: LiveListener): () => void;
}
