import { readFilters, type ListFilters } from "@/model/filters";

/** Which part of the history the overview is about. */
export type OverviewSearch = Pick<
  ListFilters,
  "project" | "workflow" | "last" | "after" | "before"
>;

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
