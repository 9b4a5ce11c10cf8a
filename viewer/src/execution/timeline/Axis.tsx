import { listTicks, type Domain, type Tick } from "@/model/timescale";
import { classes } from "@/ui";
import { tickLabel } from "./tickLabel";

const TICK_PX = 88;
/** To the right of this share, a label stands left of its tick. */
const LAST_BEFORE_EDGE = 0.92;

interface Props {
  domain: Domain;
  origin: number;
  widthPx: number;
}

/** Return as many ticks as fit on an axis of this width. */
export function axisTicks({ domain, origin, widthPx }: Props): Tick[] {
  return listTicks(domain, origin, Math.max(2, Math.floor(widthPx / TICK_PX)));
}

/** The times above the lanes, relative to the run's start. */
export function Axis({ ticks }: { ticks: readonly Tick[] }) {
  const [first, second] = ticks;
  const step = first && second ? second.offsetMs - first.offsetMs : 1;
  return (
    <div aria-hidden className="relative h-full overflow-hidden text-xs text-faint">
      {ticks.map((tick) => (
        <span
          key={tick.offsetMs}
          className={classes(
            "absolute bottom-0 px-1 leading-6 whitespace-nowrap",
            tick.at > LAST_BEFORE_EDGE && "-translate-x-full",
          )}
          style={{ left: `${tick.at * 100}%` }}
        >
          {tickLabel(tick.offsetMs, step)}
        </span>
      ))}
    </div>
  );
}
