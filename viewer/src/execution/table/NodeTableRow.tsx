import { memo, type ReactNode } from "react";
import type { OutlineNode, PayloadInfo } from "@/api";
import { isEstimated } from "@/model/estimates";
import { formatBytes, formatCount, formatDuration } from "@/model/format";
import { getDuration, instant } from "@/model/instants";
import { recordedSequence } from "@/model/places";
import { getMark } from "@/model/status";
import { texts } from "@/texts";
import { Duration, StatusMark, classes } from "@/ui";

export const TABLE_COLUMNS =
  "grid-cols-[40px_84px_minmax(88px,3fr)_minmax(56px,2fr)_64px_minmax(68px,2fr)_68px_82px_82px]";

interface Props {
  node: OutlineNode;
  index: number;
  id: string;
  top: number;
  isChosen: boolean;
  origin: number;
  over: number | null;
  now: number;
  usualMs: number | undefined;
}

export const NodeTableRow = memo(function NodeTableRow(props: Props) {
  const { node, index, id, top, isChosen, origin, over, now, usualMs } = props;
  const mark = getMark(node);
  const start = instant(node.startedAt);
  const hasRun = node.status !== "skipped" && node.status !== "pending";
  const ms = hasRun ? getDuration(node, over, now) : null;
  return (
    <div
      role="row"
      id={id}
      aria-rowindex={index + 2}
      aria-selected={isChosen}
      data-sequence={node.sequence}
      className={classes(
        "absolute inset-x-0 grid h-8 items-center",
        TABLE_COLUMNS,
        isChosen ? "bg-chosen" : "hover:bg-hover",
      )}
      style={{ transform: `translateY(${top}px)` }}
    >
      <Cell isEnd isMuted>
        {formatCount(recordedSequence(node.sequence))}
      </Cell>
      <Cell>
        <span className="flex items-center gap-1.5">
          <StatusMark mark={mark} label={null} />
          {texts.mark[mark]}
        </span>
      </Cell>
      <Cell>{node.nodeName}</Cell>
      <Cell isMuted>{node.nodeType}</Cell>
      <Cell isEnd isMuted>
        {start !== null && `${isEstimated(node) ? "≈ " : ""}${formatDuration(start - origin)}`}
      </Cell>
      <Cell isEnd>{ms !== null && <Duration ms={ms} usualMs={usualMs} />}</Cell>
      <Cell isEnd isMuted>
        {node.attempt !== undefined && formatCount(node.attempt)}
      </Cell>
      <Size info={node.input} />
      <Size info={node.output} />
    </div>
  );
});

interface CellProps {
  isEnd?: boolean;
  isMuted?: boolean;
  children: ReactNode;
}

function Cell({ isEnd = false, isMuted = false, children }: CellProps) {
  return (
    <div
      role="gridcell"
      className={classes("truncate px-2", isEnd && "text-end", isMuted && "text-muted")}
    >
      {children}
    </div>
  );
}

function Size({ info }: { info: PayloadInfo | undefined }) {
  return (
    <Cell isEnd isMuted>
      {info !== undefined && formatBytes(info.bytes)}
    </Cell>
  );
}
