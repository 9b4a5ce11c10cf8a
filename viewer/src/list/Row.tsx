import { memo, useEffect, useRef, type MouseEvent, type ReactNode } from "react";
import type { QueryMatch, Summary } from "@/api";
import type { RowDetails } from "@/model/distinguish";
import { estimateCrash } from "@/model/estimates";
import { formatTrigger } from "@/model/format";
import { describeSum } from "@/model/modelCalls";
import { getMark } from "@/model/status";
import { texts } from "@/texts";
import { classes, Icon, StatusMark, Time } from "@/ui";
import { DurationBar } from "./DurationBar";
import { Matches } from "./Matches";
import { NodeStrip } from "./NodeStrip";

/** The actions of a row. */
export interface RowActions {
  select: (id: string, extend: boolean) => void;
  star: (row: Summary) => void;
  focused: (id: string) => void;
  /** Open an execution, at a match or else at the row's first match. */
  open: (row: Summary, match?: QueryMatch) => void;
  hrefOf: (row: Summary, match?: QueryMatch) => string;
  filterByTag: (name: string, value: string) => void;
}

export interface RowProps {
  row: Summary;
  /** The place in the whole list, counted from 1. */
  place: number;
  top: number;
  height: number;
  narrow: boolean;
  /** Whether the row has a line for its matches. */
  withMatches: boolean;
  selected: boolean;
  /** The row takes the focus when this becomes true. */
  wantsFocus: boolean;
  p95Ms: number | undefined;
  details: RowDetails;
  actions: RowActions;
}

/** A row in its place. When rows arrive above, only the place changes, which is cheap to draw. */
export function Row(props: RowProps) {
  const { place, top, height, narrow, withMatches, selected, details, ...rest } = props;
  const { row, actions } = rest;
  // Some elements lie above the row's link to show more on hover. A click on such an element
  // follows the link too.
  const click = (event: MouseEvent<HTMLDivElement>) => {
    const isOwn = (event.target as Element).closest("a, button, input, label") !== null;
    if (!isOwn && isPlain(event)) actions.open(row);
  };
  return (
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus -- for pointers; keys have the row's link
    <div
      role="row"
      onClick={click}
      // The row of the columns' names is the first.
      aria-rowindex={place + 1}
      aria-selected={selected}
      data-id={row.id}
      style={{ transform: `translateY(${top}px)`, height }}
      className={classes(
        "group absolute inset-x-0 top-0 border-b border-line hover:bg-hover",
        selected && "bg-chosen",
        narrow ? "fl-row-narrow" : "fl-row",
        withMatches && "fl-row-found",
      )}
    >
      <Cells
        {...{ selected, withMatches }}
        request={details.request}
        values={details.values}
        {...rest}
      />
    </div>
  );
}

type CellsProps = RowDetails &
  Pick<RowProps, "row" | "selected" | "withMatches" | "wantsFocus" | "p95Ms" | "actions">;

const Cells = memo(function Cells(props: CellsProps) {
  const { row, selected, withMatches, wantsFocus, p95Ms, actions } = props;
  const mark = getMark(row);
  return (
    <>
      <span role="cell" className="fl-cell-select">
        <SelectBox row={row} selected={selected} onSelect={actions.select} />
      </span>
      <span role="cell" className="fl-cell-status">
        <StatusMark mark={mark} />
        <span
          aria-hidden
          className={classes("fl-status-word truncate", mark === "success" && "text-muted")}
        >
          {texts.mark[mark]}
        </span>
      </span>
      <span role="cell" className="fl-cell-name truncate">
        <RowLink
          href={actions.hrefOf(row)}
          label={texts.row.label(nameRun(row), texts.mark[mark])}
          wantsFocus={wantsFocus}
          onFocus={() => actions.focused(row.id)}
          onOpen={() => actions.open(row)}
        >
          <Names workflow={row.workflowName} run={row.name} />
        </RowLink>
        {props.values !== "" && (
          <span className="ms-2 text-sm text-muted" data-testid="differs">
            {props.values}
          </span>
        )}
        {row.models !== undefined && (
          <span
            className="ms-2 text-sm whitespace-nowrap text-muted"
            title={[texts.model.modelCalls(row.models.calls), ...row.models.models].join(" · ")}
            data-testid="model-sum"
          >
            {describeSum(row.models)}
          </span>
        )}
        {row.isSimulated === true && (
          <span className="ms-2 text-sm text-muted">{texts.row.simulated}</span>
        )}
        {row.executionMode === "test" && (
          <span className="ms-2 text-sm text-muted">{texts.row.test}</span>
        )}
        {row.tags !== undefined && <Tags tags={row.tags} onTag={actions.filterByTag} />}
      </span>
      <span role="cell" className="fl-cell-trigger truncate text-muted">
        {row.triggerType !== undefined && (
          <span title={[formatTrigger(row.triggerType), props.request].join(" ").trim()}>
            {props.request === undefined ? (
              formatTrigger(row.triggerType)
            ) : (
              <code>{props.request}</code>
            )}
          </span>
        )}
      </span>
      <span role="cell" className="fl-cell-time truncate text-muted">
        <Time time={row.startedAt} className="relative z-1" />
      </span>
      <span role="cell" className="fl-cell-duration relative z-1">
        <DurationBar
          ms={row.durationMs}
          crash={estimateCrash(row, [])}
          startedAt={row.startedAt}
          isRunning={row.status === "running"}
          p95Ms={p95Ms}
        />
      </span>
      <span role="cell" className="fl-cell-nodes">
        <NodeStrip id={row.id} nodes={row.nodes} />
      </span>
      <span role="cell" className="fl-cell-error truncate">
        {row.error !== undefined && <ErrorLine error={row.error} />}
      </span>
      <span role="cell" className="fl-cell-star">
        <StarButton row={row} onStar={actions.star} />
      </span>
      {withMatches && (
        <span role="cell" className="fl-cell-matches">
          <Matches
            matches={row.matches}
            hrefOf={(match) => actions.hrefOf(row, match)}
            onOpen={(match) => actions.open(row, match)}
            isPlain={isPlain}
          />
        </span>
      )}
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

/** The workflow and, if it has one, the run's own name: "Order intake / Order 7". */
function Names({ workflow, run }: { workflow: string; run: string | undefined }) {
  if (run === undefined) return workflow;
  return (
    <>
      <bdi title={texts.row.workflow(workflow)} className="fl-workflow relative z-1 text-muted">
        {workflow}
      </bdi>
      <span className="text-faint"> / </span>
      <bdi title={texts.row.run(run)} className="relative z-1">
        {run}
      </bdi>
    </>
  );
}

interface TagsProps {
  tags: NonNullable<Summary["tags"]>;
  onTag: RowActions["filterByTag"];
}

/** An execution's tags. A click on a tag narrows the list to its value. */
function Tags({ tags, onTag }: TagsProps) {
  return Object.entries(tags).map(([name, value]) => (
    <button
      key={name}
      type="button"
      title={texts.row.onlyTag(name, value)}
      onClick={() => onTag(name, value)}
      className="fl-tag"
    >
      <span className="text-muted">{name}</span> {value}
    </button>
  ));
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
      aria-label={texts.row.select(nameRun(row), row.id)}
      className="fl-check"
    />
  );
}

function StarButton({ row, onStar }: { row: Summary; onStar: RowActions["star"] }) {
  return (
    <button
      type="button"
      aria-pressed={row.starred}
      aria-label={row.starred ? texts.controls.removeStar : texts.controls.star}
      title={row.starred ? texts.controls.removeStar : texts.controls.star}
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

function nameRun({ workflowName, name }: Summary): string {
  return name === undefined ? workflowName : texts.row.named(workflowName, name);
}

function noop(): void {
  // `onClick` handles the change, because only the click reports whether Shift was held.
}
