import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";

import { exposeExecutionApi, FlightlogError, PROTOCOL_VERSION } from "../src/index";
import { directory, openEditor, record, run } from "./stage";

test("a window reads, counts and erases through every channel", async (t) => {
  const editor = await openEditor(t);
  const { window } = editor;
  await record(editor, run("a"));
  await record(editor, run("b", { startedAt: "2026-11-23T00:00:00.000000Z", status: "error" }));
  assert.deepEqual(await window.get("a"), run("a"));
  assert.deepEqual(await window.getDetails("a"), run("a"));
  assert.equal(await window.get("nothing"), null);
  const ids = (found: { id: string }[]) => found.map(({ id }) => id);
  assert.deepEqual(ids(await window.getHistory("order-intake")), ["b", "a"]);
  assert.deepEqual(ids(await window.getHistory("order-intake", undefined, 1)), ["a"]);
  assert.deepEqual(ids(await window.query({ sortOrder: "asc" })), ["a", "b"]);
  assert.deepEqual(ids(await window.query({ status: "error", limit: 5 })), ["b"]);
  assert.deepEqual(ids(await window.query({})), ["b", "a"]);
  assert.deepEqual(await window.getStats("order-intake"), {
    workflowId: "order-intake",
    totalExecutions: 2,
    successCount: 1,
    errorCount: 1,
    runningCount: 0,
    avgDurationMs: 12,
    lastExecutedAt: "2026-11-23T00:00:00.000000Z",
  });
  assert.deepEqual(await window.copyToCanvas("a"), {
    success: true,
    data: {
      workflowId: "order-intake",
      nodePins: [{ nodeId: "charge", nodeName: "Charge", data: { amount: 4200 } }],
    },
  });
  assert.equal((await window.copyToCanvas("nothing")).success, false);
  assert.deepEqual(await window.cleanup(0), { success: true, count: 0 });
  assert.deepEqual(await window.delete("a"), { success: true });
  assert.deepEqual(await window.delete("a"), { success: false });
  assert.deepEqual(await window.clearWorkflow("order-intake"), { success: true, count: 1 });
  assert.deepEqual(await editor.handlers.call("execution:query", {}), []);
});

test("a bad argument rejects with its name, what was given and what is right", async (t) => {
  const { window, ipc } = await openEditor(t);
  await assert.rejects(window.getHistory("w", 0.5), /`limit` is 0\.5; it must be a whole number/);
  await assert.rejects(ipc.invoke("execution:get", {}), (error) => {
    assert.ok(error instanceof FlightlogError);
    assert.equal(error.kind, "refused");
    assert.equal(error.code, -32602);
    assert.deepEqual(error.data, { code: "invalid_argument", argument: "executionId" });
    return true;
  });
});

test("arguments that can't be sent reject, and the next call is answered", async (t) => {
  const { window, ipc } = await openEditor(t);
  const circular: Record<string, unknown> = {};
  circular["itself"] = circular;
  for (const given of [10n, circular, "x".repeat(70 * 1024 * 1024)]) {
    await assert.rejects(ipc.invoke("execution:get", given), (error) => {
      assert.ok(error instanceof FlightlogError);
      assert.equal(error.kind, "refused");
      assert.match(error.message, /arguments of `execution:get` can't be sent/);
      return true;
    });
  }
  assert.equal(await window.get("nothing"), null);
});

test("windows are told of changes until they no longer listen", async (t) => {
  const editor = await openEditor(t);
  const told: string[] = [];
  const stop = editor.window.onChanged(({ executionIds, projectPath }) => {
    assert.equal(projectPath, editor.projectPath);
    told.push(...executionIds);
  });
  const first = once(editor.ipc, "executions/changed");
  await record(editor, run("a"));
  await first;
  stop();
  const second = once(editor.ipc, "executions/changed");
  await record(editor, run("b"));
  await second;
  assert.deepEqual(told, ["a"]);
});

test("another project is opened, with its history, for calls and for the receiver", async (t) => {
  const editor = await openEditor(t);
  await record(editor, run("a"));
  const other = await directory(t);
  assert.equal((await editor.handlers.openProject(other)).projectPath, other);
  await record(editor, run("b"));
  assert.equal(await editor.window.get("a"), null);
  assert.equal((await editor.window.get("b"))?.id, "b");
  assert.equal((await editor.window.get("a", editor.projectPath))?.id, "a");
  assert.equal(await editor.window.get("b"), null);
  await editor.handlers.openProject(other);
  await editor.handlers.openProject();
  assert.equal((await editor.window.get("a"))?.id, "a");
  await assert.rejects(
    editor.handlers.openProject("/nowhere/at/all"),
    /does not exist\. Name the directory/,
  );
});

test("the main process is told who runs and where", async (t) => {
  const editor = await openEditor(t);
  const started = await editor.handlers.started();
  assert.equal(started.name, "flightlog");
  assert.equal(started.protocolVersion, PROTOCOL_VERSION);
  assert.equal(started.processId, editor.handlers.pid);
  assert.equal(started.projectPath, editor.projectPath);
  assert.deepEqual(await editor.handlers.childEnvironment(), {
    CATALYST_EDITOR_URL: started.receiver.url,
  });
});

test("the window's functions go through the context bridge under the name that is chosen", () => {
  const exposed = new Map<string, unknown>();
  const bridge = { exposeInMainWorld: (name: string, api: unknown) => exposed.set(name, api) };
  const ipcRenderer = {
    invoke: () => Promise.resolve(null),
    on: () => undefined,
    removeListener: () => undefined,
  };
  exposeExecutionApi(bridge, ipcRenderer);
  exposeExecutionApi(bridge, ipcRenderer, "history");
  assert.deepEqual([...exposed.keys()], ["executions", "history"]);
});
