import type { ErrorGroup } from "@/api";
import type { ListFilters } from "./filters";
import { joinQueries, quoteValue } from "./queryText";

const LEAST = 4;

/**
 * Return the longest part of a message that the group's other messages share: without numbers and
 * ids.
 */
export function commonText(message: string): string | undefined {
  const parts = message
    .split(/[^\s"'`“”‘’]*\d[^\s"'`“”‘’]*|["'`“”‘’]/)
    .map((part) => part.trim())
    .filter((part) => part.length >= LEAST);
  return parts.sort((a, b) => b.length - a.length)[0];
}

/** Return the filters that list the executions behind a group of errors. */
export function errorFilters(group: ErrorGroup): ListFilters {
  const text = commonText(group.message);
  const q = joinQueries(
    group.nodeId === undefined ? undefined : `error.node:${quoteValue(group.nodeId)}`,
    text === undefined ? undefined : `error:${quoteValue(text)}`,
    text !== undefined || group.type === undefined
      ? undefined
      : `error.type:${quoteValue(group.type)}`,
  );
  return {
    workflow: [group.workflowId],
    status: ["error"],
    ...(q !== undefined && { q }),
  };
}
