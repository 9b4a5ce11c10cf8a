/** `exposeExecutionApi`: the channels as functions in the editor's window. Imports no module. */

import type { ContextBridgeLike, IpcRendererLike } from "./electron";
import type { ExecutionChannels, ExecutionsChanged } from "./generated";

type Call<Name extends keyof ExecutionChannels> = (
  ...given: ExecutionChannels[Name]["arguments"]
) => Promise<ExecutionChannels[Name]["answer"]>;

/** What the window has as `window.executions`. */
export interface ExecutionApi {
  /** A workflow's executions with all payloads, newest first. */
  getHistory: Call<"execution:get-history">;
  /** One execution with all payloads, of the project that is open. */
  getDetails: Call<"execution:get-details">;
  /** Erases one execution. */
  delete: Call<"execution:delete">;
  /** Erases all executions of a workflow. */
  clearWorkflow: Call<"execution:clear-workflow">;
  /** Executions with all payloads, by workflow, status and project. */
  query: Call<"execution:query">;
  /** One execution with all payloads. */
  get: Call<"execution:get">;
  /** Counts and times a workflow's executions. */
  getStats: Call<"execution:get-stats">;
  /** Erases executions that started before so many days and have ended. */
  cleanup: Call<"execution:cleanup">;
  /** The data of the nodes that succeeded, for pinning to a canvas. */
  copyToCanvas: Call<"execution:copy-to-canvas">;
  /** Has changes told until the function that it answers is called. */
  onChanged(listener: (changed: ExecutionsChanged) => void): () => void;
}

/**
 * Gives the editor's window the channels as functions.
 *
 * @param contextBridge Electron's.
 * @param ipcRenderer Electron's.
 * @param name What the window calls it.
 */
export function exposeExecutionApi(
  contextBridge: ContextBridgeLike,
  ipcRenderer: IpcRendererLike,
  name = "executions",
): void {
  contextBridge.exposeInMainWorld(name, executionApi(ipcRenderer));
}

/** The functions themselves, for a window without context isolation. */
export function executionApi(ipcRenderer: IpcRendererLike): ExecutionApi {
  const call =
    <Name extends keyof ExecutionChannels>(channel: Name): Call<Name> =>
    async (...given) =>
      (await ipcRenderer.invoke(channel, ...given)) as ExecutionChannels[Name]["answer"];
  return {
    getHistory: call("execution:get-history"),
    getDetails: call("execution:get-details"),
    delete: call("execution:delete"),
    clearWorkflow: call("execution:clear-workflow"),
    query: call("execution:query"),
    get: call("execution:get"),
    getStats: call("execution:get-stats"),
    cleanup: call("execution:cleanup"),
    copyToCanvas: call("execution:copy-to-canvas"),
    onChanged: (listener) => {
      const told = (_: unknown, changed: unknown) => {
        listener(changed as ExecutionsChanged);
      };
      ipcRenderer.on("executions/changed", told);
      return () => {
        ipcRenderer.removeListener("executions/changed", told);
      };
    },
  };
}
