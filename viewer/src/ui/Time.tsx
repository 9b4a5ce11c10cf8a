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
    <time
      dateTime={time}
      // A list has many times, and the reader hovers over few of them.
      onPointerEnter={(event) => (event.currentTarget.title = formatExact(time))}
      className={className}
    >
      {as === "ago" ? formatAgo(time, now) : formatTime(time, now)}
    </time>
  );
}
