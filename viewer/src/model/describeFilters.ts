import type { FilterName, ListFilters } from "./filters";
import { describePeriod } from "./ranges";
import { formatDurations } from "./searchText";

/** Describe one filter that is set, e.g. `query “declined”`, `status error`, `last 24 h`. */
export function describeFilter(filters: ListFilters, name: FilterName, now: number): string {
  switch (name) {
    case "query":
      return `query “${filters.q ?? ""}”`;
    case "duration":
      return (formatDurations(filters.min, filters.max) ?? "").replace(":", " ");
    case "trigger":
      return `trigger ${filters.trigger ?? ""}`;
    case "mode":
      return `mode ${filters.mode ?? ""}`;
    case "starred":
      return "starred";
    case "status":
      return `status ${(filters.status ?? []).join(" or ")}`;
    case "time":
      return describePeriod(filters, now);
    case "workflow":
      return `workflow ${(filters.workflow ?? []).join(" or ")}`;
    case "project":
      return `project ${filters.project ?? ""}`;
  }
}

/** Describe the fields that a query searches: "names, errors and payloads", "output, error.kind". */
export function describeSearched(fields: readonly string[]): string {
  return fields
    .map((field) => {
      if (field === "text") return "ids, names, errors, payloads, logs and tags";
      return field === "any" ? "all payloads" : field;
    })
    .join("; ");
}
