import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useClient, type FacetPage, type FacetValue } from "@/api";
import { AGGREGATES } from "@/live";
import { FACETS, isChosen, toggleFacet } from "@/model/facets";
import { buildQuery, type ListFilters } from "@/model/filters";
import { formatCount } from "@/model/format";
import { texts } from "@/texts";
import { classes, Dialog, ErrorBox, Icon, Skeleton, Time, useNarrow } from "@/ui";

interface Props {
  filters: ListFilters;
  onFilters: (filters: ListFilters) => void;
  onClose: () => void;
}

/** The most frequent values of the found executions, beside the list or in a sheet. */
export function FacetPanel(props: Props) {
  const isNarrow = useNarrow();
  if (isNarrow) {
    return (
      <Dialog open shape="sheet" title={texts.filter.facets} onClose={props.onClose}>
        <Facets {...props} />
      </Dialog>
    );
  }
  return (
    <aside
      aria-label={texts.filter.facets}
      className="w-56 shrink-0 overflow-y-auto overscroll-contain border-e border-line bg-panel"
    >
      <Facets {...props} />
    </aside>
  );
}

function Facets({ filters, onFilters }: Props) {
  const client = useClient();
  const { data, error, refetch } = useQuery({
    queryKey: [AGGREGATES, "facets", filters],
    queryFn: ({ signal }) => client.facets(buildQuery(filters, Date.now()), { signal }),
    placeholderData: keepPreviousData,
  });
  if (error !== null) {
    return <ErrorBox error={error} onRetry={() => void refetch()} className="m-2 flex-col" />;
  }
  if (data === undefined) {
    return (
      <div role="status" aria-label={texts.facet.counting} className="flex flex-col gap-3 p-3">
        {["w-1/2", "w-4/5", "w-2/3", "w-3/4"].map((width) => (
          <Skeleton key={width} className={`h-2.5 ${width}`} />
        ))}
      </div>
    );
  }
  return (
    <div className="p-1.5">
      {FACETS.map((name) => {
        const title = texts.facet.titles[name];
        const values = data.facets[name];
        if (values.length === 0) return null;
        return (
          <section key={name} aria-label={title} className="pb-2">
            <h2 className="px-1.5 pt-1 pb-0.5 text-sm font-normal text-muted">{title}</h2>
            {values.map((facet) => (
              <Value
                key={facet.value}
                facet={facet}
                chosen={isChosen(filters, facet)}
                onToggle={() => onFilters(toggleFacet(filters, facet))}
              />
            ))}
          </section>
        );
      })}
      <Extent page={data} />
    </div>
  );
}

interface ValueProps {
  facet: FacetValue;
  chosen: boolean;
  onToggle: () => void;
}

function Value({ facet: { label, value, count }, chosen, onToggle }: ValueProps) {
  return (
    <button
      type="button"
      aria-pressed={chosen}
      title={label === value ? value : `${label} (${value})`}
      onClick={onToggle}
      className={classes(
        "flex h-7 w-full items-center gap-2 rounded-md px-1.5",
        chosen ? "bg-chosen" : "hover:bg-hover",
      )}
    >
      <span className="min-w-0 grow truncate">{label}</span>
      <span className="text-sm text-muted tabular-nums">{formatCount(count)}</span>
      <span className="w-3 shrink-0 text-accent">{chosen && <Icon name="check" size={12} />}</span>
    </button>
  );
}

function Extent({ page: { executions, searchedTo } }: { page: FacetPage }) {
  if (executions === 0) return <p className="px-1.5 text-sm text-muted">{texts.facet.nothing}</p>;
  if (searchedTo === null) return null;
  return (
    <p className="px-1.5 text-sm text-muted">
      {texts.facet.extent(executions, <Time time={searchedTo} as="time" />)}
    </p>
  );
}
