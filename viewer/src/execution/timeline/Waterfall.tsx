import { useVirtualizer } from "@tanstack/react-virtual";
import {
  useEffect,
  useEffectEvent,
  useId,
  useMemo,
  useRef,
  useState,
  type CSSProperties,
  type MouseEvent,
} from "react";
import type { Outline } from "@/api";
import { isEstimated } from "@/model/estimates";
import { instant } from "@/model/instants";
import { buildTree } from "@/model/nodetree";
import { criticalPath } from "@/model/precedence";
import { panned, zoomed } from "@/model/timescale";
import { rowIndex, listRows } from "@/model/waterfall";
import { texts } from "@/texts";
import { Button, classes, useNow } from "@/ui";
import { getExtent, getEndMs } from "../run";
import { Axis, axisTicks } from "./Axis";
import { Lane } from "./Lane";
import { Grid, Overlay } from "./Overlay";
import { middle, getPart, findPlace, getParentStart } from "./places";
import { COLUMNS, ROW_PX, TimelineRow, measureLabels } from "./TimelineRow";
import { useLanePointer } from "./useLanePointer";
import { useRowKeys } from "./useRowKeys";
import { useWidth } from "./useWidth";
import { useZoom } from "./useZoom";

/** The properties that timeline, graph and table share. */
export interface ViewProps {
  outline: Outline;
  /** The chosen node execution's sequence. */
  chosen: number | null;
  onChoose: (sequence: number) => void;
  /** Choose by a click, which on a narrow screen also opens the details. */
  onPick: (sequence: number) => void;
  /** Go to the details of the chosen node execution. */
  onOpen: () => void;
}

const OVERSCAN = 8;
const ROOM_AROUND = 0.25;

/** The waterfall, which draws every node's time to scale. */
export function Waterfall({ outline, chosen, onChoose, onPick, onOpen }: ViewProps) {
  const { nodes, execution } = outline;
  const id = useId();
  const over = useMemo(() => getEndMs(outline), [outline]);
  const clock = useNow();
  // The clock changes nothing in a run that has ended.
  const until = over ?? clock;
  const whole = useMemo(() => getExtent(outline, until), [outline, until]);
  const now = Math.max(until, whole.end);
  const { domain, isZoomed, zoomTo, reset } = useZoom(whole);
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const [isCritical, setCritical] = useState(false);
  const tree = useMemo(() => buildTree(nodes), [nodes]);
  const rows = useMemo(() => listRows(tree, toggled), [tree, toggled]);
  const places = useMemo(() => rowIndex(rows), [rows]);
  const byKey = useMemo(() => new Map(rows.map((row) => [row.key, row])), [rows]);
  const critical = useMemo(
    () => (isCritical ? criticalPath(nodes, over) : null),
    [isCritical, nodes, over],
  );
  const [cursor, setCursor] = useState<string | null>(null);
  const at = chosen === null ? -1 : findPlace(rows, places, chosen, cursor);
  const scroller = useRef<HTMLDivElement>(null);
  const lanes = useRef<HTMLDivElement>(null);
  const widthPx = useWidth(lanes);
  const origin = instant(execution.startedAt) ?? whole.start;
  const pointer = useLanePointer({ lanes, domain, origin, onZoom: zoomTo });
  // eslint-disable-next-line react-hooks/incompatible-library -- the virtualizer's functions are called here only
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
  });
  const reveal = useEffectEvent(() => {
    if (at >= 0) virtual.scrollToIndex(at);
  });
  // Only another choice moves the view. Folding does not, and new nodes of a live run do not.
  useEffect(() => reveal(), [chosen, cursor]);

  const onToggle = (key: string) =>
    setToggled((before) => {
      const next = new Set(before);
      if (!next.delete(key)) next.add(key);
      return next;
    });
  const zoomToRow = () => {
    const part = rows[at] === undefined ? null : getPart(rows[at], over, now);
    if (part !== null) zoomTo(zoomed(part, 1 / (1 + 2 * ROOM_AROUND), middle(part), whole));
  };
  const onZoom = (factor: number) => {
    const next = zoomed(domain, factor, middle(domain), whole);
    if (next === whole) reset();
    else zoomTo(next);
  };
  const onKeyDown = useRowKeys({
    ...{ rows, at, chosen, onChoose, onCursor: setCursor, onOpen, onToggle, onZoom },
    ...{ onZoomToRow: zoomToRow, onReset: reset },
  });
  const onClick = (event: MouseEvent) => {
    const target = event.target as Element;
    const row = rows[Number(target.closest<HTMLElement>("[data-index]")?.dataset.index ?? -1)];
    if (row === undefined || pointer.drag !== null) return;
    if (target.closest("[data-fold]") !== null) {
      onToggle(row.key);
      return;
    }
    setCursor(row.key);
    const bar = target.closest<HTMLElement>("[data-sequence]")?.dataset.sequence;
    onPick(bar === undefined ? row.main.sequence : Number(bar));
  };

  const ticks = axisTicks({ domain, origin, widthPx });
  const labelPx = useMemo(() => measureLabels(rows), [rows]);
  const hasEstimates = useMemo(() => nodes.some(isEstimated), [nodes]);
  return (
    <div
      className="flex h-full flex-col"
      style={{ "--fl-label": `min(${labelPx}px, 46%)` } as CSSProperties}
    >
      {hasEstimates && (
        <p className="shrink-0 border-b border-line px-3 py-1 text-sm text-muted">
          {texts.timeline.estimated}
        </p>
      )}
      <div className={classes("grid h-7 shrink-0 border-b border-line", COLUMNS)}>
        <div className="flex items-center gap-1 ps-1">
          <Button
            look="plain"
            className="h-6 px-1.5 text-sm text-muted"
            aria-pressed={isCritical}
            title={texts.timeline.criticalNote}
            onClick={() => setCritical(!isCritical)}
          >
            {isCritical ? texts.timeline.allNodes : texts.timeline.criticalPath}
          </Button>
        </div>
        <div className="me-4 min-w-0">
          <Axis ticks={ticks} />
        </div>
        {isZoomed && (
          <Button look="plain" className="h-6 px-1.5 text-sm text-accent" onClick={reset}>
            {texts.timeline.wholeRun}
          </Button>
        )}
      </div>
      <div
        ref={scroller}
        className="relative min-h-0 grow overflow-x-hidden overflow-y-auto"
        onWheel={(event) => {
          if (isZoomed && event.deltaX !== 0) zoomTo(panned(domain, event.deltaX / widthPx, whole));
        }}
      >
        <div
          role="treegrid"
          tabIndex={0}
          aria-label={texts.timeline.label}
          aria-rowcount={rows.length}
          {...(at >= 0 && { "aria-activedescendant": `${id}-${at}` })}
          className="relative min-h-full"
          style={{ height: virtual.getTotalSize() }}
          onKeyDown={onKeyDown}
          onClick={onClick}
          onDoubleClick={reset}
          {...pointer.handlers}
        >
          <Grid ticks={ticks.map((tick) => tick.at)} />
          {virtual.getVirtualItems().map(({ index, start }) => {
            const row = rows[index];
            if (row === undefined) return null;
            const isDimmed =
              critical !== null && !row.executions.some((node) => critical.has(node.sequence));
            const live = row.status === "running" || row.status === "pending" ? now : whole.start;
            return (
              <TimelineRow
                key={row.key}
                {...{ row, index, isDimmed, over, top: start, id: `${id}-${index}`, now: live }}
                isChosen={index === at}
              >
                <Lane
                  {...{ row, domain, over, widthPx, now: live }}
                  since={getParentStart(
                    row.parent === null ? undefined : byKey.get(row.parent),
                    origin,
                  )}
                  chosen={index === at ? chosen : null}
                />
              </TimelineRow>
            );
          })}
          <Overlay lanes={lanes} pointer={pointer} />
        </div>
      </div>
    </div>
  );
}
