/**
 * Flightlog in an Electron editor.
 *
 * Call `registerExecutionHandlers` in the main process and `exposeExecutionApi` in the preload
 * script. A preload script that may import no other module takes the function from
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
export { registerExecutionHandlers, type ExecutionHandlers, type HandlerOptions } from "./handlers";
export { executionApi, exposeExecutionApi, type ExecutionApi } from "./preload";
export type { Program } from "./python";
