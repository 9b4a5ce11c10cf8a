import { readFilters, withoutEmpty, type ListFilters } from "@/model/filters";

/** The part of the history that the overview covers: the filters of the list, without an order. */
export type OverviewSearch = Omit<ListFilters, "sort">;

/** Read the search parameters, and leave out invalid values. */
export function readOverviewSearch(raw: Record<string, unknown>): OverviewSearch {
  return withoutOrder(readFilters(raw));
}

/** Leave the order of a list out. */
export function withoutOrder(filters: ListFilters): OverviewSearch {
  return withoutEmpty({ ...filters, sort: undefined });
}
