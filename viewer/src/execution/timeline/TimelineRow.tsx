import { memo, type ReactNode } from "react";
import { formatCount, formatDuration } from "@/model/format";
import { getDuration } from "@/model/instants";
import { getMark } from "@/model/status";
import { iterationTimes, type Row } from "@/model/waterfall";
import { texts } from "@/texts";
import { Icon, StatusMark, classes } from "@/ui";

export const ROW_PX = 32;
/** Name, lane, duration: every row and the axis above have the same columns. */
export const COLUMNS = "grid-cols-[minmax(112px,var(--fl-label))_minmax(0,1fr)_92px]";
const INDENT_PX = 14;
const DEEPEST_INDENT = 8;

const CHARACTER_PX = 7;
/** The status mark, the fold, and the space around and between them. */
const BESIDE_NAME_PX = 60;

/** Return the width that the longest label needs, in px. */
export function measureLabels(rows: readonly Row[]): number {
  return rows.reduce((most, row) => {
    const indent = Math.min(row.depth, DEEPEST_INDENT) * INDENT_PX;
    const characters = row.name.length + describeRepetition(row).join(" ").length;
    return Math.max(most, characters * CHARACTER_PX + indent + BESIDE_NAME_PX);
  }, 0);
}

interface Props {
  row: Row;
  index: number;
  id: string;
  top: number;
  isChosen: boolean;
  isDimmed: boolean;
  over: number | null;
  now: number;
  children: ReactNode;
}

/** A row of the waterfall. Its data attributes identify the element that is clicked. */
export const TimelineRow = memo(function TimelineRow(props: Props) {
  const { row, index, id, top, isChosen, isDimmed, over, now, children } = props;
  const mark = getMark({ status: row.status, ...(row.main.error && { error: row.main.error }) });
  const times = row.iterations > 1 ? iterationTimes(row, over, now) : null;
  const ms = times === null ? getTotal(row, over, now) : times.medianMs;
  return (
    <div
      role="row"
      id={id}
      aria-rowindex={index + 1}
      aria-level={row.depth + 1}
      aria-selected={isChosen}
      {...(row.open !== null && { "aria-expanded": row.open })}
      data-index={index}
      className={classes(
        "absolute inset-x-0 grid items-stretch",
        COLUMNS,
        isChosen ? "bg-chosen [&_.text-faint]:text-muted" : "hover:bg-hover",
        isDimmed && "opacity-40",
      )}
      style={{ height: ROW_PX, transform: `translateY(${top}px)` }}
    >
      <div
        role="rowheader"
        className="flex min-w-0 items-center gap-1.5 pe-2"
        style={{ paddingInlineStart: 8 + Math.min(row.depth, DEEPEST_INDENT) * INDENT_PX }}
      >
        <StatusMark mark={mark} label={null} />
        <span className="sr-only">{texts.mark[mark]} </span>
        {row.open !== null && (
          <span data-fold className="-mx-0.5 flex h-full items-center text-muted">
            <Icon name={row.open ? "down" : "right"} size={12} />
          </span>
        )}
        <span
          className={classes("truncate", mark === "skipped" && "text-muted")}
          title={`${row.name} · ${row.type}`}
        >
          {row.name}
        </span>
        <Repetition row={row} />
      </div>
      <div role="gridcell" className="relative me-4 min-w-0">
        {children}
      </div>
      <div
        role="gridcell"
        className="truncate pe-3 text-end leading-8 text-muted"
        {...(times !== null && { title: spread(times) })}
      >
        {ms !== null && (times === null ? formatDuration(ms) : `≈ ${formatDuration(ms)}`)}
      </div>
    </div>
  );
});

/** Describe how often a row ran: a number, and a word for wide windows. */
function describeRepetition(row: Row): [] | [string] | [string, string] {
  if (row.iteration !== null) return [`#${formatCount(row.iteration)}`];
  if (row.iterations > 1) return [`×${formatCount(row.iterations)}`];
  const attempts = row.executions.length;
  return attempts < 2 ? [] : [formatCount(attempts), texts.timeline.attempts];
}

function Repetition({ row }: { row: Row }) {
  const [number, word] = describeRepetition(row);
  if (number === undefined) return null;
  return (
    <Small>
      {number}
      {word !== undefined && <span className="max-sm:sr-only"> {word}</span>}
    </Small>
  );
}

function Small({ children }: { children: ReactNode }) {
  return <span className="shrink-0 text-sm text-muted">{children}</span>;
}

function getTotal(row: Row, over: number | null, now: number): number | null {
  if (row.status === "skipped" || row.status === "pending") return null;
  return getDuration(row.main, over, now);
}

function spread({ minMs, medianMs, maxMs, count, failed }: ReturnType<typeof iterationTimes>) {
  const write = (ms: number | null) => (ms === null ? texts.timeline.unknown : formatDuration(ms));
  const text = texts.timeline.spread(count, write(minMs), write(medianMs), write(maxMs));
  return failed === 0 ? text : texts.timeline.spreadFailed(text, failed);
}
