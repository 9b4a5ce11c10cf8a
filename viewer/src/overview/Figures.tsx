import { Link } from "@tanstack/react-router";
import type { Comparison, RemovedStats } from "@/api";
import { compareFigures, describeRemoved, type Figure, type Tone } from "@/model/comparison";
import type { ListFilters } from "@/model/filters";
import { formatDuration, formatMoment } from "@/model/format";
import { texts } from "@/texts";
import { classes, useNow } from "@/ui";

const TONES: Record<Tone, string> = {
  good: "text-success",
  bad: "text-error",
  neutral: "text-muted",
};

interface Props {
  comparison: Comparison;
  /** The period in words, e.g. "last 7 days". */
  period: string;
  /** The runs that retention has removed; null for none. */
  removed: RemovedStats | null;
  /** The filters of the runs on this page. */
  runs: ListFilters;
  /** The time that an unfinished search has reached, going back; null if all runs are counted. */
  searchedTo: string | null;
}

/** Runs, failure rate and p95 of a period, each compared with the period before. */
export function Figures({ comparison, period, removed, runs, searchedTo }: Props) {
  const now = useNow();
  const { current } = comparison;
  // A part of a period compares with nothing.
  const previous = comparison.previous?.searchedTo === undefined ? comparison.previous : null;
  return (
    <section aria-label={texts.figures.label} className="lg:col-span-2">
      <p className="flex flex-wrap gap-x-3 pb-1.5 text-sm text-muted">
        <span>
          {previous === null ? period : texts.figures.compared(period, describeLength(previous))}
        </span>
        <Link to="/" search={runs} className="text-accent hover:underline">
          {texts.figures.showRuns}
        </Link>
      </p>
      {searchedTo !== null && (
        <p className="pb-1.5 text-sm">{texts.figures.searchedTo(formatMoment(searchedTo, now))}</p>
      )}
      <dl className="grid grid-cols-3 gap-3">
        {compareFigures(current, previous).map((figure) => (
          <FigureBox key={figure.name} figure={figure} />
        ))}
      </dl>
      {removed !== null && (
        <p className="pt-1.5 text-sm text-muted">{describeRemoved(removed, now)}</p>
      )}
    </section>
  );
}

function FigureBox({ figure: { name, value, change, before, tone } }: { figure: Figure }) {
  return (
    <div className="min-w-0 rounded-md border border-line px-3 py-2">
      <dt className="text-muted">{name}</dt>
      <dd className="flex flex-wrap items-baseline gap-x-3">
        <span className="text-xl">{value}</span>
        {change !== null ? (
          <span className={classes("text-sm whitespace-nowrap", TONES[tone])}>{change}</span>
        ) : (
          <span className="text-sm text-faint">{texts.figures.nothingBefore}</span>
        )}
        {before !== null && (
          <span className="text-sm text-faint max-sm:hidden">{texts.figures.before(before)}</span>
        )}
      </dd>
    </div>
  );
}

function describeLength({ after, before }: { after: string | null; before: string }): string {
  const ms = Date.parse(before) - Date.parse(after ?? before);
  const hours = ms / 3_600_000;
  if (hours >= 48 && Math.abs(hours / 24 - Math.round(hours / 24)) < 0.01)
    return texts.figures.days(Math.round(hours / 24));
  if (Math.abs(hours - 1) < 0.01) return texts.figures.hour;
  if (Math.abs(hours - Math.round(hours)) < 0.01 && hours > 1)
    return texts.figures.hours(Math.round(hours));
  return formatDuration(ms);
}
