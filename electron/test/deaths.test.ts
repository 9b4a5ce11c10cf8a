import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";

import { FlightlogError, serveExecutionChannels, type ExecutionChannelServer } from "../src/index";
import { directory, environment, Ipc, openEditor, PYTHON, record, run } from "./stage";

const DEATHS = 20;
const CALLS = 25;

/** Wait for a process whose id is not in `died`. */
async function nextProcess(handlers: ExecutionChannelServer, died: Set<number>): Promise<number> {
  for (;;) {
    const { processId } = await handlers.started();
    if (!died.has(processId)) {
      return processId;
    }
    await setImmediate();
  }
}

test("Flightlog is killed 20 times: it comes back, and no call is lost", async (t) => {
  const editor = await openEditor(t);
  const { window, handlers } = editor;
  const executions = Array.from({ length: CALLS }, (_, number) => run(`run-${number}`));
  for (const execution of executions) {
    await record(editor, execution);
  }
  const pids = new Set<number>();
  for (let death = 0; death < DEATHS; death += 1) {
    const processId = await nextProcess(handlers, pids);
    pids.add(processId);
    const asked = executions.flatMap(({ id }) => [window.get(id), window.getStats("another")]);
    const erased = window.delete(`never-was-${death}`);
    if (death % 2 === 0) {
      await Promise.race(asked);
    }
    process.kill(processId, "SIGKILL");
    const answers = await Promise.all(asked);
    assert.deepEqual(
      answers.filter((_, place) => place % 2 === 0),
      executions,
    );
    assert.deepEqual(await erased, { success: false });
  }
  await nextProcess(handlers, pids);
});

test("after a death windows are told that anything may have changed", async (t) => {
  const editor = await openEditor(t);
  const { processId, receiver } = await editor.handlers.started();
  const told = new Promise<readonly string[]>((resolve) => {
    editor.window.onChanged(({ executionIds }) => {
      resolve(executionIds);
    });
  });
  process.kill(processId, "SIGKILL");
  assert.deepEqual(await told, []);
  // Workflows that run already report to the same port as before.
  assert.equal((await editor.handlers.started()).receiver.requestedPort, receiver.port);
});

test("it comes back on the project that was open last", async (t) => {
  const editor = await openEditor(t);
  const other = await directory(t);
  const first = await editor.handlers.started();
  await editor.handlers.openProject(other);
  process.kill(first.processId, "SIGKILL");
  await nextProcess(editor.handlers, new Set([first.processId]));
  assert.equal((await editor.handlers.started()).projectPath, other);
  assert.equal((await editor.handlers.openProject()).projectPath, editor.projectPath);
});

test("what was open at first without a project comes back too", async (t) => {
  const editor = await openEditor(t);
  const home = await directory(t);
  const handlers = serveExecutionChannels(new Ipc(), {
    python: PYTHON,
    port: 0,
    env: environment(home),
  });
  t.after(() => handlers.stop());
  const first = await handlers.started();
  assert.equal(first.projectPath, undefined);
  await handlers.openProject(editor.projectPath);
  process.kill(first.processId, "SIGKILL");
  await nextProcess(handlers, new Set([first.processId]));
  assert.equal((await handlers.started()).projectPath, editor.projectPath);
  const opened = await Promise.all([handlers.openProject(), handlers.openProject()]);
  const { databasePath, recording } = first;
  const expected = { databasePath, recording };
  assert.deepEqual(opened, [expected, expected]);
  assert.equal((await handlers.started()).processId, handlers.pid);
});

test("a call that can't be repeated says that its outcome is not known", async (t) => {
  const { handlers, window } = await openEditor(t);
  const { processId } = await handlers.started();
  process.kill(processId, "SIGSTOP");
  const cleared = window.clearWorkflow("order-intake");
  const read = window.getHistory("order-intake");
  process.kill(processId, "SIGKILL");
  await assert.rejects(cleared, (error) => {
    assert.ok(error instanceof FlightlogError);
    assert.equal(error.kind, "unknown-outcome");
    assert.match(error.message, /`execution:clear-workflow`, which may or may not/);
    return true;
  });
  assert.deepEqual(await read, []);
});
