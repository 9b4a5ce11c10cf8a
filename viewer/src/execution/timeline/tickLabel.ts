const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const UNITS: readonly (readonly [number, string])[] = [
  [HOUR, "h"],
  [MINUTE, "min"],
  [SECOND, "s"],
  [1, "ms"],
];

/**
 * Write a distance from the run's start as exactly as the distance between ticks requires: 0, 2.5
 * s, 3 min.
 */
export function tickLabel(ms: number, stepMs: number): string {
  const size = Math.abs(ms);
  if (size < stepMs / 2) return "0";
  const [unitMs, unit] = UNITS.find(([least]) => size >= least) ?? [1, "ms"];
  const steps = stepMs / unitMs;
  const decimals = steps >= 1 ? 0 : Math.min(3, Math.ceil(-Math.log10(steps) - 1e-9));
  const text = (ms / unitMs).toFixed(decimals);
  return `${decimals > 0 ? text.replace(/\.?0+$/, "") : text} ${unit}`;
}
