import { formatAgo, formatExact, formatTime } from "@/model/format";
import { useNow } from "./clock";

interface Props {
  time: string;
  /** `ago` is relative; `time` says the moment. The exact one shows on hover either way. */
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
