import { readFilters, type ListFilters } from "@/model/filters";

/** The part of the history that the overview covers. */
export type OverviewSearch = Pick<
  ListFilters,
  "project" | "workflow" | "last" | "after" | "before"
>;

/** Read the search parameters, and leave out invalid values. */
export function readOverviewSearch(raw: Record<string, unknown>): OverviewSearch {
  const { project, workflow, last, after, before } = readFilters(raw);
  return {
    ...(project !== undefined && { project }),
    ...(workflow !== undefined && { workflow }),
    ...(last !== undefined && { last }),
    ...(after !== undefined && { after }),
    ...(before !== undefined && { before }),
  };
}
