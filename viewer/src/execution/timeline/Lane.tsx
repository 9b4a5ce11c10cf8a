import { memo } from "react";
import type { NodeStatus } from "@/api";
import { getSpan } from "@/model/instants";
import { drawn, place, type Domain, type Drawn } from "@/model/timescale";
import type { Row } from "@/model/waterfall";
import { texts } from "@/texts";
import { classes } from "@/ui";

const FILLS: Record<NodeStatus, string> = {
  success: "bg-success/55",
  error: "bg-error-fill",
  running: "bg-running",
  pending: "bg-line-strong",
  skipped: "bg-line-strong",
};

interface Props {
  row: Row;
  domain: Domain;
  /** When the parent began, in ms since 1970. The row's node could wait from then on. */
  since: number;
  over: number | null;
  now: number;
  widthPx: number;
  chosen: number | null;
}

/**
 * A row's time to scale: waiting as a thin line, running as a bar that is never thinner than 2 px.
 */
export const Lane = memo(function Lane(props: Props) {
  const { row, domain, since, over, now, widthPx, chosen } = props;
  const bars = row.executions.flatMap(({ sequence, status, ...node }) => {
    const span = getSpan({ sequence, status, ...node }, over);
    if (span === null) return [];
    return [{ sequence, status, start: span.start, end: Math.max(span.end ?? now, span.start) }];
  });
  const [first] = bars;
  if (first === undefined) return <NoBars row={row} domain={domain} since={since} now={now} />;
  const isContainer = row.open !== null && row.iterations === 1;
  const lead = place(since, first.start, domain);
  const last = bars.reduce((end, bar) => Math.max(end, bar.end), 0);
  const between = bars.length > 1 ? place(first.start, last, domain) : null;
  return (
    <>
      {lead !== null && lead.width > 0 && <Line at={lead} className="bg-line" />}
      {between !== null && (
        <Line at={between} className={row.iterations > 1 ? "bg-line" : "bg-control"} />
      )}
      {drawn(bars, domain, widthPx).map((bar) => (
        <Bar
          key={bar.sequence}
          bar={bar}
          isChosen={bar.sequence === chosen && row.executions.length > 1}
          isContainer={isContainer}
        />
      ))}
    </>
  );
});

function Line({ at, className }: { at: { left: number; width: number }; className: string }) {
  return (
    <span
      className={classes("absolute top-1/2 h-px", className)}
      style={{ left: `${at.left * 100}%`, width: `${at.width * 100}%` }}
    />
  );
}

interface BarProps {
  bar: Drawn;
  isChosen: boolean;
  isContainer: boolean;
}

function Bar({ bar, isChosen, isContainer }: BarProps) {
  const { left, width, status, sequence } = bar;
  return (
    <>
      <span
        data-sequence={sequence}
        data-status={status}
        className={classes(
          "absolute top-1/2 min-w-0.5 -translate-y-1/2 rounded-xs",
          isContainer ? "h-1" : "h-3",
          FILLS[status],
          isChosen && "outline-2 outline-offset-1 outline-accent",
        )}
        style={{ left: `min(${left * 100}%, 100% - 2px)`, width: `${width * 100}%` }}
      />
      {status === "error" && !isContainer && bar.count === 1 && (
        <span
          className="pointer-events-none absolute top-1/2 ms-1 -translate-y-1/2 text-sm leading-none font-semibold text-error"
          style={{ left: `${(left + width) * 100}%` }}
        >
          ✕
        </span>
      )}
    </>
  );
}

/** A node that never began: it is waiting, or was left out. */
function NoBars({ row, domain, since, now }: Pick<Props, "row" | "domain" | "since" | "now">) {
  const { status } = row;
  if (status === "pending" || status === "running") {
    const wait = place(since, now, domain);
    return wait === null ? null : <Line at={wait} className="bg-line-strong" />;
  }
  if (status !== "skipped") return null;
  return (
    <span className="absolute inset-y-0 start-1 flex items-center text-sm text-faint">
      {texts.mark.skipped}
    </span>
  );
}
