import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useClient, type Options, type Scope, type Series } from "@/api";
import { PageMain } from "@/app/PageMain";
import { RangeMenu } from "@/app/RangeMenu";
import { TopBar } from "@/app/TopBar";
import { AGGREGATES } from "@/live";
import { getScope, withoutEmpty } from "@/model/filters";
import { formatDuration, formatMoment } from "@/model/format";
import { describePeriod } from "@/model/ranges";
import { texts } from "@/texts";
import { useNow } from "@/ui";
import { Chart } from "./Chart";
import { Section } from "./Section";
import type { OverviewSearch } from "./search";
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
  const ask = <Data,>(name: string, read: (options: Options) => Promise<Data>) => ({
    queryKey: [AGGREGATES, "overview", name, search],
    queryFn: ({ signal }: { signal: AbortSignal }) => read({ signal }),
    placeholderData: keepPreviousData<Data>,
  });
  // Without a range there is no period before, so the figures show the last days.
  const compared: OverviewSearch =
    search.last === undefined && search.after === undefined && search.before === undefined
      ? { ...search, last: "7d" }
      : search;
  const comparison = useQuery(
    ask("comparison", (options) => client.comparison(scopeNow(compared), options)),
  );
  const stats = useQuery(ask("stats", (options) => client.stats(search.project, options)));
  const series = useQuery(
    ask("series", (options) => client.series(scopeNow(search), POINTS, options)),
  );
  const workflows = useQuery(
    ask("workflows", (options) => client.workflows(scopeNow(search), options)),
  );
  const nodes = useQuery(
    ask("nodes", async (options) => (await client.nodes(scopeNow(search), options)).slice(0, ROWS)),
  );
  const errors = useQuery(
    ask("errors", (options) => client.errors(scopeNow(search), ROWS, options)),
  );
  const usage = useQuery(ask("usage", (options) => client.usage(scopeNow(search), options)));

  const show = (next: OverviewSearch) =>
    void navigate({ to: "/overview", search: withoutEmpty(next) });
  const open = (data: Series, first: number, last: number) => {
    const start = data.points[first]?.start;
    const end = data.points[last]?.start;
    if (start === undefined || end === undefined) return;
    const before = new Date(Date.parse(end) + data.stepMs).toISOString();
    void navigate({ to: "/", search: { ...search, last: undefined, after: start, before } });
  };
  const getStart = (data: Series, index: number) =>
    formatMoment(data.points[index]?.start ?? now, now);

  return (
    <>
      <TopBar
        project={search.project}
        onProject={(project) => show({ ...search, project })}
        end={<RangeMenu period={search} onPeriod={(period) => show({ ...search, ...period })} />}
      />
      <PageMain>
        <div className="min-h-0 grow overflow-auto">
          <h1 className="sr-only">{texts.overview.title}</h1>
          <div className="grid grid-cols-1 gap-3 p-3 lg:grid-cols-2">
            {comparison.data !== undefined && (
              <Figures
                comparison={comparison.data}
                period={describePeriod(compared, now)}
                removed={stats.data?.removed ?? null}
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
              isEmpty={(data) => data.length === 0}
            >
              {(data) => <WorkflowTable workflows={data} carried={search} />}
            </Section>
            <Section
              title={texts.overview.nodes}
              note={texts.overview.nodesNote}
              query={nodes}
              isEmpty={(data) => data.length === 0}
            >
              {(data) => <NodeTable nodes={data} carried={search} />}
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
        </div>
      </PageMain>
    </>
  );
}

function scopeNow(search: OverviewSearch): Scope {
  return getScope(search, Date.now());
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
