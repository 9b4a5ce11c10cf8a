import { Link } from "@tanstack/react-router";
import type { SpaceReport } from "@/api";
import { formatSize } from "@/model/format";
import { texts } from "@/texts";
import { Icon } from "@/ui";

const SETTING = "max_size";

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
          {texts.limits.tooLarge(formatSize(bytes), formatSize(maxBytes))}
        </p>
        <p>
          {texts.limits.neverRemoved(
            <Link to="/" search={{ starred: true }} className="text-accent underline">
              {texts.limits.starred(starred)}
            </Link>,
            newestGood,
            <code>{SETTING}</code>,
          )}
        </p>
      </div>
    </div>
  );
}
