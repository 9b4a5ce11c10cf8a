/** Finds a Flightlog program to start. The `bridge` module keeps the program running. */

import { execFile, type ExecFileException } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { FlightlogError } from "./errors";

/** A program and the arguments that come before the command, e.g. `["python3", "-m", "…"]`. */
export type Program = readonly [string, ...string[]];

/** Where to search for the program. */
export interface Places {
  /** A Python, or a whole program. If this option is set, nothing else is tried. */
  readonly python?: string | Program;
  /** The project whose `.venv` is searched. */
  readonly projectPath?: string | undefined;
  /** The environment, for `FLIGHTLOG_PYTHON` and `PATH`. */
  readonly env: NodeJS.ProcessEnv;
}

const CHECK_TIMEOUT_MS = 30_000;
// `-P` keeps the working directory out of Python's module path.
const MODULE = ["-P", "-m", "flightlog.cli"] as const;
const WINDOWS = process.platform === "win32";

/**
 * Find a program that supports `ipc`.
 *
 * If the caller or `FLIGHTLOG_PYTHON` names a program, only that program is tried, the caller's
 * first. Otherwise the order is: the project's `.venv`, `flightlog` on the PATH, a Python on the
 * PATH that has Flightlog.
 *
 * @throws FlightlogError No program was found. The message says what was tried and what to install.
 */
export async function findProgram(places: Places): Promise<Program> {
  const named = namedProgram(places);
  const candidates = named === undefined ? [...likely(places)] : [named];
  const tried: string[] = [];
  for (const candidate of candidates) {
    const fault = await check(candidate, places.env);
    if (fault === undefined) {
      return candidate;
    }
    tried.push(`${candidate.join(" ")}: ${fault}`);
  }
  throw new FlightlogError(
    "not-started",
    "Flightlog can't be found. Install it with `python3 -m pip install 'flightlog[server]'`, or " +
      `name a Python that has it in FLIGHTLOG_PYTHON. Tried: ${tried.join("; ")}.`,
  );
}

/**
 * Return the program that the caller or `FLIGHTLOG_PYTHON` names, without a check: the check would
 * start the program once more.
 */
export function namedProgram(places: Places): Program | undefined {
  const named = places.python ?? places.env["FLIGHTLOG_PYTHON"];
  if (named === undefined || named === "") {
    return undefined;
  }
  return typeof named === "string" ? [named, ...MODULE] : named;
}

function* likely({ projectPath }: Places): Generator<Program> {
  if (projectPath !== undefined) {
    const scripts = WINDOWS ? ["Scripts", "python.exe"] : ["bin", "python"];
    const python = join(projectPath, ".venv", ...scripts);
    if (existsSync(python)) {
      yield [python, ...MODULE];
    }
  }
  yield ["flightlog"];
  yield ["python3", ...MODULE];
  yield ["python", ...MODULE];
  if (WINDOWS) {
    yield ["py", "-3", ...MODULE];
  }
}

function check([command, ...given]: Program, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(
      command,
      [...given, "ipc", "--help"],
      { env, timeout: CHECK_TIMEOUT_MS, windowsHide: true },
      (error, _, stderr) => {
        resolve(error === null ? undefined : describeReason(error, stderr));
      },
    );
  });
}

function describeReason(error: ExecFileException, stderr: string): string {
  if (error.code === "ENOENT") {
    return "not found";
  }
  const last = stderr.trim().split("\n").at(-1);
  return last === undefined || last === "" ? error.message : last;
}
