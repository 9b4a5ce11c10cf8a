import type { KeyboardEvent } from "react";
import { useKeys } from "@/app/keys";
import type { Row } from "@/model/waterfall";
import { texts } from "@/texts";

interface Options {
  rows: readonly Row[];
  /** The index of the chosen row; -1 for none. */
  at: number;
  chosen: number | null;
  onChoose: (sequence: number) => void;
  /** Remember which of the rows that draw the chosen execution has the cursor. */
  onCursor: (key: string) => void;
  onOpen: () => void;
  onToggle: (key: string) => void;
  onZoomToRow: () => void;
  onZoom: (factor: number) => void;
  onReset: () => void;
}

const PAGE_ROWS = 10;

/** Handle the waterfall's keys: arrows choose and fold, Enter opens, z and 0 zoom. */
export function useRowKeys(options: Options): (event: KeyboardEvent) => void {
  const { rows, at, chosen, onChoose, onCursor, onOpen, onToggle } = options;
  const { onZoomToRow, onZoom, onReset } = options;
  const row = rows[at];
  const go = (to: number) => {
    const target = rows[Math.min(Math.max(to, 0), rows.length - 1)];
    if (target === undefined) return;
    onCursor(target.key);
    onChoose(target.main.sequence);
  };
  /** Move within a row of several executions; return false at the row's end. */
  const goWithin = (by: number): boolean => {
    if (row === undefined) return false;
    const place = row.executions.findIndex((node) => node.sequence === chosen);
    const next = row.executions[place + by];
    if (next === undefined) return false;
    onChoose(next.sequence);
    return true;
  };
  const right = () => {
    if (row?.open === false) {
      onCursor(row.key);
      onToggle(row.key);
    } else goWithin(1);
  };
  const left = () => {
    if (row?.open === true) onToggle(row.key);
    else if (!goWithin(-1) && row?.parent != null) {
      go(rows.findIndex((each) => each.key === row.parent));
    }
  };
  const group = texts.execution.timeline;
  useKeys([
    { keys: "j", label: texts.timeline.nextNode, group, run: () => go(at + 1) },
    { keys: "k", label: texts.timeline.previousNode, group, run: () => go(at - 1) },
    { keys: "z", label: texts.timeline.zoomToNode, group, run: onZoomToRow },
    { keys: "0", label: texts.timeline.showWhole, group, run: onReset },
    { keys: "+", label: texts.timeline.zoomIn, group, run: () => onZoom(2) },
    { keys: "-", label: texts.timeline.zoomOut, group, run: () => onZoom(0.5) },
  ]);
  const actions: Record<string, () => void> = {
    ArrowDown: () => go(at + 1),
    ArrowUp: () => go(at - 1),
    PageDown: () => go(at + PAGE_ROWS),
    PageUp: () => go(at - PAGE_ROWS),
    Home: () => go(0),
    End: () => go(rows.length - 1),
    ArrowRight: right,
    ArrowLeft: left,
    Enter: onOpen,
  };
  return (event) => {
    const action = actions[event.key];
    if (action === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  };
}
