/** Queries that find executions with a value of a payload. */
import type { PayloadAddress } from "../api/client";
import { shown, type Described } from "./payloadValue";
import { splitSteps } from "./pointers";
import { quote } from "./queryText";

/** The queries for one value; null where none is possible. */
export interface ValueQueries {
  /** Executions that have the value anywhere in a payload. */
  readonly anywhere: string | null;
  /** Executions that have the value at the same place. */
  readonly here: string | null;
}

const MOST_CHARACTERS = 200;
const PLAIN_NAME = /^[\p{L}\p{N}_@$-]+$/u;

/**
 * Return the queries for a value.
 *
 * @param isList Whether the value at a pointer is a list. A step into a list is a step to any item.
 */
export function findQueries(
  of: PayloadAddress["of"],
  pointer: string,
  value: Described,
  isList: (pointer: string) => boolean,
): ValueQueries {
  const test = writeTest(value);
  if (test === null) return { anywhere: null, here: null };
  const { kind, text } = shown(value);
  const isCommon = kind === "boolean" || kind === "null" || text === "";
  return {
    anywhere: isCommon ? null : `any:${test}`,
    here: `${of}${writePath(pointer, isList)}:${test}`,
  };
}

/** Write the test of a scalar; null for other values. */
function writeTest(value: Described): string | null {
  const { kind, text, isCut } = shown(value);
  if (kind === "number" || kind === "boolean" || kind === "null") return isCut ? null : text;
  if (kind !== "string") return null;
  const [line = ""] = text.trimStart().split("\n", 1);
  const isWhole = !isCut && line === text && text.length <= MOST_CHARACTERS;
  return isWhole ? quote(text) : `~${quote(line.slice(0, MOST_CHARACTERS).trimEnd())}`;
}

function writePath(pointer: string, isList: (pointer: string) => boolean): string {
  let at = "";
  return splitSteps(pointer)
    .map((step) => {
      const isItem = /^\d+$/.test(step) && isList(at);
      at += `/${step.replaceAll("~", "~0").replaceAll("/", "~1")}`;
      if (isItem) return "[]";
      return PLAIN_NAME.test(step) ? `.${step}` : `.${quote(step)}`;
    })
    .join("");
}

/** Write an object or list as a query for executions that have it; the JSON stands on one line. */
export function fragmentQuery(json: string): string {
  return json.replaceAll(/("(?:[^"\\]|\\.)*")|\s+/g, (_, text?: string) => text ?? "");
}
