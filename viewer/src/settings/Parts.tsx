import type { SpaceReport } from "@/api";
import { formatSize } from "@/model/format";
import { describeFullness, formatShare, getTotal, PARTS, type PartName } from "@/model/space";
import { texts } from "@/texts";
import { classes } from "@/ui";

const COLOURS: Record<PartName, string> = {
  payloadBytes: "bg-accent-fill",
  indexBytes: "bg-query-keyword",
  rowBytes: "bg-query-value",
  logBytes: "bg-warning-fill",
  freeBytes: "bg-bar",
};

/** The size of the history, and its parts as a bar and a table. */
export function Parts({ report }: { report: SpaceReport }) {
  const { space, limits, spools } = report;
  const total = getTotal(space.parts);
  const shown = PARTS.filter((name) => space.parts[name] > 0).map((name) => ({
    name,
    label: texts.parts[name].name,
    meaning: texts.parts[name].meaning,
  }));
  const scale = Math.max(total, 1);
  return (
    <div className="space-y-3 p-3">
      <div className="flex flex-wrap items-baseline gap-x-3">
        <p className="text-xl font-semibold">{formatSize(total)}</p>
        <p className="text-muted">
          {limits.maxBytes === null
            ? texts.settings.runs(space.runs)
            : texts.parts.ofBudget(
                formatShare(total, limits.maxBytes),
                formatSize(limits.maxBytes),
                space.runs,
              )}
        </p>
      </div>
      <div
        role="img"
        aria-label={shown
          .map(({ name, label }) => `${label} ${formatShare(space.parts[name], total)}`)
          .join(", ")}
        className="flex h-4 gap-px overflow-hidden rounded-sm"
      >
        {shown.map(({ name, label }) => (
          <span
            key={name}
            title={`${label}: ${formatSize(space.parts[name])}`}
            className={classes("min-w-0.5", COLOURS[name])}
            style={{ flexGrow: space.parts[name] / scale }}
          />
        ))}
      </div>
      <div className="grid gap-x-8 lg:grid-cols-2">
        <table aria-label={texts.parts.label} className="w-full self-start">
          <tbody>
            {shown.map(({ name, label, meaning }) => (
              <tr key={name} className="border-b border-line last:border-0">
                <td className="py-1 pe-3">
                  <span className="flex items-baseline gap-2">
                    <span
                      aria-hidden
                      className={classes("size-2.5 shrink-0 rounded-sm", COLOURS[name])}
                    />
                    <span>
                      {label} <span className="text-muted max-sm:hidden">{meaning}</span>
                    </span>
                  </span>
                </td>
                <td className="py-1 ps-3 text-end whitespace-nowrap">
                  {formatSize(space.parts[name])}
                </td>
                <td className="w-14 py-1 ps-3 text-end whitespace-nowrap text-muted">
                  {formatShare(space.parts[name], total)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        <div className="space-y-2 py-1 text-muted max-lg:mt-2">
          {limits.maxBytes !== null && <Budget total={total} maxBytes={limits.maxBytes} />}
          <p>{describeFullness(space.fullInDays)}</p>
          <p>{describeSpools(spools)}</p>
        </div>
      </div>
    </div>
  );
}

function describeSpools({ spools, bytes, waiting }: SpaceReport["spools"]): string {
  if (spools === 0) return texts.parts.noSpools;
  return waiting === 0
    ? texts.parts.spools(spools, formatSize(bytes))
    : texts.parts.waitingSpools(spools, formatSize(bytes), waiting);
}

function Budget({ total, maxBytes }: { total: number; maxBytes: number }) {
  const share = Math.min(100, (100 * total) / maxBytes);
  return (
    <div>
      <div className="flex justify-between text-sm">
        <span>{texts.parts.budget}</span>
        <span>{texts.size.of(formatSize(total), formatSize(maxBytes))}</span>
      </div>
      <div className="mt-1 h-1.5 overflow-hidden rounded-sm bg-bar-track">
        <div
          className={classes("h-full min-w-0.5", share >= 100 ? "bg-warning-fill" : "bg-bar")}
          style={{ width: `${share}%` }}
        />
      </div>
    </div>
  );
}
