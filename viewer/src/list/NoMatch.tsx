import { useQuery } from "@tanstack/react-query";
import { useClient } from "@/api";
import { AGGREGATES } from "@/live";
import { describeFilter } from "@/model/describeFilters";
import { activeFilters, dropFilter, queryOf, type ListFilters } from "@/model/filters";
import { Button, EmptyState, useNow } from "@/ui";

const LOOK_AT = 100;

interface Props {
  filters: ListFilters;
  onFilters: (filters: ListFilters) => void;
}

/**
 * The message when nothing matches: the filters that were searched, and the filter to drop first.
 */
export function NoMatch({ filters, onFilters }: Props) {
  const client = useClient();
  const now = useNow();
  const names = activeFilters(filters);
  const nearest = useQuery({
    queryKey: [AGGREGATES, "nearest", filters],
    queryFn: async ({ signal }) => {
      for (const name of activeFilters(filters)) {
        const query = queryOf(dropFilter(filters, name), Date.now());
        const page = await client.summaries(query, { limit: LOOK_AT }, { signal });
        const found = page.summaries.length;
        if (found > 0) return { name, found, more: page.olderCursor !== null };
      }
      return null;
    },
  });

  return (
    <EmptyState title="No executions match">
      <p className="text-muted">
        Searched for{" "}
        {names.map((name, index) => (
          <span key={name}>
            {index > 0 && ", "}
            <span className="text-text">{describeFilter(filters, name, now)}</span>
          </span>
        ))}
        .
      </p>
      <div className="flex flex-wrap justify-center gap-2">
        {nearest.data !== null && nearest.data !== undefined && (
          <Button
            look="primary"
            onClick={() => nearest.data && onFilters(dropFilter(filters, nearest.data.name))}
          >
            Without {describeFilter(filters, nearest.data.name, now)}: {nearest.data.found}
            {nearest.data.more ? "+" : ""}
          </Button>
        )}
        <Button onClick={() => onFilters({})}>Clear all filters</Button>
      </div>
    </EmptyState>
  );
}
