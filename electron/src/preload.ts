/**
 * `exposeExecutionApi`: offers the channels as functions in the editor's window. This module
 * imports no other module at run time.
 */

import type { ContextBridgeLike, IpcRendererLike } from "./electron";
import type { ExecutionChannels, ExecutionsChanged } from "./generated";

type Call<Name extends keyof ExecutionChannels> = (
  ...given: ExecutionChannels[Name]["arguments"]
) => Promise<ExecutionChannels[Name]["answer"]>;

/** The functions that the window has as `window.executions`. */
export interface ExecutionApi {
  /** Return a workflow's executions with all payloads, newest first. */
  getHistory: Call<"execution:get-history">;
  /** Return one execution of the open project, with all payloads. */
  getDetails: Call<"execution:get-details">;
  /** Delete one execution. */
  delete: Call<"execution:delete">;
  /** Delete all executions of a workflow. */
  clearWorkflow: Call<"execution:clear-workflow">;
  /** Return executions with all payloads, by workflow, status and project. */
  query: Call<"execution:query">;
  /** Return one execution with all payloads. */
  get: Call<"execution:get">;
  /** Count a workflow's executions and average their durations. */
  getStats: Call<"execution:get-stats">;
  /** Delete executions that have ended and started more than the given number of days ago. */
  cleanup: Call<"execution:cleanup">;
  /** Return the data of the nodes that succeeded, for pinning to a canvas. */
  copyToCanvas: Call<"execution:copy-to-canvas">;
  /** Call `listener` for each change until the returned function is called. */
  onChanged(listener: (changed: ExecutionsChanged) => void): () => void;
}

/* eslint-disable @typescript-eslint/no-explicit-any -- the editor's own types have `any` here */

/** The functions that the editor's window has as `window.electronAPI.workflow`. */
export interface WorkflowApi {
  /** Write a workflow's Python file into the project. */
  generatePython(request: any): Promise<any>;
  /** Check whether a workflow can be generated. */
  validate(request: any): Promise<any>;
  /** Generate a workflow's code without writing it. */
  getCodePreview(request: any): Promise<any>;
  /** Run a workflow once in test mode, and wait for its end. */
  execute(workflowId: string, triggerData: any, manifest: any, projectPath: string): Promise<any>;
  /** Stop a run. */
  stop(executionId: string): Promise<any>;
  /** List the runs under way. */
  getActive(): Promise<any>;
}

/* eslint-enable @typescript-eslint/no-explicit-any */

/**
 * Offer the editor's own API, `window.electronAPI` with `execution` and `workflow`.
 *
 * @param contextBridge Electron's `contextBridge`.
 * @param ipcRenderer Electron's `ipcRenderer`.
 * @param others Further members of the API.
 */
export function exposeElectronApi(
  contextBridge: ContextBridgeLike,
  ipcRenderer: IpcRendererLike,
  others: object = {},
): void {
  const execution = executionApi(ipcRenderer);
  const workflow = workflowApi(ipcRenderer);
  contextBridge.exposeInMainWorld("electronAPI", { ...others, execution, workflow });
}

/** Return the functions for the editor's own API object, as its member `workflow`. */
export function workflowApi(ipcRenderer: IpcRendererLike): WorkflowApi {
  return {
    generatePython: (request) => ipcRenderer.invoke("workflow:generate-python", request),
    validate: (request) => ipcRenderer.invoke("workflow:validate", request),
    getCodePreview: (request) => ipcRenderer.invoke("workflow:get-code-preview", request),
    execute: (...given) => ipcRenderer.invoke("workflow:execute", ...given),
    stop: (executionId) => ipcRenderer.invoke("workflow:stop", executionId),
    getActive: () => ipcRenderer.invoke("workflow:get-active"),
  };
}

/**
 * Offer the channels as functions in the editor's window.
 *
 * @param contextBridge Electron's `contextBridge`.
 * @param ipcRenderer Electron's `ipcRenderer`.
 * @param name The property of `window` that holds the functions.
 */
export function exposeExecutionApi(
  contextBridge: ContextBridgeLike,
  ipcRenderer: IpcRendererLike,
  name = "executions",
): void {
  contextBridge.exposeInMainWorld(name, executionApi(ipcRenderer));
}

/** Return the functions themselves, for a window without context isolation. */
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
