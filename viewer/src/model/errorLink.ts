import type { ErrorGroup } from "@/api";
import type { ListFilters } from "./filters";

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
  const text = commonText(group.message) ?? group.type;
  return {
    workflow: [group.workflowId],
    status: ["error"],
    ...(group.nodeId !== undefined && { node: group.nodeId }),
    ...(text !== undefined && { text }),
  };
}
