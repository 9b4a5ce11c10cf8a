import type { CrashEnd } from "@/model/estimates";
import { formatClock, formatDuration } from "@/model/format";
import { texts } from "@/texts";
import { classes, Duration, useNow } from "@/ui";

interface Props {
  ms: number | undefined;
  startedAt: string;
  /** The estimated end of a crashed execution. */
  crash: CrashEnd | null;
  isRunning: boolean;
  /** The workflow's own 95th percentile, which is a full bar. */
  p95Ms: number | undefined;
}

/** The duration, and a bar that compares the duration with the workflow's 95th percentile. */
export function DurationBar(props: Props) {
  const { crash, startedAt } = props;
  if (crash !== null) return <Crashed startedAt={startedAt} crash={crash} />;
  return props.isRunning ? <Running {...props} /> : <Bar {...props} />;
}

function Crashed({
  startedAt,
  crash: { at, isHeartbeat },
}: {
  startedAt: string;
  crash: CrashEnd;
}) {
  const ms = at - Date.parse(startedAt);
  return (
    <span
      className="flex items-center gap-2 whitespace-nowrap"
      title={
        isHeartbeat ? texts.row.crashed(formatClock(at)) : texts.row.crashedUnseen(formatClock(at))
      }
    >
      <span aria-hidden className="h-1.5 w-16 shrink-0 rounded-sm bg-bar-track" />≈{" "}
      {formatDuration(Math.max(0, ms))}
    </span>
  );
}

function Running(props: Props) {
  const now = useNow();
  return <Bar {...props} ms={Math.max(0, now - Date.parse(props.startedAt))} />;
}

function Bar({ ms, isRunning, p95Ms }: Props) {
  if (ms === undefined) return null;
  const share = p95Ms === undefined || p95Ms <= 0 ? undefined : Math.min(1, ms / p95Ms);
  const over = p95Ms !== undefined && ms > p95Ms * 1.05;
  return (
    <span
      className="flex items-center gap-2 whitespace-nowrap"
      {...(p95Ms !== undefined && { title: texts.row.usually(formatDuration(p95Ms)) })}
    >
      <span aria-hidden className="h-1.5 w-16 shrink-0 overflow-hidden rounded-sm bg-bar-track">
        {share !== undefined && (
          <span
            className={classes(
              "block h-full min-w-0.5 rounded-sm",
              isRunning ? "bg-running" : over ? "bg-warning-fill" : "bg-bar",
            )}
            style={{ width: `${share * 100}%` }}
          />
        )}
      </span>
      <Duration ms={ms} className={classes(isRunning && "text-running")} />
    </span>
  );
}
