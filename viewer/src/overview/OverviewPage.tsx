import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { HistoryProblem, useClient, type Filters, type Options, type Series } from "@/api";
import { useKeys } from "@/app/keys";
import { PageMain } from "@/app/PageMain";
import { RangeMenu } from "@/app/RangeMenu";
import { TopBar } from "@/app/TopBar";
import { QueryProblem } from "@/list/QueryProblem";
import { SearchBox } from "@/list/search/SearchBox";
import { AGGREGATES } from "@/live";
import { buildQuery, getScope, isNarrowed, type ListFilters } from "@/model/filters";
import { formatDuration, formatMoment } from "@/model/format";
import { describePeriod } from "@/model/ranges";
import { texts } from "@/texts";
import { useNow } from "@/ui";
import { Chart } from "./Chart";
import { RequestQueue } from "./queue";
import { Section } from "./Section";
import { withoutOrder, type OverviewSearch } from "./search";
import { ErrorTable } from "./ErrorTable";
import { Figures } from "./Figures";
import { ModelTable } from "./ModelTable";
import { NodeTable, WorkflowTable } from "./tables";

const POINTS = 60;
const ROWS = 50;

export function OverviewPage() {
  const search = useSearch({ from: "/overview" });
  const navigate = useNavigate();
  const client = useClient();
  const now = useNow();
  const [queue] = useState(() => new RequestQueue());
  const ask = <Data,>(name: string, read: (options: Options) => Promise<Data>) => ({
    queryKey: [AGGREGATES, "overview", name, search],
    // A query may make the receiver scan payloads, so it answers one section after another.
    queryFn: ({ signal }: { signal: AbortSignal }) =>
      search.q === undefined ? read({ signal }) : queue.run(() => read({ signal }), signal),
    placeholderData: keepPreviousData<Data>,
  });
  // Without a range there is no period before, so the figures show the last days.
  const compared: OverviewSearch =
    search.last === undefined && search.after === undefined && search.before === undefined
      ? { ...search, last: "7d" }
      : search;
  const comparison = useQuery(
    ask("comparison", (options) => client.comparison(getFilters(compared), options)),
  );
  const stats = useQuery(ask("stats", (options) => client.stats(search.project, options)));
  const series = useQuery(
    ask("series", (options) => client.series(getFilters(search), POINTS, options)),
  );
  const workflows = useQuery(
    ask("workflows", (options) => client.workflows(getFilters(search), options)),
  );
  const nodes = useQuery(
    ask("nodes", async (options) => {
      const found = await client.nodes(getFilters(search), options);
      return { ...found, nodes: found.nodes.slice(0, ROWS) };
    }),
  );
  const errors = useQuery(
    ask("errors", (options) => client.errors(getFilters(search), ROWS, options)),
  );
  const usage = useQuery(ask("usage", (options) => client.usage(getFilters(search), options)));
  // The search completes the names of all workflows.
  const known = useQuery({
    queryKey: [AGGREGATES, "workflows", { project: search.project }],
    queryFn: ({ signal }) =>
      client.workflows(getScope({ project: search.project }, Date.now()), { signal }),
    select: (found) => found.workflows,
    placeholderData: keepPreviousData,
  });

  const box = useRef<HTMLInputElement>(null);
  useKeys([
    {
      keys: "/",
      label: texts.listKeys.search,
      group: texts.overview.title,
      run: () => box.current?.select(),
    },
  ]);
  const show = (next: ListFilters, { replace } = { replace: false }) =>
    void navigate({ to: "/overview", search: withoutOrder(next), replace });
  const open = (data: Series, first: number, last: number) => {
    const start = data.points[first]?.start;
    const end = data.points[last]?.start;
    if (start === undefined || end === undefined) return;
    const before = new Date(Date.parse(end) + data.stepMs).toISOString();
    void navigate({ to: "/", search: { ...search, last: undefined, after: start, before } });
  };
  const getStart = (data: Series, index: number) =>
    formatMoment(data.points[index]?.start ?? now, now);

  const problem = series.error;
  return (
    <>
      <TopBar
        project={search.project}
        onProject={(project) => show({ ...search, project })}
        end={<RangeMenu period={search} onPeriod={(period) => show({ ...search, ...period })} />}
      >
        <SearchBox
          ref={box}
          filters={search}
          onFilters={show}
          onEnter={() => box.current?.blur()}
          workflows={known.data}
        />
      </TopBar>
      <PageMain>
        <div className="min-h-0 grow overflow-auto">
          <h1 className="sr-only">{texts.overview.title}</h1>
          {search.q !== undefined && isInvalidQuery(problem) ? (
            <QueryProblem problem={problem} q={search.q} filters={search} onFilters={show} />
          ) : (
            <div className="grid grid-cols-1 gap-3 p-3 lg:grid-cols-2">
              {comparison.data !== undefined && (
                <Figures
                  comparison={comparison.data}
                  period={describePeriod(compared, now)}
                  removed={isNarrowed(search) ? null : (stats.data?.removed ?? null)}
                  runs={search}
                  searchedTo={findNewest([
                    comparison.data.current.searchedTo,
                    series.data?.searchedTo,
                    workflows.data?.searchedTo,
                  ])}
                />
              )}
              <Section
                title={texts.overview.runs}
                note={texts.overview.runsNote}
                query={series}
                isEmpty={(data) => data.points.every((point) => getTotal(point) === 0)}
              >
                {(data) => (
                  <Chart
                    kind="runs"
                    label={texts.overview.runsOverTime}
                    series={data}
                    describe={(index) => describeRuns(data, index, getStart(data, index))}
                    onOpen={(first, last) => open(data, first, last)}
                  />
                )}
              </Section>
              <Section
                title={texts.overview.durations}
                note={texts.overview.durationsNote}
                query={series}
                isEmpty={(data) => data.points.every((point) => point.p95Ms === undefined)}
              >
                {(data) => (
                  <Chart
                    kind="durations"
                    label={texts.overview.durationsOverTime}
                    series={data}
                    describe={(index) => describeDurations(data, index, getStart(data, index))}
                    onOpen={(first, last) => open(data, first, last)}
                  />
                )}
              </Section>
              <Section
                title={texts.overview.errors}
                note={
                  errors.data?.complete === false
                    ? texts.overview.newestErrorsNote
                    : texts.overview.errorsNote
                }
                query={errors}
                isEmpty={(data) => data.errors.length === 0}
                className="lg:col-span-2"
              >
                {(data) => <ErrorTable groups={data} carried={search} />}
              </Section>
              <Section
                title={texts.overview.workflows}
                query={workflows}
                isEmpty={(data) => data.workflows.length === 0}
              >
                {(data) => <WorkflowTable workflows={data.workflows} carried={search} />}
              </Section>
              <Section
                title={texts.overview.nodes}
                note={
                  nodes.data?.searchedTo === undefined
                    ? texts.overview.nodesNote
                    : texts.overview.newestNodesNote
                }
                query={nodes}
                isEmpty={(data) => data.nodes.length === 0}
              >
                {(data) => <NodeTable nodes={data.nodes} carried={search} />}
              </Section>
              {usage.data?.total !== undefined && (
                <Section
                  title={texts.overview.models}
                  note={
                    usage.data.searchedTo === undefined
                      ? texts.overview.modelsNote
                      : texts.overview.newestModelsNote
                  }
                  query={usage}
                  isEmpty={(data) => data.total === undefined}
                  className="lg:col-span-2"
                >
                  {(data) => <ModelTable usage={data} />}
                </Section>
              )}
            </div>
          )}
        </div>
      </PageMain>
    </>
  );
}

function getFilters(search: OverviewSearch): Filters {
  return buildQuery(search, Date.now());
}

function isInvalidQuery(error: unknown): error is HistoryProblem {
  return error instanceof HistoryProblem && error.code === "invalid_query";
}

/** Return the newest of times; null if all searches were complete. */
function findNewest(times: readonly (string | undefined)[]): string | null {
  return (
    times
      .filter((time) => time !== undefined)
      .sort()
      .at(-1) ?? null
  );
}

type Point = Series["points"][number];

function getTotal(point: Point): number {
  return point.success + point.error + point.running;
}

function describeRuns(series: Series, index: number, start: string): string {
  const point = series.points[index];
  if (point === undefined) return "";
  return point.error === 0
    ? texts.overview.countAt(start, getTotal(point))
    : texts.overview.failedAt(start, getTotal(point), point.error);
}

function describeDurations(series: Series, index: number, start: string): string {
  const { p50Ms, p95Ms } = series.points[index] ?? {};
  if (p50Ms === undefined || p95Ms === undefined) return texts.overview.noRunsAt(start);
  return texts.overview.durationsAt(start, formatDuration(p50Ms), formatDuration(p95Ms));
}
