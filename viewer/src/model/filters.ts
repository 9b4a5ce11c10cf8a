import type { Mode, Status } from "@/api";
import { numberOf, textOf, textsOf } from "@/app/search";

export const RANGES = ["1h", "24h", "7d", "30d"] as const;
export type Range = (typeof RANGES)[number];

/** What the list is asked for; all of it is in the address. */
export interface ListFilters {
  workflow?: string[] | undefined;
  project?: string | undefined;
  status?: Status[] | undefined;
  mode?: Mode | undefined;
  trigger?: string | undefined;
  /** Ends now; excludes `after` and `before`. */
  last?: Range | undefined;
  after?: string | undefined;
  before?: string | undefined;
  /** Milliseconds. */
  min?: number | undefined;
  max?: number | undefined;
  node?: string | undefined;
  text?: string | undefined;
  starred?: true | undefined;
}

const STATUSES: readonly Status[] = ["error", "running", "success"];
const MODES: readonly Mode[] = ["test", "production"];

export function readFilters(raw: Record<string, unknown>): ListFilters {
  const workflow = textsOf(raw["workflow"]);
  const status = STATUSES.filter((each) => textsOf(raw["status"]).includes(each));
  const last = RANGES.find((range) => range === textOf(raw["last"]));
  const after = last === undefined ? timeOf(raw["after"]) : undefined;
  const before = last === undefined ? timeOf(raw["before"]) : undefined;
  return withoutEmpty({
    workflow: workflow.length > 0 ? workflow : undefined,
    project: textOf(raw["project"]),
    status: status.length > 0 && status.length < STATUSES.length ? status : undefined,
    mode: MODES.find((mode) => mode === textOf(raw["mode"])),
    trigger: textOf(raw["trigger"]),
    last,
    after,
    before,
    min: numberOf(raw["min"]),
    max: numberOf(raw["max"]),
    node: textOf(raw["node"]),
    text: textOf(raw["text"]),
    starred: String(raw["starred"]) === "true" ? true : undefined,
  });
}

function timeOf(value: unknown): string | undefined {
  const text = textOf(value);
  return text !== undefined && !Number.isNaN(Date.parse(text)) ? text : undefined;
}

/** Leaves out what is undefined, so that equal filters are deeply equal. */
export function withoutEmpty(filters: ListFilters): ListFilters {
  return Object.fromEntries(
    Object.entries(filters).filter(([, value]) => value !== undefined),
  );
}
