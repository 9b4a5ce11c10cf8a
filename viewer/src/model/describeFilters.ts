import { texts } from "@/texts";
import type { FilterName, ListFilters } from "./filters";
import { describePeriod } from "./ranges";
import { formatDurations } from "./searchText";

/** Describe one filter that is set, e.g. `query “declined”`, `status error`, `last 24 h`. */
export function describeFilter(filters: ListFilters, name: FilterName, now: number): string {
  switch (name) {
    case "query":
      return texts.filterWords.query(filters.q ?? "");
    case "duration":
      return texts.filterWords.duration(
        (formatDurations(filters.min, filters.max) ?? "").replace("duration:", ""),
      );
    case "trigger":
      return texts.filterWords.trigger(filters.trigger ?? "");
    case "mode":
      return texts.filterWords.mode(
        filters.mode === undefined ? "" : texts.filter.modes[filters.mode],
      );
    case "starred":
      return texts.filterWords.starred;
    case "status":
      return texts.filterWords.status((filters.status ?? []).map((each) => texts.mark[each]));
    case "time":
      return describePeriod(filters, now);
    case "workflow":
      return texts.filterWords.workflow(filters.workflow ?? []);
    case "project":
      return texts.filterWords.project(filters.project ?? "");
  }
}

/** Describe the fields that a query searches: "names, errors and payloads", "output, error.kind". */
export function describeSearched(fields: readonly string[]): string {
  return fields
    .map((field) => {
      if (field === "text") return texts.filterWords.everything;
      return field === "any" ? texts.filterWords.allPayloads : field;
    })
    .join("; ");
}
