/** The editor's own functions that serve the channels of its window. */

import type { IpcMainLike, WebContentsLike } from "../electron";
import { CHANGED } from "../generated";
import { ExecutionLogger } from "./logger";

interface ElectronModule {
  readonly ipcMain: IpcMainLike;
  readonly webContents: { getAllWebContents(): WebContentsLike[] };
}

type Handler = (...given: unknown[]) => Promise<unknown>;

const PROGRESS = "workflow:progress";
const served = new Map<string, IpcMainLike>();

/**
 * Serve the channels of the execution history.
 *
 * @param logger The logger.
 * @param ipcMain Electron's `ipcMain`; by default, the one of the `electron` module.
 */
export function registerExecutionHandlers(
  logger: ExecutionLogger,
  ipcMain: IpcMainLike = electron().ipcMain,
): void {
  const handlers: Record<string, Handler> = {
    "execution:query": (options) => {
      const { projectPath, ...query } = options as Record<string, unknown>;
      open(logger, projectPath);
      return logger.call("execution:query", query);
    },
    "execution:get-history": (...given) => logger.call("execution:get-history", ...given),
    "execution:get-details": (id) => logger.call("execution:get-details", id),
    "execution:cleanup": (days) => logger.call("execution:cleanup", days),
    "execution:copy-to-canvas": async (id, projectPath) => {
      try {
        open(logger, projectPath);
        return await logger.call("execution:copy-to-canvas", id);
      } catch (error) {
        return { success: false, error: message(error) };
      }
    },
  };
  for (const name of ["get", "get-stats", "delete", "clear-workflow"]) {
    handlers[`execution:${name}`] = (id, projectPath) => {
      open(logger, projectPath);
      return logger.call(`execution:${name}`, id);
    };
  }
  serve(ipcMain, handlers);
}

/** Remove the handlers of `registerExecutionHandlers`. */
export function cleanupExecutionHandlers(): void {
  cleanup("execution:");
}

/**
 * Serve `workflow:execute`, `workflow:stop` and `workflow:get-active`. While a workflow runs, all
 * windows receive `workflow:progress`.
 */
export function registerWorkflowExecutionHandlers(
  ipcMain: IpcMainLike = electron().ipcMain,
): void {
  serve(ipcMain, {
    "workflow:execute": (id, data, manifest, projectPath) =>
      outcome(async () => {
        const logger = ExecutionLogger.getInstance();
        open(logger, projectPath);
        return logger.call("workflow:execute", id, data, manifest);
      }),
    "workflow:stop": (id) => outcome(() => callIfOpen("workflow:stop", { stopped: false }, id)),
    "workflow:get-active": () => outcome(() => callIfOpen("workflow:get-active", [])),
  });
}

/** Remove the handlers of `registerWorkflowExecutionHandlers`. */
export function cleanupWorkflowExecutionHandlers(): void {
  cleanup("workflow:execute", "workflow:stop", "workflow:get-active");
}

/** Serve `workflow:generate-python`, `workflow:validate` and `workflow:get-code-preview`. */
export function setupWorkflowGenerationHandlers(ipcMain: IpcMainLike = electron().ipcMain): void {
  const handlers: Record<string, Handler> = {};
  for (const name of ["workflow:generate-python", "workflow:get-code-preview"]) {
    handlers[name] = async (request) => {
      try {
        return await ExecutionLogger.getInstance().callAlways(name, request);
      } catch (error) {
        return { success: false, error: message(error) };
      }
    };
  }
  handlers["workflow:validate"] = async (request) => {
    try {
      return await ExecutionLogger.getInstance().callAlways("workflow:validate", request);
    } catch (error) {
      return { success: false, data: null, errors: [message(error)] };
    }
  };
  serve(ipcMain, handlers);
}

/** Remove the handlers of `setupWorkflowGenerationHandlers`. */
export function cleanupWorkflowGenerationHandlers(): void {
  cleanup("workflow:generate-python", "workflow:validate", "workflow:get-code-preview");
}

/** Send changes and the progress of runs to all windows. */
export function sendToWindows(channel: string, content: unknown): void {
  for (const window of electron().webContents.getAllWebContents()) {
    if (window.isDestroyed?.() !== true) {
      window.send(channel, content);
    }
  }
}

/** The callbacks of `ExecutionLogger.configure` that inform all windows. */
export const TO_WINDOWS = {
  onChanged: (changed: unknown): void => {
    sendToWindows(CHANGED, changed);
  },
  onProgress: (progress: unknown): void => {
    sendToWindows(PROGRESS, progress);
  },
};

function electron(): ElectronModule {
  // Electron exists only in Electron's main process, so don't load it with this module.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require("electron") as ElectronModule;
}

function serve(ipcMain: IpcMainLike, handlers: Record<string, Handler>): void {
  for (const [channel, handler] of Object.entries(handlers)) {
    ipcMain.handle(channel, async (_, ...given) => handler(...given));
    served.set(channel, ipcMain);
  }
}

function cleanup(...names: string[]): void {
  for (const [channel, ipcMain] of served) {
    if (names.some((name) => channel.startsWith(name))) {
      ipcMain.removeHandler?.(channel);
      served.delete(channel);
    }
  }
}

function open(logger: ExecutionLogger, projectPath: unknown): void {
  if (typeof projectPath === "string" && projectPath !== "") {
    logger.setProjectPath(projectPath);
  }
}

async function callIfOpen(method: string, otherwise: unknown, ...given: unknown[]): Promise<unknown> {
  const logger = ExecutionLogger.getInstance();
  return logger.isReady() ? logger.call(method, ...given) : { success: true, data: otherwise };
}

async function outcome(call: () => Promise<unknown>): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    const name = error instanceof Error ? error.name : "Error";
    return { success: false, error: { message: message(error), name } };
  }
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
