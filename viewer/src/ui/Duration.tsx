import { formatAgainstUsual, formatDuration } from "@/model/format";
import { texts } from "@/texts";
import { useNow } from "./clock";

interface Props {
  ms: number;
  /** The usual duration for comparison, as in "1.2 s · 3× usual". */
  usualMs?: number | undefined;
  className?: string;
}

export function Duration({ ms, usualMs, className }: Props) {
  const against = formatAgainstUsual(ms, usualMs);
  return (
    <span
      className={className}
      {...(usualMs !== undefined && { title: texts.duration.usual(formatDuration(usualMs)) })}
    >
      {formatDuration(ms)}
      {against !== undefined && <span className="text-warning"> · {against}</span>}
    </span>
  );
}

/** The duration so far of something that still runs, updated every second. */
export function RunningDuration({
  startedAt,
  className,
}: {
  startedAt: string;
  className?: string;
}) {
  const now = useNow();
  return (
    <Duration ms={Math.max(0, now - Date.parse(startedAt))} {...(className && { className })} />
  );
}
