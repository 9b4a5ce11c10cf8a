import { Link } from "@tanstack/react-router";
import type { WorkflowSpace } from "@/api";
import { formatCount, formatSize } from "@/model/format";
import { texts } from "@/texts";

/** The space of each workflow, the largest first. */
export function WorkflowSpaceTable({ workflows }: { workflows: readonly WorkflowSpace[] }) {
  if (workflows.length === 0) return <p className="p-3 text-muted">{texts.workflowSpace.none}</p>;
  const { workflow, runs, aRun, together, share } = texts.workflowSpace;
  const most = Math.max(1, ...workflows.map((each) => each.bytes));
  return (
    <div className="max-h-96 overflow-auto">
      <table aria-label={texts.workflowSpace.label} className="w-full">
        <thead className="sticky top-0 z-2 bg-canvas text-sm text-muted">
          <tr>
            {[workflow, runs, aRun, together, share].map((name, index) => (
              <th
                key={name}
                scope="col"
                className={`border-b border-line px-3 py-1 font-normal ${index === 0 ? "text-start" : "text-end"} ${name === aRun ? "max-sm:hidden" : ""}`}
              >
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {workflows.map(({ workflowId, workflowName, runs, bytes }) => (
            <tr
              key={workflowId}
              className="relative border-b border-line last:border-0 hover:bg-hover"
            >
              <td className="max-w-48 truncate px-3 py-1">
                <Link
                  to="/"
                  search={{ workflow: [workflowId] }}
                  className="after:absolute after:inset-0"
                >
                  {workflowName}
                </Link>
              </td>
              <td className="px-3 py-1 text-end">{formatCount(runs)}</td>
              <td className="px-3 py-1 text-end whitespace-nowrap text-muted max-sm:hidden">
                {formatSize(bytes / Math.max(1, runs))}
              </td>
              <td className="px-3 py-1 text-end whitespace-nowrap">{formatSize(bytes)}</td>
              <td aria-hidden className="w-28 px-3 py-1">
                <span className="block h-1.5 overflow-hidden rounded-sm bg-bar-track">
                  <span
                    className="block h-full min-w-0.5 bg-bar"
                    style={{ width: `${(100 * bytes) / most}%` }}
                  />
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
