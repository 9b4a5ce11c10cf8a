/**
 * The fixtures of the tests: the real Python process over its real pipe. Electron itself is
 * replaced: `ipcMain` and `ipcRenderer` are one EventEmitter with `handle` and `invoke`.
 */

import { EventEmitter } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { TestContext } from "node:test";

import {
  executionApi,
  serveExecutionChannels,
  type ExecutionApi,
  type ExecutionChannelServer,
  type HandlerOptions,
  type WorkflowExecution,
} from "../src/index";

type Listener = (event: unknown, ...given: unknown[]) => unknown;

/** Electron's `ipcMain` and `ipcRenderer`, and a window's `webContents`, in one object. */
export class Ipc extends EventEmitter {
  private readonly handlers = new Map<string, Listener>();

  handle(channel: string, listener: Listener): void {
    if (this.handlers.has(channel)) {
      throw new Error(`${channel} has a handler`);
    }
    this.handlers.set(channel, listener);
  }

  removeHandler(channel: string): void {
    this.handlers.delete(channel);
  }

  async invoke(channel: string, ...given: unknown[]): Promise<unknown> {
    const handler = this.handlers.get(channel);
    if (handler === undefined) {
      throw new Error(`no handler for ${channel}`);
    }
    return structuredClone(await handler({}, ...structuredClone(given)));
  }

  send(channel: string, ...told: unknown[]): void {
    this.emit(channel, {}, ...structuredClone(told));
  }
}

/** An editor with one window. */
export interface Editor {
  readonly ipc: Ipc;
  readonly handlers: ExecutionChannelServer;
  readonly window: ExecutionApi;
  readonly projectPath: string;
  /** The lines that Flightlog wrote to its log. */
  readonly log: string[];
}

/** A Python that has Flightlog. */
export const PYTHON = process.env["FLIGHTLOG_PYTHON"] ?? resolve("..", ".venv", "bin", "python");

/** Make a directory for one test. */
export async function directory(test: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "flightlog-electron-"));
  test.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** The environment of the tests: without the user's key and the user's spools. */
export function environment(home: string): NodeJS.ProcessEnv {
  return {
    ...process.env,
    FLIGHTLOG_KEY: "the-key-of-all-tests",
    FLIGHTLOG_SPOOL_DIR: join(home, "spool"),
    XDG_CONFIG_HOME: join(home, "config"),
    XDG_DATA_HOME: join(home, "data"),
  };
}

/** Open an editor on its own project, and stop the editor after the test. */
export async function openEditor(
  test: TestContext,
  options: HandlerOptions = {},
): Promise<Editor> {
  const projectPath = await directory(test);
  const ipc = new Ipc();
  const log: string[] = [];
  const handlers = serveExecutionChannels(ipc, {
    python: PYTHON,
    projectPath,
    port: 0,
    env: environment(await directory(test)),
    webContents: () => [ipc, { send: failIfTold, isDestroyed: () => true }],
    onLog: (line) => log.push(line),
    ...options,
  });
  test.after(() => handlers.stop());
  return { ipc, handlers, window: executionApi(ipc), projectPath, log };
}

function failIfTold(): void {
  throw new Error("a window that is gone was told");
}

/** Make a small execution. */
export function run(id: string, more: Partial<WorkflowExecution> = {}): WorkflowExecution {
  return {
    id,
    workflowId: "order-intake",
    workflowName: "Order intake",
    status: "success",
    startedAt: "2026-11-22T19:04:11.000000Z",
    durationMs: 12,
    executionMode: "test",
    trigger: { type: "httpEndpoint", data: { orderId: 7 }, isSimulated: false },
    nodeExecutions: [
      {
        nodeId: "charge",
        nodeName: "Charge",
        nodeType: "httpRequest",
        status: "success",
        sequence: 0,
        input: { amount: 4200 },
        output: null,
      },
    ],
    ...more,
  };
}

/** Send an execution to the editor's receiver, as a generated workflow does. */
export async function record(editor: Editor, execution: WorkflowExecution): Promise<void> {
  const { CATALYST_EDITOR_URL } = await editor.handlers.childEnvironment();
  const answer = await fetch(`${CATALYST_EDITOR_URL}/api/executions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(execution),
  });
  if (!answer.ok) {
    throw new Error(await answer.text());
  }
}

/** Wait until a process has ended. */
export async function ended(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
