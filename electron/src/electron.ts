/**
 * The parts of Electron that this package uses, declared by their shape, because the package
 * doesn't depend on Electron.
 */

/** Electron's `ipcMain`. */
export interface IpcMainLike {
  handle(channel: string, listener: (event: unknown, ...given: unknown[]) => unknown): void;
  removeHandler?(channel: string): void;
}

/** Electron's `ipcRenderer`. */
export interface IpcRendererLike {
  invoke(channel: string, ...given: unknown[]): Promise<unknown>;
  on(channel: string, listener: (event: unknown, ...told: unknown[]) => void): unknown;
  removeListener(
    channel: string,
    listener: (event: unknown, ...told: unknown[]) => void,
  ): unknown;
}

/** Electron's `contextBridge`. */
export interface ContextBridgeLike {
  exposeInMainWorld(name: string, api: unknown): void;
}

/** Electron's `webContents`: a window that receives changes. */
export interface WebContentsLike {
  send(channel: string, ...told: unknown[]): void;
  isDestroyed?(): boolean;
}

/** Electron's `app`. */
export interface AppLike {
  on(event: "will-quit", listener: () => void): unknown;
}
