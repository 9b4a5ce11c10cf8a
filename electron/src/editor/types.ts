/**
 * The types of the Catalyst editor's execution history. They are assignable to and from the editor's
 * own types of the same names.
 */

/** The state of an execution. */
export type ExecutionStatus = "running" | "success" | "error";

/** The state of one node in an execution. */
export type NodeExecutionStatus = "pending" | "running" | "success" | "error" | "skipped";

/* eslint-disable @typescript-eslint/no-explicit-any -- the editor's own types have `any` here */

/** The start event of an execution. */
export interface TriggerInfo {
  type: string;
  data: Record<string, any>;
  isSimulated?: boolean;
}

/** The reason why an execution failed. */
export interface ExecutionError {
  message: string;
  stack?: string;
  nodeId?: string;
}

/** One run of one node. */
export interface NodeExecution {
  nodeId: string;
  nodeName: string;
  nodeType: string;
  status: NodeExecutionStatus;
  startedAt?: string;
  completedAt?: string;
  durationMs?: number;
  input: Record<string, any>;
  output?: Record<string, any>;
  error?: { message: string; stack?: string };
}

/** One run of a workflow. */
export interface WorkflowExecution {
  id: string;
  workflowId: string;
  workflowName: string;
  executionMode: "test" | "production";
  status: ExecutionStatus;
  startedAt: string;
  completedAt?: string;
  durationMs?: number;
  trigger: TriggerInfo;
  nodeExecutions: NodeExecution[];
  error?: ExecutionError;
}

/* eslint-enable @typescript-eslint/no-explicit-any */

/** Which executions are kept. */
export interface ExecutionLoggingConfig {
  /** Whether executions are recorded. */
  enabled: boolean;
  /** Executions older than so many days are deleted when a project is opened; 0 keeps all. */
  retentionDays: number;
  /** Which ended executions are recorded. */
  logLevel: "all" | "success" | "error";
  /** The number of executions kept of each workflow; 0 or absent keeps all. */
  maxExecutionsPerWorkflow?: number;
}

/** Which executions to list. */
export interface ExecutionQueryOptions {
  workflowId?: string;
  status?: ExecutionStatus;
  limit?: number;
  offset?: number;
  sortOrder?: "asc" | "desc";
}

/** The counts of a workflow's executions. */
export interface ExecutionStats {
  workflowId: string;
  totalExecutions: number;
  successCount: number;
  errorCount: number;
  runningCount: number;
  avgDurationMs: number;
  /** The start of the newest execution; null without executions. */
  lastExecutedAt?: string;
}

/** The outcome of `ExecutionReceiver.start`. */
export interface ReceiverStartResult {
  success: boolean;
  port?: number;
  url?: string;
  error?: string;
}

/** The editor's default settings. */
export const DEFAULT_EXECUTION_LOGGING_CONFIG: ExecutionLoggingConfig = {
  enabled: true,
  retentionDays: 30,
  logLevel: "all",
};
