import { memo, useEffect, useRef, type MouseEvent, type ReactNode } from "react";
import type { Summary } from "@/api";
import { formatTrigger } from "@/model/format";
import { MARK_LABELS, markOf } from "@/model/status";
import { classes, Icon, StatusMark, Time } from "@/ui";
import { DurationBar } from "./DurationBar";
import { NodeStrip } from "./NodeStrip";

/** The actions of a row. */
export interface RowActions {
  select: (id: string, extend: boolean) => void;
  star: (row: Summary) => void;
  focused: (id: string) => void;
  open: (id: string) => void;
  hrefOf: (id: string) => string;
}

export interface RowProps {
  row: Summary;
  /** The place in the whole list, counted from 1. */
  place: number;
  top: number;
  height: number;
  narrow: boolean;
  selected: boolean;
  /** The row takes the focus when this becomes true. */
  wantsFocus: boolean;
  p95Ms: number | undefined;
  actions: RowActions;
}

/** A row in its place. When rows arrive above, only the place changes, which is cheap to draw. */
export function Row({ place, top, height, narrow, selected, ...rest }: RowProps) {
  const { row, actions } = rest;
  // Some elements lie above the row's link to show more on hover. A click on such an element
  // follows the link too.
  const click = (event: MouseEvent<HTMLDivElement>) => {
    const isOwn = (event.target as Element).closest("a, button, input, label") !== null;
    if (!isOwn && isPlain(event)) actions.open(row.id);
  };
  return (
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus -- for pointers; keys have the row's link
    <div
      role="row"
      onClick={click}
      aria-rowindex={place}
      aria-selected={selected}
      data-id={row.id}
      style={{ transform: `translateY(${top}px)`, height }}
      className={classes(
        "group absolute inset-x-0 top-0 border-b border-line hover:bg-hover",
        selected && "bg-chosen",
        narrow ? "fl-row-narrow" : "fl-row",
      )}
    >
      <Cells selected={selected} {...rest} />
    </div>
  );
}

type CellsProps = Pick<RowProps, "row" | "selected" | "wantsFocus" | "p95Ms" | "actions">;

const Cells = memo(function Cells({ row, selected, wantsFocus, p95Ms, actions }: CellsProps) {
  const mark = markOf(row);
  return (
    <>
      <span role="cell" className="fl-cell-select">
        <SelectBox row={row} selected={selected} onSelect={actions.select} />
      </span>
      <span role="cell" className="fl-cell-status">
        <StatusMark mark={mark} />
      </span>
      <span role="cell" className="fl-cell-name truncate">
        <RowLink
          href={actions.hrefOf(row.id)}
          label={`${row.name ?? row.workflowName}, ${MARK_LABELS[mark]}`}
          wantsFocus={wantsFocus}
          onFocus={() => actions.focused(row.id)}
          onOpen={() => actions.open(row.id)}
        >
          {row.name ?? row.workflowName}
        </RowLink>
        {row.isSimulated === true && <span className="ms-2 text-sm text-muted">simulated</span>}
        {row.executionMode === "test" && <span className="ms-2 text-sm text-muted">test</span>}
      </span>
      <span role="cell" className="fl-cell-trigger truncate text-muted">
        {row.triggerType !== undefined && formatTrigger(row.triggerType)}
      </span>
      <span role="cell" className="fl-cell-time truncate text-muted">
        <Time time={row.startedAt} className="relative z-1" />
      </span>
      <span role="cell" className="fl-cell-duration relative z-1">
        <DurationBar
          ms={row.durationMs}
          startedAt={row.startedAt}
          isRunning={row.status === "running"}
          p95Ms={p95Ms}
        />
      </span>
      <span role="cell" className="fl-cell-nodes">
        <NodeStrip nodes={row.nodes} />
      </span>
      <span role="cell" className="fl-cell-error truncate">
        {row.error !== undefined && <ErrorLine error={row.error} />}
      </span>
      <span role="cell" className="fl-cell-star">
        <StarButton row={row} onStar={actions.star} />
      </span>
    </>
  );
});

function isPlain(event: MouseEvent): boolean {
  const { button, metaKey, ctrlKey, shiftKey, altKey } = event;
  return button === 0 && !(metaKey || ctrlKey || shiftKey || altKey);
}

interface RowLinkProps {
  href: string;
  label: string;
  /** The link takes the focus when this becomes true. */
  wantsFocus: boolean;
  onFocus: () => void;
  onOpen: () => void;
  children: ReactNode;
}

/**
 * A plain link over the whole row, because the router's own link costs more than the rest of the
 * row.
 */
function RowLink({ href, label, wantsFocus, onFocus, onOpen, children }: RowLinkProps) {
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (wantsFocus) link.current?.focus({ preventScroll: true });
  }, [wantsFocus]);
  const click = (event: MouseEvent) => {
    if (!isPlain(event)) return;
    event.preventDefault();
    onOpen();
  };
  return (
    <a
      ref={link}
      href={href}
      onClick={click}
      onFocus={onFocus}
      aria-label={label}
      className="after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
    >
      {children}
    </a>
  );
}

function ErrorLine({ error }: { error: NonNullable<Summary["error"]> }) {
  return (
    <span title={error.message}>
      {error.nodeId !== undefined && <span className="text-muted">{error.nodeId}: </span>}
      <span className="text-error">{error.message}</span>
    </span>
  );
}

interface SelectBoxProps {
  row: Summary;
  selected: boolean;
  onSelect: RowActions["select"];
}

function SelectBox({ row, selected, onSelect }: SelectBoxProps) {
  const click = (event: MouseEvent) => onSelect(row.id, event.shiftKey);
  return (
    <input
      type="checkbox"
      checked={selected}
      onChange={noop}
      onClick={click}
      aria-label={`Select ${row.name ?? row.workflowName}, ${row.id}`}
      className="fl-check"
    />
  );
}

function StarButton({ row, onStar }: { row: Summary; onStar: RowActions["star"] }) {
  return (
    <button
      type="button"
      aria-pressed={row.starred}
      aria-label={row.starred ? "Remove the star" : "Star"}
      title={row.starred ? "Remove the star" : "Star"}
      onClick={() => onStar(row)}
      className={classes(
        "relative z-1 flex size-7 items-center justify-center rounded-md hover:text-warning",
        row.starred
          ? "text-warning"
          : "text-muted opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 focus:opacity-100",
      )}
    >
      <Icon name="star" size={14} filled={row.starred} />
    </button>
  );
}

function noop(): void {
  // `onClick` handles the change, because only the click reports whether Shift was held.
}
