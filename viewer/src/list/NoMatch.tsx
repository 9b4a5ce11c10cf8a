import { useQuery } from "@tanstack/react-query";
import { useClient, type HistoryClient } from "@/api";
import { AGGREGATES } from "@/live";
import { describeFilter, describeSearched } from "@/model/describeFilters";
import {
  activeFilters,
  buildQuery,
  dropFilter,
  type FilterName,
  type ListFilters,
} from "@/model/filters";
import { formatSearchText, parseSearchText } from "@/model/searchText";
import { formatCount } from "@/model/format";
import { texts } from "@/texts";
import { Button, EmptyState, QueryText, useNow } from "@/ui";
import { SearchedTo } from "./SearchedTo";
import type { ListStore } from "./store";
import { useListState } from "./useList";

const LOOK_AT = 100;

interface Props {
  store: ListStore;
  filters: ListFilters;
  onFilters: (filters: ListFilters) => void;
}

/** The message when nothing matches: what was searched, and the nearest search with results. */
export function NoMatch({ store, filters, onFilters }: Props) {
  const client = useClient();
  const now = useNow();
  const isWaiting = useListState(store).waiting !== null;
  const names = activeFilters(filters);
  const { data } = useQuery({
    queryKey: [AGGREGATES, "nearest", filters],
    queryFn: ({ signal }) => findNearest(client, filters, signal),
  });

  const searched = names.map((name, index) => (
    <span key={name}>
      {index > 0 && ", "}
      <span className="text-text">
        {name === "query" ? texts.filterWords.thisQuery : describeFilter(filters, name, now)}
      </span>
    </span>
  ));
  return (
    <EmptyState title={isWaiting ? texts.noMatch.nothingYet : texts.noMatch.nothing}>
      {filters.q !== undefined && (
        <p className="max-w-full break-words">
          <code>
            <QueryText text={filters.q} />
          </code>
        </p>
      )}
      <p className="text-muted">
        {data?.searched === undefined
          ? texts.noMatch.searched(searched)
          : texts.noMatch.searchedIn(searched, describeSearched(data.searched))}
      </p>
      {isWaiting && <SearchedTo store={store} />}
      <div className="flex max-w-full flex-wrap justify-center gap-2">
        {data?.near !== undefined && (
          <Button
            look="primary"
            className="max-w-full"
            onClick={() => data.near && onFilters(data.near.filters)}
          >
            <span className="truncate">{describeNear(data.near, filters, now)}</span>
          </Button>
        )}
        <Button onClick={() => onFilters({})}>{texts.noMatch.clear}</Button>
      </div>
    </EmptyState>
  );
}

/** A search that has results. */
interface Near {
  filters: ListFilters;
  /** The filter that it lacks; undefined if its query differs. */
  dropped?: FilterName;
  found: number;
  more: boolean;
}

function describeNear({ filters, dropped, found, more }: Near, from: ListFilters, now: number) {
  const count = `${formatCount(found)}${more ? "+" : ""}`;
  if (dropped !== undefined) {
    return texts.noMatch.without(describeFilter(from, dropped, now), count);
  }
  return (
    <>
      <code>{formatSearchText(filters)}</code>: {count}
    </>
  );
}

/** Find the nearest query with results, or else the first filter whose removal gives results. */
async function findNearest(
  client: HistoryClient,
  filters: ListFilters,
  signal: AbortSignal,
): Promise<{ near?: Near; searched?: readonly string[] }> {
  const answer =
    filters.q === undefined
      ? undefined
      : await client.nearestQuery(buildQuery(filters, Date.now()), { signal });
  const searched = answer === undefined ? {} : { searched: answer.searched };
  if (answer?.nearest) {
    const { q, count, more } = answer.nearest;
    const rest = dropFilter(filters, "query");
    const near = { filters: { ...rest, ...parseSearchText(q) }, found: count, more };
    return { ...searched, near };
  }
  for (const name of activeFilters(filters)) {
    const rest = dropFilter(filters, name);
    const page = await client.summaries(
      buildQuery(rest, Date.now()),
      { limit: LOOK_AT },
      { signal },
    );
    const found = page.summaries.length;
    if (found > 0) {
      const near = { filters: rest, dropped: name, found, more: page.olderCursor !== null };
      return { ...searched, near };
    }
  }
  return searched;
}
