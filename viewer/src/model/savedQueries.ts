/** Converts the filters of the list to the text of a saved query, and back. */
import { RANGES, withoutEmpty, type ListFilters } from "./filters";
import { isCompound, joinQueries, quoteValue, readTerms, unquote, type Term } from "./queryText";
import { formatSearchText, parseSearchText } from "./searchText";

type Outside = Pick<ListFilters, "project" | "last" | "after" | "before">;

/** Write all filters as one query. A range that ends now stays relative. */
export function formatSavedQuery(filters: ListFilters): string {
  const { project, last, after, before, ...shown } = filters;
  const text = joinQueries(
    formatSearchText(shown),
    project && `project:${quoteValue(project)}`,
    last && `after:-${last}`,
    after && `after:${quoteValue(after)}`,
    before && `before:${quoteValue(before)}`,
  );
  return text ?? "";
}

/**
 * Read a saved query as filters. Terms that the menus of the list show become their filters.
 *
 * @param workflowIds The ids of the known workflows.
 */
export function readSavedQuery(query: string, workflowIds?: ReadonlySet<string>): ListFilters {
  const text = query.trim();
  if (isCompound(text)) return withoutEmpty({ q: text });
  const terms = readTerms(text);
  const outside: Outside = {};
  const rest = terms.filter((term) => {
    const isRepeated = terms.some((each) => each !== term && each.field === term.field);
    const read = isRepeated ? undefined : readOutside(term);
    Object.assign(outside, read);
    return read === undefined;
  });
  // A range excludes times.
  if (outside.last !== undefined && outside.before !== undefined) {
    return parseSearchText(text, workflowIds);
  }
  const left = rest.map(({ start, end }) => text.slice(start, end)).join(" ");
  return withoutEmpty({ ...outside, ...parseSearchText(left, workflowIds) });
}

function readOutside({ field, test }: Term): Outside | undefined {
  const value = unquote(test);
  if (field === "project") return /[*~<>(),]/.test(value) ? undefined : { project: value };
  const last = RANGES.find((range) => test === `-${range}`);
  if (field === "after" && last !== undefined) return { last };
  // Other forms of times, e.g. `2026-11`, are the receiver's to read.
  const isInstant = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) && !Number.isNaN(Date.parse(value));
  if (!isInstant) return undefined;
  return field === "after" ? { after: value } : field === "before" ? { before: value } : undefined;
}
