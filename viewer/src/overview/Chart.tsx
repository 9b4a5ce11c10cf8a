import { useEffect, useEffectEvent, useRef, useState, type KeyboardEvent } from "react";
import "./language";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Series } from "@/api";
import { chartData, chartOptions, type ChartKind } from "./charts";
import { useColours } from "./useColours";

const HEIGHT = 168;

interface Props {
  kind: ChartKind;
  series: Series;
  label: string;
  /** Describe one point. */
  describe: (index: number) => string;
  /** Open the executions of the points from `first` to `last`. */
  onOpen: (first: number, last: number) => void;
}

/** Points over time: click a point, drag over several, or use the arrow keys and Enter. */
export function Chart({ kind, series, label, describe, onOpen }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const colours = useColours();
  const [at, setAt] = useState<number | null>(null);
  const last = series.points.length - 1;
  const noted = useEffectEvent((index: number | null) => setAt(index));
  const clicked = useEffectEvent((index: number | null | undefined) => {
    if (index !== null && index !== undefined) onOpen(index, index);
  });
  const opened = useEffectEvent((chart: uPlot) => openSelection(chart, onOpen));
  const current = useEffectEvent(() => chartData(kind, series));

  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const chart = new uPlot(
      {
        ...chartOptions(kind, colours),
        width: element.clientWidth,
        height: HEIGHT,
        hooks: {
          setCursor: [(self) => noted(self.cursor.idx ?? null)],
          setSelect: [(self) => opened(self)],
        },
      },
      current(),
      element,
    );
    chart.over.addEventListener("click", () => clicked(chart.cursor.idx));
    plot.current = chart;
    const observer = new ResizeObserver(() =>
      chart.setSize({ width: element.clientWidth, height: HEIGHT }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
      plot.current = null;
    };
  }, [kind, colours]);
  useEffect(() => plot.current?.setData(chartData(kind, series)), [kind, series]);

  const show = (index: number) => {
    const chart = plot.current;
    if (chart === null) return;
    const x = chart.data[0][index];
    if (x !== undefined) chart.setCursor({ left: chart.valToPos(x, "x"), top: 10 });
    setAt(index);
  };
  const key = (event: KeyboardEvent) => {
    const from = at ?? last;
    if (event.key === "ArrowLeft") show(Math.max(0, from - 1));
    else if (event.key === "ArrowRight") show(Math.min(last, from + 1));
    else if (event.key === "Home") show(0);
    else if (event.key === "End") show(last);
    else if (event.key === "Enter" && at !== null) onOpen(at, at);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div className="relative">
      <p className="absolute top-0 right-2 z-1 h-4 text-sm text-muted">
        {at === null ? "" : describe(at)}
      </p>
      <div
        ref={frame}
        role="slider"
        tabIndex={0}
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, last)}
        aria-valuenow={at ?? Math.max(0, last)}
        aria-valuetext={describe(at ?? last)}
        onKeyDown={key}
        data-testid={`chart-${kind}`}
        className="cursor-pointer"
        style={{ height: HEIGHT }}
      />
    </div>
  );
}

/** Open all points that a drag covers. */
function openSelection(chart: uPlot, onOpen: Props["onOpen"]): void {
  const { left, width } = chart.select;
  const first = chart.posToIdx(left);
  const last = chart.posToIdx(left + width);
  chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  onOpen(first, last);
}
