/** The receiver's answers, as docs/http-api.md describes them. Times are UTC text, durations ms. */

export type Status = "running" | "success" | "error";
export type NodeStatus = "pending" | "running" | "success" | "error" | "skipped";
export type Mode = "test" | "production";
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface SummaryError {
  /** First line, at most 300 characters. */
  message: string;
  type?: string;
  kind?: string;
  nodeId?: string;
}

export interface Summary {
  id: string;
  workflowId: string;
  workflowName: string;
  projectId?: string;
  status: Status;
  startedAt: string;
  completedAt?: string;
  durationMs?: number;
  executionMode?: Mode;
  triggerType?: string;
  isSimulated?: boolean;
  error?: SummaryError;
  starred: boolean;
  /** `strip`: one letter a node execution in order; p r s e k; at most 40. */
  nodes: { total: number; done: number; failed: number; strip: string };
  revision: number;
  tags?: string[];
}

export interface SummaryPage {
  /** Newest first. */
  summaries: Summary[];
  olderCursor: string | null;
  newerCursor: string | null;
  /** How far back a search that no index serves has looked. */
  searchedTo: string | null;
}

export interface Counts {
  total: number;
  success: number;
  error: number;
  running: number;
}

export interface SeriesPoint {
  start: string;
  success: number;
  error: number;
  running: number;
  p50Ms?: number;
  p95Ms?: number;
}

export interface Series {
  stepMs: number;
  points: SeriesPoint[];
}

export interface WorkflowStats extends Counts {
  workflowId: string;
  workflowName: string;
  projectId?: string;
  p50Ms?: number;
  p95Ms?: number;
  lastStartedAt?: string;
}

export interface NodeStats {
  workflowId: string;
  nodeId: string;
  nodeName: string;
  nodeType: string;
  total: number;
  success: number;
  error: number;
  p50Ms?: number;
  p95Ms?: number;
}

export interface ErrorGroup {
  workflowId: string;
  workflowName: string;
  nodeId?: string;
  type?: string;
  kind?: string;
  /** With its numbers and ids taken out. */
  message: string;
  count: number;
  lastAt: string;
  lastExecutionId: string;
}

export interface ErrorGroups {
  errors: ErrorGroup[];
  complete: boolean;
}

export interface FullError extends SummaryError {
  stack?: string;
}

export interface PayloadInfo {
  bytes: number;
  /** null where it is not cheaply known. */
  redacted: boolean | null;
  truncated: boolean | null;
}

export interface OutlineNode {
  sequence: number;
  nodeId: string;
  nodeName: string;
  nodeType: string;
  status: NodeStatus;
  attempt?: number;
  parentSequence?: number;
  startedAt?: string;
  completedAt?: string;
  durationMs?: number;
  input?: PayloadInfo;
  output?: PayloadInfo;
  error?: FullError;
}

export interface OutlineExecution extends Omit<Summary, "error"> {
  trigger?: { type: string; isSimulated?: boolean; bytes?: number };
  error?: FullError;
  parentExecutionId?: string;
  retryOf?: string;
  processId?: string;
}

export interface Usual {
  p50Ms?: number;
  p95Ms?: number;
  nodes: Record<string, { p50Ms?: number; p95Ms?: number }>;
}

export interface Outline {
  execution: OutlineExecution;
  nodes: OutlineNode[];
  previousId?: string;
  nextId?: string;
  usual: Usual;
  children: { id: string; workflowName: string; status: Status }[];
}

export interface Definition {
  nodes: { id: string; name: string; type: string; x: number; y: number }[];
  edges: { source: string; target: string; handle?: string }[];
}

export type ValueKind = "object" | "array" | "string" | "number" | "boolean" | "null" | "mark";

/** What a payload's tree, a search and a selection tell of one value. */
export interface PayloadValue {
  kind: ValueKind;
  /** Its JSON in at most 80 characters; one that was cut ends with `…`. */
  preview: string;
}

export interface PayloadChild extends PayloadValue {
  key: string | number;
  /** How long its JSON is. */
  bytes: number;
  /** Members or items; absent where counting them would cost too much. */
  count?: number;
}

export interface PayloadTree {
  kind: ValueKind;
  bytes: number;
  count?: number;
  /** A scalar or a small mark; a text is cut at 64 KiB, and `cut` says so. */
  value?: Json;
  cut?: boolean;
  children?: PayloadChild[];
  nextOffset?: number;
}

export interface PayloadMatch extends PayloadValue {
  /** A JSON pointer. */
  path: string;
  key?: string | number;
}

export interface PayloadMatches {
  matches: PayloadMatch[];
  complete: boolean;
}

export interface PayloadTable {
  columns: string[];
  rows: Json[][];
  count: number;
}
