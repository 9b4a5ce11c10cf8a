import { formatAgo, formatExact, formatTime } from "@/model/format";
import { useNow } from "./clock";

interface Props {
  time: string;
  /** `ago` shows a relative time, `time` the moment. Either shows the exact time on hover. */
  as?: "ago" | "time";
  className?: string;
}

export function Time({ time, as = "ago", className }: Props) {
  const now = useNow();
  return (
    <time dateTime={time} title={formatExact(time)} className={className}>
      {as === "ago" ? formatAgo(time, now) : formatTime(time, now)}
    </time>
  );
}
