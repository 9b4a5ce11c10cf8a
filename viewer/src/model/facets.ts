import { texts } from "@/texts";
import type { Facets, FacetValue } from "../api/types";
import type { KnownValue, KnownValues } from "./completion";
import type { ListFilters } from "./filters";
import { hasTerm, joinQueries, withoutTerm } from "./queryText";
import { parseSearchText } from "./searchText";

/** The facets in the order in which they are shown. */
export const FACETS = ["status", "workflow", "node", "errorKind", "model", "tag"] as const;

/** Whether the filters require a facet's value. */
export function isChosen(filters: ListFilters, { term, value }: FacetValue): boolean {
  const { workflow = [], status = [] } = parseSearchText(term, new Set([value]));
  const inMenus =
    workflow.some((each) => filters.workflow?.includes(each)) ||
    status.some((each) => filters.status?.includes(each));
  return inMenus || hasTerm(filters.q, term);
}

/** Require a facet's value, or give the requirement up. */
export function toggleFacet(filters: ListFilters, facet: FacetValue): ListFilters {
  const { term, value } = facet;
  const part = parseSearchText(term, new Set([value]));
  if (!isChosen(filters, facet)) {
    return { ...filters, ...part, q: joinQueries(filters.q, part.q) };
  }
  const rest = { ...filters, q: filters.q && withoutTerm(filters.q, term) };
  if (part.workflow !== undefined) rest.workflow = leaveOut(filters.workflow, part.workflow);
  if (part.status !== undefined) rest.status = leaveOut(filters.status, part.status);
  return rest;
}

function leaveOut<Item>(all: Item[] | undefined, gone: readonly Item[]): Item[] | undefined {
  const rest = all?.filter((each) => !gone.includes(each)) ?? [];
  return rest.length === 0 ? undefined : rest;
}

/** Names that docs/inspect/query.md reads without quotation marks. */
const BARE_NAME = /^[\w-]+$/;

/** List the values of facets for completion, by the names of their fields: `node`, `tag.customer`. */
export function listFacetValues(facets: Facets | undefined): KnownValues {
  const known = new Map<string, KnownValue[]>();
  const add = (field: string, value: KnownValue) =>
    known.set(field, [...(known.get(field) ?? []), value]);
  for (const { value, count } of facets?.node ?? []) {
    add("node", { value, detail: texts.facet.runs(count) });
  }
  for (const { value, count } of facets?.model ?? []) {
    add("model", { value, detail: texts.facet.runs(count) });
  }
  for (const { value, count } of facets?.tag ?? []) {
    const colon = value.indexOf(":");
    const [name, text] = [value.slice(0, colon), value.slice(colon + 1)];
    add("tag", { value: text, detail: name });
    if (BARE_NAME.test(name)) add(`tag.${name}`, { value: text, detail: texts.facet.runs(count) });
  }
  return Object.fromEntries(known);
}
