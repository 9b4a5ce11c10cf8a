/**
 * Flightlog in an Electron editor.
 *
 * `registerExecutionHandlers` belongs into the main process, `exposeExecutionApi` into the preload
 * script, from `@flightlog/electron/preload` where that may import nothing else.
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
export { registerExecutionHandlers, type ExecutionHandlers, type HandlerOptions } from "./handlers";
export { executionApi, exposeExecutionApi, type ExecutionApi } from "./preload";
export type { Program } from "./python";
