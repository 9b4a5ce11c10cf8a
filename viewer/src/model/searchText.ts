/**
 * Converts the search box's text to filters and back. The text is one query of
 * docs/inspect/query.md. Terms that are also a menu's filter are kept as that filter, so that the
 * menu shows them.
 */
import type { Mode, Status } from "@/api";
import { withoutEmpty, type ListFilters } from "./filters";
import { isCompound, joinQueries, quoteValue, readTerms, unquote, type Term } from "./queryText";

/** The part of the filters that the search box shows. */
export type SearchPart = Omit<ListFilters, "project" | "last" | "after" | "before" | "sort">;

type MenuPart = Omit<SearchPart, "q">;

const UNITS: Record<string, number> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 };

/** Write filters as the text of the search box. */
export function formatSearchText(filters: SearchPart): string {
  return joinQueries(...formatMenuTerms(filters), filters.q) ?? "";
}

/** Write the filters of the menus as terms of a query. */
export function formatMenuTerms(filters: MenuPart): string[] {
  const { status = [], workflow = [], trigger, mode, min, max, starred } = filters;
  return [
    formatList("status", status),
    formatList("workflow", workflow),
    trigger && `trigger.type:${quoteValue(trigger)}`,
    mode && `mode:${mode}`,
    formatDurations(min, max),
    starred && "is:starred",
  ].filter((term): term is string => typeof term === "string" && term !== "");
}

function formatList(field: string, values: readonly string[]): string | undefined {
  const [first, ...others] = values.map(quoteValue);
  if (first === undefined) return undefined;
  return others.length === 0 ? `${field}:${first}` : `${field}:(${[first, ...others].join(",")})`;
}

/**
 * Read the typed text. A term becomes a menu's filter if the filter means exactly the same; all
 * other terms are the query.
 *
 * @param workflowIds The ids of the known workflows. Another workflow may be a name.
 */
export function parseSearchText(
  typed: string,
  workflowIds: ReadonlySet<string> = new Set(),
): SearchPart {
  const text = typed.trim();
  if (text === "" || isCompound(text)) return withoutEmpty({ q: text === "" ? undefined : text });
  const terms = readTerms(text);
  const part: MenuPart = {};
  const rest: Term[] = [];
  for (const term of terms) {
    const isRepeated = terms.some((each) => each !== term && each.field === term.field);
    const read = isRepeated ? undefined : readTerm(term, workflowIds);
    if (read === undefined) rest.push(term);
    else Object.assign(part, read);
  }
  const q = rest.map(({ start, end }) => text.slice(start, end)).join(" ");
  return withoutEmpty({ ...part, q: q === "" ? undefined : q });
}

function readTerm({ field, test }: Term, workflowIds: ReadonlySet<string>): MenuPart | undefined {
  const values = readValues(test);
  const [value] = values;
  if (field === "duration") return readDurations(test);
  if (value === undefined) return undefined;
  if (field === "status") return values.every(isStatus) ? { status: values } : undefined;
  if (field === "workflow") {
    return values.every((each) => workflowIds.has(each)) ? { workflow: values } : undefined;
  }
  if (values.length > 1) return undefined;
  if (field === "mode") return isMode(value) ? { mode: value } : undefined;
  if (field === "trigger.type") return { trigger: value };
  return field === "is" && value === "starred" ? { starred: true } : undefined;
}

/** Return the whole values that a test names; none if the test compares or has patterns. */
function readValues(test: string): string[] {
  const list = /^\(([^()"]*)\)$/.exec(test)?.[1]?.split(/[,\s]+/) ?? [test];
  const values = list.filter((value) => value !== "");
  const isPlain = values.every((value) => value.startsWith('"') || !/[*~<>()"]/.test(value));
  return isPlain ? values.map(unquote) : [];
}

function isStatus(text: string): text is Status {
  return text === "running" || text === "success" || text === "error";
}

function isMode(text: string): text is Mode {
  return text === "test" || text === "production";
}

/** Read limits that belong to the range, as the filters' limits do. */
function readDurations(test: string): MenuPart | undefined {
  const match = /^(?:>=(?<min>.+)|<=(?<max>.+)|(?<from>[^<>]+?)\.\.(?<to>[^<>]+))$/.exec(test);
  const { min, max, from, to } = match?.groups ?? {};
  const [low, high] = [min ?? from, max ?? to];
  const lowMs = low === undefined ? undefined : parseDuration(low);
  const highMs = high === undefined ? undefined : parseDuration(high);
  const isRead = lowMs !== undefined || highMs !== undefined;
  if (!isRead || (low !== undefined && lowMs === undefined)) return undefined;
  if (high !== undefined && highMs === undefined) return undefined;
  return {
    ...(lowMs !== undefined && { min: lowMs }),
    ...(highMs !== undefined && { max: highMs }),
  };
}

/**
 * Read `500ms`, `2s`, `1.5min` or `1h` as milliseconds. A number without a unit is milliseconds.
 */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|min|h)?$/.exec(text.trim());
  if (match === null) return undefined;
  return Number(match[1]) * (UNITS[match[2] ?? "ms"] ?? 1);
}

/** Write a duration as the shortest exact text: `2s`, `1500ms`. */
export function shortDuration(ms: number): string {
  const unit = (["h", "min", "s"] as const).find((each) => ms > 0 && ms % (UNITS[each] ?? 1) === 0);
  return unit === undefined ? `${ms}ms` : `${ms / (UNITS[unit] ?? 1)}${unit}`;
}

/** Write the limits of the duration as a term: `duration:>=2s`, `duration:1s..5min`. */
export function formatDurations(
  min: number | undefined,
  max: number | undefined,
): string | undefined {
  if (min !== undefined && max !== undefined) {
    return `duration:${shortDuration(min)}..${shortDuration(max)}`;
  }
  if (min !== undefined) return `duration:>=${shortDuration(min)}`;
  return max === undefined ? undefined : `duration:<=${shortDuration(max)}`;
}
