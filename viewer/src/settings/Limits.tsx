import { Link } from "@tanstack/react-router";
import type { SpaceReport } from "@/api";
import { formatSize } from "@/model/format";
import { describeLimits } from "@/model/space";
import { texts } from "@/texts";

const SERVE = "flightlog serve --max-size 2GB";
const PRUNE = "flightlog prune";

/** The limits in force, what always stays, and how to change them. */
export function Limits({ report }: { report: SpaceReport }) {
  const { starred, newestGood, bytes } = report.space.protected;
  return (
    <div className="space-y-3 p-3">
      <table aria-label={texts.limits.label} className="w-full">
        <tbody>
          {describeLimits(report.limits).map(({ label, value, setting }) => (
            <tr key={setting} className="border-b border-line last:border-0">
              <td className="py-1 pe-3">{label}</td>
              <td className="py-1 pe-3">{value}</td>
              <td className="py-1 text-end text-muted max-sm:hidden">
                <code>{setting}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p>
        {texts.limits.stays(
          formatSize(bytes),
          starred > 0 ? (
            <Link to="/" search={{ starred: true }} className="text-accent underline">
              {texts.limits.starred(starred)}
            </Link>
          ) : (
            texts.limits.noneStarred
          ),
          newestGood,
        )}
      </p>
      <p className="text-muted">
        {report.readOnly
          ? texts.limits.readOnly
          : texts.limits.howToChange(<code>{SERVE}</code>, <code>{PRUNE}</code>)}
      </p>
    </div>
  );
}
