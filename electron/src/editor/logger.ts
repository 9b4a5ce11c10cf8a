/** `ExecutionLogger`: the editor's own logger, with Flightlog as its database. */

import { Bridge, type BridgeOptions } from "../bridge";
import { FlightlogError } from "../errors";
import type { ExecutionsChanged, ReceiverAddress, RecordingSettings } from "../generated";
import type { ExecutionLoggingConfig, ExecutionQueryOptions } from "./types";
import type { ExecutionStats, ExecutionStatus, WorkflowExecution } from "./types";
import { keep, kept, read, remove, setAside } from "./unsent";

/** How the logger starts Flightlog. */
export type LoggerOptions = Pick<BridgeOptions, "python" | "env" | "onLog" | "onProgress"> & {
  /** Called with the executions that changed. */
  readonly onChanged?: (changed: ExecutionsChanged) => void;
};

const NO_PROJECT = "No project is open in the execution history; call setProjectPath first.";
const DEFAULT_CONFIG: ExecutionLoggingConfig = {
  enabled: true,
  logLevel: "all",
  retentionDays: 30,
  maxExecutionsPerWorkflow: 1000,
};

/**
 * The editor's logger. Its queries return promises; everything else is as in the editor.
 *
 * The Flightlog process starts at the first use, and is restarted when it dies.
 */
export class ExecutionLogger {
  private static instance: ExecutionLogger | undefined;
  private static options: LoggerOptions = {};
  private bridge: Bridge | undefined;
  private projectPath: string | null = null;
  private opening: Promise<unknown> = Promise.resolve();
  private inForce: RecordingSettings | undefined;
  private overridesManifest = false;

  private constructor(private config: ExecutionLoggingConfig) {}

  /**
   * Choose how Flightlog is started. Call this before the first use; without a call, a Python that
   * has Flightlog is searched.
   */
  static configure(options: LoggerOptions): void {
    ExecutionLogger.options = options;
  }

  /**
   * Return the only logger.
   *
   * @param config The settings for projects whose manifest has no `executionLogging`; only the
   *   first call uses them.
   */
  static getInstance(config?: ExecutionLoggingConfig): ExecutionLogger {
    ExecutionLogger.instance ??= new ExecutionLogger(config ?? DEFAULT_CONFIG);
    return ExecutionLogger.instance;
  }

  /** Open a project, for all later calls and for the receiver. */
  setProjectPath(projectPath: string): void {
    if (this.projectPath === projectPath) {
      return;
    }
    this.projectPath = projectPath;
    this.opening = this.running.openProject(projectPath).then(({ recording }) => {
      this.inForce = recording;
    });
    this.opening.catch((error: unknown) => {
      if (this.projectPath === projectPath) {
        this.projectPath = null;
      }
      this.report(error);
    });
    for (const path of kept(projectPath)) {
      this.send(path, read(path), projectPath);
    }
  }

  /** Return the directory of the open project. */
  getCurrentProjectPath(): string | null {
    return this.projectPath;
  }

  /** Return whether a project is open. */
  isReady(): boolean {
    return this.projectPath !== null;
  }

  /** Apply settings from now on, also where a project's manifest has others. */
  updateConfig(config: ExecutionLoggingConfig): void {
    this.config = config;
    this.overridesManifest = true;
    this.inForce = undefined;
    if (this.bridge !== undefined) {
      this.bridge.call("settings/update", [this.settings()]).catch((error: unknown) => {
        this.report(error);
      });
    }
  }

  /**
   * Record an execution.
   *
   * When this method returns true, the record is on disk, and no exit of the editor loses the
   * record.
   *
   * @returns Whether the settings want the execution, and it could be written.
   */
  logExecution(execution: WorkflowExecution): boolean {
    const projectPath = this.projectPath;
    if (projectPath === null) {
      throw new Error(NO_PROJECT);
    }
    const { enabled, logLevel } = { ...this.config, ...this.inForce };
    if (!enabled || (logLevel !== "all" && logLevel !== execution.status)) {
      return false;
    }
    try {
      this.send(keep(projectPath, execution), execution, projectPath);
      return true;
    } catch (error) {
      this.report(error);
      return false;
    }
  }

  /** List executions with all payloads, newest first unless the options say otherwise. */
  async queryExecutions(options: ExecutionQueryOptions = {}): Promise<WorkflowExecution[]> {
    return (await this.call("execution:query", options)) as WorkflowExecution[];
  }

  /** List a workflow's executions with all payloads, newest first. */
  getExecutions(workflowId: string, limit = 50, offset = 0): Promise<WorkflowExecution[]> {
    return this.queryExecutions({ workflowId, limit, offset });
  }

  /** List executions with a status. */
  getExecutionsByStatus(status: ExecutionStatus, limit = 50): Promise<WorkflowExecution[]> {
    return this.queryExecutions({ status, limit });
  }

  /** Return one execution with all payloads. */
  async getExecution(executionId: string): Promise<WorkflowExecution | null> {
    return (await this.call("execution:get", executionId)) as WorkflowExecution | null;
  }

  /** Count a workflow's executions and average their durations. */
  async getStats(workflowId: string): Promise<ExecutionStats> {
    return (await this.call("execution:get-stats", workflowId)) as ExecutionStats;
  }

  /** Delete an execution; return whether there was one. */
  async deleteExecution(executionId: string): Promise<boolean> {
    const { success } = (await this.call("execution:delete", executionId)) as { success: boolean };
    return success;
  }

  /** Delete all executions of a workflow; return their number. */
  async clearWorkflowExecutions(workflowId: string): Promise<number> {
    const { count } = (await this.call("execution:clear-workflow", workflowId)) as {
      count: number;
    };
    return count;
  }

  /** Delete executions that started more than so many days ago; return their number. */
  async cleanupOldExecutions(retentionDays: number): Promise<number> {
    const { count } = (await this.call("execution:cleanup", retentionDays)) as { count: number };
    return count;
  }

  /**
   * End Flightlog. It stores what it has accepted, even if the editor exits at once. The next use
   * starts it again.
   */
  close(): void {
    const bridge = this.bridge;
    this.bridge = undefined;
    this.projectPath = null;
    this.opening = Promise.resolve();
    bridge?.stop().catch((error: unknown) => {
      this.report(error);
    });
  }

  /**
   * Call a method of Flightlog, after the open project was opened.
   *
   * @throws FlightlogError The call failed.
   */
  async call(method: string, ...given: unknown[]): Promise<unknown> {
    if (this.projectPath === null) {
      throw new Error(NO_PROJECT);
    }
    await this.opening;
    return this.running.call(method, given);
  }

  /** Call a method of Flightlog that needs no project. */
  callAlways(method: string, ...given: unknown[]): Promise<unknown> {
    return this.running.call(method, given);
  }

  /** Make the receiver listen on a port; the call fails if the port is taken. */
  async listen(port: number): Promise<ReceiverAddress> {
    return this.running.listen(port);
  }

  /** Return the variables by which a workflow reports to this editor. */
  async childEnvironment(): Promise<{ CATALYST_EDITOR_URL: string }> {
    return { CATALYST_EDITOR_URL: (await this.running.started()).receiver.url };
  }

  /** The id of Flightlog's process; undefined when no process runs. */
  get pid(): number | undefined {
    return this.bridge?.pid;
  }

  private get running(): Bridge {
    this.bridge ??= new Bridge({
      ...ExecutionLogger.options,
      port: 0,
      ...(this.projectPath === null ? {} : { projectPath: this.projectPath }),
      settings: () => this.settings(),
    });
    return this.bridge;
  }

  private settings(): RecordingSettings {
    return { ...this.config, overridesManifest: this.overridesManifest };
  }

  private send(path: string, record: unknown, projectPath: string): void {
    if (record === undefined) {
      return;
    }
    this.running.call("executions/log", [record, projectPath]).then(
      () => {
        remove(path);
      },
      (error: unknown) => {
        this.report(error);
        if (error instanceof FlightlogError && error.data?.["code"] === "invalid_record") {
          setAside(path);
        }
      },
    );
  }

  private report(error: unknown): void {
    ExecutionLogger.options.onLog?.(error instanceof Error ? error.message : String(error));
  }
}
