/**
 * The editor's calls compile with the compiler, the module resolution and the types of the editor,
 * and the compiled code runs.
 */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";

import { directory, environment, PYTHON } from "./stage";

const ROOT = resolve(__dirname, "..", "..");

test("the editor's code compiles with TypeScript 5.3 and Electron 28, and runs", async (t) => {
  const project = await mkdtemp(join(tmpdir(), "flightlog-compile-"));
  t.after(() => rm(project, { recursive: true, force: true }));
  await mkdir(join(project, "node_modules", "@flightlog"), { recursive: true });
  const packages = { "@flightlog/electron": ROOT, electron: module("electron") };
  for (const [name, path] of Object.entries({ ...packages, "@types": module("@types") })) {
    await symlink(path, join(project, "node_modules", name));
  }
  await copyFile(join(ROOT, "test", "editor", "main.ts.txt"), join(project, "main.ts"));
  const compilerOptions = {
    target: "ES2020",
    module: "commonjs",
    lib: ["ES2020"],
    moduleResolution: "node",
    types: ["node"],
    strict: true,
    esModuleInterop: true,
    skipLibCheck: false,
    outDir: "dist",
    preserveSymlinks: true,
  };
  await writeFile(
    join(project, "tsconfig.json"),
    JSON.stringify({ compilerOptions, files: ["main.ts"] }),
  );
  const output = await compiler("-p", project);
  // The declarations of Electron and of Node contradict each other in a few lines.
  const errors = output
    .split("\n")
    .filter((line) => line.includes("error TS") && !/node_modules.(electron|@types)./.test(line));
  assert.deepEqual(errors, []);
  assert.match(await compiler("--version"), /^Version 5\.3\./);

  const main = join(project, "dist", "main.js");
  const script = join(project, "run-main.js");
  await copyFile(join(ROOT, "test", "editor", "run-main.js"), script);
  const env = { ...environment(await directory(t)), FLIGHTLOG_PYTHON: PYTHON };
  const said = await run(process.execPath, [script, main, await directory(t)], env);
  assert.match(said, /logged: true\nread: 1 error 1 true\nchannels left: 0\n$/);
});

function run(program: string, given: string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((done, fail) => {
    execFile(program, given, { env }, (error, stdout, stderr) => {
      if (error === null) {
        done(stdout);
      } else {
        fail(new Error(`${error.message}\n${stdout}${stderr}`));
      }
    });
  });
}

function compiler(...given: string[]): Promise<string> {
  return new Promise((done) => {
    const tsc = join(module("typescript-5.3"), "bin", "tsc");
    execFile(process.execPath, [tsc, ...given], (_, stdout) => {
      done(stdout);
    });
  });
}

function module(name: string): string {
  return join(ROOT, "node_modules", name);
}
