/** The editor's own API: its calls, its channels and its quitting, with a real Flightlog process. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { test, type TestContext } from "node:test";

import {
  cleanupExecutionHandlers,
  cleanupWorkflowExecutionHandlers,
  cleanupWorkflowGenerationHandlers,
  ExecutionLogger,
  ExecutionReceiver,
  registerExecutionHandlers,
  registerWorkflowExecutionHandlers,
  setupWorkflowGenerationHandlers,
  type editor,
} from "../src/index";
import { directory, environment, Ipc, PYTHON } from "./stage";

interface Opened {
  readonly ipc: Ipc;
  readonly logger: ExecutionLogger;
  readonly projectPath: string;
  readonly log: string[];
}

async function open(t: TestContext): Promise<Opened> {
  const log: string[] = [];
  ExecutionLogger.configure({
    python: PYTHON,
    env: environment(await directory(t)),
    onLog: (line) => log.push(line),
  });
  const ipc = new Ipc();
  const logger = ExecutionLogger.getInstance();
  registerExecutionHandlers(logger, ipc);
  registerWorkflowExecutionHandlers(ipc);
  setupWorkflowGenerationHandlers(ipc);
  t.after(() => {
    logger.close();
    cleanupExecutionHandlers();
    cleanupWorkflowExecutionHandlers();
    cleanupWorkflowGenerationHandlers();
  });
  return { ipc, logger, projectPath: await directory(t), log };
}

function run(id: string, more: Partial<editor.WorkflowExecution> = {}): editor.WorkflowExecution {
  return {
    id,
    workflowId: "w",
    workflowName: "W",
    executionMode: "test",
    status: "success",
    startedAt: new Date().toISOString(),
    trigger: { type: "http", data: { method: "POST" }, isSimulated: true },
    nodeExecutions: [],
    ...more,
  };
}

async function ids(ipc: Ipc, options: object = {}): Promise<string[]> {
  const found = (await ipc.invoke("execution:query", options)) as { id: string }[];
  return found.map(({ id }) => id).sort();
}

async function settled(projectPath: string): Promise<void> {
  while (readdirSync(join(projectPath, ".lowcode", "unsent")).length > 0) {
    await new Promise((done) => setTimeout(done, 20));
  }
}

test("a project path in one call stays in force for the others and for the receiver", async (t) => {
  const { ipc, logger, projectPath } = await open(t);
  const other = await directory(t);
  assert.equal(logger.isReady(), false);
  await assert.rejects(ipc.invoke("execution:get", "a"), /call setProjectPath first/);
  const copied = (await ipc.invoke("execution:copy-to-canvas", "a")) as { success: boolean };
  assert.equal(copied.success, false);
  assert.throws(() => logger.logExecution(run("a")), /call setProjectPath first/);

  const receiver = new ExecutionReceiver(logger);
  assert.deepEqual([receiver.isRunning(), receiver.getUrl()], [false, null]);
  const { success, url } = await receiver.start(0);
  assert.ok(success);
  const post = (record: object) =>
    fetch(`${url ?? ""}/api/executions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(record),
    });
  await ids(ipc, { projectPath });
  assert.equal((await post(run("a"))).status < 300, true);
  assert.deepEqual(await ids(ipc), ["a"]);
  assert.deepEqual(await ids(ipc, { projectPath: other }), []);
  await post(run("b"));
  assert.deepEqual(await ids(ipc), ["b"]);
  assert.deepEqual(await ipc.invoke("execution:delete", "a"), { success: false });
  assert.deepEqual(await ipc.invoke("execution:clear-workflow", "w"), { success: true, count: 1 });
  assert.deepEqual(await ids(ipc, { projectPath }), ["a"]);
  const stats = (await ipc.invoke("execution:get-stats", "none")) as editor.ExecutionStats;
  assert.equal(stats.lastExecutedAt, null);
  await receiver.stop();
  assert.deepEqual([receiver.isRunning(), receiver.getUrl()], [false, null]);
  await assert.rejects(post(run("c")));
});

test("a port in use is an answer, and runs of the editor still have a receiver", async (t) => {
  const { logger, projectPath } = await open(t);
  logger.setProjectPath(projectPath);
  const taken = createServer().listen(0, "127.0.0.1");
  await new Promise((done) => taken.once("listening", done));
  t.after(() => taken.close());
  const { port } = taken.address() as { port: number };
  const receiver = new ExecutionReceiver(logger, port);
  const result = await receiver.start();
  assert.equal(result.success, false);
  assert.match(result.error ?? "", new RegExp(`Port ${String(port)} is already in use`));
  assert.equal(receiver.isRunning(), false);
  const { CATALYST_EDITOR_URL } = await logger.childEnvironment();
  assert.equal((await fetch(`${CATALYST_EDITOR_URL}/health`)).status, 200);
});

test("settings apply: updateConfig, and the manifest's executionLogging", async (t) => {
  const { ipc, logger, projectPath } = await open(t);
  const day = 24 * 3600 * 1000;
  const old = { startedAt: new Date(Date.now() - 8 * day).toISOString() };
  mkdirSync(join(projectPath, ".catalyst"));
  writeFileSync(
    join(projectPath, ".catalyst", "manifest.json"),
    JSON.stringify({
      workflows: {},
      executionLogging: { enabled: true, retentionDays: 30, logLevel: "error" },
    }),
  );
  logger.setProjectPath(projectPath);
  await logger.queryExecutions();
  assert.equal(logger.logExecution(run("good")), false);
  assert.equal(logger.logExecution(run("old", { status: "error", ...old })), true);
  await settled(projectPath);
  assert.deepEqual(await ids(ipc), ["old"]);
  const config = { enabled: true, retentionDays: 7, logLevel: "all" } as const;
  logger.updateConfig({ ...config, maxExecutionsPerWorkflow: 2 });
  for (const id of ["a", "b", "c"]) {
    assert.equal(logger.logExecution(run(id)), true);
    await settled(projectPath);
  }
  assert.deepEqual(await ids(ipc), ["b", "c"]);
  logger.updateConfig({ ...config, enabled: false });
  assert.equal(logger.logExecution(run("d")), false);
  assert.deepEqual(await ids(ipc), ["b", "c"]);
  logger.updateConfig({ ...config, retentionDays: 30 });
});

for (const warm of ["warm", "cold"]) {
  test(`an editor that quits by exit(0) loses nothing (${warm})`, async (t) => {
    const { ipc, projectPath } = await open(t);
    const quit = spawnSync(
      process.execPath,
      [resolve(__dirname, "..", "..", "test", "editor", "quit.js"), PYTHON, projectPath, "5", warm],
      { env: environment(await directory(t)), encoding: "utf8" },
    );
    assert.equal(quit.status, 0, quit.stderr);
    await ids(ipc, { projectPath });
    await settled(projectPath);
    assert.equal((await ids(ipc)).length, 5);
  });
}

test("a workflow of a manifest in memory is checked, shown and run", async (t) => {
  const { ipc, projectPath } = await open(t);
  const workflow = {
    id: "hello",
    name: "hello",
    trigger: { type: "httpEndpoint", config: { method: "POST", path: "/api/hello" } },
    input: {},
    output: { type: "json" },
    nodes: {
      say: {
        id: "say",
        type: "pythonFunction",
        name: "Say",
        position: { x: 0, y: 0 },
        config: { code: "return {'said': 'hello'}" },
      },
    },
    edges: [],
  };
  const manifest = { schemaVersion: "1.0.0", projectType: "workflow", workflows: { hello: workflow } };
  const checked = (await ipc.invoke("workflow:validate", { workflow })) as { success: boolean };
  assert.equal(checked.success, true);
  const shown = (await ipc.invoke("workflow:get-code-preview", { workflow })) as { code: string };
  assert.match(shown.code, /def say/);
  assert.deepEqual(await ipc.invoke("workflow:get-active"), { success: true, data: [] });
  const ran = (await ipc.invoke(
    "workflow:execute",
    "hello",
    { method: "POST", body: {} },
    manifest,
    projectPath,
  )) as { success: boolean; data: editor.WorkflowExecution };
  assert.equal(ran.success, true);
  assert.deepEqual(ran.data.nodeExecutions[0]?.output, { said: "hello" });
  assert.deepEqual(await ids(ipc), [ran.data.id]);
  const failed = (await ipc.invoke("workflow:execute", "none", {}, manifest, projectPath)) as {
    error: { message: string };
  };
  assert.match(failed.error.message, /none not found in manifest/);
});
