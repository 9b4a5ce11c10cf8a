import "./language";
import uPlot from "uplot";
import type { Series, SeriesPoint } from "@/api";
import { formatCount, formatDay, formatDuration, formatMinute } from "@/model/format";
import type { Colours } from "./useColours";

const FONT = '11px system-ui, "Segoe UI", sans-serif';

export type ChartKind = "runs" | "durations";

/** Return a chart's options without its size. */
export function chartOptions(
  kind: ChartKind,
  colours: Colours,
): Omit<uPlot.Options, "width" | "height"> {
  const axis = {
    font: FONT,
    stroke: colours.muted,
    grid: { stroke: colours.line, width: 1 },
    ticks: { show: false },
  };
  return {
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false } },
    padding: [8, 8, 0, 0],
    scales: { x: { time: true }, y: { range: (_, __, most) => [0, Math.max(1, most * 1.08)] } },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 24,
        space: 80,
        values: (_, ticks) => timeTicks(ticks),
      },
      {
        ...axis,
        size: kind === "runs" ? 56 : 64,
        space: 32,
        values: (_, ticks) => ticks.map(kind === "runs" ? countTick : durationTick),
      },
    ],
    series: kind === "runs" ? runSeries(colours) : durationSeries(colours),
  };
}

/** Return the columns of a chart: seconds since 1970, then its series. */
export function chartData(kind: ChartKind, series: Series): uPlot.AlignedData {
  const { points, stepMs } = series;
  const middle = (point: SeriesPoint) => (Date.parse(point.start) + stepMs / 2) / 1000;
  const x = points.map(middle);
  return kind === "runs"
    ? [
        x,
        points.map((point) => point.success + point.error + point.running),
        points.map((point) => point.error),
      ]
    : [x, points.map((point) => point.p95Ms ?? null), points.map((point) => point.p50Ms ?? null)];
}

function runSeries(colours: Colours): uPlot.Series[] {
  const paths = uPlot.paths.bars?.({ size: [0.8, 40] });
  const bars = (fill: string): uPlot.Series => ({
    fill,
    width: 0,
    points: { show: false },
    ...(paths !== undefined && { paths }),
  });
  return [{}, bars(colours.bar), bars(colours["error-fill"])];
}

function durationSeries(colours: Colours): uPlot.Series[] {
  const line = (stroke: string, dash?: number[]): uPlot.Series => ({
    stroke,
    width: 1.5,
    points: { show: true, size: 4, fill: stroke },
    spanGaps: true,
    ...(dash !== undefined && { dash }),
  });
  return [{}, line(colours.accent), line(colours.muted, [4, 3])];
}

function countTick(value: number): string {
  return Number.isInteger(value) ? formatCount(value) : "";
}

/**
 * Label ticks with days if they are days apart. Otherwise use hours and minutes, with the day at
 * midnight.
 */
function timeTicks(ticks: number[]): string[] {
  const stepS = (ticks[1] ?? 0) - (ticks[0] ?? 0);
  return ticks.map((tick) => {
    const date = new Date(tick * 1000);
    const isMidnight = date.getHours() === 0 && date.getMinutes() === 0;
    return stepS >= 86_400 || isMidnight ? formatDay(tick * 1000) : formatMinute(tick * 1000);
  });
}

function durationTick(value: number): string {
  return value === 0 ? "0" : formatDuration(value);
}
