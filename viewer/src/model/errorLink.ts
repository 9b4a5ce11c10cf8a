import type { ErrorGroup } from "@/api";
import type { ListFilters } from "./filters";
import { joinQueries, quoteValue } from "./queryText";

const LEAST = 4;
const MOST_PARTS = 3;
const WORD = /⟨[a-z]+⟩/;

/** A part of a pattern: a text that all messages share, or a word for what differs. */
export interface PatternPart {
  readonly text: string;
  readonly varies: boolean;
}

/** Split a pattern such as `Timeout after ⟨n⟩ ms` at its words. */
export function patternParts(pattern: string): PatternPart[] {
  return pattern
    .split(/(⟨[a-z]+⟩)/)
    .filter((text) => text !== "")
    .map((text) => ({ text, varies: WORD.test(text) }));
}

/** Return the longest parts of a pattern that all messages of the group share. */
export function commonTexts(pattern: string): string[] {
  const shared = pattern
    .split(WORD)
    .flatMap((part) => part.split(/["'`“”‘’…]/))
    .map((part) => part.trim())
    .filter((part) => part.length >= LEAST);
  return [...new Set(shared)].sort((a, b) => b.length - a.length).slice(0, MOST_PARTS);
}

/** Return the filters that list the executions behind a group of errors. */
export function errorFilters(group: ErrorGroup): ListFilters {
  const texts = commonTexts(group.pattern);
  const q = joinQueries(
    group.nodeId === undefined ? undefined : `error.node:${quoteValue(group.nodeId)}`,
    ...texts.map((text) => `error:${quoteValue(text)}`),
    texts.length > 0 || group.type === undefined
      ? undefined
      : `error.type:${quoteValue(group.type)}`,
  );
  const isWhole = group.workflows.length === group.workflowCount;
  return {
    ...(isWhole && { workflow: group.workflows.map((each) => each.workflowId) }),
    status: ["error"],
    ...(q !== undefined && { q }),
  };
}
