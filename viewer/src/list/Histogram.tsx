import { useMemo, useRef, useState, type PointerEvent } from "react";
import type { Series } from "@/api";
import { buildBars, describeBar, listTicks, type Bar } from "@/model/histogram";
import { texts } from "@/texts";
import { Skeleton, useNarrow, useNow } from "@/ui";

const HEIGHT = 40;
/** About as many labels as fit in a clock of twelve hours, also on a phone. */
const TICKS = { wide: 8, narrow: 4 };

interface Props {
  series: Series | undefined;
  isLoading: boolean;
  onRange: (after: string, before: string) => void;
}

/** The runs over the range, with failures in red. Dragging chooses a range. */
export function Histogram({ series, isLoading, onRange }: Props) {
  const bars = useMemo(() => (series === undefined ? [] : buildBars(series)), [series]);
  const first = bars[0];
  const last = bars.at(-1);
  if (first === undefined || last === undefined) {
    // Without runs or with a query that can't be read, nothing is to come.
    if (!isLoading) return null;
    return (
      <div data-testid="histogram-loading" className="shrink-0 px-3 py-2">
        <Skeleton className="h-13" />
      </div>
    );
  }
  return <Plot bars={bars} start={first.start} end={last.end} onRange={onRange} />;
}

interface PlotProps {
  bars: Bar[];
  start: number;
  end: number;
  onRange: Props["onRange"];
}

function Plot({ bars, start, end, onRange }: PlotProps) {
  const frame = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null);
  const [hovered, setHovered] = useState<number | null>(null);
  const now = useNow();

  const barAt = (event: PointerEvent) => {
    const box = frame.current?.getBoundingClientRect();
    if (box === undefined || box.width === 0) return 0;
    const share = Math.min(0.9999, Math.max(0, (event.clientX - box.left) / box.width));
    return Math.floor(share * bars.length);
  };
  const finish = () => {
    if (drag === null) return;
    const from = bars[Math.min(drag.from, drag.to)];
    const to = bars[Math.max(drag.from, drag.to)];
    setDrag(null);
    if (from === undefined || to === undefined) return;
    onRange(new Date(from.start).toISOString(), new Date(to.end).toISOString());
  };
  const at = hovered === null ? undefined : bars[hovered];
  const runs = bars.reduce((sum, bar) => sum + bar.total, 0);
  const failed = bars.reduce((sum, bar) => sum + bar.error, 0);

  return (
    <div className="relative shrink-0 px-3 pt-2 pb-1 select-none">
      {/* The keyboard chooses times in the range menu. */}
      <div
        ref={frame}
        role="img"
        aria-label={texts.histogram.label(runs, failed)}
        data-testid="histogram"
        className="relative cursor-crosshair touch-pan-y"
        style={{ height: HEIGHT }}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag({ from: barAt(event), to: barAt(event) });
        }}
        onPointerMove={(event) => {
          setHovered(barAt(event));
          if (drag !== null) setDrag({ ...drag, to: barAt(event) });
        }}
        onPointerUp={finish}
        onPointerCancel={() => setDrag(null)}
        onPointerLeave={() => setHovered(null)}
      >
        <Bars bars={bars} />
        {drag !== null && (
          <span
            className="absolute inset-y-0 border-x border-accent bg-accent/15"
            style={{
              left: `${(Math.min(drag.from, drag.to) / bars.length) * 100}%`,
              width: `${((Math.abs(drag.to - drag.from) + 1) / bars.length) * 100}%`,
            }}
          />
        )}
      </div>
      <Axis start={start} end={end} />
      {at !== undefined && (
        <span className="pointer-events-none absolute top-1 right-3 rounded-sm border border-line bg-raised px-1.5 text-sm text-muted">
          {describeBar(at, now)}
        </span>
      )}
    </div>
  );
}

function Bars({ bars }: { bars: Bar[] }) {
  const path = (height: (bar: Bar) => number) =>
    bars
      .map((bar, index) => {
        const px = height(bar) * HEIGHT;
        return px === 0 ? "" : `M${index + 0.1} ${HEIGHT - px}h.8v${px}h-.8z`;
      })
      .join("");
  return (
    <svg
      aria-hidden
      viewBox={`0 0 ${bars.length} ${HEIGHT}`}
      preserveAspectRatio="none"
      className="size-full overflow-visible border-b border-line"
    >
      <path d={path((bar) => bar.height)} className="fill-bar" />
      <path d={path((bar) => bar.errorHeight)} className="fill-error-fill" />
      {/* The gap of a bar that is cut. */}
      <path
        d={bars.map((bar, index) => (bar.isCut ? `M${index} 9l1 -4v3l-1 4z` : "")).join("")}
        className="fill-canvas"
      />
    </svg>
  );
}

function Axis({ start, end }: { start: number; end: number }) {
  const ticks = useNarrow() ? TICKS.narrow : TICKS.wide;
  return (
    <div aria-hidden className="relative h-4 overflow-hidden text-xs text-faint">
      {listTicks(start, end, ticks).map((tick) => (
        <span
          key={tick.at}
          className="absolute border-s border-line ps-1 whitespace-nowrap"
          style={{ left: `${((tick.at - start) / (end - start)) * 100}%` }}
        >
          {tick.label}
        </span>
      ))}
    </div>
  );
}
