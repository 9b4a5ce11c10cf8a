/**
 * Records of the main process that Flightlog has not confirmed yet, as files in their project. A
 * record is on disk before `logExecution` returns, so that `app.exit` loses none.
 */

import { randomUUID } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";

const FOLDER = join(".lowcode", "unsent");
const SUFFIX = ".json";

/** Write a record to a file in its project; return the file's path. */
export function keep(projectPath: string, record: unknown): string {
  const folder = join(projectPath, FOLDER);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${randomUUID()}${SUFFIX}`);
  const part = `${path}.part`;
  const file = openSync(part, "wx", 0o600);
  try {
    const bytes = Buffer.from(JSON.stringify(record));
    for (let written = 0; written < bytes.length; ) {
      written += writeSync(file, bytes, written);
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(part, path);
  return path;
}

/** List the files of a project that were not confirmed, also those of an earlier process. */
export function kept(projectPath: string): string[] {
  try {
    const folder = join(projectPath, FOLDER);
    return readdirSync(folder)
      .filter((name) => name.endsWith(SUFFIX))
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** Read the record of a file; undefined if another process has removed the file. */
export function read(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

/** Remove a file whose record is stored. */
export function remove(path: string): void {
  rmSync(path, { force: true });
}

/** Set a file aside whose record Flightlog refused, so that nobody sends the file again. */
export function setAside(path: string): void {
  renameSync(path, `${path}.refused`);
}
