import { Link } from "@tanstack/react-router";
import type { SpaceReport } from "@/api";
import { formatCount, formatSize } from "@/model/format";
import { Icon } from "@/ui";

/** The warning that what always stays is larger than the budget. */
export function ProtectedWarning({ report }: { report: SpaceReport }) {
  const { starred, newestGood, bytes, exceedsBudget } = report.space.protected;
  const { maxBytes } = report.limits;
  if (!exceedsBudget || maxBytes === null) return null;
  return (
    <div
      role="alert"
      className="flex items-start gap-3 rounded-md border border-warning-fill bg-warning-soft p-3 lg:col-span-2"
    >
      <Icon name="warning" className="mt-0.5 text-warning" />
      <div className="min-w-0">
        <p className="font-semibold">
          What has to stay is larger than the budget: about {formatSize(bytes)} of{" "}
          {formatSize(maxBytes)}
        </p>
        <p>
          <Link to="/" search={{ starred: true }} className="text-accent underline">
            {formatCount(starred)} starred {starred === 1 ? "run" : "runs"}
          </Link>{" "}
          and the newest good run of {formatCount(newestGood)}{" "}
          {newestGood === 1 ? "workflow" : "workflows"} are never removed. All other runs go, and
          the history still exceeds its limit. Remove stars, or raise <code>max_size</code>.
        </p>
      </div>
    </div>
  );
}
