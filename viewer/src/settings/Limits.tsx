import { Link } from "@tanstack/react-router";
import type { SpaceReport } from "@/api";
import { formatCount, formatSize } from "@/model/format";
import { describeLimits } from "@/model/space";

/** The limits in force, what always stays, and how to change them. */
export function Limits({ report }: { report: SpaceReport }) {
  const { starred, newestGood, bytes } = report.space.protected;
  return (
    <div className="space-y-3 p-3">
      <table aria-label="Limits" className="w-full">
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
        About {formatSize(bytes)} always stay:{" "}
        {starred > 0 ? (
          <Link to="/" search={{ starred: true }} className="text-accent underline">
            {formatCount(starred)} starred {starred === 1 ? "run" : "runs"}
          </Link>
        ) : (
          "starred runs (none yet)"
        )}
        , running ones, and the newest good run of{" "}
        {newestGood === 1 ? "the workflow" : `each of ${formatCount(newestGood)} workflows`}.
      </p>
      <p className="text-muted">
        {report.readOnly ? (
          "This receiver only reads the history, so it removes nothing."
        ) : (
          <>
            An option changes a limit, e.g. <code>flightlog serve --max-size 2GB</code>, and so does
            a line of the configuration file. <code>flightlog prune</code> applies limits once.
          </>
        )}
      </p>
    </div>
  );
}
