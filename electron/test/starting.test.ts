import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { chmod, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";

import { Bridge, FlightlogError, serveExecutionChannels } from "../src/index";
import { findProgram } from "../src/python";
import { directory, ended, environment, openEditor, PYTHON } from "./stage";

const RUNS_FLIGHTLOG = `#!/bin/sh\nexec "${PYTHON}" -m flightlog.cli "$@"\n`;
const IS_PYTHON = `#!/bin/sh\nexec "${PYTHON}" "$@"\n`;
const IS_BARE_PYTHON = `#!/bin/sh\nexec "${PYTHON}" -I -S "$@"\n`;

async function script(path: string, text: string): Promise<string> {
  await writeFile(path, text);
  await chmod(path, 0o755);
  return path;
}

test("a Python is found where people have it", async (t) => {
  const bin = await directory(t);
  const projectPath = await directory(t);
  const env = { PATH: `${bin}:/usr/bin:/bin` };
  const python3 = ["python3", "-P", "-m", "flightlog.cli"];
  await script(join(bin, "python3"), IS_PYTHON);
  assert.deepEqual(await findProgram({ projectPath, env }), python3);
  await script(join(bin, "flightlog"), RUNS_FLIGHTLOG);
  assert.deepEqual(await findProgram({ projectPath, env }), ["flightlog"]);
  const own = join(projectPath, ".venv", "bin");
  await mkdir(own, { recursive: true });
  const python = await script(join(own, "python"), IS_PYTHON);
  assert.equal((await findProgram({ projectPath, env }))[0], python);
  await script(python, IS_BARE_PYTHON);
  assert.deepEqual(await findProgram({ projectPath, env }), ["flightlog"]);
  const named = await script(join(bin, "chosen"), IS_PYTHON);
  assert.equal((await findProgram({ env: { ...env, FLIGHTLOG_PYTHON: named } }))[0], named);
  assert.deepEqual(await findProgram({ python: ["flightlog"], env }), ["flightlog"]);
});

test("where there is none, it is said what to install and what was tried", async (t) => {
  const bin = await directory(t);
  await script(join(bin, "python3"), IS_BARE_PYTHON);
  await symlink("/bin/sh", join(bin, "sh"));
  await assert.rejects(findProgram({ env: { PATH: bin } }), (error) => {
    assert.ok(error instanceof FlightlogError);
    assert.equal(error.kind, "not-started");
    assert.match(error.message, /pip install 'flightlog\[server\]'/);
    assert.match(error.message, /flightlog: not found; python3 .*No module named/);
    return true;
  });
  const bridge = new Bridge({ python: join(bin, "nowhere"), env: { PATH: bin } });
  t.after(() => bridge.stop());
  await assert.rejects(bridge.call("execution:get", ["a"]), /nowhere.*: not found/);
});

test("what keeps Flightlog from starting is told, with its own words", async (t) => {
  const bridge = new Bridge({
    python: PYTHON,
    projectPath: "/nowhere/at/all",
    port: 0,
    env: environment(await directory(t)),
  });
  t.after(() => bridge.stop());
  for (const time of ["first", "second"]) {
    await assert.rejects(
      bridge.call("execution:get", ["a"]),
      /ended at its start \(exit code 1\): flightlog: .*does not exist/,
      time,
    );
  }
});

test("where the first project is gone, another can be opened", async (t) => {
  const projectPath = await directory(t);
  const bridge = new Bridge({
    python: PYTHON,
    projectPath: join(projectPath, "gone"),
    port: 0,
    env: environment(await directory(t)),
  });
  t.after(() => bridge.stop());
  await assert.rejects(bridge.call("execution:get", ["a"]), /does not exist/);
  assert.equal((await bridge.openProject(projectPath)).projectPath, projectPath);
  assert.equal(await bridge.call("execution:get", ["a"]), null);
});

test("what dies at its start is tried a few times, with pauses", async (t) => {
  const place = await directory(t);
  const starts = join(place, "starts");
  const dies = await script(
    join(place, "dies"),
    `#!/bin/sh\ncase "$*" in *--help*) exit 0;; esac\necho start >> "${starts}"\nkill -9 $$\n`,
  );
  const bridge = new Bridge({ python: [dies], port: 0 });
  t.after(() => bridge.stop());
  const began = performance.now();
  await assert.rejects(bridge.call("execution:get", ["a"]), /ended at its start \(SIGKILL\)/);
  assert.equal((await readFile(starts, "utf8")).trim().split("\n").length, 5);
  assert.ok(performance.now() - began > 100 + 200 + 400 + 800);
});

test("it is stopped before the editor quits, and called no more", async (t) => {
  const app = new EventEmitter();
  const editor = await openEditor(t, { app });
  const { processId } = await editor.handlers.started();
  const history = editor.window.getHistory("order-intake");
  // After `before-quit` a window may still refuse to close, and then the editor continues.
  app.emit("before-quit");
  assert.equal((await editor.handlers.started()).processId, processId);
  app.emit("will-quit");
  assert.deepEqual(await history, []);
  await ended(processId);
  await assert.rejects(editor.handlers.call("execution:get", "a"), /was stopped/);
  await assert.rejects(editor.window.get("a"), /no handler/);
  await editor.handlers.stop();
});

test("handlers that are stopped again leave those that came after them alone", async (t) => {
  const first = await openEditor(t);
  await first.handlers.stop();
  const second = serveExecutionChannels(first.ipc, {
    python: PYTHON,
    port: 0,
    env: environment(await directory(t)),
  });
  t.after(() => second.stop());
  await first.handlers.stop();
  assert.equal(await first.window.get("a"), null);
});

test("stopping while it starts leaves nothing behind", async (t) => {
  const editor = await openEditor(t);
  const asked = editor.window.get("a");
  const stopped = editor.handlers.stop();
  await assert.rejects(asked, /was stopped/);
  await stopped;
  assert.equal(editor.handlers.pid, undefined);
});

const EDITOR = `
  const { EventEmitter } = require("node:events");
  const { serveExecutionChannels } = require(process.argv[1]);
  const ipcMain = Object.assign(new EventEmitter(), { handle() {} });
  const handlers = serveExecutionChannels(ipcMain, { port: 0 });
  handlers.started().then(({ processId }) => {
    console.log(processId);
    process.stdin.once("data", () => process.exit(0));
  });
`;

for (const how of ["exits", "is killed"]) {
  test(`it ends when an editor ${how} without a word`, async (t) => {
    const home = await directory(t);
    const index = resolve(__dirname, "..", "src", "index.js");
    const editor = spawn(process.execPath, ["-e", EDITOR, index], {
      env: { ...environment(home), FLIGHTLOG_PYTHON: PYTHON },
      stdio: ["pipe", "pipe", "inherit"],
    });
    const [said] = (await once(createInterface({ input: editor.stdout }), "line")) as [string];
    if (how === "exits") {
      editor.stdin.write("now\n");
    } else {
      editor.kill("SIGKILL");
    }
    await ended(Number(said));
  });
}
