import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { NodeStats, WorkflowStats } from "@/api";
import { addFilters, type ListFilters } from "@/model/filters";
import { formatCount, formatDuration } from "@/model/format";
import { quoteValue } from "@/model/queryText";
import { formatShare } from "@/model/space";
import { sharedIds, sharedNames, workflowChoices, workflowKey } from "@/model/workflows";
import { texts } from "@/texts";
import { classes, Duration } from "@/ui";

/** The filters of the overview's address, which links to the list keep. */
export type Carried = Omit<ListFilters, "sort">;

export const CELL = "px-3 py-1 align-baseline";
export const ROW = "relative border-b border-line last:border-0 hover:bg-hover";

interface Column {
  name: string;
  /** Whether a phone leaves the column out. */
  isWide?: boolean;
  /** Texts begin at the start of their column, and numbers end at its end. */
  isText?: boolean;
}

interface ColumnsProps {
  label: string;
  columns: readonly Column[];
  children: ReactNode;
}

export function Table({ label, columns, children }: ColumnsProps) {
  return (
    <div className="max-h-88 overflow-auto">
      <table aria-label={label} className="w-full">
        <thead className="sticky top-0 z-2 bg-canvas text-sm text-muted">
          <tr>
            {columns.map(({ name, isWide = false, isText = false }, index) => (
              <th
                key={name}
                scope="col"
                className={classes(
                  "border-b border-line px-3 py-1 font-normal",
                  index === 0 || isText ? "text-start" : "text-end",
                  isWide && "max-sm:hidden",
                )}
              >
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

function figureColumns(first: string): Column[] {
  const { runs, failed, p50, p95, p50ToP95 } = texts.overviewTables;
  return [first, runs, failed, p50, p95, p50ToP95].map((name) => ({ name }));
}

export function RowLink({ search, children }: { search: ListFilters; children: ReactNode }) {
  return (
    <Link to="/" search={search} className="after:absolute after:inset-0">
      {children}
    </Link>
  );
}

export function WorkflowTable({
  workflows,
  carried,
}: {
  workflows: WorkflowStats[];
  carried: Carried;
}) {
  const slowest = Math.max(1, ...workflows.map((each) => each.p95Ms ?? 0));
  const rows = [...workflows].sort((a, b) => b.total - a.total);
  const shared = sharedIds(workflows);
  const ambiguous = sharedNames(workflowChoices(workflows));
  const getSearch = (each: WorkflowStats) => ({
    ...carried,
    workflow: [each.workflowId],
    ...(shared.has(each.workflowId) && { project: each.projectId }),
  });
  return (
    <Table
      label={texts.overviewTables.byWorkflow}
      columns={figureColumns(texts.overviewTables.workflow)}
    >
      {rows.map((each) => (
        <tr key={workflowKey(each)} className={ROW}>
          <td className={`${CELL} max-w-60 truncate`}>
            <RowLink search={getSearch(each)}>{each.workflowName}</RowLink>
            {ambiguous.has(each.workflowName) && (
              <span className="text-muted"> · {each.workflowId}</span>
            )}
            {shared.has(each.workflowId) && (
              <span className="text-muted">
                {" "}
                · {each.projectId ?? texts.overviewTables.noProject}
              </span>
            )}
          </td>
          <Figures of={each} slowest={slowest} failed={{ ...getSearch(each), status: ["error"] }} />
        </tr>
      ))}
    </Table>
  );
}

export function NodeTable({ nodes, carried }: { nodes: NodeStats[]; carried: Carried }) {
  const slowest = Math.max(1, ...nodes.map((each) => each.p95Ms ?? 0));
  return (
    <Table
      label={texts.overviewTables.slowestNodes}
      columns={figureColumns(texts.overviewTables.node)}
    >
      {nodes.map((each) => (
        <tr key={`${each.workflowId}/${each.nodeId}`} className={ROW}>
          <td className={`${CELL} max-w-60 truncate`}>
            <RowLink
              search={{
                ...carried,
                workflow: [each.workflowId],
                // A run takes at least as long as its node, so the filter keeps every slow run.
                ...(each.p95Ms !== undefined && {
                  min: Math.max(Math.floor(each.p95Ms), carried.min ?? 0),
                }),
              }}
            >
              {each.nodeName}
            </RowLink>
            <span className="text-muted"> · {each.workflowId}</span>
          </td>
          <Figures
            of={each}
            slowest={slowest}
            failed={addFilters(carried, {
              workflow: [each.workflowId],
              q: `node:${quoteValue(each.nodeId)}`,
              status: ["error"],
            })}
          />
        </tr>
      ))}
    </Table>
  );
}

interface FiguresProps {
  of: Pick<WorkflowStats, "total" | "error" | "p50Ms" | "p95Ms">;
  /** The longest 95th percentile of the table, which sets the scale of the spread. */
  slowest: number;
  /** The filters of the link to the failed executions. */
  failed: ListFilters;
}

/** The cells that workflows and nodes have in common. */
function Figures({ of: { total, error, p50Ms, p95Ms }, slowest, failed }: FiguresProps) {
  return (
    <>
      <td className={`${CELL} text-end`}>{formatCount(total)}</td>
      <td className={`${CELL} text-end`}>
        <Failed count={error} total={total} search={failed} />
      </td>
      <td className={`${CELL} text-end whitespace-nowrap`}>
        <Ms value={p50Ms} />
      </td>
      <td className={`${CELL} text-end whitespace-nowrap`}>
        <Ms value={p95Ms} />
      </td>
      <td className={`${CELL} w-28`}>
        <Spread low={p50Ms} high={p95Ms} most={slowest} />
      </td>
    </>
  );
}

function Failed({ count, total, search }: { count: number; total: number; search: ListFilters }) {
  if (count === 0) return <span className="text-faint">{formatCount(0)}</span>;
  return (
    <Link
      to="/"
      search={search}
      className="relative z-1 whitespace-nowrap text-error hover:underline"
    >
      {formatCount(count)} · {formatShare(count, total)}
    </Link>
  );
}

function Ms({ value }: { value: number | undefined }) {
  return value === undefined ? <span className="text-faint">–</span> : <Duration ms={value} />;
}

/**
 * The range from the median to the 95th percentile, on a square-root scale so that every row is
 * visible.
 */
function Spread({
  low,
  high,
  most,
}: {
  low: number | undefined;
  high: number | undefined;
  most: number;
}) {
  if (low === undefined || high === undefined) return null;
  const at = (ms: number) => Math.sqrt(ms / most) * 100;
  return (
    <span
      aria-hidden
      title={`${formatDuration(low)} – ${formatDuration(high)}`}
      className="relative block h-1.5 rounded-sm bg-bar-track"
    >
      <span
        className="absolute inset-y-0 min-w-0.5 rounded-sm bg-bar"
        style={{ left: `${at(low)}%`, width: `${Math.max(0, at(high) - at(low))}%` }}
      />
    </span>
  );
}
