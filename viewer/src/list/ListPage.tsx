import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useRef, useState } from "react";
import { PageMain } from "@/app/PageMain";
import { RangeMenu } from "@/app/RangeMenu";
import { TopBar } from "@/app/TopBar";
import { activeFilters, withoutEmpty, type ListFilters } from "@/model/filters";
import { texts } from "@/texts";
import { FirstRun } from "./FirstRun";
import { Histogram } from "./Histogram";
import "./list.css";
import { ListContent } from "./ListContent";
import { SearchBox } from "./search/SearchBox";
import { useAggregates, useList, useListView } from "./useList";

export function ListPage() {
  const filters = useSearch({ from: "/" });
  const navigate = useNavigate();
  const setFilters = useCallback(
    (next: ListFilters, { replace } = { replace: false }) =>
      void navigate({ to: "/", search: withoutEmpty(next), replace }),
    [navigate],
  );
  const store = useList(filters);
  const view = useListView(store);
  const aggregates = useAggregates(filters, store);
  const search = useRef<HTMLInputElement>(null);
  /** Counts how often the reader wanted to go to the results. */
  const [arrivals, setArrivals] = useState(0);

  return (
    <>
      <TopBar
        project={filters.project}
        overview={filters}
        onProject={(project) => setFilters({ ...filters, project })}
        end={
          <RangeMenu
            period={filters}
            onPeriod={(period) => setFilters({ ...filters, ...period })}
          />
        }
      >
        <SearchBox
          ref={search}
          filters={filters}
          onFilters={setFilters}
          onEnter={() => setArrivals((before) => before + 1)}
          workflows={aggregates.workflows.data}
        />
      </TopBar>
      <PageMain>
        <h1 className="sr-only">{texts.list.title}</h1>
        {view === "empty" && activeFilters(filters).length === 0 ? (
          <FirstRun />
        ) : (
          <>
            <Histogram
              series={aggregates.series.data}
              isLoading={aggregates.series.isPending}
              onRange={(after, before) =>
                setFilters({ ...filters, last: undefined, after, before })
              }
            />
            <ListContent
              store={store}
              view={view}
              filters={filters}
              onFilters={setFilters}
              aggregates={aggregates}
              search={search}
              arrivals={arrivals}
            />
          </>
        )}
      </PageMain>
    </>
  );
}
