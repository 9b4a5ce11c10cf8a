import { formatCount, formatDecimals } from "@/model/format";
import { texts } from "@/texts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const UNITS = [
  [HOUR, "hours"],
  [MINUTE, "minutes"],
  [SECOND, "seconds"],
] as const;

/**
 * Write a distance from the run's start as exactly as the distance between ticks requires: 0, 2.5
 * s, 3 min.
 */
export function tickLabel(ms: number, stepMs: number): string {
  const size = Math.abs(ms);
  if (size < stepMs / 2) return formatCount(0);
  const [unitMs, unit] = UNITS.find(([least]) => size >= least) ?? ([1, "milliseconds"] as const);
  const steps = stepMs / unitMs;
  const decimals = steps >= 1 ? 0 : Math.min(3, Math.ceil(-Math.log10(steps) - 1e-9));
  return texts.duration[unit](formatDecimals(ms / unitMs, decimals));
}
