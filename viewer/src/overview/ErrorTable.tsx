import { Link } from "@tanstack/react-router";
import type { ErrorGroup, ErrorGroups } from "@/api";
import { errorFilters, patternParts } from "@/model/errorLink";
import { addFilters } from "@/model/filters";
import { formatCount } from "@/model/format";
import { texts } from "@/texts";
import { Time } from "@/ui";
import { Sparkline } from "./Sparkline";
import { CELL, ROW, RowLink, Table, type Carried } from "./tables";

const NAMED = 2;

/** Failures that are alike, by the pattern of their message. */
export function ErrorTable({ groups, carried }: { groups: ErrorGroups; carried: Carried }) {
  const words = texts.overviewTables;
  return (
    <Table
      label={words.frequentErrors}
      columns={[
        { name: words.error },
        { name: words.workflows, isWide: true, isText: true },
        { name: words.overTime, isWide: true },
        { name: words.times },
        { name: words.first, isWide: true },
        { name: words.last },
      ]}
    >
      {groups.errors.map((each) => (
        <tr key={`${each.type ?? ""}/${each.pattern}`} className={ROW}>
          <td className={`${CELL} w-1/2 max-w-0 truncate`} title={each.message}>
            <RowLink search={addFilters(carried, errorFilters(each))}>
              <Pattern group={each} />
            </RowLink>
          </td>
          <td className={`${CELL} max-w-60 truncate text-muted max-sm:hidden`}>
            <span title={each.workflows.map(nameWithCount).join("\n")}>{nameWorkflows(each)}</span>
            {each.nodeId !== undefined && ` · ${each.nodeId}`}
          </td>
          <td className={`${CELL} max-sm:hidden`}>
            <span className="flex justify-end">
              <Sparkline
                counts={each.histogram}
                label={words.sparkline(each.count, Math.max(...each.histogram))}
              />
            </span>
          </td>
          <td className={`${CELL} text-end`}>{formatCount(each.count)}</td>
          <td className={`${CELL} text-end whitespace-nowrap text-muted max-sm:hidden`}>
            <Time time={each.firstAt} />
          </td>
          <td className={`${CELL} text-end whitespace-nowrap`}>
            <Link
              to="/executions/$id"
              params={{ id: each.lastExecutionId }}
              className="relative z-1 text-accent hover:underline"
            >
              <Time time={each.lastAt} />
            </Link>
          </td>
        </tr>
      ))}
    </Table>
  );
}

function Pattern({ group: { pattern, type } }: { group: ErrorGroup }) {
  return (
    <>
      {type !== undefined && <span className="text-muted">{shortType(type)} </span>}
      <bdi className="text-error">
        {pattern === ""
          ? texts.overviewTables.noMessage
          : patternParts(pattern).map(({ text, varies }, index) =>
              varies ? (
                <span key={index} className="text-muted">
                  {text}
                </span>
              ) : (
                text
              ),
            )}
      </bdi>
    </>
  );
}

function shortType(type: string): string {
  return type.slice(type.lastIndexOf(".") + 1);
}

function nameWithCount({ workflowName, count }: ErrorGroup["workflows"][number]): string {
  return `${workflowName}: ${formatCount(count)}`;
}

function nameWorkflows({ workflows, workflowCount }: ErrorGroup): string {
  const named = workflows.slice(0, NAMED).map((each) => each.workflowName);
  const more = workflowCount - named.length;
  return more > 0 ? texts.overviewTables.andMore(named.join(", "), more) : named.join(", ");
}
