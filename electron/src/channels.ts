/**
 * `serveExecutionChannels`: serves the channels of the editor's window in Electron's main
 * process.
 */

import { Bridge, type BridgeOptions } from "./bridge";
import type { AppLike, IpcMainLike, WebContentsLike } from "./electron";
import {
  CHANGED,
  CHANNELS,
  type ExecutionChannels,
  type ExecutionsChanged,
  type OpenedProject,
  type Started,
} from "./generated";

/** How Flightlog is started, and which windows receive changes. */
export interface HandlerOptions extends BridgeOptions {
  /** Electron's `app`: Flightlog is stopped when Electron quits. */
  readonly app?: AppLike;
  /** The windows that receive changes, e.g. `() => webContents.getAllWebContents()`. */
  readonly webContents?: () => Iterable<WebContentsLike>;
}

/** The result of `serveExecutionChannels`. */
export interface ExecutionChannelServer {
  /**
   * Call a channel from the main process.
   *
   * @throws FlightlogError The call failed, for the same reasons as a call from the window.
   */
  call<Name extends keyof ExecutionChannels>(
    channel: Name,
    ...given: ExecutionChannels[Name]["arguments"]
  ): Promise<ExecutionChannels[Name]["answer"]>;
  /** Return the version, receiver and database of Flightlog; start Flightlog if it does not run. */
  started(): Promise<Started>;
  /** Return the environment variables that a workflow needs to report to this editor. */
  childEnvironment(): Promise<{ CATALYST_EDITOR_URL: string }>;
  /** Open another project; without a path, open the history that was open at first. */
  openProject(projectPath?: string): Promise<OpenedProject>;
  /** Stop Flightlog and remove the handlers. A second call does nothing. */
  stop(): Promise<void>;
  /** The id of Flightlog's process; undefined when no process runs. */
  readonly pid: number | undefined;
}

/**
 * Serve the nine execution channels through a `flightlog ipc` process, which this function starts
 * and keeps running.
 *
 * @param ipcMain Electron's `ipcMain`.
 * @param options How Flightlog is started, and which windows receive changes.
 */
export function serveExecutionChannels(
  ipcMain: IpcMainLike,
  options: HandlerOptions = {},
): ExecutionChannelServer {
  const bridge = new Bridge({
    ...options,
    onChanged: (changed) => {
      options.onChanged?.(changed);
      tell(options.webContents?.() ?? [], changed);
    },
  });
  for (const channel of CHANNELS) {
    ipcMain.handle(channel, (_, ...given) => bridge.call(channel, given));
  }
  let stopped: Promise<void> | undefined;
  const stop = () => {
    if (stopped === undefined) {
      for (const channel of CHANNELS) {
        ipcMain.removeHandler?.(channel);
      }
      stopped = bridge.stop();
    }
    return stopped;
  };
  // Don't use `before-quit`: after that event, a window with unsaved work can still cancel
  // quitting.
  options.app?.on("will-quit", () => void stop());
  // Start now, so that the receiver listens before the first workflow runs. A failure rejects the
  // calls.
  bridge.started().catch((error: unknown) => options.onLog?.(String(error)));
  return {
    call: async (channel, ...given) =>
      (await bridge.call(channel, given)) as ExecutionChannels[typeof channel]["answer"],
    started: () => bridge.started(),
    childEnvironment: async () => ({
      CATALYST_EDITOR_URL: (await bridge.started()).receiver.url,
    }),
    openProject: (projectPath) => bridge.openProject(projectPath),
    stop,
    get pid() {
      return bridge.pid;
    },
  };
}

function tell(windows: Iterable<WebContentsLike>, changed: ExecutionsChanged): void {
  for (const window of windows) {
    if (window.isDestroyed?.() !== true) {
      window.send(CHANGED, changed);
    }
  }
}
