import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { useKeys } from "@/app/keys";
import { ifUsual } from "@/model/estimates";
import { instant } from "@/model/instants";
import { nextSorting, sorted, type Column, type Sorting } from "@/model/nodetable";
import { texts } from "@/texts";
import { classes, useNow } from "@/ui";
import { getEndMs } from "../run";
import type { ViewProps } from "../timeline/Waterfall";
import { NodeTableRow, TABLE_COLUMNS } from "./NodeTableRow";

const ROW_PX = 32;
const OVERSCAN = 8;

const HEADS: readonly { column: Column; end?: boolean }[] = [
  { column: "sequence", end: true },
  { column: "status" },
  { column: "name" },
  { column: "type" },
  { column: "start", end: true },
  { column: "duration", end: true },
  { column: "attempt", end: true },
  { column: "input", end: true },
  { column: "output", end: true },
];

/** All node executions in a table that can be sorted. */
export function NodeTable({ outline, chosen, onChoose, onPick, onOpen }: ViewProps) {
  const { nodes, execution, usual } = outline;
  const id = useId();
  const [sorting, setSorting] = useState<Sorting>({ column: "sequence", descending: false });
  const over = useMemo(() => getEndMs(outline), [outline]);
  const clock = useNow();
  const now = over ?? clock;
  const origin = instant(execution.startedAt) ?? 0;
  const rows = useMemo(() => sorted(nodes, sorting, over, now), [nodes, sorting, over, now]);
  const at = rows.findIndex((node) => node.sequence === chosen);
  const scroller = useRef<HTMLDivElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- the virtualizer's functions are called here only
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
    scrollPaddingStart: ROW_PX,
  });
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at);
  }, [at, virtual]);

  const go = (to: number) => {
    const target = rows[Math.min(Math.max(to, 0), rows.length - 1)];
    if (target !== undefined) onChoose(target.sequence);
  };
  useKeys([
    {
      keys: "j",
      label: texts.timeline.nextNode,
      group: texts.execution.table,
      run: () => go(at + 1),
    },
    {
      keys: "k",
      label: texts.timeline.previousNode,
      group: texts.execution.table,
      run: () => go(at - 1),
    },
  ]);
  const actions: Record<string, () => void> = {
    ArrowDown: () => go(at + 1),
    ArrowUp: () => go(at - 1),
    Home: () => go(0),
    End: () => go(rows.length - 1),
    Enter: onOpen,
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const action = event.target === event.currentTarget ? actions[event.key] : undefined;
    if (action === undefined) return;
    event.preventDefault();
    action();
  };

  return (
    <div
      ref={scroller}
      role="grid"
      tabIndex={0}
      aria-label={texts.nodeTable.label}
      aria-rowcount={rows.length + 1}
      {...(at >= 0 && { "aria-activedescendant": `${id}-${at}` })}
      onKeyDown={onKeyDown}
      onClick={(event) => {
        const row = (event.target as Element).closest<HTMLElement>("[data-sequence]");
        if (row !== null) onPick(Number(row.dataset.sequence));
      }}
      className="h-full overflow-auto"
    >
      <div className="min-w-160" style={{ height: virtual.getTotalSize() + ROW_PX }}>
        <div
          role="row"
          aria-rowindex={1}
          className={classes(
            "sticky top-0 z-10 grid h-8 border-b border-line bg-panel",
            TABLE_COLUMNS,
          )}
        >
          {HEADS.map(({ column, end }) => (
            <Head
              key={column}
              label={texts.nodeTable.columns[column]}
              isEnd={end === true}
              descending={sorting.column === column ? sorting.descending : null}
              onSort={() => setSorting(nextSorting(sorting, column))}
            />
          ))}
        </div>
        <div role="rowgroup" className="relative">
          {virtual.getVirtualItems().map(({ index, start }) => {
            const node = rows[index];
            if (node === undefined) return null;
            return (
              <NodeTableRow
                key={node.sequence}
                {...{ node, index, origin, over, now, top: start, id: `${id}-${index}` }}
                isChosen={index === at}
                usualMs={ifUsual(usual.nodes[node.nodeId]).p50Ms}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

interface HeadProps {
  label: string;
  isEnd: boolean;
  /** Null while the table isn't sorted by this column. */
  descending: boolean | null;
  onSort: () => void;
}

function Head({ label, isEnd, descending, onSort }: HeadProps) {
  const sort = descending === null ? "none" : descending ? "descending" : "ascending";
  return (
    <div role="columnheader" aria-sort={sort} className="flex min-w-0">
      <button
        type="button"
        onClick={onSort}
        className={classes(
          "flex w-full min-w-0 items-center gap-1 px-2 text-sm text-muted hover:text-text",
          isEnd && "justify-end",
        )}
      >
        <span className="truncate">{label}</span>
        {descending !== null && <span aria-hidden>{descending ? "↓" : "↑"}</span>}
      </button>
    </div>
  );
}
