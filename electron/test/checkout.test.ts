/**
 * The Catalyst editor's own main process, executor and timeline run against this package.
 *
 * CATALYST_CHECKOUT names a checkout of the editor. Only the modules that this package replaces, and
 * those that need the editor's dependencies, are exchanged; nothing of the editor is kept here.
 */

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { EventEmitter } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import Module from "node:module";
import { join, resolve } from "node:path";
import { test, type TestContext } from "node:test";

import ts from "typescript";

import * as flightlog from "../src/index";
import { directory, environment, Ipc, PYTHON } from "./stage";

const CHECKOUT = process.env["CATALYST_CHECKOUT"];
const skip =
  CHECKOUT === undefined ? "set CATALYST_CHECKOUT to a checkout of the editor" : false;
const VIEWER = createRequire(resolve(__dirname, "..", "..", "..", "viewer", "package.json"));

type Loader = (name: string, parent: unknown, isMain: boolean) => unknown;
const loader = Module as unknown as {
  _load: Loader;
  _extensions: Record<string, (module: NodeJS.Module, path: string) => void>;
};

/** Load a module of the editor; `others` replace the modules that it imports by these names. */
function load(path: string, others: Record<string, unknown>): unknown {
  const original = loader._load;
  const compile = (module: NodeJS.Module, file: string) => {
    const { outputText } = ts.transpileModule(readFileSync(file, "utf8"), {
      fileName: file,
      compilerOptions: {
        module: ts.ModuleKind.CommonJS,
        target: ts.ScriptTarget.ES2022,
        jsx: ts.JsxEmit.React,
        esModuleInterop: true,
      },
    });
    (module as unknown as { _compile(code: string, file: string): void })._compile(outputText, file);
  };
  loader._extensions[".ts"] = loader._extensions[".tsx"] = compile;
  loader._load = (name, parent, isMain) =>
    name in others ? others[name] : original(name, parent, isMain);
  try {
    return createRequire(__filename)(join(CHECKOUT ?? "", path)) as unknown;
  } finally {
    loader._load = original;
  }
}

async function settled(projectPath: string): Promise<void> {
  const unsent = join(projectPath, ".lowcode", "unsent");
  while (existsSync(unsent) && readdirSync(unsent).length > 0) {
    await new Promise((done) => setTimeout(done, 20));
  }
}

async function configure(t: TestContext): Promise<void> {
  flightlog.ExecutionLogger.configure({
    python: PYTHON,
    env: environment(await directory(t)),
  });
}

test("the editor's main process starts, serves and quits", { skip }, async (t) => {
  await configure(t);
  const projectPath = await directory(t);
  const ipcMain = new Ipc();
  const app = Object.assign(new EventEmitter(), {
    isPackaged: true,
    whenReady: () => Promise.resolve(),
    getPath: () => projectPath,
    setName: () => undefined,
    exit: (code: number): void => assert.fail(String(code)),
    quit: () => undefined,
  });
  const exited = new Promise<number>((done) => {
    app.exit = done;
  });
  const nothing = new Proxy(function () {}, {
    get: (_, name) => (name === "then" ? undefined : nothing),
    apply: () => nothing,
    construct: () => nothing,
  }) as never;
  const stub = new Proxy({}, { get: () => () => Promise.resolve() });
  load("electron/main.ts", {
    electron: { app, ipcMain, BrowserWindow: nothing, Menu: nothing, shell: nothing, dialog: nothing },
    "./ipc-handlers": stub,
    "./catalyst-manifest-handlers": stub,
    "./python-environment": {
      PythonEnvironment: {
        getInstance: () => ({
          getStatus: () => Promise.resolve({ isValid: true, missingPackages: [] }),
        }),
      },
    },
    "./execution-logger": flightlog,
    "./execution-receiver": flightlog,
    "./execution-handlers": {
      ...flightlog,
      registerExecutionHandlers: (logger: flightlog.ExecutionLogger) => {
        flightlog.registerExecutionHandlers(logger, ipcMain);
      },
    },
    "./workflow-execution-handlers": {
      ...flightlog,
      registerWorkflowExecutionHandlers: () => {
        flightlog.registerWorkflowExecutionHandlers(ipcMain);
      },
    },
    "./workflow-generation-handlers": {
      ...flightlog,
      setupWorkflowGenerationHandlers: () => {
        flightlog.setupWorkflowGenerationHandlers(ipcMain);
      },
    },
  });
  await new Promise((done) => setImmediate(done));
  assert.deepEqual(await ipcMain.invoke("execution:query", { projectPath }), []);
  const logger = flightlog.ExecutionLogger.getInstance();
  assert.equal(logger.isReady(), true);
  app.emit("before-quit", { preventDefault: () => undefined });
  assert.equal(await exited, 0);
  assert.equal(logger.isReady(), false);
});

test("the editor's executor records its runs", { skip }, async (t) => {
  await configure(t);
  const projectPath = await directory(t);
  const ipcMain = new Ipc();
  const handlers = load("electron/workflow-execution-handlers.ts", {
    electron: { ipcMain },
    uuid: { v4: randomUUID },
    "./execution-logger": flightlog,
    "./python-environment": {
      PythonEnvironment: {
        getInstance: () => ({
          clearCache: () => undefined,
          ensureDependencies: () => Promise.resolve(),
          getPythonPath: () => Promise.resolve(PYTHON),
        }),
      },
    },
  }) as { registerWorkflowExecutionHandlers(): void };
  handlers.registerWorkflowExecutionHandlers();
  const logger = flightlog.ExecutionLogger.getInstance();
  t.after(() => {
    logger.close();
  });
  const place = { position: { x: 0, y: 0 } };
  const workflow = {
    id: "w",
    name: "w",
    trigger: { type: "httpEndpoint", config: { method: "POST", path: "/api/w" } },
    input: {},
    output: { type: "json" },
    nodes: {
      in: { id: "in", type: "httpEndpoint", name: "In", config: {}, ...place },
      hi: {
        id: "hi",
        type: "promptTemplate",
        name: "Hi",
        config: { messages: [{ role: "user", content: "Hi" }] },
        ...place,
      },
    },
    edges: [{ id: "e", source: "in", target: "hi" }],
  };
  const request = { method: "POST", path: "/", pathParams: {}, query: {}, headers: {}, body: {} };
  const given = ["w", request, { workflows: { w: workflow } }, projectPath];
  const ran = (await ipcMain.invoke("workflow:execute", ...given)) as {
    success: boolean;
    data?: flightlog.editor.WorkflowExecution;
    error?: { message: string };
  };
  await settled(projectPath);
  const found = await logger.queryExecutions();
  assert.equal(found.length, 1);
  assert.equal(found[0]?.workflowId, "w");
  assert.equal(found[0].status, ran.success ? ran.data?.status : "error", ran.error?.message);
  assert.deepEqual(found[0].trigger, { type: "http", data: request, isSimulated: true });
  const broken = (await ipcMain.invoke("workflow:execute", "none", request, { workflows: {} }, projectPath)) as {
    success: boolean;
  };
  assert.equal(broken.success, false);
});

test("the editor's timeline shows every execution of Flightlog", { skip }, async (t) => {
  await configure(t);
  const projectPath = await directory(t);
  const logger = flightlog.ExecutionLogger.getInstance();
  t.after(() => {
    logger.close();
  });
  logger.setProjectPath(projectPath);
  const statuses = ["success", "error", "skipped", "running", "pending"] as const;
  const nodes = statuses.map((status) => ({
    nodeId: status,
    nodeName: `The ${status} node`,
    nodeType: "log",
    status,
  }));
  logger.logExecution({
    id: "a",
    workflowId: "w",
    workflowName: "W",
    executionMode: "test",
    status: "error",
    startedAt: new Date().toISOString(),
    trigger: { type: "http", data: {} },
    nodeExecutions: nodes as unknown as flightlog.editor.NodeExecution[],
  });
  await settled(projectPath);
  const execution = await logger.getExecution("a");
  assert.ok(execution);

  const react = VIEWER("react") as { useState: (initial: unknown) => unknown };
  const { renderToString } = VIEWER("react-dom/server") as { renderToString: (e: unknown) => string };
  const { createElement } = react as unknown as { createElement: (...given: unknown[]) => unknown };
  const icons = new Proxy({}, { get: () => () => null });
  const { ExecutionTimeline } = load(
    "src/renderer/components/ExecutionHistory/ExecutionTimeline.tsx",
    {
      // Every node is expanded, because only an expanded node reads its input.
      react: { ...react, useState: (initial: unknown) => react.useState(initial === false || initial) },
      "@heroicons/react/24/outline": icons,
    },
  ) as { ExecutionTimeline: unknown };
  const html = renderToString(
    createElement(ExecutionTimeline, { nodeExecutions: execution.nodeExecutions }),
  );
  for (const { nodeName } of nodes) {
    assert.match(html, new RegExp(nodeName));
  }
});
