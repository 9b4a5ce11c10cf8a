import type { Filters, Mode, Scope, Status } from "@/api";
import { readNumber, readText, readTexts } from "@/app/search";
import { hasTerm, joinQueries, quoteValue, withoutTerm } from "./queryText";

/** The orders of the list besides the newest first. */
export const SORTS = ["oldest", "longest", "shortest"] as const;
export type Sort = (typeof SORTS)[number];

export const RANGES = ["1h", "24h", "7d", "30d"] as const;
export type Range = (typeof RANGES)[number];

/** All filters of the list, as the address holds them. */
export interface ListFilters {
  workflow?: string[] | undefined;
  project?: string | undefined;
  status?: Status[] | undefined;
  mode?: Mode | undefined;
  trigger?: string | undefined;
  /** A range that ends now; excludes `after` and `before`. */
  last?: Range | undefined;
  after?: string | undefined;
  before?: string | undefined;
  /** The shortest duration, in milliseconds. */
  min?: number | undefined;
  max?: number | undefined;
  /** A query of docs/inspect/query.md. */
  q?: string | undefined;
  starred?: true | undefined;
  /** The order; absent for the newest first. */
  sort?: Sort | undefined;
}

const STATUSES: readonly Status[] = ["error", "running", "success"];
const MODES: readonly Mode[] = ["test", "production"];

/** Read the filters of an address, and leave out invalid values. */
export function readFilters(raw: Record<string, unknown>): ListFilters {
  const workflow = readTexts(raw.workflow);
  const status = STATUSES.filter((each) => readTexts(raw.status).includes(each));
  const last = RANGES.find((range) => range === readText(raw.last));
  const after = last === undefined ? readTime(raw.after) : undefined;
  const before = last === undefined ? readTime(raw.before) : undefined;
  return withoutEmpty({
    workflow: workflow.length > 0 ? workflow : undefined,
    project: readText(raw.project),
    status: status.length > 0 && status.length < STATUSES.length ? status : undefined,
    mode: MODES.find((mode) => mode === readText(raw.mode)),
    trigger: readText(raw.trigger),
    last,
    after,
    before,
    min: readNumber(raw.min),
    max: readNumber(raw.max),
    q: readQuery(raw),
    starred: String(raw.starred) === "true" ? true : undefined,
    sort: SORTS.find((sort) => sort === readText(raw.sort)),
  });
}

/** Read the query. Older addresses have words and nodes in parameters of their own. */
function readQuery(raw: Record<string, unknown>): string | undefined {
  const node = readText(raw.node);
  const text = readText(raw.text);
  const older = joinQueries(
    node === undefined ? undefined : `node:${quoteValue(node)}`,
    text === undefined ? undefined : quoteValue(text),
  );
  const q = readText(raw.q);
  // The router reads an address again after it has added the query to it.
  if (older === undefined || q === older || q?.startsWith(`${older} `) === true) return q;
  return joinQueries(older, q);
}

function readTime(value: unknown): string | undefined {
  const text = readText(value);
  return text !== undefined && !Number.isNaN(Date.parse(text)) ? text : undefined;
}

/** Leave out undefined members, so that equal filters are deeply equal. */
export function withoutEmpty(filters: ListFilters): ListFilters {
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined));
}

const RANGE_MS: Record<Range, number> = {
  "1h": 3_600_000,
  "24h": 86_400_000,
  "7d": 7 * 86_400_000,
  "30d": 30 * 86_400_000,
};

type Period = Pick<ListFilters, "last" | "after" | "before">;

/** Convert the chosen range to times. `last` ends at `now`. */
export function getPeriod(filters: Period, now: number): { after?: string; before?: string } {
  if (filters.last !== undefined) {
    return { after: new Date(now - RANGE_MS[filters.last]).toISOString() };
  }
  return {
    ...(filters.after !== undefined && { after: filters.after }),
    ...(filters.before !== undefined && { before: filters.before }),
  };
}

/** Return project, workflows and time range: the filters of all statistics. */
export function getScope(filters: ListFilters, now: number): Scope {
  return {
    ...getPeriod(filters, now),
    ...(filters.workflow !== undefined && { workflowId: filters.workflow }),
    ...(filters.project !== undefined && { projectId: filters.project }),
  };
}

/** Whether filters narrow more than project, workflows and time range. */
export function isNarrowed(filters: ListFilters): boolean {
  return activeFilters(filters).some((name) => !SCOPE.includes(name));
}

/** Add filters to others; a query is added to the query of the others. */
export function addFilters(filters: ListFilters, more: ListFilters): ListFilters {
  const q = joinQueries(filters.q, more.q);
  return withoutEmpty({ ...filters, ...more, q });
}

/** Return all filters in the form that the client takes. */
export function buildQuery(filters: ListFilters, now: number): Filters {
  return {
    ...getScope(filters, now),
    ...(filters.status !== undefined && { status: filters.status }),
    ...(filters.mode !== undefined && { mode: filters.mode }),
    ...(filters.trigger !== undefined && { trigger: filters.trigger }),
    ...(filters.min !== undefined && { minDurationMs: filters.min }),
    ...(filters.max !== undefined && { maxDurationMs: filters.max }),
    ...(filters.q !== undefined && {
      q: filters.q,
      timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    }),
    ...(filters.starred === true && { starred: true }),
  };
}

/** The filters as the reader sees them. A name may cover several members of `ListFilters`. */
export type FilterName =
  | "query"
  | "duration"
  | "trigger"
  | "mode"
  | "starred"
  | "status"
  | "time"
  | "workflow"
  | "project";

const SCOPE: readonly FilterName[] = ["time", "workflow", "project"];

const PARTS: Record<FilterName, readonly (keyof ListFilters)[]> = {
  query: ["q"],
  duration: ["min", "max"],
  trigger: ["trigger"],
  mode: ["mode"],
  starred: ["starred"],
  status: ["status"],
  time: ["last", "after", "before"],
  workflow: ["workflow"],
  project: ["project"],
};

/** Return the filters that are set, ordered so that the filter to drop first comes first. */
export function activeFilters(filters: ListFilters): FilterName[] {
  return (Object.keys(PARTS) as FilterName[]).filter((name) =>
    PARTS[name].some((part) => filters[part] !== undefined),
  );
}

/** Remove one filter with all its members. */
export function dropFilter(filters: ListFilters, name: FilterName): ListFilters {
  const dropped = { ...filters };
  for (const part of PARTS[name]) Reflect.deleteProperty(dropped, part);
  return dropped;
}

/** Require that a tag has a value. */
export function requireTag(filters: ListFilters, name: string, value: string): ListFilters {
  const term = `tag.${quoteValue(name)}:${quoteValue(value)}`;
  return hasTerm(filters.q, term) ? filters : { ...filters, q: joinQueries(filters.q, term) };
}

const CRASHED = "is:crashed";

/** Whether only crashed executions are wanted. */
export function isOnlyCrashed(filters: ListFilters): boolean {
  return hasTerm(filters.q, CRASHED);
}

/** Require crashed executions, or give the requirement up. */
export function toggleCrashed({ q, ...rest }: ListFilters): ListFilters {
  const changed = hasTerm(q, CRASHED) ? withoutTerm(q ?? "", CRASHED) : joinQueries(q, CRASHED);
  return withoutEmpty({ ...rest, status: undefined, q: changed });
}
