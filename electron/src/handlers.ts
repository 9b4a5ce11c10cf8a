/** `registerExecutionHandlers`: the channels of the editor's window, in Electron's main process. */

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

/** How Flightlog is started, and who is told of changes. */
export interface HandlerOptions extends BridgeOptions {
  /** Electron's `app`: Flightlog is stopped before it quits. */
  readonly app?: AppLike;
  /** The windows that are told of changes, e.g. `() => webContents.getAllWebContents()`. */
  readonly webContents?: () => Iterable<WebContentsLike>;
}

/** What `registerExecutionHandlers` gives back. */
export interface ExecutionHandlers {
  /**
   * Calls a channel from the main process.
   *
   * @throws FlightlogError As the window's call would be rejected.
   */
  call<Name extends keyof ExecutionChannels>(
    channel: Name,
    ...given: ExecutionChannels[Name]["arguments"]
  ): Promise<ExecutionChannels[Name]["answer"]>;
  /** Version, receiver and database of the Flightlog that runs; starts it if need be. */
  started(): Promise<Started>;
  /** The variables that a workflow needs in its environment to report to this editor. */
  childEnvironment(): Promise<{ CATALYST_EDITOR_URL: string }>;
  /** Opens another project; without a path, the history that was open at first. */
  openProject(projectPath?: string): Promise<OpenedProject>;
  /** Stops Flightlog and removes the handlers; a second call does nothing. */
  stop(): Promise<void>;
  /** The number of Flightlog's process; undefined when none runs. */
  readonly pid: number | undefined;
}

/**
 * Serves the nine execution channels, through a `flightlog ipc` that this starts and keeps running.
 *
 * @param ipcMain Electron's.
 * @param options How Flightlog is started, and who is told of changes.
 */
export function registerExecutionHandlers(
  ipcMain: IpcMainLike,
  options: HandlerOptions = {},
): ExecutionHandlers {
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
  // Not before-quit: a window with unsaved work may still keep the editor open then.
  options.app?.on("will-quit", () => void stop());
  // So that the receiver listens before the first workflow runs. Calls tell of a failure.
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
