/**
 * Flightlog in an Electron editor.
 *
 * The Catalyst editor imports its own API from here: `ExecutionLogger`, `ExecutionReceiver` and
 * `registerExecutionHandlers`. Other editors call `serveExecutionChannels` in the main process and
 * `exposeExecutionApi` in the preload script. A preload script that may import no other module takes the function from
 * `@flightlog/electron/preload`.
 *
 * @packageDocumentation
 */

export { Bridge, type BridgeOptions } from "./bridge";
export type {
  AppLike,
  ContextBridgeLike,
  IpcMainLike,
  IpcRendererLike,
  WebContentsLike,
} from "./electron";
export { FlightlogError, type ErrorKind } from "./errors";
export * from "./generated";
export {
  serveExecutionChannels,
  type ExecutionChannelServer,
  type HandlerOptions,
} from "./channels";
export {
  cleanupExecutionHandlers,
  cleanupWorkflowExecutionHandlers,
  cleanupWorkflowGenerationHandlers,
  registerExecutionHandlers,
  registerWorkflowExecutionHandlers,
  setupWorkflowGenerationHandlers,
  TO_WINDOWS,
} from "./editor/handlers";
export { ExecutionLogger, type LoggerOptions } from "./editor/logger";
export { ExecutionReceiver } from "./editor/receiver";
export {
  DEFAULT_EXECUTION_LOGGING_CONFIG,
  type ExecutionLoggingConfig,
  type ExecutionQueryOptions,
  type ReceiverStartResult,
} from "./editor/types";
export type * as editor from "./editor/types";
export {
  executionApi,
  exposeElectronApi,
  exposeExecutionApi,
  workflowApi,
  type ExecutionApi,
  type WorkflowApi,
} from "./preload";
export type { Program } from "./python";
