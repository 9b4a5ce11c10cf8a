import { Link } from "@tanstack/react-router";
import type { Removal, RemovedRuns, SpaceReport } from "@/api";
import { formatCount, formatDays, formatExact, formatSize } from "@/model/format";
import { removedFilters } from "@/model/space";
import { texts } from "@/texts";
import { StatusMark } from "@/ui";

/** The runs that the limits remove next, and what they lose. */
export function NextRemovals({ report }: { report: SpaceReport }) {
  const { nextForBudget: budget, nextForRules: rules, fullInDays } = report.space;
  if (budget === null && rules === null) {
    return <p className="p-3 text-muted">{texts.removals.noLimits}</p>;
  }
  return (
    <div className="divide-y divide-line">
      {rules !== null && (
        <Group title={texts.removals.byRules} empty={texts.removals.noneByRules} removal={rules} />
      )}
      {budget !== null && (
        <Group
          title={fullInDays === 0 ? texts.removals.byFullBudget : texts.removals.byBudget}
          empty={texts.removals.noneByBudget}
          removal={budget}
        />
      )}
    </div>
  );
}

interface GroupProps {
  title: string;
  empty: string;
  removal: Removal;
}

function Group({ title, empty, removal }: GroupProps) {
  const { workflow, loses, runs, started } = texts.removals;
  if (removal.runs.length === 0) return <p className="p-3 text-muted">{empty}</p>;
  return (
    <div>
      <p className="flex flex-wrap justify-between gap-x-3 px-3 pt-2 pb-1">
        {title}
        <span className="text-muted">
          {removal.complete
            ? texts.removals.frees(formatSize(removal.freedBytes))
            : texts.removals.freesAtLeast(formatSize(removal.freedBytes))}
        </span>
      </p>
      <div className="max-h-88 overflow-auto">
        <table aria-label={title} className="w-full">
          <thead className="sticky top-0 z-2 bg-canvas text-sm text-muted">
            <tr>
              {[workflow, loses, runs, started].map((name, index) => (
                <th
                  key={name}
                  scope="col"
                  className={`border-b border-line px-2 py-1 font-normal first:ps-3 last:pe-3 ${index < 2 ? "text-start" : "text-end"}`}
                >
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {removal.runs.map((each) => (
              <RemovedRow key={`${each.part}/${each.status}/${each.workflowId}`} removed={each} />
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function RemovedRow({ removed }: { removed: RemovedRuns }) {
  const { oldest, newest } = removed;
  return (
    <tr className="relative border-b border-line last:border-0 hover:bg-hover">
      <td className="w-full max-w-0 truncate py-1 ps-3 pe-2">
        <StatusMark mark={removed.status} still className="me-2 inline-block align-baseline" />
        <Link to="/" search={removedFilters(removed)} className="after:absolute after:inset-0">
          {removed.workflowName}
        </Link>
      </td>
      <td className="px-2 py-1 whitespace-nowrap">{texts.removals.parts[removed.part]}</td>
      <td className="px-2 py-1 text-end">{formatCount(removed.runs)}</td>
      <td className="py-1 ps-2 pe-3 text-end whitespace-nowrap">
        <span title={`${formatExact(oldest)} – ${formatExact(newest)}`}>
          {formatDays(oldest, newest)}
        </span>
      </td>
    </tr>
  );
}
